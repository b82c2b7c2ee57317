package gate

import (
	"context"
	"maps"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// logNames are what entries name, for people to read.
type logNames struct {
	reach    reach
	people   map[string]identity.Person
	owners   map[string]store.Owned // of devices
	units    map[int64][]identity.Unit
	cards    map[string]string // titles of cards by record, or by "/" and subject
	titles   map[string]string // of assignments
	codes    map[string][]string
	searches map[store.Named]sqlc.Entry
}

func newLogNames(within reach) logNames {
	return logNames{reach: within, people: map[string]identity.Person{}, owners: map[string]store.Owned{}, units: map[int64][]identity.Unit{}, cards: map[string]string{},
		titles: map[string]string{}, codes: map[string][]string{}, searches: map[store.Named]sqlc.Entry{}}
}

// asked collects what to ask for, each once.
type asked[K comparable] map[K]bool

func (a asked[K]) add(k K) {
	var none K
	if k != none {
		a[k] = true
	}
}

func (a asked[K]) all() []K { return slices.Collect(maps.Keys(a)) }

// bytes are the keys as bytes.
func bytesOf(a asked[string]) (all [][]byte) {
	for k := range a {
		all = append(all, []byte(k))
	}
	return all
}

// learn asks for all that entries name: a few questions, however many entries.
func (n *logNames) learn(ctx context.Context, g *Gate, tx *store.Tx, entries map[int64]sqlc.Entry, said map[int64]journal.Entry) error {
	people, devices, records, subjects := asked[string]{}, asked[string]{}, asked[string]{}, asked[string]{}
	assignments, hashes, refs, keys, sets := asked[string]{}, asked[string]{}, asked[store.Named]{}, asked[string]{}, asked[int64]{}
	for id, e := range entries {
		s := said[id]
		people.add(e.PersonID)
		devices.add(string(s.Peer))
		devices.add(e.DeviceID)
		sets.add(e.UnitSet)
		if s.Record != "" {
			records.add(string(s.Record))
		} else {
			subjects.add(string(s.Subject))
		}
		assignments.add(string(s.Assignment))
		hashes.add(string(e.Hash))
		if s.Kind == journal.RecordFound {
			refs.add(store.Named{Device: e.DeviceID, Hash: string(s.Ref)})
		}
		if e.PayloadState == payloadKept {
			keys.add(e.PayloadSubject)
		}
	}
	var err error
	if n.codes, err = tx.FindingCodes(ctx, bytesOf(hashes)); err != nil {
		return err
	}
	if n.units, err = tx.UnitsIn(ctx, sets.all()); err != nil {
		return err
	}
	if err := n.learnPeople(ctx, tx, people, devices); err != nil {
		return err
	}
	searches, err := tx.EntriesNamed(ctx, refs.all())
	if err != nil {
		return err
	}
	for _, e := range searches {
		if e.Kind == string(journal.RecordsSearched) {
			n.searches[store.Named{Device: e.DeviceID, Hash: string(e.Hash)}] = e
			keys.add(e.PayloadSubject)
		}
	}
	return n.learnThings(ctx, tx, records, subjects, assignments, keys)
}

// learnPeople asks for people, and for those whose devices these are.
func (n *logNames) learnPeople(ctx context.Context, tx *store.Tx, people, devices asked[string]) (err error) {
	if n.owners, err = tx.Owners(ctx, devices.all()); err != nil {
		return err
	}
	for _, of := range n.owners {
		people.add(of.User)
	}
	n.people, err = tx.Persons(ctx, people.all())
	return err
}

// learnThings asks for cards, assignments and the keys to what is encrypted.
func (n *logNames) learnThings(ctx context.Context, tx *store.Tx, records, subjects, assignments, keys asked[string]) error {
	byID, err := tx.RecordBodies(ctx, records.all())
	if err != nil {
		return err
	}
	bySubject, err := tx.SubjectBodies(ctx, subjects.all())
	if err != nil {
		return err
	}
	work, err := tx.AssignmentBodies(ctx, assignments.all())
	if err != nil {
		return err
	}
	for _, bodies := range []map[string]store.Body{byID, bySubject, work} {
		for _, b := range bodies {
			keys.add(b.Subject)
		}
	}
	if err := tx.LearnKeys(ctx, keys.all()); err != nil {
		return err
	}
	for _, bodies := range []map[string]store.Body{byID, bySubject, work} { // what is of others is not named
		maps.DeleteFunc(bodies, func(_ string, b store.Body) bool { return !n.reach.unit(b.Unit) })
	}
	for id, b := range byID {
		if n.cards[id], err = cardTitle(ctx, tx, b); err != nil {
			return err
		}
	}
	for subject, b := range bySubject {
		if n.cards["/"+subject], err = cardTitle(ctx, tx, b); err != nil {
			return err
		}
	}
	for id, b := range work {
		var a record.Assignment
		if err := openBody(ctx, tx, "assignment_versions:body", b, record.AssignmentLimit, &a); err != nil {
			return err
		}
		n.titles[id] = a.Title
	}
	return nil
}

func cardTitle(ctx context.Context, tx *store.Tx, b store.Body) (string, error) {
	var rec record.Record
	err := openBody(ctx, tx, "records:body", b, record.RecordLimit, &rec)
	return rec.Card.Title, err
}

// openBody reads what this system signed and encrypted: that it decrypts in its own row says that nobody else
// wrote it. What does not open (any more) leaves v as it was.
func openBody(ctx context.Context, tx *store.Tx, column string, b store.Body, limit int, v any) error {
	data, err := tx.Open(ctx, b.Subject, column, versionRow(b.ID, b.Number), b.Body)
	if damaged(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return signed.Unverified(data, limit, v)
}

// person is who it is; of somebody not known here the ID alone.
func (n *logNames) person(id string) identity.Person {
	if p, ok := n.people[id]; ok {
		return p
	}
	return identity.Person{ID: identity.PersonID(id)}
}

// peer is the name of the person whose device it is.
func (n *logNames) peer(device identity.DeviceID) string {
	id := n.owners[string(device)].User
	if id == "" {
		return ""
	}
	p := n.person(id)
	return p.Name()
}

// label is what people call the device.
func (n *logNames) label(device identity.DeviceID) string { return n.owners[string(device)].Label }

// card is the title on the subject's card; nothing where they are erased or not known.
func (n *logNames) card(said journal.Entry) string {
	if said.Record != "" {
		return n.cards[string(said.Record)]
	}
	return n.cards["/"+string(said.Subject)]
}
