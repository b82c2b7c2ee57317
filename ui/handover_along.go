package ui

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// along is what goes with the records that are handed over: each attachment that is whole here unless it is left, and each
// assignment about them that is taken.
type along struct {
	w       *Window
	content *fyne.Container
	loads   Latest
	left    map[journal.AttachmentID]bool
	taken   map[journal.AssignmentID]bool
}

// belongings are what belongs to one record.
type belongings struct {
	card  agent.Card
	files []agent.Attachment // that can be handed over
	away  int                // that are not whole here, and stay
	tasks []agent.Task
}

func newAlong(w *Window) *along {
	a := &along{w: w, content: part.Stack(), left: map[journal.AttachmentID]bool{}, taken: map[journal.AssignmentID]bool{}}
	a.content.Hide()
	return a
}

// show lists what belongs to records, to be ticked.
func (a *along) show(ids []journal.RecordID) {
	Load(a.loads.Next(a.w.life), a.w.spawn, func(ctx context.Context) (all []belongings, err error) {
		for _, id := range ids[:min(len(ids), mostResults)] {
			b, err := a.w.belongings(ctx, id)
			if err != nil {
				return nil, err
			}
			all = append(all, b)
		}
		return all, nil
	}, func(all []belongings, err error) {
		a.content.Objects = nil
		for _, b := range all { // an error shows nothing: the handing over will say it
			a.draw(b)
		}
		a.content.Hidden = len(a.content.Objects) == 0
		a.content.Refresh()
	})
}

func (a *along) draw(b belongings) {
	lang := a.w.lang
	var options []part.Option
	const file, task = "file:", "task:"
	for n, f := range b.files {
		options = append(options, part.Option{ID: file + string(f.ID),
			Text: lang.Say("handover.file", "n", strconv.Itoa(n+1), "size", lang.Bytes(f.Size)), Detail: lang.Say("handover.file_of", "when", part.Spoken(lang, a.w.now(), f.Issued))})
	}
	for _, t := range b.tasks {
		options = append(options, part.Option{ID: task + string(t.ID), Text: lang.Say("handover.task", "title", t.Title), Detail: string(t.ID)})
	}
	if len(options)+b.away == 0 {
		return
	}
	ticks := part.NewTicks(options, func(id string) bool {
		if attachment, is := cut[journal.AttachmentID](id, file); is {
			return !a.left[attachment]
		}
		assignment, _ := cut[journal.AssignmentID](id, task)
		return a.taken[assignment]
	})
	ticks.OnTick = func(id string, on bool) {
		if attachment, is := cut[journal.AttachmentID](id, file); is {
			a.left[attachment] = !on
		} else if assignment, is := cut[journal.AssignmentID](id, task); is {
			a.taken[assignment] = on
		}
	}
	box := part.StackTight(part.NewStrong(lang.Say("handover.with", "title", b.card.Title)), ticks)
	if b.away > 0 {
		box.Add(part.NewMuted(lang.Say("handover.files_away", "n", b.away)))
	}
	a.content.Add(box)
}

// cut is an ID behind what says its kind.
func cut[ID ~string](text, kind string) (ID, bool) {
	if len(text) < len(kind) || text[:len(kind)] != kind {
		return "", false
	}
	return ID(text[len(kind):]), true
}

// lot is what is given at once, and of which record each attachment is.
type lot struct {
	agent.Gift
	of map[journal.AttachmentID]journal.RecordID
}

// gift is the records with what goes with them, as it is ticked now; it may be asked off the main thread.
func (a *along) gift(ids []journal.RecordID) func(context.Context) (lot, error) {
	left, taken := maps.Clone(a.left), maps.Clone(a.taken)
	return func(ctx context.Context) (lot, error) {
		gift := lot{agent.Gift{Records: ids}, map[journal.AttachmentID]journal.RecordID{}}
		for _, id := range ids {
			b, err := a.w.belongings(ctx, id)
			if agent.CodeOf(err) == agent.NoRecord {
				continue // the agent says so of that record alone
			}
			if err != nil {
				return gift, err
			}
			for _, f := range b.files {
				if !left[f.ID] {
					gift.Attachments = append(gift.Attachments, f.ID)
					gift.of[f.ID] = id
				}
			}
			for _, t := range b.tasks {
				if taken[t.ID] && !slices.Contains(gift.Assignments, t.ID) {
					gift.Assignments = append(gift.Assignments, t.ID)
				}
			}
		}
		return gift, nil
	}
}

// belongings reads what belongs to a record.
func (w *Window) belongings(ctx context.Context, id journal.RecordID) (b belongings, err error) {
	if b.card, err = w.agent.Record(ctx, id); err != nil {
		return b, err
	}
	files, err := w.agent.Attachments(ctx, id)
	if err != nil {
		return b, err
	}
	for _, f := range files {
		switch {
		case f.Whole && !f.Waiting:
			b.files = append(b.files, f)
		default:
			b.away++
		}
	}
	for _, id := range b.card.Assignments {
		task, err := w.agent.Assignment(ctx, id)
		if err != nil {
			continue // it went meanwhile
		}
		b.tasks = append(b.tasks, task)
	}
	return b, nil
}
