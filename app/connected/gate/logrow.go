package gate

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// rowReader turns entries into rows that reviewers can read, each name looked up once.
type rowReader struct {
	*Call
	people  map[string]identity.Person
	units   map[string][]identity.Unit // by device and epoch
	devices map[string]string          // device to person
	cards   map[string]string
	titles  map[string]string
	codes   map[string][]string // of findings, by the hash of their entry
}

func newRowReader(c *Call) *rowReader {
	return &rowReader{Call: c, people: map[string]identity.Person{}, units: map[string][]identity.Unit{}, devices: map[string]string{},
		cards: map[string]string{}, titles: map[string]string{}, codes: map[string][]string{}}
}

// rows are a page's entries, each with its other half.
func (r *rowReader) rows(entries []sqlc.Entry) ([]link.LogRow, error) {
	hashes := make([][]byte, len(entries))
	for i, e := range entries {
		hashes[i] = e.Hash
	}
	if err := r.find(hashes); err != nil {
		return nil, err
	}
	all := []link.LogRow{}
	for _, e := range entries {
		row, err := r.row(e, true)
		if err != nil {
			return nil, err
		}
		all = append(all, *row)
	}
	return all, nil
}

// find reads what was found about entries that it has not been read of.
func (r *rowReader) find(hashes [][]byte) error {
	var lacking [][]byte
	for _, hash := range hashes {
		if _, read := r.codes[string(hash)]; !read {
			lacking = append(lacking, hash)
		}
	}
	found, err := r.tx.FindingCodes(r.ctx, lacking)
	for _, hash := range lacking {
		r.codes[string(hash)] = found[string(hash)]
	}
	return err
}

// row is one entry; halves says whether to add its other half.
func (r *rowReader) row(e sqlc.Entry, halves bool) (*link.LogRow, error) {
	var said journal.Entry
	if err := signed.Unverified(e.Raw, journal.EntryLimit, &said); err != nil { // verified when it was stored
		return nil, fmt.Errorf("read entry: %w", err)
	}
	row := &link.LogRow{
		ID: e.ID, Hash: e.Hash, Kind: said.Kind, NotBefore: said.After, NotAfter: signed.Time(e.ReceivedAt), Clock: said.Clock,
		Subject: said.Subject, Record: said.Record, RecordNo: said.RecordVersion, Assignment: said.Assignment, Attachment: said.Attachment,
		Device: said.Device, System: e.IsSystem == 1, Peer: said.Peer, Code: said.Code, Route: said.Route, Count: said.Count, Until: said.Until,
		Erased: e.PayloadState == payloadErased, Address: e.Address, Carrier: identity.DeviceID(e.Carrier),
		Fingerprint: hex.EncodeToString(e.Hash[:8]), Signed: len(said.Signature) > 0 && said.Assignment != "", Alone: e.Lone == 1 && said.Kind != journal.HeadSeen,
	}
	var err error
	if row.Person, err = r.person(e.PersonID); err != nil {
		return nil, err
	}
	if row.Units, err = r.unitsAt(e); err != nil {
		return nil, err
	}
	if row.SubjectName, err = r.card(string(said.Subject), string(said.Record)); err != nil {
		return nil, err
	}
	if row.AssignmentTitle, err = r.title(string(said.Assignment)); err != nil {
		return nil, err
	}
	if row.PeerName, err = r.peer(string(said.Peer)); err != nil {
		return nil, err
	}
	if err := r.find([][]byte{e.Hash}); err != nil {
		return nil, err
	}
	row.Findings = slices.Clone(r.codes[string(e.Hash)])
	told := e
	if said.Kind == journal.RecordFound { // its words stand in the search that it answers
		if told, err = r.search(e, said.Ref); err != nil {
			return nil, err
		}
		row.Erased = told.PayloadState == payloadErased
	}
	words, err := openPayload(r.ctx, r.tx, told)
	switch {
	case damaged(err):
		row.Findings = append(row.Findings, foundPayload)
	case err != nil:
		return nil, err
	case words != nil:
		row.Reason, row.Note, row.Topic, row.Value = words.Details.Reason, words.Details.Note, words.Details.Topic, words.Details.Value
	}
	if !halves {
		return row, nil
	}
	other, err := otherHalf(r.ctx, r.tx, e)
	if err != nil || other == nil {
		return row, err
	}
	row.Other, err = r.row(*other, false)
	return row, err
}

// search is the same device's search that found something; the zero value where it has not come.
func (r *rowReader) search(found sqlc.Entry, ref []byte) (sqlc.Entry, error) {
	rows, err := r.tx.EntryByHash(r.ctx, sqlc.EntryByHashParams{DeviceID: found.DeviceID, Hash: some(ref)})
	if err != nil || len(rows) == 0 || rows[0].Kind != string(journal.RecordsSearched) {
		return sqlc.Entry{}, err
	}
	return rows[0], nil
}

