package gate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// spreadMost bounds how many ways that copies went, or answers, one tree is made of.
const spreadMost = 10_000

// spread is where copies of a record went, put together from what the log tells: the system's own entries of
// every loan that it gave, and both halves of each handing over. Of entries that say the same again the first and
// the last are read.
type spread struct {
	now     signed.Time
	out     link.Spread
	order   sqlc.Erasure
	ways    map[way]*given
	to      map[string][]*given // by whom they were given to, the first first
	holders map[string]*holder
}

// way is from whom to whom; from is empty for the connected system.
type way struct{ from, to string }

// given is what went one way.
type given struct {
	way
	sent, received *told // each half; of the connected system there is only the one
	refused        *told // by the receiver
}

// holder is a device and what has become of its copy.
type holder struct {
	device   string
	row      sqlc.Device
	person   identity.Person
	expired  int64 // place of the newest entry that says that the copy is removed
	exported int
	wiped    sqlc.Entry
	answer   *told
	promise  string
	takeBack bool // it was told to remove what it was sent, and asked on
}

// spreadOf reads the spread of a record; Missing where nobody has heard of it.
func (g *Gate) spreadOf(ctx context.Context, tx *store.Tx, id journal.RecordID, now signed.Time) (*spread, error) {
	s := &spread{now: now, ways: map[way]*given{}, to: map[string][]*given{}, holders: map[string]*holder{}, out: link.Spread{Record: id, At: now}}
	subject, err := tx.SubjectOfRecord(ctx, string(id))
	if store.Missing(err) { // erased, or put here by a server that this one was restored from
		subject, err = tx.SubjectInLog(ctx, string(id))
	}
	if err != nil {
		return nil, err
	}
	s.out.Subject = journal.SubjectID(subject)
	if s.order, err = tx.Erasure(ctx, subject); err != nil && !store.Missing(err) {
		return nil, err
	}
	s.out.Ordered = signed.Time(s.order.At)
	if err := s.read(ctx, tx); err != nil {
		return nil, fmt.Errorf("read spread: %w", err)
	}
	if err := s.learn(ctx, g, tx); err != nil {
		return nil, fmt.Errorf("read spread: %w", err)
	}
	s.sum(g)
	return s, nil
}

