package command

import (
	"bytes"
	"strings"
	"testing"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/signed"
)

func TestTheReportOnAnErasureNamesWhoCanNotPromiseIt(t *testing.T) {
	device := func(name string, held bool, answered signed.Time, promise string) gate.ErasureDevice {
		return gate.ErasureDevice{ID: "qpzry9x8gf2tvdw0s3jn54khce6mua7l", Person: identity.Person{Username: name}, Held: held, Answered: answered, Promise: promise}
	}
	for name, c := range map[string]struct {
		devices []gate.ErasureDevice
		want    []string
		not     []string
	}{
		"nobody has it": {nil, []string{"No device has ever been enrolled."}, []string{"not answered", "can not promise"}},
		"all is well": {[]gate.ErasureDevice{device("anna", true, 1, "full"), device("bo", false, 0, ""), device("carl", false, 1, "none")},
			[]string{"anna", "bo", "carl", "no copy"}, []string{"not answered", "can not promise"}},
		"one waits": {[]gate.ErasureDevice{device("anna", true, 0, "")},
			[]string{"1 device held a copy and has not answered"}, []string{"can not promise"}},
		"two wait, two can not promise": {
			[]gate.ErasureDevice{device("anna", true, 0, ""), device("bo", true, 0, ""), device("carl", true, 1, "none"), device("dora", true, 1, "best-effort")},
			[]string{"2 devices held a copy and have not answered", "2 devices can not promise it", "best-effort"}, nil},
	} {
		var out bytes.Buffer
		admin := &call{Streams: Streams{Out: &out}}
		admin.tellErasure(gate.Erasure{Subject: "s-1", Devices: c.devices})
		for _, text := range c.want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s: not told that %q:\n%s", name, text, out.String())
			}
		}
		for _, text := range c.not {
			if strings.Contains(out.String(), text) {
				t.Errorf("%s: told that %q:\n%s", name, text, out.String())
			}
		}
	}
}