// damaged reports whether what is in the file does not open (any more). It must not keep the
// rest of a page from being read; VerifyAll tells of it.
func damaged(err error) bool {
	return errors.Is(err, store.ErrErased) || errors.Is(err, store.ErrColumn) || errors.Is(err, store.ErrKey)
}

func (r *rowReader) person(id string) (identity.Person, error) {
	if p, ok := r.people[id]; ok || id == "" {
		return p, nil
	}
	user, err := r.tx.User(r.ctx, id)
	p := identity.Person{ID: identity.PersonID(id)}
	switch {
	case err == nil:
		p = personOf(user)
	case !store.Missing(err):
		return p, err
	}
	r.people[id] = p
	return p, nil
}

// unitsAt are the person's units by the credential in force then; for the system's own
// entries by what is true now.
func (r *rowReader) unitsAt(e sqlc.Entry) ([]identity.Unit, error) {
	if e.PersonID == "" {
		return nil, nil
	}
	key := fmt.Sprintf("%s/%d/%s", e.DeviceID, e.Epoch, e.PersonID)
	if units, ok := r.units[key]; ok {
		return units, nil
	}
	var units []identity.Unit
	if e.IsSystem == 1 {
		rows, err := r.tx.UnitsOfUser(r.ctx, e.PersonID)
		if err != nil {
			return nil, err
		}
		for _, u := range rows {
			units = append(units, identity.Unit{ID: identity.UnitID(u.ID), Name: u.Name})
		}
	} else {
		row, err := r.tx.Credential(r.ctx, sqlc.CredentialParams{DeviceID: e.DeviceID, Epoch: e.Epoch})
		if store.Missing(err) {
			row, err = r.tx.NewestCredential(r.ctx, e.DeviceID)
		}
		if err != nil && !store.Missing(err) {
			return nil, err
		}
		if c, err := identity.OpenCredential(row.Body, r.g.org, r.g.keys().Parsed.Issuing); err == nil {
			units = c.Units
		}
	}
	r.units[key] = units
	return units, nil
}

// peer is the name of the person whose device it is.
func (r *rowReader) peer(device string) (string, error) {
	if device == "" {
		return "", nil
	}
	id, ok := r.devices[device]
	if !ok {
		row, err := r.tx.Device(r.ctx, device)
		if err != nil && !store.Missing(err) {
			return "", err
		}
		id = row.UserID
		r.devices[device] = id
	}
	if id == "" {
		return "", nil
	}
	p, err := r.person(id)
	return p.Name(), err
}

// card is the title on the subject's card; nothing where they are erased or not known.
func (r *rowReader) card(subject, id string) (string, error) {
	key := subject + "/" + id
	if title, ok := r.cards[key]; ok || key == "/" {
		return title, nil
	}
	var row sqlc.Record
	var err error
	if id != "" {
		row, err = r.tx.Record(r.ctx, id)
	} else {
		row, err = r.tx.RecordBySubject(r.ctx, subject)
	}
	title := ""
	switch {
	case store.Missing(err):
	case err != nil:
		return "", err
	default:
		body, err := r.tx.Open(r.ctx, row.Subject, "records:body", versionRow(row.ID, row.Number), row.Body)
		if err != nil && !damaged(err) {
			return "", err
		}
		if rec, err := record.OpenRecord(body, row.Cipher, r.g.org, r.g.keys().Parsed.Issuing); err == nil {
			title = rec.Card.Title
		}
	}
	r.cards[key] = title
	return title, nil
}

func (r *rowReader) title(id string) (string, error) {
	if title, ok := r.titles[id]; ok || id == "" {
		return title, nil
	}
	title := ""
	row, err := r.tx.Assignment(r.ctx, id)
	switch {
	case store.Missing(err):
	case err != nil:
		return "", err
	default:
		a, _, err := r.g.assignment(r.ctx, r.tx, row, row.Number)
		if err != nil && !damaged(err) {
			return "", err
		}
		title = a.Title
	}
	r.titles[id] = title
	return title, nil
}

func (r *rowReader) findings(device, person string) ([]link.Finding, error) {
	var rows []sqlc.Finding
	var err error
	switch {
	case device != "":
		rows, err = r.tx.FindingsOfDevice(r.ctx, sqlc.FindingsOfDeviceParams{DeviceID: device, PersonID: person, Rows: findingsShown})
	case person != "":
		rows, err = r.tx.FindingsOfPerson(r.ctx, sqlc.FindingsOfPersonParams{PersonID: person, Rows: findingsShown})
	default:
		rows, err = r.tx.Findings(r.ctx, findingsShown)
	}
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	var all []link.Finding
	for _, f := range rows {
		p, err := r.person(f.PersonID)
		if err != nil {
			return nil, err
		}
		all = append(all, link.Finding{ID: f.ID, Code: f.Code, Device: identity.DeviceID(f.DeviceID), Person: p, At: signed.Time(f.At),
			Generation: uint64(f.Generation), Seq: uint64(max(f.Seq, 0)), Open: f.ClosedAt == 0})
	}
	return all, nil
}
