package agent

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"handslag/sync/peer"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// maxTogether is how often the link may break before this end works alone for the rest of a meeting.
const maxTogether = 64

// receivedWork is how many operations may be on an assignment before a colleague's are refused: room for
// this person's own stays.
const receivedWork = record.Operations * 3 / 4

// mate is the colleague in a meeting as somebody who works on the same assignments.
type mate struct {
	wake chan struct{}

	mu    sync.Mutex
	joint []journal.AssignmentID // ascending
	at    journal.AssignmentID   // what they have before them
	pairs map[string]bool        // of assignments whose entry stands

	refused map[journal.Hash]bool // own operations that they refused, each with its entry
}

func newMate() *mate {
	return &mate{wake: make(chan struct{}, 1), pairs: map[string]bool{}, refused: map[journal.Hash]bool{}}
}

// WorkingOn says which assignment this person has before them, "" for none: a verified colleague who
// holds it too sees it.
func (a *Agent) WorkingOn(id journal.AssignmentID) {
	a.mu.Lock()
	a.working = id
	a.mu.Unlock()
	a.tellMate()
}

// tellMate has a meeting look for what is new here.
func (a *Agent) tellMate() {
	a.mu.Lock()
	h := a.meeting
	a.mu.Unlock()
	if h == nil {
		return
	}
	select {
	case h.mate.wake <- struct{}{}:
	default:
	}
}

// JointWork lists the assignments that a verified colleague may work on too, from here, while the meeting lasts.
func (a *Agent) JointWork(ctx context.Context) ([]Task, error) {
	a.mu.Lock()
	h := a.meeting
	a.mu.Unlock()
	if h == nil {
		return nil, nil
	}
	h.mate.mu.Lock()
	ids := slices.Clone(h.mate.joint)
	h.mate.mu.Unlock()
	var tasks []Task
	for _, id := range ids {
		task, err := a.Assignment(ctx, id)
		if CodeOf(err) == NoAssignment {
			continue
		}
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task)
	}
	slices.SortStableFunc(tasks, func(x, y Task) int { return cmp.Or(cmp.Compare(y.Due, x.Due), cmp.Compare(x.ID, y.ID)) })
	return tasks, nil
}

