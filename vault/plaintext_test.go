package vault

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"

	"handslag/identity"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
	"handslag/vault/journal"
)

func TestNoFileOfTheVaultShowsAnything(t *testing.T) {
	w := newWorld(t)
	p, err := w.vault.Profile()
	must(t, err)
	p.Machine, p.Username, p.Request = "machine-planted", "anna.planterad", []byte("request-planted")
	p.Person = identity.Person{ID: "person-planted", Username: "anna.planterad", First: "Anna", Last: "Planterad"}
	must(t, w.vault.SaveProfile(p, nil))
	c := w.copy(rita, ritaS, 1, morning)
	c.Source = Source{Device: w.device(), Name: "Bo Planterad", At: morning}
	w.put(c)
	w.putAssignment(w.assignment(1))
	must(t, w.vault.Apply(Run{1, 1, 1}, func(tx *Tx) error {
		must(t, tx.SetSetting("planted-setting", []byte("planted-value")))
		must(t, tx.SetSync(Sync{Cursor: "planted-cursor"}))
		return tx.PutWork(lamp, w.does(1, journal.AssignmentNoted, journal.Details{Note: "Planterad anteckning"}))
	}))
	_, err = w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning)
	must(t, err)
	secrets := [][]byte{w.vault.root, c.ContentKey, w.vault.bag.Log.Key}
	keys := *w.vault.bag.Log
	must(t, keys.Load(folder.Keybag, func(_ uint64, _ bool, plain []byte) error {
		for ; len(plain) > 0; plain = plain[len(keybag.ID{})+seal.KeySize:] { // names and keys of subjects
			secrets = append(secrets, bytes.Clone(plain[len(keybag.ID{}):][:seal.KeySize]))
		}
		return nil
	}))
	if len(secrets) < 4 {
		t.Fatal("no subject has a key")
	}
	for i := range secrets {
		secrets[i] = bytes.Clone(secrets[i])
	}
	for _, text := range []string{"planted", "planterad", string(rita), string(ritaS), string(lamp), string(passphrase), "ekbacken", "070-", string(w.org), string(w.device())} {
		secrets = append(secrets, []byte(text))
	}

	must(t, w.vault.view.db.View(func(txn *badger.Txn) error { // under Badger's own encryption too
		it := txn.NewIterator(badger.DefaultIteratorOptions)
		defer it.Close()
		rows := 0
		for it.Rewind(); it.Valid(); it.Next() {
			rows++
			value, err := it.Item().ValueCopy(nil)
			must(t, err)
			row := bytes.ToLower(append(it.Item().KeyCopy(nil), value...))
			for _, secret := range secrets {
				if bytes.Contains(row, bytes.ToLower(secret)) {
					t.Errorf("a row shows %q", secret)
				}
			}
		}
		if rows < 7 {
			t.Errorf("%d rows searched", rows)
		}
		return nil
	}))
	key := w.vault.view.seal.key(rowCard, string(rita))
	secrets = append(secrets, key[:]) // nor do the files say which rows there are

	look := func(when string) {
		t.Helper()
		searched := 0
		must(t, filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
			must(t, err)
			lowerName := strings.ToLower(d.Name())
			var data []byte
			if !d.IsDir() {
				data, err = os.ReadFile(path)
				must(t, err)
				searched++
			}
			lower := bytes.ToLower(data)
			for _, secret := range secrets {
				if bytes.Contains(data, secret) || bytes.Contains(lower, secret) || strings.Contains(lowerName, string(secret)) {
					t.Errorf("%s: %s shows %q", when, d.Name(), secret)
				}
			}
			return nil
		}))
		if searched < 8 {
			t.Fatalf("%s: %d files searched", when, searched)
		}
	}
	look("open")
	must(t, w.vault.Close())
	look("locked")
}
