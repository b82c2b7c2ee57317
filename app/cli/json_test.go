package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"handslag/app/cli"
)

// Whatever command fails says so with -json in one object on standard error: a malformed line, and a device on which there is
// nothing yet. Answers in JSON of what goes well testnet's stories read, on devices that have something to say.
func TestEveryCommandFailsInJSON(t *testing.T) {
	problem := func(d *device) map[string]string {
		t.Helper()
		var said map[string]string
		if err := json.Unmarshal(d.err.Bytes(), &said); err != nil || d.out.Len() > 0 {
			t.Errorf("it says %q, and on standard error %q: %v", d.out.String(), d.err.String(), err)
		}
		for _, part := range []string{"code", "what", "safe", "do"} {
			if said[part] == "" {
				t.Errorf("no %s: %v", part, said)
			}
		}
		return said
	}
	d := newDevice(t)
	for _, name := range cli.Commands() {
		words := strings.Fields(name)
		if name != "session" { // which takes its lines from its input
			if status := d.run("", append(words, "-no-such-flag", "-json")...); status != 2 || problem(d)["code"] != "usage" {
				t.Errorf("%s with a flag that it has not: status %d, %s", name, status, d.err.String())
			}
		}
		for _, more := range [][]string{nil, {"x"}, {"x", "y"}, {"x", "y", "z"}, {"-organisation", "x"}, {"-out", "x"}} {
			if status := d.run("", append(append([]string{"-json"}, words...), more...)...); status != 0 {
				problem(d)
			}
		}
	}
	for _, line := range []string{"-json dance", "-no-such-flag -json me"} {
		if status := d.run("", strings.Fields(line)...); status != 2 || problem(d)["code"] != "usage" {
			t.Errorf("%s: status %d, %s", line, status, d.err.String())
		}
	}
}
