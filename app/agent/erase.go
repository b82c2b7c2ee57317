package agent

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"

	"handslag/app/agent/machine"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// An erasure order is carried out in three steps, each durable before the next: the entry that
// says so, with which the subject is noted as one to erase; the vault's erasure; the note that
// it is done. What a crash leaves the next unlock finishes, before anything opens.

// erasing is whom the vault still has to let go of, in the setting of that name.
type erasing struct {
	Subjects []journal.SubjectID `cbor:"1,keyasint,omitempty"`
	All      bool                `cbor:"2,keyasint,omitempty"` // whoever the journal says: a view made anew has read of many
}

const (
	erasingSetting = "erasing"
	erasingLimit   = 64 << 10 // bytes
	erasingMost    = 256      // subjects
	erasedNotice   = "erased"
	closedErased   = "erased" // code of an opening that an order ends
)

// erasedName is the setting that remembers an order carried out, by its number, so that
// nothing about the subject is taken in again.
func erasedName(id journal.SubjectID) string { return "erased/" + string(id) }

// putErasing is what the entry of an order changes in the view.
func putErasing(tx *vault.Tx, e effect) error {
	number := strconv.AppendUint(nil, e.entry.Count, 10)
	if err := tx.SetSetting(erasedName(e.entry.Subject), number); err != nil {
		return err
	}
	now, err := readErasing(tx.Setting(erasingSetting))
	if err != nil {
		return err
	}
	return setErasing(tx, now.with(e.entry.Subject))
}

func (e erasing) with(id journal.SubjectID) erasing {
	switch {
	case e.All, slices.Contains(e.Subjects, id):
		return e
	case len(e.Subjects) == erasingMost:
		return erasing{All: true}
	}
	return erasing{Subjects: append(e.Subjects, id)}
}

func setErasing(tx *vault.Tx, e erasing) error {
	data, err := signed.Encode(e)
	if err != nil {
		return fmt.Errorf("note erasure: %w", err)
	}
	return tx.SetSetting(erasingSetting, data)
}

func readErasing(data []byte, err error) (erasing, error) {
	var e erasing
	if err != nil || len(data) == 0 {
		return e, err
	}
	if err := signed.Decode(data, erasingLimit, &e); err != nil {
		return e, fmt.Errorf("read erasures: %w: %w", vault.ErrView, err)
	}
	return e, nil
}

// erase carries out orders that this device has not carried out, and finishes those that it had
// begun. It returns how many are new.
func (a *Agent) erase(s *session, orders []machine.Order) (int, error) {
	s.erasing.Lock()
	defer s.erasing.Unlock()
	if err := s.finishErasing(); err != nil {
		return 0, err
	}
	orders = slices.DeleteFunc(slices.Clone(orders), func(o machine.Order) bool { return s.erased(o.Subject) })
	promise := string(s.vault.Promise())
	for some := range slices.Chunk(orders, sayAtOnce) {
		var lines []line
		for _, o := range some {
			lines = append(lines, s.closeAbout(o.Subject)...)
			entry := journal.Entry{Kind: journal.SubjectErased, Subject: o.Subject, Count: o.Number, Code: promise}
			lines = append(lines, line{entry: entry, effect: func(tx *vault.Tx) error {
				return tell(tx, notice{ID: erasedNotice, Code: SubjectErased, At: s.clock.Read().Time})
			}})
		}
		if _, err := s.say(lines...); err != nil {
			return 0, err
		}
		if err := s.finishErasing(); err != nil {
			return 0, err
		}
	}
	return len(orders), nil
}

// finishErasing has the vault let go of whom entries say that it does.
func (s *session) finishErasing() error {
	if err := s.current(); err != nil {
		return err
	}
	for {
		now, err := readErasing(s.vault.Setting(erasingSetting))
		if err != nil || !now.All && len(now.Subjects) == 0 {
			return err
		}
		subjects := now.Subjects
		if now.All {
			if subjects, err = s.toldErased(); err != nil {
				return err
			}
		}
		if err := s.vault.Erase(subjects...); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
		err = s.vault.Update(func(tx *vault.Tx) error {
			left, err := readErasing(tx.Setting(erasingSetting))
			if err != nil || left.All != now.All || !slices.Equal(left.Subjects, now.Subjects) {
				return err // more has been noted meanwhile
			}
			return setErasing(tx, erasing{})
		})
		if err != nil {
			return err
		}
	}
}

