package journalfile

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

func TestADayOnARealDisk(t *testing.T) {
	p, dir := cast(), filepath.Join(t.TempDir(), "outbox", "device")
	f := mustOpen(t, p.config(dir, nil))
	if f.Chain() != (journal.Chain{Generation: 1}) || f.Waiting() != 0 {
		t.Fatalf("a new journal: %+v", f.Chain())
	}
	stamps := mustAppend(t, f, p.opening(1), locked())
	e := stamps[0].Entry()
	if e.After != 1_000_000 || e.Elapsed != 5 || e.Clock != 2_000_000 || e.Device != p.device() || e.Seq != 1 {
		t.Fatalf("the entry's own fields: %+v", e)
	}
	f.Close()
	f = mustOpen(t, p.config(dir, nil))
	mustAppend(t, f, p.opening(2))
	stored := all(t, f, true)
	if seqs(stored) != "1 2 3" || stored[1].Box != nil || stored[0].Received {
		t.Fatalf("stored: %s", seqs(stored))
	}
	// Who holds the subject's key opens the words again.
	key, err := identity.NewAEAD(p.subject)
	if err != nil {
		t.Fatal(err)
	}
	payloadKey, err := key.Open(nil, nil, stored[0].Kept, stored[0].Entry.Payload)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := journal.OpenPayload(stored[0].Box, payloadKey, stored[0].Entry.Payload)
	if err != nil || payload.Details.Reason != plantedReason {
		t.Fatalf("%+v, %v", payload, err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("folder: %v, %v", info.Mode(), err)
	}
	for name, data := range readFolder(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%s: %v, %v", name, info.Mode(), err)
		}
		for _, secret := range []string{plantedReason, string(plantedRecord), string(journal.RecordOpened), "s1"} {
			if len(secret) > 4 && (bytes.Contains(data, []byte(secret)) || bytes.Contains(data, []byte(hex.EncodeToString([]byte(secret))))) {
				t.Fatalf("%s can be read in %s", secret, name)
			}
		}
	}
}

