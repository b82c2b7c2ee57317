package complaint_test

import (
	"strings"
	"testing"

	"handslag/app/complaint"
)

func TestAComplaintIsASentenceOrOneObject(t *testing.T) {
	c := complaint.Complaint{Code: "exists", What: "it <exists>\nalready\x1b[2J", Do: "name another"}
	for inJSON, want := range map[bool]string{
		false: "prog: it <exists>\uFFFDalready\uFFFD[2J\n  name another\n",
		true:  `{"code":"exists","what":"it <exists>` + "\uFFFD" + `already` + "\uFFFD" + `[2J","do":"name another"}` + "\n",
	} {
		var said strings.Builder
		if c.Tell(&said, "prog", inJSON); said.String() != want {
			t.Errorf("in JSON %v: %q", inJSON, said.String())
		}
	}
}

func TestACommandLineAsksForJSON(t *testing.T) {
	for line, want := range map[string]bool{
		"log -json": true, "-json log": true, "--json": true, "log --json=true -x": true, "log -jsons": false, "log json": false,
		"note U-1 -- -json": false, "-json -- x": true, "": false, "-json=false": false, "---json": false,
	} {
		if got := complaint.InJSON(strings.Fields(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}
