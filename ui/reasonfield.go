package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// ownReason is the choice of words of one's own; no assignment has an empty ID.
const ownReason = ""

// reasonField asks why: one of the assignments that are offered, or words of the person's own.
type reasonField struct {
	w        *Window
	reasons  []agent.Reason
	choice   *part.Choice // nil until reasons were offered
	words    *part.Field
	onSubmit func()
	content  *fyne.Container
}

func newReasonField(w *Window) *reasonField {
	f := &reasonField{w: w, content: part.Stack()}
	f.words = part.NewField(w.lang.Say("records.reason_text"), w.lang.Say("records.reason_text_hint"))
	f.words.OnSubmit = func(string) { f.onSubmit() }
	f.show()
	return f
}

// offer shows the reasons there are. What the person had chosen stays chosen while it is offered.
func (f *reasonField) offer(reasons []agent.Reason) {
	before, had := f.chosen(), f.choice != nil
	f.reasons = reasons
	var options []part.Option
	chosen := ownReason
	for _, r := range reasons {
		options = append(options, part.Option{ID: string(r.Assignment), Text: f.w.lang.Say("records.reason_assignment", "assignment", r.Text), Detail: string(r.Assignment)})
		if r.Preselected {
			chosen = string(r.Assignment)
		}
	}
	options = append(options, part.Option{ID: ownReason, Text: f.w.lang.Say("records.reason_other")})
	if had && slices.ContainsFunc(options, func(o part.Option) bool { return o.ID == before }) {
		chosen = before
	}
	f.choice = part.NewChoice(options, chosen)
	f.choice.OnChoose = func(id string) {
		f.w.touch()
		f.showWords()
		if c := f.w.canvas(); id == ownReason && c != nil {
			c.Focus(f.words.Focusable())
		}
	}
	f.choice.SetSubmit(func() { f.onSubmit() })
	f.show()
}

func (f *reasonField) show() {
	f.content.Objects = nil
	if len(f.reasons) > 0 { // with words alone there is nothing to choose
		f.content.Add(f.choice)
	}
	f.content.Add(f.words)
	f.showWords()
}

// showWords shows the field for words of one's own where they are the reason.
func (f *reasonField) showWords() {
	f.words.Hidden = f.chosen() != ownReason
	f.content.Refresh()
}

func (f *reasonField) chosen() string {
	if f.choice == nil {
		return ownReason
	}
	return f.choice.Chosen()
}

// reason is what the person answered; where that is nothing it says so in place.
func (f *reasonField) reason() (agent.Reason, bool) {
	why := agent.Reason{Assignment: journal.AssignmentID(f.chosen())}
	if why.Assignment != "" {
		return why, true
	}
	if why.Text = strings.TrimSpace(f.words.Text()); why.Text != "" {
		return why, true
	}
	f.words.SetError(f.w.lang.Say("records.reason_needed"))
	if c := f.w.canvas(); c != nil {
		c.Focus(f.words.Focusable())
	}
	return agent.Reason{}, false
}