// read reads what was given, and what ended it.
func (s *spread) read(ctx context.Context, tx *store.Tx) error {
	rows, err := tx.WaysOf(ctx, sqlc.WaysOfParams{RecordID: string(s.out.Record), Rows: spreadMost})
	if err != nil {
		return err
	}
	answers, err := tx.AnswersOf(ctx, sqlc.AnswersOfParams{Subject: string(s.out.Subject), Rows: spreadMost})
	if err != nil {
		return err
	}
	s.out.Partial = len(rows) == spreadMost || len(answers) == spreadMost
	var places []int64
	add := func(first, last int64) {
		if places = append(places, first); last != first {
			places = append(places, last)
		}
	}
	for _, r := range rows {
		add(r.First, r.Last)
	}
	for _, a := range answers {
		add(a.First, a.Last)
	}
	entries, err := tx.EntriesAt(ctx, places)
	if err != nil {
		return err
	}
	longest, err := s.longest(ctx, tx, rows)
	if err != nil {
		return err
	}
	for _, r := range rows {
		t, err := newTold(entries[r.First], entries[r.Last], r.Times)
		if err != nil {
			return err
		}
		t.until = max(t.until, longest[half{r.Kind, r.DeviceID, r.Peer}])
		s.tell(journal.Kind(r.Kind), r.DeviceID, r.Peer, t)
	}
	for _, a := range answers {
		if h, ok := s.holders[a.DeviceID]; ok {
			if h.answer, err = newTold(entries[a.First], entries[a.Last], 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell takes in what entries of one kind say.
func (s *spread) tell(kind journal.Kind, device, peer string, t *told) {
	switch kind {
	case journal.RecordSent:
		w := s.way("", peer)
		w.sent = w.sent.and(t) // by former log keys too
	case journal.ShareSent:
		s.way(device, peer).sent = t
	case journal.ShareReceived:
		s.way(peer, device).received = t
	case journal.ShareRefused:
		s.way(peer, device).refused = t
	case journal.RecordExpired:
		s.holder(device).expired = t.last.ID
	case journal.AttachmentExported:
		s.holder(device).exported = int(t.times)
	}
}

func (s *spread) way(from, to string) *given {
	w := way{from, to}
	if s.ways[w] == nil {
		s.ways[w] = &given{way: w}
	}
	s.holder(to)
	if from != "" {
		s.holder(from)
	}
	return s.ways[w]
}

func (s *spread) holder(device string) *holder {
	if s.holders[device] == nil {
		s.holders[device] = &holder{device: device}
	}
	return s.holders[device]
}

// learn asks for what is known of the devices.
func (s *spread) learn(ctx context.Context, g *Gate, tx *store.Tx) error {
	for w, v := range s.ways {
		if v.sent == nil && v.received == nil { // refused before anything was given
			delete(s.ways, w)
			continue
		}
		s.to[v.to] = append(s.to[v.to], v)
	}
	for _, all := range s.to {
		slices.SortFunc(all, byFirst)
	}
	devices, people, names := asked[string]{}, asked[string]{}, newLogNames(reach{everything: true})
	for id := range s.holders {
		devices.add(id)
	}
	rows, err := tx.DeviceRows(ctx, devices.all())
	if err != nil {
		return err
	}
	for _, d := range rows {
		people.add(d.UserID)
	}
	if err := names.learnPeople(ctx, tx, people, asked[string]{}); err != nil {
		return err
	}
	guards, err := tx.Guards(ctx, devices.all())
	if err != nil {
		return err
	}
	var places []int64
	for _, place := range guards {
		places = append(places, place)
	}
	entries, err := tx.EntriesAt(ctx, places)
	if err != nil {
		return err
	}
	sent, err := tx.SentOf(ctx, sqlc.SentOfParams{Kind: sentRecord, ThingID: string(s.out.Record)})
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, row := range sent {
		has[row.DeviceID] = true
	}
	for id, h := range s.holders {
		h.row, h.person, h.takeBack = rows[id], names.person(rows[id].UserID), !has[id]
		h.wiped = entries[guards[store.Guard{Device: id, Kind: string(journal.Wiped)}]]
		if h.promise, err = promiseOf(h, entries[guards[store.Guard{Device: id, Kind: string(journal.Enrolled)}]],
			entries[guards[store.Guard{Device: id, Kind: string(journal.FactorsChanged)}]]); err != nil {
			return err
		}
	}
	return s.learnName(ctx, g, tx)
}

func (s *spread) learnName(ctx context.Context, g *Gate, tx *store.Tx) error {
	names, records := newLogNames(reach{everything: true}), asked[string]{}
	records.add(string(s.out.Record))
	err := names.learnThings(ctx, tx, records, asked[string]{}, asked[string]{}, asked[string]{})
	s.out.SubjectName = names.cards[string(s.out.Record)]
	return err
}

// promiseOf is what the device can promise: what it said when it erased, and before that what it last said guards
// it. Which way a secret lies decides (vault.Promise).
func promiseOf(h *holder, enrolled, changed sqlc.Entry) (string, error) {
	if h.answer != nil {
		return h.answer.end.Code, nil
	}
	newest := enrolled
	if changed.ID > newest.ID {
		newest = changed
	}
	if newest.ID == 0 {
		return "", nil
	}
	var said journal.Entry
	if err := signed.Unverified(newest.Raw, journal.EntryLimit, &said); err != nil { // verified when it was stored
		return "", fmt.Errorf("read entry: %w", err)
	}
	switch {
	case strings.Contains(said.Code, "tpm"):
		return promiseFull, nil
	case strings.Contains(said.Code, "keyring"):
		return "best-effort", nil
	case said.Code != "":
		return "none", nil
	}
	return "", nil
}

// newest is the newest told of what was given, and how many halves tell of it.
func (v *given) newest() (*told, int) {
	switch {
	case v.sent == nil:
		return v.received, 1
	case v.received == nil:
		return v.sent, 1
	case v.sent.last.ID > v.received.last.ID:
		return v.sent, 2
	}
	return v.received, 2
}

// first is the oldest told of what was given.
func (v *given) first() *told {
	if v.sent == nil || v.received != nil && v.received.first.ID < v.sent.first.ID {
		return v.received
	}
	return v.sent
}

// wasRefused reports whether all that is told of is that it was not taken.
func (v *given) wasRefused() bool {
	return v.received == nil && v.refused != nil && slices.Equal(v.refused.end.Pair, v.sent.end.Pair)
}

// until is the end of the longest loan that is told of.
func (v *given) until() (last signed.Time) {
	for _, t := range []*told{v.sent, v.received} {
		if t != nil {
			last = max(last, t.until)
		}
	}
	return last
}

// sum counts devices, and says after when no copy opens.
func (s *spread) sum(g *Gate) {
	held := map[string]bool{}
	for _, v := range s.ways {
		if v.wasRefused() {
			continue
		}
		held[v.to] = true
		s.out.NoCopyAfter = max(s.out.NoCopyAfter, v.until())
		if v.from != "" {
			held[v.from] = true
		}
	}
	for id := range held {
		s.out.Devices++
		if state, _ := s.state(s.holders[id]); state == link.CopyOpen || state == link.CopyUnknown {
			s.out.Open++
		}
		if s.holders[id].promise != promiseFull {
			s.out.Unpromised++
		}
	}
	if s.order.At != 0 {
		s.out.NoCopyAfter = max(s.out.NoCopyAfter, signed.Time(s.order.At).Add(g.config.Backups))
	}
}

func byFirst(a, b *given) int {
	return cmp.Or(cmp.Compare(a.first().first.ID, b.first().first.ID), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
}

// state is what has become of the device's copy, and since when.
func (s *spread) state(h *holder) (link.SpreadState, signed.Time) {
	ways := s.to[h.device]
	var newest int64
	var until signed.Time
	synced, refused := false, len(ways) > 0
	for _, v := range ways {
		t, _ := v.newest()
		if !v.wasRefused() {
			refused, newest, until = false, max(newest, t.last.ID), max(until, v.until())
		}
		synced = synced || v.from == ""
	}
	switch {
	case h.answer != nil && s.order.At != 0:
		return link.CopyErased, signed.Time(h.answer.first.ReceivedAt)
	case len(ways) == 0:
		return link.CopyUnknown, 0
	case refused:
		return link.CopyRefused, 0
	case h.wiped.ID > newest:
		return link.CopyWiped, signed.Time(h.wiped.ReceivedAt)
	case h.expired > newest:
		return link.CopyGone, until
	case until < s.now:
		return link.CopyEnded, until
	case synced && len(ways) == 1 && h.takeBack:
		return link.CopyWithdrawn, 0
	}
	return link.CopyOpen, 0
}
