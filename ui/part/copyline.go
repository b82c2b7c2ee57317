package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"handslag/assets"
)

// CopyLine is a line to type elsewhere, in letters of one width, with a button that copies it.
func CopyLine(lang assets.Language, text string) fyne.CanvasObject {
	copying := NewQuiet(lang.Say("common.copy"), assets.IconCopy, nil)
	copying.OnTapped = func() {
		fyne.CurrentApp().Clipboard().SetContent(text)
		copying.SetText(lang.Say("common.copied"))
	}
	line := NewStyled(text, colorOnTint, theme.SizeNameText, fyne.TextStyle{Monospace: true})
	return NewSurface(container.NewBorder(nil, nil, nil, Middle(copying), Middle(line)), ColorTint, 12, 14)
}
