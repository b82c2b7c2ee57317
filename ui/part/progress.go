package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"handslag/assets"
)

// Progress shows how far a long job has come, and lets the person cancel it. A job that cannot say how far it has come shows
// its words alone: a bar that only moves tells nothing and costs a quarter of a core.
type Progress struct {
	widget.BaseWidget

	OnCancel func()

	title   *Text
	detail  *Text
	bar     *Bar
	cancel  *Button
	content fyne.CanvasObject
}

// NewProgress names the job.
func NewProgress(lang assets.Language, title string) *Progress {
	p := &Progress{title: NewStrong(title), detail: NewMuted(""), bar: NewBar()}
	p.bar.Hide()
	p.detail.Hide()
	p.cancel = NewButton(lang.Say("common.cancel"), "", func() {
		p.cancel.Disable() // one cancel is enough; the job ends in its own time
		if p.OnCancel != nil {
			p.OnCancel()
		}
	})
	words := Middle(Stack(p.title, p.bar, p.detail))
	p.content = NewPanel(container.NewBorder(nil, nil, nil, Pushed(16, Middle(p.cancel)), words))
	p.ExtendBaseWidget(p)
	return p
}

// Set tells how far the job has come, from 0 to 1 (below 0: unknown), and what it does now.
func (p *Progress) Set(fraction float64, detail string) {
	p.bar.Hidden = fraction < 0
	p.bar.Set(fraction, StateWaiting)
	p.detail.SetText(detail)
	p.detail.Hidden = detail == ""
	p.Refresh()
}

// SetTitle names the next part of the job.
func (p *Progress) SetTitle(title string) { p.title.SetText(title) }

// CreateRenderer shows words, bar and button.
func (p *Progress) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.content) }

func (p *Progress) Inside() fyne.CanvasObject { return p.content }

// Renew lets a job that begins anew be cancelled as the one before could.
func (p *Progress) Renew() { p.cancel.Enable() }