func readFolder(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, entry := range entries {
		if entry.Name() == lockName { // it holds nothing
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[entry.Name()] = data
	}
	if len(out) == 0 {
		t.Fatal("the folder is empty")
	}
	return out
}

// Each frame of one sync carries the same mark, and the greatest is read back.
func TestTheGreatestMarkIsReadBack(t *testing.T) {
	p, disk := cast(), faulty.New()
	cfg := p.config("/o", disk)
	cfg.segmentSize = 4 << 10
	f := mustOpen(t, cfg)
	mustAppend(t, f, locked())
	f.Close()
	if f = mustOpen(t, cfg); f.Mark() != 0 {
		t.Fatalf("a mark out of nowhere: %d", f.Mark())
	}
	f.Close()
	asked := uint64(0)
	cfg.Mark = func() uint64 { asked++; return asked }
	f = mustOpen(t, cfg)
	for i := range 9 {
		mustAppend(t, f, p.opening(i), locked(), locked())
	}
	if asked != 9 || f.Mark() != 0 || len(f.segments) < 2 {
		t.Fatalf("asked %d times for 9 syncs; Open had read %d", asked, f.Mark())
	}
	f.Close()
	if f = mustOpen(t, cfg); f.Mark() != 9 {
		t.Fatalf("the greatest mark is %d, want 9", f.Mark())
	}
}

func TestADraftThatIsMalformedHarmsNobodyElse(t *testing.T) {
	p := cast()
	f := mustOpen(t, p.config("/o", faulty.New()))
	bad := locked()
	bad.Entry.Kind = "NOT A KIND"
	for what, drafts := range map[string][]Draft{
		"no drafts":                     {},
		"too many":                      make([]Draft, DraftLimit+1),
		"a malformed kind":              {p.opening(1), bad},
		"a commitment without payload":  {{Entry: journal.Entry{Kind: journal.Locked, Payload: make([]byte, 32)}}},
		"a reason that is a whole book": {{Entry: journal.Entry{Kind: journal.Locked}, Details: &journal.Details{Reason: strings.Repeat("a", 9000)}}},
	} {
		if stamps, err := f.Append(drafts...); err == nil || stamps != nil {
			t.Errorf("%s was taken", what)
		}
	}
	if f.Chain().Last != 0 {
		t.Fatal("something of it was said")
	}
	// In one group with sound ones.
	good, poor := &request{}, &request{}
	good.drafts, poor.drafts = []prepared{{entry: locked().Entry}}, []prepared{{entry: locked().Entry}, {entry: bad.Entry}}
	last := &request{drafts: []prepared{{entry: locked().Entry}}}
	f.writer.Lock()
	f.commit([]*request{good, poor, last})
	f.writer.Unlock()
	if good.err != nil || len(good.stamps) != 1 || poor.err == nil || poor.stamps != nil || last.err != nil || last.stamps[0].Entry().Seq != 2 {
		t.Fatalf("%v, %v, %v", good.err, poor.err, last.err)
	}
	all(t, f, true)
}

func TestManySpeakAtOnceAndShareSyncs(t *testing.T) {
	p := cast()
	disk := faulty.New()
	cfg := p.config("/o", disk)
	cfg.segmentSize = 64 << 10
	f := mustOpen(t, cfg)
	const callers, each = 24, 10
	hold := make(chan struct{}) // the first sync waits until everyone has queued
	f.writer.Lock()
	go func() {
		for {
			f.queue.Lock()
			n := len(f.queue.waiting)
			f.queue.Unlock()
			if n == callers {
				break
			}
		}
		f.writer.Unlock()
		close(hold)
	}()
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			for range each {
				stamps, err := f.Append(p.opening(i), locked())
				if err != nil {
					t.Error(err)
					return
				}
				if stamps[1].Entry().Seq != stamps[0].Entry().Seq+1 {
					t.Error("one caller's entries do not stand together")
				}
				e := stamps[0].Entry()
				if stamps[0].Redeem(e.Kind, p.opening(i).Entry.Record, 3) != nil {
					t.Error("the stamp is another's")
				}
			}
		})
	}
	for range 3 {
		group.Go(func() {
			for range 20 {
				f.Waiting()
				if b, ok, err := f.Batch([]byte("c")); err != nil || ok && len(b.Items) == 0 {
					t.Error(err)
				}
				for _, err := range f.Entries(0, 0) {
					if err != nil {
						t.Error(err)
					}
				}
				if n := f.Chain().Last; n > 0 {
					if _, err := f.Receipt(receiptTo(f, n, 5)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	<-hold
	group.Wait()
	if got := all(t, f, true); len(got) != callers*each*2 {
		t.Fatalf("%d entries", len(got))
	}
	if disk.Calls() == 0 || len(f.Damage()) > 0 {
		t.Fatalf("%v", f.Damage())
	}
}

func TestWhoWaitsTogetherSharesOneSync(t *testing.T) {
	p := cast()
	disk := faulty.New()
	cfg := p.config("/o", disk)
	cfg.step = 64 << 10 // so that no space is made ready meanwhile
	f := mustOpen(t, cfg)
	mustAppend(t, f, locked())
	before := disk.Syncs()
	f.writer.Lock()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := f.Append(locked()); err != nil {
				t.Error(err)
			}
		})
	}
	for n := 0; n < 20; {
		f.queue.Lock()
		n = len(f.queue.waiting)
		f.queue.Unlock()
	}
	f.writer.Unlock()
	group.Wait()
	if got := disk.Syncs() - before; got != 1 || f.Chain().Last != 21 {
		t.Fatalf("%d syncs for 20 callers, chain at %d", got, f.Chain().Last)
	}
}

func TestAClosedJournalDoesNothing(t *testing.T) {
	p := cast()
	f := mustOpen(t, p.config("/o", faulty.New()))
	mustAppend(t, f, p.opening(1))
	key, payload := f.segments[0].key, f.active.payload
	f.Close()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(key, make([]byte, 32)) || !bytes.Equal(payload, make([]byte, 32)) {
		t.Fatal("a key is still in memory")
	}
	_, err := f.Append(locked())
	wants(t, err, ErrClosed)
	_, _, err = f.Batch([]byte("c"))
	wants(t, err, ErrClosed)
	_, err = f.Receipt(journal.Receipt{})
	wants(t, err, ErrClosed)
	_, err = f.Drop(1)
	wants(t, err, ErrClosed)
	for _, err := range f.Entries(0, 0) {
		wants(t, err, ErrClosed)
	}
}

func TestWhatOpenRefuses(t *testing.T) {
	p := cast()
	dir := t.TempDir()
	f := mustOpen(t, p.config(dir, nil))
	mustAppend(t, f, p.opening(1))
	if _, err := f.Receipt(receiptTo(f, 1, 7)); err != nil {
		t.Fatal(err)
	}
	f.Close()
	before := readFolder(t, dir)

	other := p
	other.root = bytes.Repeat([]byte{9}, 32)
	_, err := Open(other.config(dir, nil))
	wants(t, err, ErrKey)

	for name, data := range before {
		foreign := bytes.Clone(data)
		binary.BigEndian.PutUint16(foreign[6:], 2)
		length := int(binary.BigEndian.Uint32(foreign[8:]))
		castagnoli := crc32.MakeTable(crc32.Castagnoli)
		binary.BigEndian.PutUint32(foreign[12:], crc32.Update(crc32.Checksum(foreign[6:12], castagnoli), castagnoli, foreign[16:16+length]))
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, foreign, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(p.config(dir, nil))
		wants(t, err, ErrFormat)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range readFolder(t, dir) {
		if !bytes.Equal(before[name], data) {
			t.Fatalf("a refused Open changed %s", name)
		}
	}
	for what, spoil := range map[string]func(*Config){
		"no folder":             func(c *Config) { c.Dir = "" },
		"no signer":             func(c *Config) { c.Sign = nil },
		"no root":               func(c *Config) { c.Root = nil },
		"no clock":              func(c *Config) { c.Clock = nil },
		"another key's device":  func(c *Config) { c.Device = "x" },
		"no key to verify with": func(c *Config) { c.Verify = signed.Key{} },
		"no key to seal to":     func(c *Config) { c.Seal = identity.SealKey{} },
		"a file for a folder":   func(c *Config) { c.Dir = filepath.Join(dir, cursorName) },
		"a folder below a file": func(c *Config) { c.Dir = filepath.Join(dir, cursorName, "x") },
	} {
		cfg := p.config(dir, nil)
		spoil(&cfg)
		if _, err := Open(cfg); err == nil {
			t.Errorf("%s: opened", what)
		}
	}
}
