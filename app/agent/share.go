package agent

import (
	"context"
	"errors"
	"slices"

	"handslag/identity"
	"handslag/sync/peer"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// Gift is what one person hands to another at once.
type Gift struct {
	Assignments []journal.AssignmentID
	Records     []journal.RecordID
	Attachments []journal.AttachmentID // each goes with its record, which need not stand among Records
	Along       bool                   // what is whole here of the records' attachments goes with them
}

// Empty reports whether nothing was chosen.
func (g Gift) Empty() bool { return len(g.Assignments)+len(g.Records)+len(g.Attachments) == 0 }

// Give hands things over, once verified: the entry of each is durable before its first byte
// leaves, its loan ends with this device's own, and what the other may not have stays, each
// with an entry and its reason. Ending ctx stops it at a good place: what has arrived stays, and an attachment
// that was on its way goes on from there another time.
func (h *Handover) Give(ctx context.Context, gift Gift) (ShareResult, error) {
	h.giving.Lock()
	defer h.giving.Unlock()
	h.sending.Store(true)
	defer h.sending.Store(false)
	h.mu.Lock()
	verified, over := h.verified, h.over
	h.mu.Unlock()
	if verified == nil || over || h.leaving.over() {
		return ShareResult{}, problem(NotVerified, nil)
	}
	meeting, cancel := h.while(ctx)
	defer cancel()
	if barred := h.session.who().barred; barred != "" {
		return ShareResult{}, problem(barred, nil)
	}
	if gift.Empty() {
		return ShareResult{}, problem(NothingChosen, nil)
	}
	blobs, err := h.session.vault.Blobs()
	if err != nil {
		return ShareResult{}, translate(err)
	}
	defer blobs.Close()
	g := &giving{h: h, blobs: blobs, telling: shareTelling{h: h}, titles: map[peer.Thing]string{}, subjects: map[peer.Thing]journal.SubjectID{}}
	share := g.pack(gift)
	if len(share.Records) > peer.MaxItems || len(share.Tasks) > peer.MaxTasks || len(share.Files) > peer.MaxFiles {
		return g.result, problem(TooMany, nil)
	}
	if len(share.Records)+len(share.Tasks) > 0 {
		h.advance(ShareProgress{Total: len(share.Records) + len(share.Tasks) + len(share.Files)})
		share.Purpose = g.purpose()
		_, err = verified.Send(meeting, share, peer.Sharer{
			Stays: g.stay, Before: g.before, Key: g.key, Answered: g.answered, Moved: g.telling.moved,
		})
		h.agent.changed(EventsChanged, SyncChanged)
		h.agent.nudge()
	}
	switch {
	case ctx.Err() != nil, err != nil && h.leaving.over():
		return g.result, problem(Cancelled, err)
	case err != nil:
		return g.result, g.interrupted(err)
	case len(g.result.Given)+len(g.result.Attachments)+len(g.result.Assignments) == 0:
		return g.result, problem(ShareRefused, nil)
	}
	return g.result, nil
}

// giving is one Give.
type giving struct {
	h        *Handover
	blobs    *vault.Blobs
	shared   *vault.ShareKey
	titles   map[peer.Thing]string
	subjects map[peer.Thing]journal.SubjectID
	stamps   map[peer.Thing]*journalfile.Stamp
	result   ShareResult
	telling  shareTelling
}

// pack copies what is stored, still encrypted.
func (g *giving) pack(gift Gift) (share peer.Share) {
	s := g.h.session
	records, files := slices.Clone(gift.Records), slices.Clone(gift.Attachments)
	if gift.Along {
		files = append(files, g.along(records)...)
	}
	for _, id := range unique(files) {
		file, of, err := g.file(id)
		if err != nil {
			g.refuse(peer.Thing{Record: of, Attachment: id}, asProblem(err))
			continue
		}
		records = append(records, of)
		share.Files = append(share.Files, file)
	}
	for _, id := range unique(gift.Assignments) {
		thing := peer.Thing{Assignment: id}
		row, err := s.vault.Assignment(id)
		if err != nil {
			if errors.Is(err, vault.ErrNotFound) {
				err = problem(NoAssignment, err)
			}
			g.refuse(thing, asProblem(err))
			continue
		}
		g.titles[thing], g.subjects[thing] = row.Title, row.Subject
		share.Tasks = append(share.Tasks, peer.OutgoingTask{Signed: row.Signed})
	}
	for _, id := range unique(records) {
		thing := peer.Thing{Record: id}
		row, err := s.vault.Record(id)
		if err == nil {
			g.titles[thing], g.subjects[thing] = row.Card.Title, row.Subject
		}
		var copied vault.Handover
		if err == nil {
			copied, err = s.vault.Copy(id)
		}
		if err != nil {
			g.refuse(thing, asProblem(err))
			continue
		}
		share.Records = append(share.Records, peer.Outgoing{
			Record: copied.Signed, Cipher: copied.Cipher, Hands: copied.Hands, People: s.people(id),
			Reseal: func(context string) ([]byte, error) {
				out, err := s.vault.Reseal(g.stamps[thing], id, s.clock.Read().Time, g.shared, context)
				return out.Key, err
			},
		})
	}
	return share
}

// along are the attachments of records that can go with them.
func (g *giving) along(records []journal.RecordID) (ids []journal.AttachmentID) {
	for _, id := range records {
		rows, _ := g.h.session.vault.Attachments(id) // those that do not open stay
		for _, row := range rows {
			if !row.Draft && row.Whole() {
				ids = append(ids, row.ID)
			}
		}
	}
	return ids
}

// file is an attachment that is whole here, and the record that it goes with.
func (g *giving) file(id journal.AttachmentID) (file peer.OutgoingFile, of journal.RecordID, err error) {
	s := g.h.session
	row, held, err := s.vault.Attachment(id)
	if err != nil {
		return file, of, err
	}
	thing := peer.Thing{Record: row.Record, Attachment: id}
	if record, err := s.vault.Record(row.Record); err == nil {
		g.titles[thing] = record.Card.Title
	}
	g.subjects[thing] = row.Subject
	if row.Draft || !row.Whole() {
		return file, row.Record, problem(NotHere, nil)
	}
	return peer.OutgoingFile{
		Signed: held.Signed,
		Reseal: func(context string) ([]byte, error) {
			return s.vault.ResealAttachment(g.stamps[thing], id, s.clock.Read().Time, g.shared, context)
		},
		Chunk: g.blobs.Read,
	}, row.Record, nil
}

func unique[ID ~string](ids []ID) []ID { return slices.Compact(slices.Sorted(slices.Values(ids))) }

// key makes the share's key, which opens nothing by itself.
func (g *giving) key(to identity.Credential, info string) (sealed []byte, err error) {
	if g.shared, err = g.h.session.vault.NewShareKey(to, info); err != nil {
		return nil, err
	}
	return g.shared.Sealed, nil
}

// shareAtOnce is how many entries of a share go into one sync of the disk: as many as the receiver answers at once.
const shareAtOnce = 128

// giveChosen gives what was chosen before the meeting; how it went stands in Progress.
func (h *Handover) giveChosen(gift Gift) {
	if _, err := h.Give(context.Background(), gift); err != nil { // it ends with the meeting
		progress := h.Progress()
		if progress.Problem == nil {
			progress.Problem = asProblem(err)
			h.advance(progress)
		}
	}
}

// needed is the assignment that a person has on a record, where this device knows of one: it
// justifies the share.
func (s *session) needed(id journal.RecordID, person identity.PersonID) (journal.AssignmentID, uint64) {
	rows, err := s.vault.Assignments(vault.AssignmentFilter{Record: id, Person: person})
	if err != nil && !errors.Is(err, vault.ErrView) || len(rows) == 0 {
		return "", 0
	}
	slices.SortFunc(rows, func(x, y vault.AssignmentRow) int {
		if x.Due != y.Due {
			return -compare(x.Due, y.Due)
		}
		return compare(string(x.ID), string(y.ID))
	})
	return rows[0].ID, rows[0].Number
}

func compare(x, y string) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}
