package vault

import (
	"bytes"
	"testing"
)

func TestAHeaderThatCostsTooLittleIsRaisedAtUnlock(t *testing.T) {
	w := newWorld(t)
	must(t, w.vault.Close())
	weak := smallFiles(t, w.dir)[headerName]
	old, err := parseHeader(weak)
	must(t, err)
	if v, err := Open(w.dir, []byte("fel"), Options{}); err == nil {
		v.Close()
		t.Fatal("a wrong passphrase opens")
	}
	if !bytes.Equal(smallFiles(t, w.dir)[headerName], weak) {
		t.Fatal("a wrong passphrase raised the header")
	}
	v, err := Open(w.dir, passphrase, Options{})
	must(t, err)
	must(t, v.Close())
	strong := smallFiles(t, w.dir)[headerName]
	h, err := parseHeader(strong)
	must(t, err)
	if h.KDF.Memory != floorMemory || h.KDF.Time != floorTime || h.KDF.Threads != floorThreads || bytes.Equal(h.KDF.Salt, old.KDF.Salt) {
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
	if !bytes.Equal(smallFiles(t, w.dir)[headerName], strong) {
		t.Error("a header at the floor is written again")
	}
	w.reopen() // a program whose floor is lower
	if !bytes.Equal(smallFiles(t, w.dir)[headerName], strong) {
		t.Error("a lower floor made the header cheaper")
	}
	must(t, w.vault.ChangePassphrase(passphrase, newPhrase, noEntry))
	h, err = parseHeader(smallFiles(t, w.dir)[headerName])
	must(t, err)
	if h.KDF.Memory != floorMemory || h.KDF.Time != floorTime {
		t.Errorf("a change made the header cheaper: %+v", h.KDF)
	}
}

func TestWhereItCanNotBeRaisedItOpensAsItDid(t *testing.T) {
	w := newWorld(t)
	must(t, w.vault.Close())
	weak := smallFiles(t, w.dir)[headerName]
	asked := 0
	v, err := Open(w.dir, passphrase, Options{FreeSpace: func(string) (uint64, error) {
		if asked++; asked == 1 { // the header is the first that unlocking writes
			return 0, nil
		}
		return 1 << 40, nil
	}})
	must(t, err)
	must(t, v.Close())
	if !bytes.Equal(smallFiles(t, w.dir)[headerName], weak) || asked == 0 {
		t.Error("the header is another")
	}
	w.reopen()
}

func TestNothingIsEverRaisedBeyondItsBoundsOrLowered(t *testing.T) {
	for _, k := range []kdf{
		{Time: 1, Memory: 8, Threads: 1}, {Time: 3, Memory: 64 << 10, Threads: 4}, {Time: capTime, Memory: 8, Threads: 1},
		{Time: 1, Memory: capMemory, Threads: 1}, {Time: 4, Memory: capMemory, Threads: capThreads},
		{Time: capTime, Memory: capWork / capTime, Threads: capThreads}, {Time: 2, Memory: 128, Threads: capThreads},
	} {
		k.Algorithm, k.Version, k.Salt = argon2id, 0x13, random(saltSize)
		must(t, k.check())
		r, more := k.raised(false)
		if err := r.check(); err != nil {
			t.Errorf("%+v: %v", k, err)
		}
		if r.Time < k.Time || r.Memory < k.Memory || r.Threads < k.Threads || r.Time < floorTime || r.Memory < floorMemory || r.Threads < floorThreads {
			t.Errorf("%+v is lowered to %+v", k, r)
		}
		if behind := k.Time < floorTime || k.Memory < floorMemory || k.Threads < floorThreads; more != behind {
			t.Errorf("%+v is behind: %v", k, more)
		}
		if bytes.Equal(r.Salt, k.Salt) {
			t.Error("the old salt serves again")
		}
	}
}