// together is who works on an assignment too, in a meeting that lasts, and whether they have it before them.
func (a *Agent) together(id journal.AssignmentID) (name string, here bool) {
	a.mu.Lock()
	h := a.meeting
	a.mu.Unlock()
	if h == nil {
		return "", false
	}
	h.mate.mu.Lock()
	_, joint := slices.BinarySearch(h.mate.joint, id)
	here = joint && h.mate.at == id
	h.mate.mu.Unlock()
	if !joint {
		return "", false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.other.Person.Name(), here
}

// together works on what both hold for as long as the meeting lasts, whenever there is a link.
func (h *Handover) together(v *peer.Verified) {
	ctx, cancel := h.while(context.Background())
	defer cancel()
	for range maxTogether {
		err := v.Together(ctx, peer.Workshop{
			Shelf: h.shelf, Joined: h.joined, Received: h.worked, Refused: h.refusedWork, Answered: h.answered,
			Joint: h.joint, Here: h.here, At: h.agent.at, Wake: h.mate.wake,
		})
		if errors.Is(err, peer.ErrNotVerified) || ctx.Err() != nil {
			return
		}
		if refused := (*peer.RefusedWork)(nil); errors.As(err, &refused) { // a stream of its own would let it say as much again
			h.agent.log.Warn("too much of a colleague's work is refused", "error", err)
			return
		}
		h.agent.log.Info("working together broke off", "error", err)
		h.malformed("work", err)
	}
}

func (a *Agent) at() journal.AssignmentID {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.working
}

// shelf is what may be worked on together: assignments whose record, where one is here, is neither
// restricted nor at the end of its loan.
func (h *Handover) shelf() []peer.Shelved {
	s := h.session
	rows, err := s.vault.Assignments(vault.AssignmentFilter{})
	if err != nil && !errors.Is(err, vault.ErrView) {
		return nil
	}
	now := s.clock.Read().Time
	slices.SortFunc(rows, func(x, y vault.AssignmentRow) int { return cmp.Or(cmp.Compare(y.Due, x.Due), cmp.Compare(x.ID, y.ID)) })
	var all []peer.Shelved
	for _, row := range rows {
		if row.Subject != "" && s.erased(row.Subject) {
			continue
		}
		if row.Record != "" {
			if held, err := s.vault.Record(row.Record); err == nil && (held.Restricted || held.Until < now) {
				continue
			}
		}
		one := peer.Shelved{Signed: row.Signed, Value: row.Assignment}
		for _, w := range row.Work {
			one.Work = append(one.Work, w.Said)
		}
		all = append(all, one)
	}
	return all
}

// joined is this device's half of the double entry: that work on an assignment goes between the two.
func (h *Handover) joined(_ context.Context, one peer.Joint) error {
	h.mate.mu.Lock()
	known := h.mate.pairs[string(one.Pair)]
	h.mate.mu.Unlock()
	if known {
		return nil // before the link was cut
	}
	e := jointEntry(journal.AssignmentJoined, one)
	e.Pair = one.Pair
	if _, err := h.session.say(line{entry: e}); err != nil {
		return err
	}
	h.mate.mu.Lock()
	h.mate.pairs[string(one.Pair)] = true
	h.mate.mu.Unlock()
	h.agent.changed(EventsChanged, SyncChanged)
	return nil
}

func jointEntry(kind journal.Kind, one peer.Joint) journal.Entry {
	return journal.Entry{
		Kind: kind, Subject: one.Subject, Record: one.Record, Assignment: one.Assignment, AssignmentVersion: one.Number, Peer: one.Peer,
	}
}

// worked keeps a colleague's operation, after the entry that says that it came.
func (h *Handover) worked(_ context.Context, in peer.Worked) error {
	s, id := h.session, in.Joint.Assignment
	refuse := func(why peer.Why) error {
		return &peer.RefusedWork{Operation: in.Operation.Hash, Joint: in.Joint, Why: why}
	}
	if in.Joint.Subject != "" && s.erased(in.Joint.Subject) {
		return refuse(peer.SubjectErased)
	}
	if row, err := s.vault.Assignment(id); err != nil || len(row.Work) >= receivedWork {
		return refuse(peer.TooMuchWork)
	}
	e := jointEntry(journal.AssignmentReceived, in.Joint)
	e.Ref, e.Pair = in.Operation.Hash[:], in.Operation.Hash[:]
	_, err := s.say(line{entry: e, effect: unlessErased(in.Joint.Subject, func(tx *vault.Tx) error {
		err := tx.PutWork(id, vault.Work{Said: in.Said})
		if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrTooLarge) {
			return nil // it has gone meanwhile; its writer's journal keeps the operation
		}
		return err
	})})
	if err != nil {
		return err
	}
	h.agent.changed(AssignmentsChanged, EventsChanged, SyncChanged)
	h.agent.nudge()
	return nil
}

// refusedWork is an operation that came and was not taken.
func (h *Handover) refusedWork(_ context.Context, one peer.RefusedWork) error {
	e := jointEntry(journal.AssignmentRefused, one.Joint)
	e.Peer, e.Ref, e.Code = h.otherDevice(), one.Operation[:], string(one.Why)
	if _, err := h.session.say(line{entry: e}); err != nil {
		return err
	}
	h.agent.log.Warn("a colleague's work is refused", "error", one.Error())
	h.agent.changed(EventsChanged, SyncChanged)
	return nil
}

// answered is an operation of this device that the colleague's refused.
func (h *Handover) answered(operation journal.Hash, why peer.Why) {
	h.mate.mu.Lock()
	told := h.mate.refused[operation]
	h.mate.refused[operation] = true
	h.mate.mu.Unlock()
	if told {
		return // before the link was cut
	}
	e := journal.Entry{Kind: journal.AssignmentRefused, Peer: h.otherDevice(), Ref: operation[:], Code: string(why)}
	if _, err := h.session.say(line{entry: e}); err != nil {
		h.agent.log.Warn("a refusal has no entry", "code", string(why), "error", err)
		return
	}
	h.agent.changed(EventsChanged, SyncChanged)
}

func (h *Handover) joint(ids []journal.AssignmentID) {
	h.mate.mu.Lock()
	h.mate.joint, h.mate.at = ids, ""
	h.mate.mu.Unlock()
	h.agent.changed(AssignmentsChanged)
}

func (h *Handover) here(id journal.AssignmentID) {
	h.mate.mu.Lock()
	moved := h.mate.at != id
	h.mate.at = id
	h.mate.mu.Unlock()
	if moved {
		h.agent.changed(AssignmentsChanged)
	}
}
