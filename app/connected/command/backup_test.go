package command

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"handslag/app/connected/backup"
	"handslag/app/connected/organisation"
	"handslag/identity/signed"
)

// A backup of keys whose time is over goes; nothing else does: rows, another organisation's, what is none.
func TestKeysWhoseTimeIsOverAreRemoved(t *testing.T) {
	dir := t.TempDir()
	house := func(name string) *organisation.Keys {
		plan := organisation.Plan{Dir: filepath.Join(dir, name), Name: name, URL: "https://localhost", Recovery: filepath.Join(dir, name+".recovery"), Now: time.Now()}
		if _, err := organisation.Init(plan); err != nil {
			t.Fatal(err)
		}
		keys, err := organisation.Open(plan.Dir)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	ours, theirs := house("ours"), house("theirs")
	now := signed.At(time.Now())
	folder := filepath.Join(dir, "backups")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(name string, keys *organisation.Keys, part backup.Part, until signed.Time) {
		file, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		w, err := backup.NewWriter(file, keys.Org, keys.Signed, backup.NewID(), part, now)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(keys.Log, backup.Manifest{Root: make([]byte, 32), Until: until}); err != nil {
			t.Fatal(err)
		}
	}
	write("old.keys", ours, backup.Keys, now)
	write("young.keys", ours, backup.Keys, now+1)
	write("theirs.keys", theirs, backup.Keys, now)
	write("rows.keys", ours, backup.Data, now)
	write("forever.keys", ours, backup.Keys, 0)
	if err := os.WriteFile(filepath.Join(folder, "none.keys"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	removed, err := removeOld(folder, ours.Org, now)
	if err != nil || len(removed) != 1 || filepath.Base(removed[0]) != "old.keys" {
		t.Errorf("removed %v, %v", removed, err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 5 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}
