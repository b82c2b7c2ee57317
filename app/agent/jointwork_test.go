package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// Anna and Bo have one assignment together, and Bo one that is his alone.
const shared = `{"type":"assignment","id":"U-2400","record":"r-maj","unit":"norra","people":["anna.lind","bo.ek"],"title":"Byt termostat","area":"Tornängen","due":"2026-06-01","points":[{"name":"Kallvatten","unit":"°C"},{"name":"Luftat elementet"}]}
{"type":"assignment","id":"U-2500","unit":"sodra","people":["bo.ek"],"title":"Bos eget","due":"2026-06-01"}
`

// pairOf is the house with that assignment, and Anna's and Bo's devices, synced.
func pairOf(t *testing.T) (h *house, anna, bo *tablet) {
	t.Helper()
	h = newHouse(t)
	_, err := h.gate.Import(t.Context(), strings.NewReader(shared))
	ok(t, err)
	anna, bo = h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	return h, anna, bo
}

func (d *tablet) task(id journal.AssignmentID) Task {
	d.h.t.Helper()
	task, err := d.Assignment(context.Background(), id)
	ok(d.h.t, err)
	return task
}

func (d *tablet) edits(topic record.Topic, value string) Task {
	d.h.t.Helper()
	task, err := d.EditWork(context.Background(), "U-2400", Edit{Topic: topic, Value: value})
	ok(d.h.t, err)
	return task
}

