package part

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// countdownUrgent is when the bar turns from calm to warning, or in the last third of what is shorter.
const countdownUrgent = time.Minute

// Countdown shows how long something stays open, as a bar and in words, with one button that extends it. It holds no clock:
// whoever owns it calls Set.
type Countdown struct {
	widget.BaseWidget

	OnExtend func()

	phrase  func(clock string) string
	label   *Text
	bar     *Bar
	content fyne.CanvasObject
}

// NewCountdown makes a countdown. phrase turns "4:32" into the sentence shown; without a word for extend there is no button.
func NewCountdown(phrase func(clock string) string, extend string) *Countdown {
	c := &Countdown{phrase: phrase, bar: NewBar()}
	c.label = NewStyled("", StateOK.Ink(), theme.SizeNameText, fyne.TextStyle{Bold: true}).OneLine()
	middlePart := Middle(Stack(c.label, c.bar))
	c.content = middlePart
	if extend != "" {
		button := NewButton(extend, "", func() {
			if c.OnExtend != nil {
				c.OnExtend()
			}
		})
		c.content = container.NewBorder(nil, nil, nil, Pushed(16, Middle(button)), middlePart)
	}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows the time left of a total. Less than nothing is shown as nothing.
func (c *Countdown) Set(left, total time.Duration) {
	left = max(left, 0)
	state := StateOK
	if left < min(countdownUrgent, total/3) {
		state = StateWarning
	}
	c.label.SetText(c.phrase(Clock(left)))
	c.label.colour(state.Ink())
	fraction := 0.0
	if total > 0 {
		fraction = min(1, float64(left)/float64(total))
	}
	c.bar.Set(fraction, state)
}

// CreateRenderer shows words, bar and button.
func (c *Countdown) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.content) }

func (c *Countdown) Inside() fyne.CanvasObject { return c.content }

// Clock writes a duration as minutes and seconds, "4:32", or with hours, "1:04:32". It rounds up, so that 0:00 means over.
func Clock(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Bar is a thin measure of how much: of a countdown, of a job.
type Bar struct {
	widget.BaseWidget
	fraction float64
	state    State
}

// NewBar makes an empty bar.
func NewBar() *Bar {
	b := &Bar{state: StateOK}
	b.ExtendBaseWidget(b)
	return b
}

// Set fills the bar from 0 to 1, in a state's colour.
func (b *Bar) Set(fraction float64, state State) {
	b.fraction, b.state = min(1, max(0, fraction)), state
	b.Refresh()
}

// CreateRenderer draws track and filling.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer {
	r := &barRenderer{bar: b, track: canvas.NewRectangle(nil), filled: canvas.NewRectangle(nil)}
	r.paint()
	return r
}

type barRenderer struct {
	bar           *Bar
	track, filled *canvas.Rectangle
}

func (r *barRenderer) paint() {
	r.track.FillColor = theme.Color(StateNeutral.Paper())
	r.filled.FillColor = theme.Color(r.bar.state.Ink())
	r.track.Refresh()
	r.filled.Refresh()
}

func (r *barRenderer) MinSize() fyne.Size { return fyne.NewSize(80, 8) }

func (r *barRenderer) Layout(size fyne.Size) {
	r.track.CornerRadius, r.filled.CornerRadius = size.Height/2, size.Height/2
	r.track.Resize(size)
	w := size.Width * float32(r.bar.fraction)
	if w > 0 {
		w = fyne.Max(w, size.Height)
	}
	r.filled.Resize(fyne.NewSize(w, size.Height))
}

func (r *barRenderer) Refresh()                     { r.paint(); r.Layout(r.bar.Size()) }
func (r *barRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.track, r.filled} }
func (r *barRenderer) Destroy()                     {}
