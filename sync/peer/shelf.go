package peer

import (
	"fmt"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Shelved is an assignment as this device holds it, with all that it knows of the work.
type Shelved struct {
	Signed []byte // by the organisation; Value is what it says
	Value  record.Assignment
	Work   []record.Said
}

// Joint is an assignment that both devices hold and both persons may work on.
type Joint struct {
	Assignment journal.AssignmentID
	Number     uint64 // version that this device holds
	Subject    journal.SubjectID
	Record     journal.RecordID
	Peer       identity.DeviceID
	Pair       []byte // 32 bytes, in both entries
}

// Bounds of a shelf.
const (
	MaxShelf   = 500     // assignments
	shelfHad   = 4096    // operations named on it
	shelfLimit = 200_000 // bytes
)

// shelf is what a device says it holds of what the other may work on, and of the other's own
// operations, so that only what is missing goes.
type shelf struct {
	_     struct{} `cbor:",toarray"`
	Items []shelfItem
}

type shelfItem struct {
	_          struct{} `cbor:",toarray"`
	Assignment journal.AssignmentID
	Had        [][]byte // hashes, 32 bytes each
}

func (s shelf) check() error {
	had, seen := 0, map[journal.AssignmentID]bool{}
	for _, item := range s.Items {
		if identity.CheckOpaque(string(item.Assignment)) != nil || seen[item.Assignment] {
			return fmt.Errorf("read shelf: malformed, or twice the same: %w", ErrShare)
		}
		seen[item.Assignment] = true
		for _, hash := range item.Had {
			if had++; len(hash) != len(journal.Hash{}) {
				return fmt.Errorf("read shelf: malformed hash: %w", ErrShare)
			}
		}
	}
	if len(s.Items) > MaxShelf || had > shelfHad {
		return fmt.Errorf("read shelf: %w", signed.ErrTooLarge)
	}
	return nil
}

// bothMay reports whether both persons may work on it, as their credentials say.
func (v *Verified) bothMay(a record.Assignment) bool {
	return access.May(access.SubjectOf(v.self.credential), access.AssignmentWork, a.Thing()).Allowed &&
		access.May(access.SubjectOf(v.meeting.Peer), access.AssignmentWork, a.Thing()).Allowed
}

// shelfOf is what this device says of what it holds: nothing of what the other may not work on.
func (v *Verified) shelfOf(held []Shelved) (shelf, map[journal.AssignmentID]Shelved) {
	said, places, room := shelf{Items: []shelfItem{}}, map[journal.AssignmentID]Shelved{}, shelfHad
	for _, one := range held {
		if len(said.Items) == MaxShelf {
			break
		}
		if !v.bothMay(one.Value) {
			continue
		}
		item := shelfItem{Assignment: one.Value.ID, Had: [][]byte{}}
		for _, o := range operations(one.Work) {
			if o.Device == v.meeting.Peer.Device() && room > 0 {
				room--
				item.Had = append(item.Had, o.Hash[:])
			}
		}
		said.Items, places[one.Value.ID] = append(said.Items, item), one
	}
	return said, places
}

func (v *Verified) joint(a record.Assignment) Joint {
	pair := digest("together", v.meeting.Transcript, []byte(a.ID))
	return Joint{Assignment: a.ID, Number: a.Number, Subject: a.Subject, Record: a.Record, Peer: v.meeting.Peer.Device(), Pair: pair[:]}
}

func operations(said []record.Said) []record.Operation {
	var ops []record.Operation
	for _, one := range said {
		if o, err := one.Read(); err == nil {
			ops = append(ops, o)
		}
	}
	return ops
}
