package assets

import (
	"strings"
	"testing"
	"unicode"
)

// TestEveryKindHasAName: words without a name left in them, none twice, so that a reviewer can choose among them.
func TestEveryKindHasAName(t *testing.T) {
	if len(Kinds()) < 45 {
		t.Fatalf("%d kinds", len(Kinds()))
	}
	for _, l := range Languages() {
		seen := map[string]string{}
		for _, kind := range Kinds() {
			name := l.Kind(kind)
			if name == kind || strings.ContainsAny(name, "{}") || strings.Contains(name, "  ") || strings.HasSuffix(name, " ") || strings.HasSuffix(name, ":") || !unicode.IsUpper([]rune(name)[0]) {
				t.Errorf("%s: %s is called %q", l, kind, name)
			}
			if other, twice := seen[name]; twice {
				t.Errorf("%s: %s and %s are both called %q", l, other, kind, name)
			}
			seen[name] = kind
		}
	}
	if got := Swedish.Kind("device.reads_minds"); got != "device.reads_minds" {
		t.Errorf("an unknown kind is called %q", got)
	}
}

// TestASharedThingIsTold: a record, what is attached to it and an assignment are handed over in other words each.
func TestASharedThingIsTold(t *testing.T) {
	for want, d := range map[string]Deed{
		"Bo Ek tog emot akten U-2300 från Anna Lind":                {Kind: "share.received", What: "U-2300", Thing: "record"},
		"Bo Ek tog emot en bilaga till U-2300 från Anna Lind":       {Kind: "share.received", What: "U-2300", Thing: "attachment"},
		"Bo Ek tog emot uppdraget Vattenläcka från Anna Lind":       {Kind: "share.received", What: "U-2300", Thing: "assignment", Title: "Vattenläcka"},
		"Bo Ek tog emot en akt från Anna Lind":                      {Kind: "share.received", Thing: "record"},
		"Bo Ek tog emot en bilaga till en akt från Anna Lind":       {Kind: "share.received", Thing: "attachment"},
		"Bo Ek tog emot U-2300 från Anna Lind":                      {Kind: "share.received", What: "U-2300"},
		"Bo Ek fick kvitto på uppdraget Vattenläcka från Anna Lind": {Kind: "share.confirmed", Thing: "assignment", Title: "Vattenläcka"},
		"Bo Ek öppnade skyddad del: U-2300":                         {Kind: "record.opened", What: "U-2300", Thing: "record"},
	} {
		d.Who, d.Peer = "Bo Ek", "Anna Lind"
		if got := Swedish.Did(d); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
