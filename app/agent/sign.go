package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Finish marks an assignment done: a note, and a signature over what the person saw and what
// they say, in one entry. Who signed an older version, or an earlier state, may sign again. Seen is
// Task.Seen of what they had before them: WorkMoved where that is no longer all.
func (a *Agent) Finish(ctx context.Context, id journal.AssignmentID, note, seen string) (Task, error) {
	s, row, err := a.assignment(ctx, id)
	if err != nil {
		return Task{}, err
	}
	note = strings.TrimSpace(note)
	if len(note) > record.OperationNote {
		return Task{}, problem(TextLong, nil, "max", strconv.Itoa(record.OperationNote))
	}
	if err := a.mayWork(s, row); err != nil {
		return Task{}, err
	}
	heads, err := seenHeads(row, seen)
	if err != nil {
		return Task{}, err
	}
	sheet, me := record.Merge(row.Operations()), s.who()
	if !slices.Equal(heads, sheet.Heads) {
		return Task{}, problem(WorkMoved, nil)
	}
	if slices.ContainsFunc(sheet.Signatures, func(o record.Signature) bool {
		return o.Person.ID == me.credential.Person.ID && o.Number == row.Number && !o.Earlier
	}) {
		return Task{}, problem(AlreadyDone, nil)
	}
	if err := a.sign(s, me, row, sheet, note); err != nil {
		return Task{}, translate(err)
	}
	a.worked()
	return a.Assignment(ctx, id)
}

func (a *Agent) sign(s *session, me who, row vault.AssignmentRow, sheet record.Sheet, note string) error {
	payload, err := journal.NewPayload(journal.Details{Note: note})
	if err != nil {
		return err
	}
	commit, err := payload.Commit()
	if err != nil {
		return err
	}
	work, err := s.keys.Sign(signed.DomainWork, record.Work{
		Version: 1, Org: me.profile.Org, Assignment: row.ID, Number: row.Number,
		Content: record.WorkContent(commit, row.Signed), Device: s.device, State: sheet.State,
	})
	if err != nil {
		return err
	}
	evidence, err := signed.Encode(record.Evidence{
		Version: 1, Statement: me.profile.Statement, Credential: me.profile.Credential,
		Assignment: row.Signed, Payload: payload, Work: work, Seen: saidOf(row, sheet.Visible()),
	})
	if err != nil {
		return err
	}
	seal, err := s.vault.SubjectKey(subjectOf(row.Subject))
	if err != nil {
		return err
	}
	name := evidenceName(row.ID)
	box := seal.Seal(nil, nil, evidence, []byte(name))
	entry := workEntry(journal.AssignmentDone, row, sheet.Heads)
	entry.Signature = work
	_, err = s.say(line{entry: entry, payload: &payload, effect: func(tx *vault.Tx) error {
		if err := tx.SetSetting(name, box); err != nil && !errors.Is(err, vault.ErrTooLarge) { // then it is made again when it is asked for
			return err
		}
		return nil
	}})
	return err
}

func evidenceName(id journal.AssignmentID) string { return "evidence/" + string(id) }

// saidOf are those operations of an assignment, as they are kept.
func saidOf(row vault.AssignmentRow, hashes []journal.Hash) []record.Said {
	var said []record.Said
	for _, w := range row.Work {
		if slices.Contains(hashes, journal.HashOf(w.Said.Entry)) {
			said = append(said, w.Said)
		}
	}
	return said
}

// ExportSignature writes this device's newest signature on an assignment with everything that
// is needed to check it outside the program.
func (a *Agent) ExportSignature(ctx context.Context, id journal.AssignmentID, w io.Writer) error {
	s, row, err := a.assignment(ctx, id)
	if err != nil {
		return err
	}
	data, err := s.evidence(row)
	if err != nil {
		return translate(err)
	}
	if _, err := record.OpenEvidence(data, s.who().profile.Org); err != nil {
		return problem(SignatureBad, err)
	}
	if _, err := w.Write(data); err != nil {
		return translate(fmt.Errorf("write signature: %w", err))
	}
	return nil
}

// evidence is what sign kept; where that is gone (a crash between entry and view, a rebuilt
// view) it is made again, if the assignment is still the version that was signed, and all that was
// seen is still here.
func (s *session) evidence(row vault.AssignmentRow) ([]byte, error) {
	name := evidenceName(row.ID)
	box, err := s.vault.Setting(name)
	if err != nil && !errors.Is(err, vault.ErrView) {
		return nil, err
	}
	if len(box) > 0 {
		key, err := s.vault.SubjectKey(subjectOf(row.Subject))
		if err != nil {
			return nil, err
		}
		if data, err := key.Open(nil, nil, box, []byte(name)); err == nil {
			return data, nil
		}
	}
	ops := row.Operations()
	signatures := record.Merge(ops).Signatures
	for i := len(signatures) - 1; i >= 0; i-- {
		o := signatures[i]
		if o.Device != s.device || o.Number != row.Number {
			continue
		}
		me := s.who().profile
		return signed.Encode(record.Evidence{
			Version: 1, Statement: me.Statement, Credential: me.Credential, Assignment: row.Signed,
			Payload: saidOf(row, []journal.Hash{o.Hash})[0].Payload, Work: o.Work, Seen: saidOf(row, visibleTo(ops, o.Operation)),
		})
	}
	return nil, problem(NotDone, nil)
}

// visibleTo is what the writer of a signature saw: what they knew of, before or after the connected
// system's order had come to them.
func visibleTo(ops []record.Operation, signature record.Operation) []journal.Hash {
	seen := record.SeenBy(ops, signature.Hash)
	sheet := record.Merge(seen)
	if !bytes.Equal(sheet.State, signature.State) {
		for i := range seen {
			seen[i].Order = 0
		}
		sheet = record.Merge(seen)
	}
	return sheet.Visible()
}

// VerifySignature checks an exported signature, trusting nothing but org.
func VerifySignature(r io.Reader, org identity.OrgID) (record.Finding, error) {
	data, err := io.ReadAll(io.LimitReader(r, record.EvidenceLimit+1))
	if err != nil {
		return record.Finding{}, translate(err)
	}
	f, err := record.OpenEvidence(data, org)
	if err != nil {
		return record.Finding{}, problem(SignatureBad, err)
	}
	return f, nil
}
