package part

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"handslag/assets"
)

// DeviceIDView shows a device ID large, in its eight groups, for two people to compare, with a button that copies it.
type DeviceIDView struct {
	widget.BaseWidget

	OnCopied func()

	lang    assets.Language
	id      string
	groups  *fyne.Container
	copying *Button
	content fyne.CanvasObject
}

// NewDeviceIDView shows an ID written in groups that spaces or hyphens part.
func NewDeviceIDView(lang assets.Language, id string) *DeviceIDView {
	v := &DeviceIDView{lang: lang, groups: container.New(&idGrid{})}
	v.copying = NewQuiet(lang.Say("common.copy"), assets.IconCopy, v.copyID)
	v.content = NewSurface(container.NewBorder(nil, nil, nil, Middle(v.copying), Middle(v.groups)), ColorTint, 12, 14)
	v.ExtendBaseWidget(v)
	v.SetID(id)
	return v
}

// SetID shows another ID.
func (v *DeviceIDView) SetID(id string) {
	v.id = id
	v.copying.SetText(v.lang.Say("common.copy"))
	v.groups.Objects = nil
	for _, g := range strings.FieldsFunc(id, func(r rune) bool { return r == ' ' || r == '-' }) {
		v.groups.Add(NewStyled(g, colorOnTint, sizeGroup, fyne.TextStyle{Monospace: true}).Unbroken())
	}
	v.groups.Refresh()
}

func (v *DeviceIDView) copyID() {
	fyne.CurrentApp().Clipboard().SetContent(v.id)
	v.copying.SetText(v.lang.Say("common.copied"))
	if v.OnCopied != nil {
		v.OnCopied()
	}
}

// CreateRenderer shows groups and button.
func (v *DeviceIDView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(v.content)
}

func (v *DeviceIDView) Inside() fyne.CanvasObject { return v.content }

// idGrid sets groups in lines of eight, four or two, whatever fits, so that two people read the same line.
type idGrid struct{ width float32 }

func (g *idGrid) shape(objects []fyne.CanvasObject, width float32) (perLine int, cell fyne.Size) {
	for _, o := range objects {
		cell = cell.Max(o.MinSize())
	}
	cell = cell.AddWidthHeight(theme.Size(sizeGroup)*0.75, 6)
	for perLine = 8; perLine > 2 && float32(perLine)*cell.Width > width; perLine /= 2 {
	}
	return perLine, cell
}

func (g *idGrid) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	g.width = size.Width
	n, cell := g.shape(objects, size.Width)
	for i, o := range objects {
		o.Resize(o.MinSize())
		o.Move(fyne.NewPos(float32(i%n)*cell.Width, float32(i/n)*cell.Height+3))
	}
}

func (g *idGrid) MinSize(objects []fyne.CanvasObject) fyne.Size {
	n, cell := g.shape(objects, g.width)
	lines := (len(objects) + n - 1) / n
	return fyne.NewSize(2*cell.Width, float32(lines)*cell.Height)
}