// toldErased is everybody of whom the journal says that they are erased.
func (s *session) toldErased() (all []journal.SubjectID, err error) {
	for st, err := range s.journal.Entries(0, 0) {
		if err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		if st.Entry.Kind == journal.SubjectErased {
			all = append(all, st.Entry.Subject)
		}
	}
	return all, nil
}

// erased reports whether an order about the subject has been carried out here. What can not be
// read is taken for an order.
func (s *session) erased(id journal.SubjectID) bool {
	data, err := s.vault.Setting(erasedName(id))
	return err != nil || len(data) > 0
}

// unlessErased has effect change the view where no order about the subject has come before it:
// what a colleague gave was then perhaps under way.
func unlessErased(id journal.SubjectID, effect func(*vault.Tx) error) func(*vault.Tx) error {
	return func(tx *vault.Tx) error {
		if data, err := tx.Setting(erasedName(id)); err != nil || len(data) > 0 {
			return err
		}
		return effect(tx)
	}
}

// closeAbout ends what stands open about a subject; nothing about them opens afterwards.
func (s *session) closeAbout(id journal.SubjectID) []line {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[id] = true
	var lines []line
	for rec, o := range s.openings {
		if o.draft.Subject == id {
			lines = append(lines, o.closing(closedErased))
			delete(s.openings, rec)
		}
	}
	return lines
}

// judgeOrders verifies the orders of a page: they ascend, from behind those that the device has.
func (r *run) judgeOrders(page link.Page, after uint64) ([]machine.Order, error) {
	if len(page.Erasures) > link.PageErasures {
		return nil, fmt.Errorf("read erasure orders: %w: too many", link.ErrAnswer)
	}
	var orders []machine.Order
	for _, data := range page.Erasures {
		o, err := r.session.openOrder(data)
		if err != nil {
			return nil, err
		}
		if o.Number <= after {
			return nil, fmt.Errorf("read erasure orders: %w: out of order", link.ErrAnswer)
		}
		after = o.Number
		orders = append(orders, o)
	}
	return orders, nil
}

func (s *session) openOrder(data []byte) (machine.Order, error) {
	me := s.who()
	o, err := record.OpenErasure(data, me.profile.Org, me.statement.Issuing)
	return machine.Order{Erasure: o, Signed: data}, err
}

// eraseOrdered carries out the orders of a page, after it has left them for the other profiles
// of this machine, which may be locked for long.
func (r *run) eraseOrdered(orders []machine.Order) error {
	if len(orders) == 0 {
		return nil
	}
	a, s := r.agent, r.session
	if err := a.place.LeaveOrders(orders, s.clock.Read().Floor, s.openOrder); err != nil {
		a.log.Warn("erasure orders are not left for other profiles", "error", err)
	}
	n, err := a.erase(s, orders)
	if n > 0 {
		r.changed = append(r.changed, RecordsChanged, AssignmentsChanged, EventsChanged)
	}
	return err
}

// eraseFound carries out the orders that other profiles of this machine have left.
func (a *Agent) eraseFound(s *session) error {
	_, err := a.erase(s, a.place.Orders(s.openOrder))
	return err
}

// ErasureOrders are the organisation's erasure orders that lie on this machine, as a connected system that was
// restored from a backup takes them: base64 of each signed order, one a line, oldest first. They are those of
// the last thirty days, and name nobody. n counts them.
func (a *Agent) ErasureOrders() (file []byte, n int, err error) {
	s, err := a.current()
	if err != nil {
		return nil, 0, err
	}
	for _, o := range a.place.Orders(s.openOrder) {
		file = append(base64.StdEncoding.AppendEncode(file, o.Signed), '\n')
		n++
	}
	return file, n, nil
}
