package agent

import (
	"cmp"
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Bounds of what one sync moves of attachments, so that what is said is never long on its way
// behind a film's worth of pictures; the next sync goes on.
const (
	moveAtOnce   = 64               // chunks
	moveFor      = 20 * time.Second // after that no further chunk is begun
	fetchUnasked = 64 << 20         // bytes; a larger attachment comes down when it is asked for
)

// files is what the session knows of attachments on their way; its session's mu guards it.
type files struct {
	refused map[journal.AttachmentID]Code // by the connected system, when it was last asked
	wanted  map[journal.AttachmentID]bool // large ones that somebody asked for
}

// FetchAttachment has a large attachment come down with the next syncs.
func (a *Agent) FetchAttachment(ctx context.Context, id journal.AttachmentID) error {
	s, err := a.current()
	if err != nil {
		return err
	}
	if _, _, err := s.vault.Attachment(id); err != nil {
		return problem(NoAttachment, err)
	}
	s.mu.Lock()
	s.files.wanted[id] = true
	s.mu.Unlock()
	a.changed(RecordsChanged)
	a.nudge()
	return nil
}

// file is a verified copy of an attachment, and whom it is about.
type file struct {
	copy    vault.AttachmentCopy
	subject journal.SubjectID
}

func (r *run) judgeFile(c link.AttachmentCopy, unwrap cipher.AEAD) (file, error) {
	me := r.session.who()
	value, err := record.OpenAttachment(c.Attachment, me.profile.Org, me.statement.Issuing)
	return file{subject: value.Subject, copy: vault.AttachmentCopy{
		Signed: c.Attachment, Sealed: c.ContentKey, Unwrap: unwrap, Info: record.AttachmentKeyInfo(me.profile.Org, value.ID, r.session.device)}}, err
}

// attach puts attachments into the view, and takes out what went. One whose record is not here was sent for
// a record that went meanwhile.
func (r *run) attach(page link.Page, all []file) error {
	s := r.session
	s.erasing.Lock() // an order that a colleague passes on waits, or is heeded
	defer s.erasing.Unlock()
	for some := range slices.Chunk(all, sayAtOnce) {
		err := s.vault.Update(func(tx *vault.Tx) error {
			for _, c := range some {
				err := unlessErased(c.subject, func(tx *vault.Tx) error {
					_, err := tx.PutAttachment(c.copy)
					return err
				})(tx)
				if err != nil && !errors.Is(err, vault.ErrNotFound) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		r.changed = append(r.changed, RecordsChanged)
		r.moved(len(some))
	}
	gone := slices.DeleteFunc(slices.Clone(page.GoneFiles), func(id journal.AttachmentID) bool {
		row, _, err := s.vault.Attachment(id)
		return err == nil && row.Source.IsPeer() // a colleague's loan runs on its own
	})
	if len(gone) == 0 {
		return nil
	}
	r.changed = append(r.changed, RecordsChanged)
	return s.vault.Update(func(tx *vault.Tx) error {
		for _, id := range gone {
			if err := tx.RemoveAttachment(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// files moves what attachments still lack, in either direction: what was made here first, which is
// nowhere else. It ends after a while, or when the line is cut, and says in the result that there is more.
func (r *run) files(ctx context.Context) error {
	s := r.session
	blobs, err := s.vault.Blobs()
	if err != nil {
		return err
	}
	m := &moving{run: r, blobs: blobs, until: r.agent.clock.Uptime() + moveFor, left: moveAtOnce}
	err = m.up(ctx)
	if err == nil {
		err = m.down(ctx)
	}
	blobs.Close()
	r.result.Files = m.rest
	if errors.Is(err, link.ErrAway) { // all else is done; the next sync finds out how long it lasts, and goes on
		r.result.Files, err = max(1, m.rest), nil
	}
	if err == nil && r.result.Files == 0 {
		if _, err := s.vault.SweepBlobs(); err != nil && !errors.Is(err, vault.ErrView) && !errors.Is(err, vault.ErrClosed) {
			r.agent.log.Warn("chunks that nobody names are still here", "error", CodeOf(translate(err)))
		}
	}
	return err
}

// handInMade hands in what was made here, all of it, as far as ctx lets it.
func (r *run) handInMade(ctx context.Context) error {
	blobs, err := r.session.vault.Blobs()
	if err != nil {
		return err
	}
	defer blobs.Close()
	m := &moving{run: r, blobs: blobs, until: math.MaxInt64, left: math.MaxInt}
	return m.up(ctx)
}

// moving is the moving of chunks in one sync.
type moving struct {
	*run
	blobs *vault.Blobs
	until time.Duration // uptime
	left  int           // chunks that may still move
	rest  int           // chunks that are left for the next sync
}

// over reports whether enough has been moved for this time; what is not moved is counted.
func (m *moving) over() bool {
	if m.left <= 0 || m.agent.clock.Uptime() >= m.until {
		m.rest++
		return true
	}
	m.left--
	return false
}

// up hands in what was made here. One that is refused stays, and keeps no other from going.
func (m *moving) up(ctx context.Context) error {
	drafts, err := m.session.vault.Drafts()
	if err != nil && !errors.Is(err, vault.ErrView) {
		return err
	}
	for _, row := range drafts {
		err := m.handInOne(ctx, row)
		m.session.mu.Lock()
		delete(m.session.files.refused, row.ID)
		if why := refusalOfOne(err); why != "" {
			m.session.files.refused[row.ID] = why
			err = nil
		}
		m.session.mu.Unlock()
		m.changed = append(m.changed, RecordsChanged)
		if err != nil {
			return err
		}
	}
	return nil
}

// refusalOfOne is why one attachment is not taken or given, "" where err is about more than that.
func refusalOfOne(err error) Code {
	if errors.Is(err, vault.ErrNotFound) {
		return AttachmentAway
	}
	var refused *link.Problem
	if !errors.As(err, &refused) {
		return ""
	}
	switch refused.Code {
	case link.CodeForbidden:
		return NoRight
	case link.CodeRestricted:
		return Restricted
	case link.CodeTooMany:
		return TooMany
	case link.CodeNotFound, link.CodeConflict, link.CodeUnsaid, link.CodeChunk, link.CodeTooLarge, link.CodeBadRequest:
		return AttachmentRefused
	}
	return ""
}

func (m *moving) handInOne(ctx context.Context, row vault.AttachmentRow) error {
	draft, sealed, err := m.session.vault.SealDraft(row.ID)
	if err != nil {
		return err
	}
	made, err := record.DecodeDraft(draft)
	if err != nil {
		return err
	}
	handed, err := m.client.Made(ctx, link.MadeAttachment{Draft: draft, ContentKey: sealed})
	if err != nil {
		return err
	}
	buffer := make([]byte, vault.BlobBuffer)
	for _, number := range handed.Missing {
		if handed.Attachment != nil || number < 0 || number >= made.Count() {
			break
		}
		if m.over() {
			continue
		}
		chunk, err := m.blobs.Read(made.Chunk(number), buffer)
		if err != nil {
			return err
		}
		if handed, err = m.client.HandInChunk(ctx, row.ID, number, chunk); err != nil {
			return err
		}
		m.agent.moved(1, m.rest)
	}
	if handed.Attachment == nil {
		return nil
	}
	return m.settle(made, handed.Attachment)
}

// settle puts what the organisation signed in place of the draft; where its record is not here any
// more, nothing is left to be kept.
func (m *moving) settle(made record.Attachment, message []byte) error {
	me := m.session.who()
	got, err := record.OpenAttachment(message, me.profile.Org, me.statement.Issuing)
	if err != nil || !got.Same(made) {
		return fmt.Errorf("hand in attachment: %w", cmp.Or(err, link.ErrAnswer))
	}
	return m.session.vault.Update(unlessErased(got.Subject, func(tx *vault.Tx) error {
		_, err := tx.PutAttachment(vault.AttachmentCopy{Signed: message})
		if errors.Is(err, vault.ErrNotFound) {
			return tx.RemoveAttachment(got.ID)
		}
		return err
	}))
}
