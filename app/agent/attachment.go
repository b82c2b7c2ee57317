package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Attachment is what may be shown of an attachment before anything is opened. What it is called
// comes with Open, as a protected part does, or with OpenAttachment.
type Attachment struct {
	ID         journal.AttachmentID `json:"id"`
	Record     journal.RecordID     `json:"record"`
	Assignment journal.AssignmentID `json:"assignment,omitempty"`
	Size       uint64               `json:"size"` // bytes
	Chunks     int                  `json:"chunks"`
	Here       int                  `json:"here"`              // chunks on this device
	Whole      bool                 `json:"whole"`             // it opens without coverage
	Waiting    bool                 `json:"waiting,omitempty"` // made here, and not received yet
	Refused    Code                 `json:"refused,omitempty"` // why the connected system did not take it, when it was last asked
	Large      bool                 `json:"large,omitempty"`   // it comes down when FetchAttachment asks for it
	Issued     time.Time            `json:"issued,omitzero"`
}

// State is the code of the sentence that says where it stands; here and chunks are its arguments.
func (a Attachment) State() string {
	switch {
	case a.Refused != "":
		return "attachments.refused"
	case a.Waiting:
		return "attachments.waiting"
	case a.Whole:
		return "attachments.whole"
	case a.Large && a.Here == 0:
		return "attachments.large"
	}
	return "attachments.coming"
}

// Attachments lists those of a record, the oldest first, drafts last.
func (a *Agent) Attachments(ctx context.Context, id journal.RecordID) ([]Attachment, error) {
	s, err := a.current()
	if err != nil {
		return nil, err
	}
	if err := s.current(); err != nil {
		return nil, translate(err)
	}
	rows, err := s.vault.Attachments(id)
	if s.damage(err) != nil && !errors.Is(err, vault.ErrView) {
		return nil, translate(err)
	}
	slices.SortFunc(rows, func(x, y vault.AttachmentRow) int {
		switch {
		case x.Draft != y.Draft && x.Draft:
			return 1
		case x.Draft != y.Draft:
			return -1
		case x.Issued != y.Issued:
			return int(min(max(x.Issued-y.Issued, -1), 1))
		}
		return strings.Compare(string(x.ID), string(y.ID))
	})
	var all []Attachment
	for _, row := range rows {
		all = append(all, s.attachment(row))
	}
	return all, nil
}

func (s *session) attachment(row vault.AttachmentRow) Attachment {
	at := Attachment{ID: row.ID, Record: row.Record, Assignment: row.Assignment, Size: row.Size, Chunks: row.Count, Here: row.Here,
		Whole: row.Whole(), Waiting: row.Draft, Large: row.Size > fetchUnasked}
	if row.Issued > 0 {
		at.Issued = row.Issued.Time()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at.Refused = s.files.refused[row.ID]
	at.Large = at.Large && !s.files.wanted[row.ID]
	return at
}

// OpenedAttachment is an attachment in the clear, until Until: an io.ReadSeekCloser, for one
// goroutine. What its time, a lock or an erasure ends reads no more.
type OpenedAttachment struct {
	ID    journal.AttachmentID `json:"id"`
	Label record.Label         `json:"label"`
	Size  int64                `json:"size"` // bytes
	Until time.Time            `json:"until"`
	Entry string               `json:"entry"` // fingerprint of the entry that says so

	content *vault.OpenedAttachment
	open    func() bool
}

// OpenAttachment opens one like a protected part: the entry that says so is durable first. why may
// be left out while the record's protected part is open, whose reason it then is.
//
// Codes as of Open, and AttachmentAway where not all of it is on this device.
func (a *Agent) OpenAttachment(ctx context.Context, id journal.AttachmentID, why Reason) (*OpenedAttachment, error) {
	return a.openAttachment(ctx, id, why, journal.AttachmentOpened)
}

func (a *Agent) openAttachment(ctx context.Context, id journal.AttachmentID, why Reason, kind journal.Kind) (*OpenedAttachment, error) {
	s, file, row, err := a.readyAttachment(ctx, id)
	if err != nil {
		return nil, err
	}
	entry := journal.Entry{Kind: kind, Subject: row.Subject, Record: row.ID, Attachment: id}
	if why == (Reason{}) {
		s.mu.Lock()
		if o := s.openings[onScreen{record: row.ID}]; o != nil && o.until > a.clock.Uptime() {
			why = o.reason
		}
		s.mu.Unlock()
	}
	words, err := s.reason(why, &entry)
	if err != nil {
		return nil, translate(err)
	}
	if err := a.mayOpen(s, row); err != nil {
		return nil, a.refuse(s, entry, words, err)
	}
	if kind == journal.AttachmentExported {
		if p := decided(access.May(access.SubjectOf(s.who().credential), access.AttachmentExport, row.Thing(s.people(row.ID)...))); p != nil {
			return nil, a.refuse(s, entry, words, p)
		}
	}
	if !file.Whole() {
		return nil, problem(AttachmentAway, nil)
	}
	now, up := a.clock.Read().Time, a.clock.Uptime()
	left := min(OpenFor, row.Until.Time().Sub(now.Time()))
	entry.Until = now.Add(left)
	stamps, err := s.say(line{entry: entry, words: words})
	if err != nil {
		return nil, a.refuse(s, entry, words, err)
	}
	content, err := s.vault.OpenAttachment(stamps[0], id, a.clock.Read().Time)
	if err != nil {
		return nil, a.refuse(s, entry, words, err)
	}
	hash := stamps[0].Hash()
	o := &OpenedAttachment{ID: id, Label: content.Label, Size: content.Size, Until: a.wallUntil(left), Entry: fingerprint(hash[:]), content: content}
	if kind == journal.AttachmentExported { // it ends with the copy
		o.open = func() bool { return true }
		a.changed(EventsChanged, SyncChanged)
		return o, nil
	}
	what, opening := onScreen{row.ID, id}, &opened{until: up + left, reason: why, entry: hash, draft: entry}
	if err := a.stands(s, what, opening); err != nil {
		return nil, errors.Join(err, content.Close())
	}
	o.open = func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.openings[what] == opening && a.clock.Uptime() < opening.until
	}
	return o, nil
}

