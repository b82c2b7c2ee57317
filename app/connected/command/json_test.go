package command_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each command says with -json what it did, in one value that a program reads, and nothing else.
func TestEveryCommandSpeaksJSON(t *testing.T) {
	o := newOffice(t)
	home := t.TempDir()
	in := func(name, content string) string {
		path := filepath.Join(home, name)
		if content != "" {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	recovery, backups := in("recovery", ""), t.TempDir()
	people := in("people.jsonl", `{"type":"unit","id":"norra","name":"Norra"}
{"type":"user","username":"anna.lind","first":"Anna","last":"Lind","unit":"norra","roles":[]}
{"type":"record","id":"r-1","kind":"person","subject":"s-1","unit":"norra","people":["anna.lind"],"protected_identity":false,"card":{"title":"Maja"},"protected":{"name":"Maja"}}
`)
	said := map[string]any{}
	for _, line := range []string{
		"init -name Linden -url https://127.0.0.1:8443 -passphrase-fd 0 -admin eva.berg -recovery " + recovery,
		"letter", "export statement -to " + t.TempDir(),
		"unit add sodra -name Södra", "unit list",
		"role put reviewer -name Granskare -grant log.read:all", "role list",
		"import " + people,
		"user add bo.ek -first Bo -password-fd 0", "user password bo.ek -generate", "user list",
		"role grant bo.ek reviewer", "role take bo.ek reviewer", "user disable bo.ek", "user enable bo.ek",
		"attach r-1 " + in("a.txt", "Hissen står."), "attachment list r-1",
		"log", "finding list", "spread r-1", "device list", "erase s-1 -yes", "erasure s-1", "orders -to " + in("orders", ""), "verify",
		"statement -name Lindens -passphrase-fd 0 -recovery " + recovery,
		"backup -to " + backups, "rotate tls -passphrase-fd 0 -recovery " + recovery, "rotate issuing -passphrase-fd 0 -recovery " + recovery,
		"rotate log -passphrase-fd 0 -recovery " + recovery, "rotate sealing -passphrase-fd 0 -recovery " + recovery,
	} {
		printed := o.must(passphrase, append(strings.Fields(line), "-json")...)
		d := json.NewDecoder(strings.NewReader(printed))
		var value any
		if err := d.Decode(&value); err != nil {
			t.Errorf("%s says %q: %v", line, printed, err)
			continue
		}
		if err := d.Decode(new(any)); err != io.EOF {
			t.Errorf("%s says more than one value: %q", line, printed)
		}
		said[strings.Fields(line)[0]] = value
	}
	if len(said) < 15 {
		t.Errorf("%d commands", len(said))
	}
}
