package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADamagedViewIsSetAsideAndTheRestStays(t *testing.T) {
	other := newWorld(t)
	must(t, other.vault.Close())
	for what, damage := range map[string]func(t *testing.T, view string){
		"the folder is gone":    func(t *testing.T, view string) { must(t, os.RemoveAll(view)) },
		"the folder is emptied": func(t *testing.T, view string) { must(t, errors.Join(os.RemoveAll(view), os.Mkdir(view, folderMode))) },
		"another vault's view": func(t *testing.T, view string) {
			must(t, errors.Join(os.RemoveAll(view), os.CopyFS(view, os.DirFS(other.vault.folder.path(viewName)))))
		},
		"a torn key registry": func(t *testing.T, view string) { must(t, os.Truncate(filepath.Join(view, "KEYREGISTRY"), 20)) },
		"a torn manifest":     func(t *testing.T, view string) { must(t, os.Truncate(filepath.Join(view, "MANIFEST"), 3)) },
		"every table is gone": func(t *testing.T, view string) { removeFiles(t, view, ".sst") },
		"a flipped bit in tables": func(t *testing.T, view string) {
			for _, path := range files(t, view, ".sst") {
				flip(t, path, 40)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			w.put(w.copy(rita, ritaS, 1, morning))
			must(t, w.vault.Apply(Run{1, 1, 1}, func(*Tx) error { return nil }))
			aead, err := w.vault.SubjectKey(ritaS)
			must(t, err)
			box := aead.Seal(nil, nil, []byte("payload key"), nil)
			must(t, w.vault.Close())
			damage(t, filepath.Join(w.dir, viewName))

			v, err := Open(w.dir, passphrase, cheap)
			if !errors.Is(err, ErrView) || v == nil {
				t.Fatalf("open: %v", err)
			}
			defer v.Close()
			w.vault = v
			w.keys, err = v.Keys()
			must(t, err)
			if _, err := v.Records(RecordFilter{}); !errors.Is(err, ErrView) {
				t.Errorf("a list from a damaged view: %v", err)
			}
			if err := v.Apply(Run{1, 2, 2}, func(*Tx) error { return nil }); !errors.Is(err, ErrView) {
				t.Errorf("a write to a damaged view: %v", err)
			}
			if p, err := v.Profile(); err != nil || p.Person.Username != "anna" {
				t.Errorf("the profile: %+v, %v", p, err)
			}
			must(t, v.ResetView())
			if at, err := v.Position(); err != nil || at != (Position{}) {
				t.Errorf("position of a new view: %+v, %v", at, err)
			}
			w.put(w.copy(rita, ritaS, 1, morning))
			w.reopen()
			if _, err := w.vault.OpenPart(w.stamp(opened(rita, ritaS, 1)), rita, morning); err != nil {
				t.Errorf("after the rebuild: %v", err)
			}
			aead, err = w.vault.SubjectKey(ritaS)
			must(t, err)
			if _, err := aead.Open(nil, nil, box, nil); err != nil {
				t.Errorf("the subject's key: %v", err)
			}
		})
	}
}

func TestAWholeViewCanBeResetToo(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	for range 2 {
		must(t, w.vault.ResetView())
	}
	if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != 0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func files(t *testing.T, dir, suffix string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	must(t, err)
	if len(all) == 0 {
		t.Fatal("no such files: the test tests nothing")
	}
	return all
}

func removeFiles(t *testing.T, dir, suffix string) {
	for _, path := range files(t, dir, suffix) {
		if strings.HasSuffix(path, suffix) {
			must(t, os.Remove(path))
		}
	}
}
