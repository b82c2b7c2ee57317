package gate

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"handslag/app/connected/gate/internal/importline"
	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Kinds of record.
const (
	kindPerson = "person"
	kindPlace  = "place"
)

// record takes a record line: a changed one becomes a new version, signed anew, with a new
// content key.
func (in *importer) record(ctx context.Context, line importline.Line) (change, error) {
	if err := checkRecordLine(line); err != nil {
		return 0, err
	}
	if gone, err := erased(ctx, in.tx, line.Subject); err != nil || gone {
		return 0, cmp.Or(err, fmt.Errorf("%w: subject %s was erased and can not come back; a new one has another ID", ErrInput, line.Subject))
	}
	mac, err := in.mac(line)
	if err != nil {
		return 0, err
	}
	did, number := added, int64(1)
	old, err := in.tx.Record(ctx, line.ID)
	switch {
	case store.Missing(err):
	case err != nil:
		return 0, err
	case bytes.Equal(old.LineMac, mac):
		return unchanged, nil
	case old.Subject != line.Subject:
		return 0, fmt.Errorf("%w: a record can not move to another subject", ErrInput)
	default:
		did, number = changed, old.Number+1
	}
	if _, err := in.tx.Unit(ctx, line.Unit); err != nil {
		return 0, known(err, "unit", line.Unit)
	}
	people, err := in.people(ctx, line.People)
	if err != nil {
		return 0, err
	}
	row := sqlc.PutRecordParams{ID: line.ID, Number: number, Subject: line.Subject, UnitID: line.Unit, Restricted: bit(line.Restricted), LineMac: mac}
	if err := in.seal(ctx, &row, line, people); err != nil {
		return 0, err
	}
	var held []identity.PersonID
	if line.HeldBy != nil {
		row.Held = 1
		if held, err = in.people(ctx, *line.HeldBy); err != nil {
			return 0, err
		}
	}
	if err := in.tx.PutRecord(ctx, row); err != nil {
		return 0, err
	}
	if err := in.tx.ClearRecordPeople(ctx, line.ID); err != nil {
		return 0, err
	}
	for _, id := range people {
		if err := in.tx.AddRecordPerson(ctx, sqlc.AddRecordPersonParams{RecordID: line.ID, UserID: string(id)}); err != nil {
			return 0, err
		}
	}
	if err := in.tx.ClearRecordHeld(ctx, line.ID); err != nil {
		return 0, err
	}
	for _, id := range held {
		if err := in.tx.AddRecordHeld(ctx, sqlc.AddRecordHeldParams{RecordID: line.ID, UserID: string(id)}); err != nil {
			return 0, err
		}
	}
	return did, nil
}

// seal encrypts the protected part, signs the version and fills the row with both. The clear
// text is kept nowhere.
func (in *importer) seal(ctx context.Context, row *sqlc.PutRecordParams, line importline.Line, people []identity.PersonID) error {
	part := record.Protected{Fields: []record.Field{}}
	if line.Protected != nil {
		part.Fields = append(part.Fields, *line.Protected...)
	}
	id, number := journal.RecordID(line.ID), uint64(row.Number)
	cipher, hash, key, err := record.SealProtected(in.g.org, id, number, part)
	if err != nil {
		return err
	}
	defer clear(key)
	tokens := record.Tokens
	if line.ProtectedIdentity {
		tokens = record.NumberTokens
	}
	body, err := record.Record{
		Version: 1, Org: in.g.org, ID: id, Number: number, Subject: journal.SubjectID(line.Subject), Kind: line.Kind,
		Unit: identity.UnitID(line.Unit), People: people, Restricted: line.Restricted, ProtectedIdentity: line.ProtectedIdentity,
		Card: *line.Card, Cipher: hash, Issued: in.g.now(), Tokens: tokens(in.g.search, part),
	}.WithKey(key).Sign(in.g.keys().Issuing)
	if err != nil {
		return err
	}
	if len(body) > record.RecordLimit {
		return fmt.Errorf("%w: the record is too large", ErrInput)
	}
	row.Cipher = cipher
	if row.Body, err = in.tx.Seal(ctx, line.Subject, "records:body", versionRow(line.ID, row.Number), body); err != nil {
		return err
	}
	row.ContentKey, err = in.tx.Seal(ctx, line.Subject, "records:content_key", versionRow(line.ID, row.Number), key)
	return err
}

