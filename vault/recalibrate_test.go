package vault

import (
	"bytes"
	"testing"

	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
)

func TestAHeaderThatCostsTooLittleIsRaisedAtUnlock(t *testing.T) {
	w := newWorld(t)
	must(t, w.vault.Close())
	weak := smallFiles(t, w.dir)[folder.Header]
	old, err := header.Parse(weak)
	must(t, err)
	if v, err := Open(w.dir, []byte("fel"), Options{}); err == nil {
		v.Close()
		t.Fatal("a wrong passphrase opens")
	}
	if !bytes.Equal(smallFiles(t, w.dir)[folder.Header], weak) {
		t.Fatal("a wrong passphrase raised the header")
	}
	v, err := Open(w.dir, passphrase, Options{})
	must(t, err)
	must(t, v.Close())
	strong := smallFiles(t, w.dir)[folder.Header]
	h, err := header.Parse(strong)
	must(t, err)
	if h.KDF.Memory != header.FloorMemory || h.KDF.Time != header.FloorTime || h.KDF.Threads != header.FloorThreads || bytes.Equal(h.KDF.Salt, old.KDF.Salt) {
		t.Errorf("raised to %+v", h.KDF)
	}
	for name, data := range smallFiles(t, w.dir) {
		if bytes.Contains(data, old.Root) {
			t.Errorf("the weak wrap lies in %s", name)
		}
	}
	v, err = Open(w.dir, passphrase, Options{})
	must(t, err)
	must(t, v.Close())
	if !bytes.Equal(smallFiles(t, w.dir)[folder.Header], strong) {
		t.Error("a header at the floor is written again")
	}
	w.reopen() // a program whose floor is lower
	if !bytes.Equal(smallFiles(t, w.dir)[folder.Header], strong) {
		t.Error("a lower floor made the header cheaper")
	}
	must(t, w.vault.ChangePassphrase(passphrase, newPhrase, noEntry))
	h, err = header.Parse(smallFiles(t, w.dir)[folder.Header])
	must(t, err)
	if h.KDF.Memory != header.FloorMemory || h.KDF.Time != header.FloorTime {
		t.Errorf("a change made the header cheaper: %+v", h.KDF)
	}
}

func TestWhereItCanNotBeRaisedItOpensAsItDid(t *testing.T) {
	w := newWorld(t)
	must(t, w.vault.Close())
	weak := smallFiles(t, w.dir)[folder.Header]
	asked := 0
	v, err := Open(w.dir, passphrase, Options{FreeSpace: func(string) (uint64, error) {
		if asked++; asked == 1 { // the header is the first that unlocking writes
			return 0, nil
		}
		return 1 << 40, nil
	}})
	must(t, err)
	must(t, v.Close())
	if !bytes.Equal(smallFiles(t, w.dir)[folder.Header], weak) || asked == 0 {
		t.Error("the header is another")
	}
	w.reopen()
}