// says is what a screen shows of a field: the values that stand, each with who said so.
func says(f FieldState) string {
	var all []string
	for _, s := range f.Says {
		all = append(all, s.By+": "+s.Value)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func settled(f FieldState) string {
	var all []string
	for _, s := range f.Settled() {
		all = append(all, s.By+": "+s.Value)
	}
	return strings.Join(all, ", ")
}

// shows is a whole screen, as both must see it in the end.
func shows(t Task) string {
	var b strings.Builder
	for _, f := range t.Fields() {
		fmt.Fprintf(&b, "%s %s (%s)\n", f.Topic, says(f), settled(f))
	}
	for _, n := range t.Notes {
		fmt.Fprintf(&b, "note %s: %s\n", n.By, n.Value)
	}
	for _, s := range t.Signatures {
		fmt.Fprintf(&b, "signed %s %s %v\n", s.By, s.Note, s.EarlierState)
	}
	return b.String()
}

// sees waits until a device shows something.
func sees(t *testing.T, h *Handover, what string, is func(Task) bool) {
	t.Helper()
	last := ""
	defer func() {
		if t.Failed() {
			t.Logf("%s; last seen:\n%s", what, last)
		}
	}()
	eventually(t, h, func() bool {
		task, err := h.agent.Assignment(context.Background(), "U-2400")
		ok(t, err)
		last = shows(task)
		return is(task)
	})
}

func TestTwoWorkOnOneAssignmentInACellarAndBothScreensShowIt(t *testing.T) {
	for _, first := range []string{"anna", "bo"} {
		t.Run(first+" is online first", func(t *testing.T) {
			h, anna, bo := pairOf(t)
			h.stop() // into the cellar
			anna.edits(record.TopicPlanned, "2026-06-01 14:00")
			anna.edits(record.TopicStatus, record.StatusBegun)
			bo.edits(record.PointTopic("Kallvatten"), "8,5")
			bo.edits(record.TopicStatus, record.StatusWaiting)

			mine, theirs := anna.meets(bo)
			both := func(what string, is func(Task) bool) {
				t.Helper()
				sees(t, mine, "Anna: "+what, is)
				sees(t, theirs, "Bo: "+what, is)
			}
			both("different fields merge, the same one shows both", func(k Task) bool {
				return says(k.Status) == "Anna Lind: begun, Bo Ek: waiting" && says(k.Planned) == "Anna Lind: 2026-06-01 14:00" &&
					says(k.Points[0]) == "Bo Ek: 8,5" && k.Conflicts() == 1
			})
			if k := anna.task("U-2400"); k.With != "Bo Ek" || k.Here {
				t.Errorf("with %q, here %v", k.With, k.Here)
			}
			bo.WorkingOn("U-2400")
			sees(t, mine, "Bo works here too", func(k Task) bool { return k.Here && k.With == "Bo Ek" })
			bo.WorkingOn("U-2002") // not Anna's
			sees(t, mine, "Bo is somewhere else", func(k Task) bool { return !k.Here })

			_, err := bo.Note(t.Context(), "U-2400", "Packningen var slut.")
			ok(t, err)
			both("a note at once", func(k Task) bool { return len(k.Notes) == 1 && k.Notes[0].By == "Bo Ek" })
			anna.edits(record.PointTopic("Luftat elementet"), record.PointYes)
			both("a point at once", func(k Task) bool { return says(k.Points[1]) == "Anna Lind: yes" })
			_, err = bo.Finish(t.Context(), "U-2400", "Klart.", bo.task("U-2400").Seen)
			ok(t, err)
			both("a signature at once", func(k Task) bool {
				return len(k.Signatures) == 1 && !k.Signatures[0].EarlierState && k.Done.By == "Bo Ek"
			})
			_, err = anna.Note(t.Context(), "U-2400", "Termostaten är vriden fel.")
			ok(t, err)
			both("the signature is for an earlier state", func(k Task) bool { return len(k.Signatures) == 1 && k.Signatures[0].EarlierState })
			if own := bo.task("U-2500"); own.With != "" {
				t.Errorf("Bo's own assignment is with %q", own.With)
			}
			mine.Close()
			<-theirs.Done()
			if k := bo.task("U-2400"); k.With != "" || k.Here {
				t.Errorf("after the meeting: with %q", k.With)
			}
			anna.die()
			ok(t, anna.Unlock(t.Context(), passphrase))
			if a, b := shows(anna.task("U-2400")), shows(bo.task("U-2400")); a != b {
				t.Errorf("in the cellar they see\n%s\n%s", a, b)
			}

			h.back()
			order, stands, lost := []*tablet{anna, bo}, "Anna Lind: begun", "Bo Ek: waiting"
			if first == "bo" {
				order, stands, lost = []*tablet{bo, anna}, "Bo Ek: waiting", "Anna Lind: begun"
			}
			order[0].sync()
			order[1].sync()
			order[0].sync()
			a, b := anna.task("U-2400"), bo.task("U-2400")
			if shows(a) != shows(b) {
				t.Errorf("in the end they see\n%s\n%s", shows(a), shows(b))
			}
			if says(a.Status) != stands || settled(a.Status) != lost || a.Conflicts() != 0 {
				t.Errorf("%q stands, settled against %q", says(a.Status), settled(a.Status))
			}
			for _, d := range []*tablet{anna, bo} {
				for _, s := range append(d.task("U-2400").Notes, d.task("U-2400").Status.Says...) {
					if s.Waiting {
						t.Errorf("%s: %+v still waits", d.name, s)
					}
				}
				if r := d.sync(); r.Sent != 0 || r.Received != 0 {
					t.Errorf("%s: once more: %+v", d.name, r)
				}
			}
			page, err := anna.Log(t.Context(), link.LogFilter{})
			ok(t, err)
			joined, received, paired := 0, 0, 0
			for _, row := range page.Rows {
				switch row.Kind {
				case journal.AssignmentJoined:
					joined++
					if row.Other == nil || row.Alone {
						t.Errorf("half of a working together: %+v", row)
					}
				case journal.AssignmentReceived:
					received++
					if row.Other == nil || row.Alone || !row.Other.Kind.IsWork() {
						t.Errorf("half of what came: %+v", row)
					}
				case journal.AssignmentEdited:
					if row.Topic == "" || row.Value == "" {
						t.Errorf("an edit without what it says: %+v", row)
					}
					if row.Other != nil {
						paired++
					}
				}
			}
			if joined != 2 || received != 8 || paired != 5 {
				t.Errorf("%d joined, %d received, %d edits paired", joined, received, paired)
			}
		})
	}
}

func TestAPersonChoosesAndTheOtherScreenShowsIt(t *testing.T) {
	h, anna, bo := pairOf(t)
	h.stop()
	anna.edits(record.TopicStatus, record.StatusBegun)
	bo.edits(record.TopicStatus, record.StatusWaiting)
	mine, theirs := anna.meets(bo)
	sees(t, mine, "both", func(k Task) bool { return k.Status.Conflict() })
	sees(t, theirs, "both", func(k Task) bool { return k.Status.Conflict() })
	before := anna.task("U-2400")
	var bos Saying
	for _, s := range before.Status.Says {
		if !s.Mine {
			bos = s
		}
	}
	_, err := anna.Choose(t.Context(), "U-2400", record.TopicStatus, bos.Operation, before.Seen)
	ok(t, err)
	sees(t, mine, "chosen", func(k Task) bool { return k.Status.Value() == record.StatusWaiting })
	sees(t, theirs, "chosen", func(k Task) bool {
		return k.Status.Value() == record.StatusWaiting && k.Status.Says[0].By == "Anna Lind"
	})
	_, err = anna.Choose(t.Context(), "U-2400", record.TopicStatus, bos.Operation, "")
	refused(t, err, WorkMoved)

	// Who signs has seen what they sign: not what came while they read.
	read := bo.task("U-2400")
	_, err = anna.Note(t.Context(), "U-2400", "En sak till.")
	ok(t, err)
	sees(t, theirs, "the note", func(k Task) bool { return len(k.Notes) == 1 })
	_, err = bo.Finish(t.Context(), "U-2400", "Klart.", read.Seen)
	refused(t, err, WorkMoved)
	// An edit made in sight of an earlier state does not overwrite what was not seen.
	_, err = bo.EditWork(t.Context(), "U-2400", Edit{Topic: record.TopicStatus, Value: record.StatusOpen, Seen: before.Seen})
	ok(t, err)
	sees(t, mine, "both again", func(k Task) bool { return says(k.Status) == "Anna Lind: waiting, Bo Ek: open" })
	for topic, value := range map[record.Topic]string{
		record.TopicStatus: "perhaps", record.TopicPlanned: "in the afternoon", "wish": "x", record.TopicDone: "klart", record.PointTopic("a\nb"): "x",
	} {
		_, err := anna.EditWork(t.Context(), "U-2400", Edit{Topic: topic, Value: value})
		refused(t, err, BadValue)
	}
	mine.Close()
}

// The link and the meeting end in the middle; a new verification brings what is missing, once.
func TestANewVerificationGoesOnWhereTheLastEnded(t *testing.T) {
	h, anna, bo := pairOf(t)
	h.stop()
	anna.edits(record.TopicPlanned, "2026-06-01 14:00")
	mine, theirs := anna.meets(bo)
	sees(t, theirs, "what Anna planned", func(k Task) bool { return k.Planned.Value() != "" })
	mine.Close()
	<-theirs.Done()
	for i := range 40 { // more than may be under way at once
		_, err := anna.Note(t.Context(), "U-2400", fmt.Sprintf("anteckning %d", i))
		ok(t, err)
	}
	bo.edits(record.TopicStatus, record.StatusBegun)
	mine, theirs = anna.meets(bo)
	sees(t, theirs, "some notes", func(k Task) bool { return len(k.Notes) > 3 })
	bo.die() // in the middle
	mine.Close()
	ok(t, bo.Unlock(t.Context(), passphrase))
	mine, theirs = anna.meets(bo)
	sees(t, theirs, "all notes", func(k Task) bool { return len(k.Notes) == 40 })
	sees(t, mine, "Bo's status", func(k Task) bool { return k.Status.Value() == record.StatusBegun })
	mine.Close()
	<-theirs.Done()
	if a, b := shows(anna.task("U-2400")), shows(bo.task("U-2400")); a != b {
		t.Errorf("they see\n%s\n%s", a, b)
	}
	h.back()
	bo.sync()
	anna.sync()
	bo.sync()
	if a, b := shows(anna.task("U-2400")), shows(bo.task("U-2400")); a != b || len(anna.task("U-2400").Notes) != 40 {
		t.Errorf("in the end they see\n%s\n%s", a, b)
	}
	page, err := anna.Log(t.Context(), link.LogFilter{})
	ok(t, err)
	for _, row := range page.Rows {
		if len(row.Findings) != 0 || row.Alone {
			t.Errorf("found %v, alone %v: %+v", row.Findings, row.Alone, row)
		}
	}
}
