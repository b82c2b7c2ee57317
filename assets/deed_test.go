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

// TestWhatAnAdministratorDidToADeviceHasItsOwnWords: in both languages, each another; what has none is a change.
func TestWhatAnAdministratorDidToADeviceHasItsOwnWords(t *testing.T) {
	for _, l := range Languages() {
		seen := map[string]string{l.Did(Deed{Kind: "system.changed", Code: "unit_put", System: true}): "unit_put"}
		for _, code := range []string{"device_approve", "device_refuse", "device_expire", "device_rename", "device_replace", "device_revoke", "device_quarantine", "device_release"} {
			said := l.Did(Deed{Kind: "system.changed", Code: code, Who: "Bo Ek", Peer: "Bo Ek", System: true})
			if other, twice := seen[said]; twice || !strings.Contains(said, "Bo Ek") || strings.Contains(said, "{") {
				t.Errorf("%s: %s is told as %q, as %s", l, code, said, other)
			}
			seen[said] = code
		}
		if said := l.Did(Deed{Kind: "record.opened", Code: "device_revoke", Who: "Bo Ek"}); strings.Contains(said, "spärrade") || strings.Contains(said, "revoked") {
			t.Errorf("%s: a code of another kind is told as %q", l, said)
		}
	}
	if got := Swedish.Did(Deed{Kind: "system.changed", Code: "device_expire", Who: "Bo Ek", System: true}); got != "Ingen släppte in en enhet hos Bo Ek i tid" {
		t.Error(got)
	}
}
