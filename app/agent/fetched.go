package agent

import (
	"cmp"
	"errors"

	"handslag/identity/signed"
	"handslag/vault"
	"handslag/vault/journal"
)

// fetch is what goes into the view with one entry, which is durable before.
type fetch struct {
	page []byte // its name
	all  []arrival
	size int // bytes
}

// store says that records were fetched and puts them into the view, some at a time. A copy whose version and loan the
// device has already is no news and no entry.
func (r *run) store(all []arrival, page []byte) error {
	f := fetch{page: page}
	var renewed []arrival // the same version, a longer loan
	for _, one := range all {
		if r.session.erased(one.value.Subject) {
			continue // sent by a system that an older backup was put back into
		}
		held, err := r.held(one.value.ID)
		switch {
		case errors.Is(err, vault.ErrNotFound), errors.Is(err, vault.ErrView):
		case err != nil:
			return err
		case held.Number > one.value.Number, held.Number == one.value.Number && held.Until == one.until && !held.Source.IsPeer():
			r.moved(1)
			continue
		case held.Number == one.value.Number && !held.Source.IsPeer():
			renewed = append(renewed, one)
			continue
		}
		f.all = append(f.all, one)
		if f.size += len(one.copy.Cipher) + len(one.copy.Signed) + effectRow; f.size > effectBytes {
			if err := r.keep(f); err != nil {
				return err
			}
			f = fetch{page: page}
		}
	}
	if err := r.lend(renewed); err != nil {
		return err
	}
	return r.keep(f)
}

// keep says what was fetched and puts it into the view.
func (r *run) keep(f fetch) error {
	if len(f.all) == 0 {
		return nil
	}
	if _, err := r.session.say(line{entry: f.entry(), effect: f.put}); err != nil {
		return err
	}
	r.result.Received += len(f.all)
	r.moved(len(f.all))
	r.changed = append(r.changed, RecordsChanged, EventsChanged)
	return nil
}

// entry names a record that came alone. Many are named by their page, whose name the connected system's own entry
// about each of them bears.
func (f fetch) entry() journal.Entry {
	if one := f.all[0]; len(f.all) == 1 {
		return fetched(one.value.Subject, one.value.ID, one.value.Number, one.until)
	}
	e := journal.Entry{Kind: journal.RecordsFetched, Count: uint64(len(f.all)), Pair: f.page}
	for _, one := range f.all {
		e.Until = max(e.Until, one.until)
	}
	return e
}

func fetched(subject journal.SubjectID, id journal.RecordID, number uint64, until signed.Time) journal.Entry {
	return journal.Entry{Kind: journal.RecordFetched, Subject: subject, Record: id, RecordVersion: number, Until: until}
}

func (f fetch) put(tx *vault.Tx) error {
	for _, one := range f.all {
		err := unlessErased(one.value.Subject, func(tx *vault.Tx) error { _, err := tx.PutRecord(one.copy); return err })(tx)
		if err != nil {
			return err
		}
	}
	return nil
}

// sayHeld names each copy that the connected system lent: one that was restored from a backup may have lost its own
// entries about them, and orders of erasure have to reach them.
func (s *session) sayHeld() error {
	rows, err := s.vault.Records(vault.RecordFilter{})
	if err != nil && !errors.Is(err, vault.ErrView) {
		return err
	}
	var lines []line
	for i, row := range rows {
		if !row.Source.IsPeer() {
			lines = append(lines, line{entry: fetched(row.Subject, row.ID, row.Number, row.Until)})
		}
		if len(lines) == sayAtOnce || i == len(rows)-1 && len(lines) > 0 {
			if _, err := s.say(lines...); err != nil {
				return err
			}
			lines = nil
		}
	}
	return nil
}

// held is the row of a record that is here; most are not, when much comes, and for these nothing is read.
func (r *run) held(id journal.RecordID) (vault.RecordRow, error) {
	v := r.session.vault
	if here, err := v.Holds(id); err != nil || !here {
		return vault.RecordRow{}, cmp.Or(err, vault.ErrNotFound)
	}
	return v.Record(id)
}

// lend puts what was on the device before into the view with its new loan. No entry says so, and an
// order that a colleague passes on may come between: it waits here, or is heeded.
func (r *run) lend(renewed []arrival) error {
	if len(renewed) == 0 {
		return nil
	}
	s := r.session
	s.erasing.Lock()
	defer s.erasing.Unlock()
	var copies []vault.RecordCopy
	for _, one := range renewed {
		if !s.erased(one.value.Subject) {
			copies = append(copies, one.copy)
		}
	}
	r.changed = append(r.changed, RecordsChanged)
	if _, err := s.vault.PutRecords(copies); err != nil {
		return err
	}
	r.moved(len(renewed))
	return nil
}