// readyAttachment is an attachment, and its record, whose rows may be judged.
func (a *Agent) readyAttachment(ctx context.Context, id journal.AttachmentID) (*session, vault.AttachmentRow, vault.RecordRow, error) {
	s, err := a.current()
	if err != nil {
		return nil, vault.AttachmentRow{}, vault.RecordRow{}, err
	}
	if err := s.current(); err != nil {
		return nil, vault.AttachmentRow{}, vault.RecordRow{}, translate(err)
	}
	file, _, err := s.vault.Attachment(id)
	if errors.Is(err, vault.ErrNotFound) {
		return nil, file, vault.RecordRow{}, problem(NoAttachment, err)
	}
	if err != nil {
		return nil, file, vault.RecordRow{}, translate(s.damage(err))
	}
	s, row, err := a.ready(ctx, file.Record)
	return s, file, row, err
}

// Read reads plaintext; a problem where the opening has ended.
func (o *OpenedAttachment) Read(into []byte) (int, error) {
	if !o.open() {
		return 0, errors.Join(problem(ReasonMissing, errors.New("it is not open")), o.Close())
	}
	n, err := o.content.Read(into)
	if err != nil && !errors.Is(err, io.EOF) {
		err = translate(err)
		if CodeOf(err) == NoRecord {
			err = problem(AttachmentAway, err) // a chunk is damaged, and comes anew
		}
	}
	return n, err
}

// Seek moves within the plaintext.
func (o *OpenedAttachment) Seek(offset int64, whence int) (int64, error) {
	return o.content.Seek(offset, whence)
}

// Close wipes what was read last. The opening stands until CloseAttachment, or its time.
func (o *OpenedAttachment) Close() error { return o.content.Close() }

// CloseAttachment ends what OpenAttachment began; that it is not open is no error.
func (a *Agent) CloseAttachment(ctx context.Context, id journal.AttachmentID) error {
	s, err := a.current()
	if err != nil {
		return err
	}
	file, _, err := s.vault.Attachment(id)
	if errors.Is(err, vault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return translate(s.damage(err))
	}
	return a.closes(s, onScreen{file.Record, id})
}

// ExportAttachment writes a copy in the clear to a new file at path, outside all that this program
// guards: an entry of its own says so before, and the right AttachmentExport is asked for.
//
// Codes as of OpenAttachment, and FileExists, FileUnwritable.
func (a *Agent) ExportAttachment(ctx context.Context, id journal.AttachmentID, why Reason, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return problem(FileExists, nil)
	}
	o, err := a.openAttachment(ctx, id, why, journal.AttachmentExported)
	if err != nil {
		return err
	}
	defer o.Close()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return problem(FileUnwritable, err)
	}
	_, err = io.Copy(file, untilDone{ctx, o})
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
		if CodeOf(translate(err)) == Internal {
			return problem(FileUnwritable, err)
		}
		return translate(err)
	}
	a.nudge()
	return nil
}

// untilDone ends a copy with its context.
type untilDone struct {
	ctx context.Context
	in  io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.in.Read(p)
}

// MayExport reports whether the person may save attachments of a record outside the program.
func (a *Agent) MayExport(id journal.RecordID) bool { return a.mayWith(id, access.AttachmentExport) }

func (a *Agent) mayWith(id journal.RecordID, right identity.Right) bool {
	s, err := a.current()
	if err != nil {
		return false
	}
	row, err := s.vault.Record(id)
	me := s.who()
	return err == nil && me.barred == "" && access.May(access.SubjectOf(me.credential), right, row.Thing(s.people(row.ID)...)).Allowed
}

// putMade puts an attachment that this device made where it was. What the view has of it already
// is newer; what is erased stays so.
func putMade(tx *vault.Tx, e effect) error {
	if e.words == nil || len(e.words.Draft) == 0 {
		return nil
	}
	return unlessErased(e.entry.Subject, func(tx *vault.Tx) error {
		_, err := tx.PutAttachment(vault.AttachmentCopy{Draft: e.words.Draft, ContentKey: e.words.Key})
		if errors.Is(err, record.ErrAttachment) || errors.Is(err, vault.ErrTooLarge) {
			return nil // the entry keeps it
		}
		if err != nil {
			return fmt.Errorf("keep what was made: %w", err)
		}
		return nil
	})(tx)
}
