package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// Ticks lets a person tick any of a few options, each a line of its own that a glove can hit.
type Ticks struct {
	widget.BaseWidget

	OnTick func(id string, on bool)

	lines   []*choiceLine
	content *fyne.Container
}

// NewTicks shows options, of which on says which are ticked at first.
func NewTicks(options []Option, on func(id string) bool) *Ticks {
	t := &Ticks{content: StackTight()}
	for _, o := range options {
		l := &choiceLine{option: o, chosen: on(o.ID), square: true}
		l.onTapped = func() { t.Tick(o.ID, !l.chosen) }
		l.ExtendBaseWidget(l)
		t.lines = append(t.lines, l)
		t.content.Add(l)
	}
	t.ExtendBaseWidget(t)
	return t
}

// Tick ticks an option, or lets it go, as a tap does, and tells OnTick when that changed anything.
func (t *Ticks) Tick(id string, on bool) {
	for _, l := range t.lines {
		if l.option.ID == id && l.chosen != on {
			l.chosen = on
			l.Refresh()
			if t.OnTick != nil {
				t.OnTick(id, on)
			}
		}
	}
}

func (t *Ticks) Inside() fyne.CanvasObject { return t.content }

// CreateRenderer shows the lines.
func (t *Ticks) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.content) }

// Options are those that may be ticked.
func (t *Ticks) Options() []Option {
	options := make([]Option, len(t.lines))
	for i, l := range t.lines {
		options[i] = l.option
	}
	return options
}
