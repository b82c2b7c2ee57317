package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"handslag/assets"
)

// NewEmpty says that a list is empty and what would fill it. Code names the sentence; its hint is code + "_hint". An action
// may be nil.
func NewEmpty(lang assets.Language, icon, code string, action *Button) fyne.CanvasObject {
	words := Stack(
		container.NewCenter(Medallion(icon, StateNeutral, 72)),
		NewLead(lang.Say(code)).Centred(),
		NewStyled(lang.Say(code+"_hint"), colorMuted, theme.SizeNameText, fyne.TextStyle{}).Centred(),
	)
	if action != nil {
		words.Add(container.NewCenter(action))
	}
	return Balanced(420, words)
}

// Balanced centres its child both ways, a little above the middle, no wider than max.
func Balanced(max float32, child fyne.CanvasObject) *fyne.Container {
	return container.New(balanced{max}, child)
}

type balanced struct{ max float32 }

func (b balanced) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := fyne.Min(b.max, size.Width)
	for _, o := range objects {
		h := fyne.Min(settle(o, w), size.Height)
		o.Resize(fyne.NewSize(w, h))
		o.Move(fyne.NewPos((size.Width-w)/2, (size.Height-h)*0.4))
	}
}

func (b balanced) MinSize(objects []fyne.CanvasObject) fyne.Size { return column{}.MinSize(objects) }
