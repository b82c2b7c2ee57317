package command_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handslag/app/connected/command"
)

// elsewhere are the commands whose answer in JSON other tests read: those to a device need one that has enrolled.
var elsewhere = map[string]string{
	"serve":          "it goes on: testnet starts it by what it says",
	"device approve": "gate's", "device refuse": "gate's", "device rename": "gate's", "device replace": "gate's", "device revoke": "gate's", "device release": "gate's",
}

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
	named := map[string]string{}
	lacking := command.Verbs()
	for name := range elsewhere {
		delete(lacking, name)
	}
	for _, line := range []string{
		"init -name Linden -url https://127.0.0.1:8443 -passphrase-fd 0 -admin eva.berg -recovery " + recovery,
		"letter", "systemd", "evidence 1", "export log", "export tiles -to " + in("tiles", ""), "export statement -to " + t.TempDir(),
		"unit add sodra -name Södra", "unit list",
		"role put reviewer -name Granskare -grant log.read:all", "role list",
		"import " + people,
		"user add bo.ek -first Bo -password-fd 0", "user password bo.ek -generate", "user list",
		"role grant bo.ek reviewer", "role take bo.ek reviewer", "user disable bo.ek", "user enable bo.ek",
		"attach r-1 " + in("a.txt", "Hissen står."), "attachment list r-1", "detach $attachment -yes",
		"log", "finding list", "spread r-1", "device list", "erase s-1 -yes", "erasure s-1", "orders -to " + in("orders", ""), "verify",
		"statement -name Lindens -passphrase-fd 0 -recovery " + recovery,
		"user oidc anna.lind -issuer https://id.example -subject 248289761001", "backup -to " + backups, "restore $backup -passphrase-fd 0 -recovery " + recovery + " -dir " + in("waits", ""), "resume -no-newer-orders -passphrase-fd 0 -recovery " + recovery + " -dir " + in("waits", ""), "rotate tls -passphrase-fd 0 -recovery " + recovery, "rotate issuing -passphrase-fd 0 -recovery " + recovery,
		"rotate log -passphrase-fd 0 -recovery " + recovery, "rotate sealing -passphrase-fd 0 -recovery " + recovery,
	} {
		line = os.Expand(line, func(name string) string { return named[name] })
		printed := o.must(passphrase, append(strings.Fields(line), "-json")...)
		for name := range lacking {
			if line == name || strings.HasPrefix(line, name+" ") {
				delete(lacking, name)
			}
		}
		if strings.HasPrefix(line, "export log") {
			printed, _, _ = strings.Cut(printed, "\n") // JSON Lines by nature
		}
		d := json.NewDecoder(strings.NewReader(printed))
		var value any
		if err := d.Decode(&value); err != nil {
			t.Errorf("%s says %q: %v", line, printed, err)
			continue
		}
		if object, ok := value.(map[string]any); ok { // what a later command names
			for name, key := range map[string]string{"attachment": "id", "backup": "data"} {
				if text, ok := object[key].(string); ok && strings.HasPrefix(line, strings.Replace(name, "attachment", "attach ", 1)) {
					named[name] = strings.TrimSuffix(text, filepath.Ext(text))
				}
			}
		}
		if err := d.Decode(new(any)); err != io.EOF {
			t.Errorf("%s says more than one value: %q", line, printed)
		}
	}
	for name := range lacking {
		t.Errorf("nobody asks %s for JSON", name)
	}
}

// And when it fails one object says so on standard error: the code, a sentence, and what to do.
func TestEveryCommandFailsInJSON(t *testing.T) {
	home := t.TempDir()
	for name, least := range command.Verbs() {
		words := strings.Fields(name)
		for range least {
			words = append(words, "x")
		}
		for _, c := range []struct {
			args []string
			code string
			exit int
		}{
			{append(slices.Clone(words), "-no-such-flag", "-json"), "usage", 2},
			{append([]string{"-json"}, append(slices.Clone(words), "-database", "no url")...), "", 0},
		} {
			var out, errs bytes.Buffer
			exit := command.Run(t.Context(), command.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, append([]string{"-dir", filepath.Join(home, "none")}, c.args...))
			if name == "systemd" && c.exit == 0 { // it needs no organisation
				continue
			}
			d := json.NewDecoder(&errs)
			var object map[string]string
			err := d.Decode(&object)
			if err != nil || d.More() || out.Len() > 0 || object["what"] == "" || object["code"] == "" || exit == 0 || c.code != "" && (object["code"] != c.code || exit != c.exit) {
				t.Errorf("%q ends with %d and %+v (%v), and says %q", c.args, exit, object, err, out.String())
			}
		}
	}
	for _, line := range []string{"-json", "-json dance", "user dance -json", "-json -no-such-flag"} {
		var errs bytes.Buffer
		exit := command.Run(t.Context(), command.Streams{Out: io.Discard, Err: &errs}, strings.Fields(line))
		var said map[string]string
		if err := json.Unmarshal(errs.Bytes(), &said); err != nil || said["code"] != "usage" || exit != 2 {
			t.Errorf("%q ends with %d: %q", line, exit, errs.String())
		}
	}
}
