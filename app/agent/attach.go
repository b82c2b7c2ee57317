package agent

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
	"strconv"

	"handslag/identity/access"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// attachMost bounds what a device attaches, in bytes: what the entry says of it must fit into its
// payload.
const attachMost = 128 << 20

// Attach says what a file is added to: a record, or an assignment, of which the record need not be here.
type Attach struct {
	Record     journal.RecordID
	Assignment journal.AssignmentID
}

// Attach adds a photograph, a PDF or a text. It is encrypted as it is read, chunk by chunk, and
// what is kept of it is ciphertext; the entry that names it is durable after that, and holds its
// key. It opens here at once, and sync hands it in. The file itself stays where it is.
//
// Codes: AttachmentKind, AttachmentLarge (Args["max"], MiB), PictureLarge, NoRecord, NoAssignment, NoRight,
// Restricted, DiskFull.
func (a *Agent) Attach(ctx context.Context, to Attach, name string, file io.ReaderAt, size int64) (Attachment, error) {
	s, err := a.current()
	if err != nil {
		return Attachment{}, err
	}
	if err := s.current(); err != nil {
		return Attachment{}, translate(err)
	}
	draft, thing, err := a.attachTo(s, to)
	if err != nil {
		return Attachment{}, err
	}
	me := s.who()
	if me.barred != "" {
		return Attachment{}, problem(me.barred, nil)
	}
	if p := decided(access.May(access.SubjectOf(me.credential), access.AttachmentAdd, thing)); p != nil {
		return Attachment{}, p
	}
	if size > attachMost {
		return Attachment{}, problem(AttachmentLarge, nil, "max", strconv.Itoa(attachMost>>20))
	}
	if size <= 0 {
		return Attachment{}, problem(AttachmentKind, nil)
	}
	label, err := record.LabelOf(filepath.Base(name), file, size)
	switch {
	case errors.Is(err, record.ErrPicture):
		return Attachment{}, problem(PictureLarge, err)
	case errors.Is(err, record.ErrAttachment):
		return Attachment{}, problem(AttachmentKind, err)
	case err != nil:
		return Attachment{}, problem(FileUnreadable, err)
	}
	random := make([]byte, 16)
	rand.Read(random)
	draft.Org, draft.Device, draft.Size = me.profile.Org, s.device, uint64(size)
	draft.ID = journal.AttachmentID("b-" + hex.EncodeToString(random))
	if err := a.seals(ctx, s, draft, label, io.NewSectionReader(file, 0, size)); err != nil {
		return Attachment{}, err
	}
	a.changed(RecordsChanged, EventsChanged, SyncChanged)
	a.nudge()
	row, _, err := s.vault.Attachment(draft.ID)
	if err != nil {
		return Attachment{}, translate(s.damage(err))
	}
	return s.attachment(row), nil
}

// MayAttach reports whether the person may add attachments there.
func (a *Agent) MayAttach(to Attach) bool {
	s, err := a.current()
	if err != nil {
		return false
	}
	_, thing, err := a.attachTo(s, to)
	me := s.who()
	return err == nil && me.barred == "" && access.May(access.SubjectOf(me.credential), access.AttachmentAdd, thing).Allowed
}

// attachTo is whose the attachment will be, and what the right is asked about.
func (a *Agent) attachTo(s *session, to Attach) (draft record.Attachment, thing access.Thing, err error) {
	if to.Assignment != "" {
		work, err := s.vault.Assignment(to.Assignment)
		if errors.Is(err, vault.ErrNotFound) || err == nil && (work.Record == "" || to.Record != "" && to.Record != work.Record) {
			return draft, thing, problem(NoAssignment, err)
		}
		if err != nil {
			return draft, thing, translate(err)
		}
		to.Record, thing = work.Record, work.Thing()
		draft.Subject, draft.Assignment = work.Subject, work.ID
	}
	row, err := s.vault.Record(to.Record)
	switch {
	case err == nil:
		draft.Subject, thing = row.Subject, row.Thing(s.people(row.ID)...)
	case errors.Is(err, vault.ErrNotFound) && to.Assignment != "":
	case errors.Is(err, vault.ErrNotFound):
		return draft, thing, problem(NoRecord, err)
	default:
		return draft, thing, translate(s.damage(err))
	}
	if s.erased(draft.Subject) {
		return draft, thing, problem(NoRecord, nil)
	}
	draft.Record = to.Record
	return draft, thing, nil
}

// seals makes the chunks durable, and then the entry that names them and holds their key. What a
// failure leaves of chunks is garbage, which a sync sweeps away.
func (a *Agent) seals(ctx context.Context, s *session, draft record.Attachment, label record.Label, r io.Reader) error {
	blobs, err := s.vault.Blobs()
	if err != nil {
		return translate(err)
	}
	defer blobs.Close()
	if err := blobs.Room(draft.Size); err != nil {
		return translate(err)
	}
	read := func(err error) error { // the person's file, and not the vault's
		if CodeOf(translate(err)) == Internal {
			return problem(FileUnreadable, err)
		}
		return translate(err)
	}
	draft, key, err := record.SealAttachment(draft, label, untilDone{ctx, r}, blobs.Put)
	if err != nil {
		return read(err)
	}
	defer clear(key)
	if err := blobs.Sync(); err != nil {
		return translate(err)
	}
	entry := journal.Entry{Kind: journal.AttachmentAdded, Subject: draft.Subject, Record: draft.Record, Assignment: draft.Assignment, Attachment: draft.ID}
	if entry.Content, err = draft.Digest(); err != nil {
		return translate(err)
	}
	message, err := draft.EncodeDraft()
	if err != nil {
		return translate(err)
	}
	_, err = s.say(line{entry: entry, words: &journal.Details{Draft: message, Key: key}})
	return translate(err)
}
