package agent

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// Only what the root key has said excuses a log for what it lacks, and never for what the backup had.
func TestWhatARestoredLogIsExcused(t *testing.T) {
	root := bytes.Repeat([]byte{1}, 32)
	once := identity.Statement{Generations: []identity.LogGeneration{{Number: 2, Size: 100, Root: root}}}
	twice := identity.Statement{Generations: []identity.LogGeneration{{Number: 2, Size: 100, Root: root}, {Number: 3, Size: 80, Root: root}}}
	later := identity.Statement{Generations: []identity.LogGeneration{{Number: 2, Size: 100, Root: root}, {Number: 3, Size: 150, Root: root}}}
	at := func(size int64, generation uint64) audit.Checkpoint {
		return audit.Checkpoint{Size: size, Generation: generation}
	}
	for sentence, c := range map[string]struct {
		statement   identity.Statement
		before, now audit.Checkpoint
		want        bool
	}{
		"what came after the backup is gone":                {once, at(101, 1), at(120, 2), true},
		"a checkpoint without a generation is of the first": {once, at(101, 0), at(120, 2), true},
		"what the backup had is there":                      {once, at(100, 1), at(120, 2), false},
		"in one generation nothing is excused":              {once, at(130, 2), at(120, 2), false},
		"the older log comes back":                          {once, at(130, 2), at(120, 1), false},
		"the root key has said nothing":                     {identity.Statement{}, at(101, 1), at(90, 2), false},
		"a generation that the root key has not opened":     {once, at(130, 2), at(120, 3), false},
		"two missed, the second from an older backup":       {twice, at(90, 1), at(120, 3), true},
		"two missed, and the first backup had it":           {later, at(100, 1), at(160, 3), false},
		"the second only, and its backup had it":            {later, at(150, 2), at(160, 3), false},
		"the second only, and it came after":                {later, at(151, 2), at(160, 3), true},
	} {
		if got := excused(c.statement, c.before, c.now); got != c.want {
			t.Errorf("%s: %v", sentence, got)
		}
	}
}

func TestARestoredLogBeginsWithItsBackup(t *testing.T) {
	s := identity.Statement{Generations: []identity.LogGeneration{{Number: 2, Size: 100, Root: bytes.Repeat([]byte{1}, 32)}}}
	same := audit.Checkpoint{Size: 100, Root: audit.Hash(s.Generations[0].Root), Generation: 2}
	if _, err := continued(s, same, nil); err != nil {
		t.Errorf("as the backup was: %v", err)
	}
	for name, now := range map[string]audit.Checkpoint{
		"shorter":         {Size: 99, Root: same.Root, Generation: 2},
		"another":         {Size: 100, Root: audit.Hash{2}, Generation: 2},
		"without a proof": {Size: 101, Root: audit.Hash{2}, Generation: 2},
	} {
		if _, err := continued(s, now, nil); !errors.Is(err, audit.ErrInconsistent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// restores brings the connected system back as it was at the backup, by the root key's word.
func (h *house) restores() (backup func()) {
	h.t.Helper()
	ctx := h.t.Context()
	var data, keys [][]byte
	keep := func(to *[][]byte) func([]byte) error {
		return func(line []byte) error { *to = append(*to, bytes.Clone(line)); return nil }
	}
	taken, err := h.gate.Backup(ctx, keep(&data), keep(&keys))
	ok(h.t, err)
	lines := func(all [][]byte) gate.Lines {
		return func(each func([]byte) error) error {
			for _, line := range all {
				if err := each(line); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return func() {
		h.t.Helper()
		h.stop()
		h.config.Path = filepath.Join(h.t.TempDir(), "restored.db")
		g, _, err := gate.Restore(ctx, h.config, taken, lines(data), lines(keys))
		ok(h.t, err)
		generation, err := g.Restored(ctx, nil)
		ok(h.t, err)
		generation.Number = h.statement.Generation() + 1
		h.statement.Number++
		h.statement.Generations = append(h.statement.Generations, generation)
		message, err := signed.Sign(signed.DomainStatement, h.root, h.statement)
		ok(h.t, err)
		h.config.Keys.Statement, h.config.Keys.Parsed = message, h.statement
		ok(h.t, g.SetKeys(h.config.Keys))
		_, err = g.Resume(ctx, nil)
		ok(h.t, err)
		ok(h.t, g.Close(ctx))
		h.back()
	}
}

// A system that was restored from before it lent something does not know that it did, and the device may have let go
// of the entries that said so. So each names again what it holds from the system, once; what a colleague gave it, the
// colleague's entry names.
func TestARestoredSystemLearnsAgainWhoHoldsWhat(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	putBack := h.restores()
	anna.sync()
	bo.sync()
	mine, theirs := anna.meets(bo, "r-maja")
	eventually(t, theirs, func() bool { return theirs.Progress().State == ShareIsReceived })
	eventually(t, mine, func() bool { return mine.Progress().State == ShareIsSent })
	mine.Close()
	<-theirs.Done()
	anna.sync()
	bo.sync()
	bo.holds("r-maj", "r-maja")
	annas, bos := len(anna.entries(journal.RecordFetched)), len(bo.entries(journal.RecordFetched))
	putBack()
	for range 2 {
		anna.sync()
		bo.sync()
	}
	for d, c := range map[*tablet]struct {
		before int
		want   []string
	}{anna: {annas, []string{"r-maj", "r-maja"}}, bo: {bos, []string{"r-maj"}}} {
		var again []string
		for _, e := range d.entries(journal.RecordFetched)[c.before:] {
			again = append(again, string(e.Record))
			if e.Until.IsZero() || e.Subject == "" || e.RecordVersion == 0 {
				t.Errorf("%s says %+v", d.name, e)
			}
		}
		if slices.Sort(again); !slices.Equal(again, c.want) {
			t.Errorf("%s names %v again, not %v", d.name, again, c.want)
		}
	}
	for _, d := range []*tablet{anna, bo} {
		if len(d.alarms()) != 0 || len(d.entries(journal.LogRestored)) != 1 {
			t.Errorf("%s: alarms %v, told %d times of the restore", d.name, d.alarms(), len(d.entries(journal.LogRestored)))
		}
	}
	done := h.erases("s-maja")
	if done.LentUntil.IsZero() {
		t.Error("an erasure knows of no copy")
	}
	v, err := h.gate.VerifyAll(t.Context())
	if err != nil || !v.Sound() {
		t.Errorf("%v, %v", v.Problems, err)
	}
}
