package agent

import (
	"bytes"
	"errors"
	"testing"

	"handslag/identity"
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
