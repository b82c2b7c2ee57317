package journalfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		writeUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// people are the parties of every story, with fixed keys, so that a child process and a file
// from another day speak the same.
type people struct {
	signing *signed.PrivateKey
	server  *identity.SealPrivate
	subject []byte // the data subject's key on this device
	root    []byte
}

func cast() people {
	signing, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		panic(err)
	}
	server, err := identity.SealPrivateFromBytes(bytes.Repeat([]byte{2}, 32))
	if err != nil {
		panic(err)
	}
	return people{signing, server, bytes.Repeat([]byte{3}, 32), bytes.Repeat([]byte{4}, 32)}
}

func (p people) device() identity.DeviceID { return identity.DeviceIDOf(p.signing.Public()) }

func (p people) config(dir string, disk disk.Disk) Config {
	root, err := identity.NewAEAD(p.root)
	if err != nil {
		panic(err)
	}
	cfg := Config{
		Dir: dir, Device: p.device(), Verify: p.signing.Public(), Root: root, Seal: p.server.Public(), Disk: disk,
		Sign:  func(c signed.Content) ([]byte, error) { return c.Sign(p.signing) },
		Clock: func() (signed.Time, int64, signed.Time) { return 1_000_000, 5, 2_000_000 },
	}
	if disk != nil { // a disk in memory copies every byte often
		cfg.reserve, cfg.step = 2<<10, 3<<10
	}
	return cfg
}

func (p people) keep(key, commitment []byte) ([]byte, error) {
	aead, err := identity.NewAEAD(p.subject)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, key, commitment), nil
}

const (
	plantedReason = "planterad-orsak-vattenskada-i-koket"
	plantedRecord = journal.RecordID("planterad-akt-0815")
)

// opening is a draft that says record n was opened.
func (p people) opening(n int) Draft {
	return Draft{
		Entry: journal.Entry{
			Kind: journal.RecordOpened, Record: journal.RecordID(fmt.Sprintf("%s-%d", plantedRecord, n)),
			RecordVersion: 3, Subject: "s1",
		},
		Details: &journal.Details{Reason: plantedReason},
		Keep:    p.keep,
	}
}

func locked() Draft { return Draft{Entry: journal.Entry{Kind: journal.Locked}} }

func mustOpen(t testing.TB, cfg Config) *File {
	t.Helper()
	f, err := Open(cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func mustAppend(t testing.TB, f *File, drafts ...Draft) []*Stamp {
	t.Helper()
	stamps, err := f.Append(drafts...)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	if len(stamps) != len(drafts) {
		t.Fatalf("%d stamps for %d drafts", len(stamps), len(drafts))
	}
	return stamps
}

// all reads every entry and verifies its signature; where whole is set, the chain from its
// first entry on has neither gap nor fork.
func all(t testing.TB, f *File, whole bool) []Stored {
	t.Helper()
	var out []Stored
	chain := journal.Chain{Generation: 1}
	for s, err := range f.Entries(0, 0) {
		if err != nil {
			t.Fatalf("entries: %v", err)
		}
		e, err := journal.OpenEntry(s.Raw, f.cfg.Verify)
		if err != nil {
			t.Fatalf("entry %d: %v", len(out)+1, err)
		}
		if e.Seq != s.Entry.Seq || s.Hash != journal.HashOf(s.Raw) {
			t.Fatalf("entry %d is not what it says", e.Seq)
		}
		if whole && chain.Judge(e) != journal.Follows {
			t.Fatalf("entry %d: %v after %d", e.Seq, chain.Judge(e), chain.Last)
		}
		chain = chain.Extend(e, s.Raw)
		out = append(out, s)
	}
	if whole && chain != f.Chain() {
		t.Fatalf("the chain ends at %d, the entries at %d", f.Chain().Last, chain.Last)
	}
	return out
}

func seqs(stored []Stored) string {
	var b strings.Builder
	for _, s := range stored {
		fmt.Fprintf(&b, "%d ", s.Entry.Seq)
	}
	return strings.TrimSpace(b.String())
}

func receiptTo(f *File, seq uint64, at signed.Time) journal.Receipt {
	f.mu.RLock()
	defer f.mu.RUnlock()
	hash, _ := f.hashAt(1, seq)
	return journal.Receipt{Version: 1, Device: f.cfg.Device, Time: at,
		Ranges: []journal.Range{{Generation: 1, From: 1, To: seq, Hash: hash[:]}}}
}

func wants(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

// lucks are what survives of what was not synced when the power goes.
var lucks = []struct {
	what string
	luck func() faulty.Luck
}{
	{"none", func() faulty.Luck { return faulty.None }},
	{"all", func() faulty.Luck { return faulty.All }},
	{"one thing, in order", func() faulty.Luck { return faulty.First(1) }},
	{"two things, in order", func() faulty.Luck { return faulty.First(2) }},
	{"seed 1", func() faulty.Luck { return faulty.Seeded(1) }},
	{"seed 2", func() faulty.Luck { return faulty.Seeded(2) }},
	{"seed 3", func() faulty.Luck { return faulty.Seeded(3) }},
}