func checkRecordLine(line importline.Line) error {
	switch {
	case identity.CheckOpaque(line.ID) != nil, identity.CheckOpaque(line.Subject) != nil, identity.CheckOpaque(line.Unit) != nil:
		return fmt.Errorf("%w: id, subject or unit", ErrInput)
	case line.Kind != kindPerson && line.Kind != kindPlace:
		return fmt.Errorf("%w: kind is neither person nor place", ErrInput)
	case line.Card == nil || line.Card.Title == "":
		return fmt.Errorf("%w: card is missing", ErrInput)
	case !oneLine(line.Card.Title, line.Card.Street, line.Card.Area), !oneLine(line.Card.Tags...):
		return fmt.Errorf("%w: what a card says is not one line of text", ErrInput)
	}
	if !line.ProtectedIdentity {
		return nil
	}
	name := line.ProtectedText("name")
	if line.Card.Street != "" || len(line.Card.Tags) > 0 || name != "" && strings.Contains(line.Card.Title+" "+line.Card.Area, name) {
		return fmt.Errorf("%w: the card of a protected identity says more than an assignment and an area", ErrInput)
	}
	return nil
}

// assignment takes an assignment line; all versions are kept, because signatures name one.
func (in *importer) assignment(ctx context.Context, line importline.Line) (change, error) {
	if identity.CheckOpaque(line.ID) != nil || identity.CheckOpaque(line.Unit) != nil || line.Record != "" && identity.CheckOpaque(line.Record) != nil {
		return 0, fmt.Errorf("%w: id, unit or record", ErrInput)
	}
	if !oneLine(line.Title, line.Area) {
		return 0, fmt.Errorf("%w: title or area is not one line of text", ErrInput)
	}
	if line.Due != "" {
		if _, err := time.Parse(time.DateOnly, line.Due); err != nil {
			return 0, fmt.Errorf("%w: due is not a day", ErrInput)
		}
	}
	mac, err := in.mac(line)
	if err != nil {
		return 0, err
	}
	did, number := added, int64(1)
	old, err := in.tx.Assignment(ctx, line.ID)
	switch {
	case store.Missing(err):
	case err != nil:
		return 0, err
	case bytes.Equal(old.LineMac, mac):
		return unchanged, nil
	case old.RecordID != line.Record:
		return 0, fmt.Errorf("%w: an assignment can not move to another record", ErrInput)
	default:
		did, number = changed, old.Number+1
	}
	if _, err := in.tx.Unit(ctx, line.Unit); err != nil {
		return 0, known(err, "unit", line.Unit)
	}
	people, err := in.people(ctx, line.People)
	if err != nil {
		return 0, err
	}
	a := record.Assignment{
		Version: 1, Org: in.g.org, ID: journal.AssignmentID(line.ID), Number: uint64(number), Record: journal.RecordID(line.Record),
		Unit: identity.UnitID(line.Unit), People: people, Title: line.Title, Area: line.Area, Text: line.Text, Due: line.Due, Issued: in.g.now(),
		Points: line.Points,
	}
	key := "assignment:" + line.ID // a key of its own, where it is about nobody
	if line.Record != "" {
		about, err := in.tx.Record(ctx, line.Record)
		if err != nil {
			return 0, known(err, "record", line.Record)
		}
		a.Subject, key = journal.SubjectID(about.Subject), about.Subject
	}
	body, err := a.Sign(in.g.keys().Issuing)
	if err != nil {
		return 0, err
	}
	if len(body) > record.AssignmentLimit {
		return 0, fmt.Errorf("%w: the assignment is too large", ErrInput)
	}
	box, err := in.tx.Seal(ctx, key, "assignment_versions:body", versionRow(line.ID, number), body)
	if err != nil {
		return 0, err
	}
	if did == added {
		err = in.tx.AddAssignment(ctx, sqlc.AddAssignmentParams{ID: line.ID, Number: number, RecordID: line.Record, Subject: key, UnitID: line.Unit, LineMac: mac})
	} else {
		err = in.tx.ChangeAssignment(ctx, sqlc.ChangeAssignmentParams{ID: line.ID, Number: number, RecordID: line.Record, Subject: key, UnitID: line.Unit, LineMac: mac})
	}
	if err != nil {
		return 0, err
	}
	if err := in.tx.AddAssignmentVersion(ctx, sqlc.AddAssignmentVersionParams{AssignmentID: line.ID, Number: number, Body: box}); err != nil {
		return 0, err
	}
	if err := in.tx.ClearAssignmentPeople(ctx, line.ID); err != nil {
		return 0, err
	}
	for _, id := range people {
		if err := in.tx.AddAssignmentPerson(ctx, sqlc.AddAssignmentPersonParams{AssignmentID: line.ID, UserID: string(id)}); err != nil {
			return 0, err
		}
	}
	return did, nil
}

func versionRow(id string, number int64) string { return fmt.Sprintf("%s/%d", id, number) }

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
