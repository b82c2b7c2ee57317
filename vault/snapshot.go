package vault

import (
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// snapshots are Badger's read transactions that wait for their next reader. To begin and to end one
// wakes a goroutine of Badger's each time, which costs an opening more than the reading does; and
// all that begin between two commits see the same. One reader has one at a time.
type snapshots struct {
	mu   sync.Mutex
	idle []*badger.Txn
}

const idleSnapshots = 32

// borrow is a snapshot of db as it stands; its caller keeps commits away until it gives it back.
func (s *snapshots) borrow(db *badger.DB) *badger.Txn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := len(s.idle) - 1; last >= 0 {
		txn := s.idle[last]
		s.idle = s.idle[:last]
		return txn
	}
	return db.NewTransaction(false)
}

func (s *snapshots) giveBack(txn *badger.Txn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.idle) == idleSnapshots {
		txn.Discard()
		return
	}
	s.idle = append(s.idle, txn)
}

// drop ends all that wait: a commit has made them old, or Badger is to be closed.
func (s *snapshots) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, txn := range s.idle {
		txn.Discard()
	}
	s.idle = nil
}
