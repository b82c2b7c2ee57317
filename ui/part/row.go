package part

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Row is one line of a list, as plain values.
type Row struct {
	ID       string
	Icon     string // a name in assets; none when empty
	State    State  // colours the icon
	Title    string
	Subtitle string
	Badges   []Badge // the most telling first; narrow windows show only that one
	Lead     string  // the lines that lead to it in a tree, three characters a level: "│  ├─ "
	Opens    bool    // there are rows of the tree below it
}

const (
	rowMargin    = float32(14)
	rowMedallion = float32(44)
	rowNarrow    = float32(560) // below this only one badge fits
	rowLevel     = float32(30)  // a level of a tree
)

// RowCard shows one Row. It takes no taps: the list it stands in does.
type RowCard struct {
	widget.BaseWidget
	row Row
}

// NewRowCard shows a row.
func NewRowCard(row Row) *RowCard {
	c := &RowCard{row: row}
	c.ExtendBaseWidget(c)
	return c
}

// Set shows another row in the same card.
func (c *RowCard) Set(row Row) {
	c.row = row
	c.Refresh()
}

// CreateRenderer draws the card.
func (c *RowCard) CreateRenderer() fyne.WidgetRenderer {
	r := &rowRenderer{card: c, ground: canvas.NewCircle(nil), icon: NewIcon(c.row.Icon, colorMuted, 24)}
	r.title = NewStyled("", theme.ColorNameForeground, theme.SizeNameText, fyne.TextStyle{Bold: true}).OneLine()
	r.subtitle = NewStyled("", colorMuted, SizeSmall, fyne.TextStyle{}).OneLine()
	r.line = NewSurface(nil, colorHairline, 0, 0)
	r.badges = container.NewWithoutLayout()
	r.lead = container.NewWithoutLayout()
	r.fill()
	return r
}

type rowRenderer struct {
	card     *RowCard
	ground   *canvas.Circle
	icon     *canvas.Image
	title    *Text
	subtitle *Text
	badges   *fyne.Container
	pills    []*Pill
	line     *Surface
	lead     *fyne.Container // the lines of a tree
}

func (r *rowRenderer) fill() {
	row := r.card.row
	r.title.SetText(row.Title)
	r.subtitle.SetText(row.Subtitle)
	paper, ink := row.State.Paper(), row.State.Ink()
	if row.State.orNeutral() == StateNeutral {
		paper, ink = ColorTint, colorOnTint
	}
	r.ground.FillColor = theme.Color(paper)
	if row.Icon != "" {
		r.icon.Resource = iconIn(row.Icon, ink)
		r.icon.Show()
		r.ground.Show()
	} else {
		r.icon.Hide()
		r.ground.Hide()
	}
	for i, b := range row.Badges {
		if i == len(r.pills) {
			r.pills = append(r.pills, NewPill(b))
			r.badges.Add(r.pills[i])
		}
		r.pills[i].Set(b)
	}
	r.ground.Refresh()
	r.icon.Refresh()
}

func (r *rowRenderer) MinSize() fyne.Size {
	words := r.title.MinSize().Height + gapTight + r.subtitle.MinSize().Height
	return fyne.NewSize(200, fyne.Max(words, rowMedallion)+2*rowMargin)
}

func (r *rowRenderer) Layout(size fyne.Size) {
	left := rowMargin + r.drawLead(size)
	if r.card.row.Icon != "" {
		top := (size.Height - rowMedallion) / 2
		r.ground.Resize(fyne.NewSquareSize(rowMedallion))
		r.ground.Move(fyne.NewPos(left, top))
		r.icon.Resize(fyne.NewSquareSize(24))
		r.icon.Move(fyne.NewPos(left+10, top+10))
		left += rowMedallion + rowMargin
	}
	right := r.placeBadges(size)
	width := fyne.Max(0, right-left)
	h1, h2 := r.title.MinSize().Height, r.subtitle.MinSize().Height
	words := h1
	if r.card.row.Subtitle != "" {
		words += gapTight + h2
	}
	top := (size.Height - words) / 2
	r.title.Resize(fyne.NewSize(width, h1))
	r.title.Move(fyne.NewPos(left, top))
	r.subtitle.Resize(fyne.NewSize(width, h2))
	r.subtitle.Move(fyne.NewPos(left, top+h1+gapTight))
	r.line.Resize(fyne.NewSize(size.Width-left, 1))
	r.line.Move(fyne.NewPos(left, size.Height-1))
}

// drawLead draws the lines that lead to the row, and gives the room that they take. A tree deeper than the row is wide is
// drawn as deep as there is room for.
func (r *rowRenderer) drawLead(size fyne.Size) float32 {
	lead := []rune(r.card.row.Lead)
	levels := min(len(lead)/3, int(size.Width/3/rowLevel))
	lead = lead[len(lead)-3*levels:]
	r.lead.Objects = nil
	stroke := func(x, y, w, h float32) {
		line := canvas.NewRectangle(theme.Color(colorMuted))
		line.Move(fyne.NewPos(x, y))
		line.Resize(fyne.NewSize(w, h))
		r.lead.Add(line)
	}
	const thick = 1.5
	over := theme.Padding() // of the list, between two rows
	for i := range levels {
		x, middle := rowMargin+float32(i)*rowLevel+rowMedallion/2, size.Height/2
		switch lead[3*i] {
		case '│':
			stroke(x, -over, thick, size.Height+2*over)
		case '├':
			stroke(x, -over, thick, size.Height+2*over)
			stroke(x, middle, rowLevel-rowMedallion/2+4, thick)
		case '└':
			stroke(x, -over, thick, middle+over+thick)
			stroke(x, middle, rowLevel-rowMedallion/2+4, thick)
		}
	}
	left := float32(levels) * rowLevel
	if below := (size.Height + rowMedallion) / 2; r.card.row.Opens {
		stroke(rowMargin+left+rowMedallion/2, below, thick, size.Height-below+over)
	}
	return left
}

// placeBadges sets the badges from the right edge and gives where the words must end.
func (r *rowRenderer) placeBadges(size fyne.Size) float32 {
	most := len(r.card.row.Badges)
	if size.Width < rowNarrow {
		most = min(most, 1)
	}
	x := size.Width - rowMargin
	for i, p := range r.pills {
		if i >= most {
			p.Hide()
			continue
		}
		m := p.MinSize()
		x -= m.Width
		p.Show()
		p.Resize(m)
		p.Move(fyne.NewPos(x, (size.Height-m.Height)/2))
		x -= 8
	}
	return x - 4
}

func (r *rowRenderer) Refresh() { r.fill(); r.Layout(r.card.Size()) }
func (r *rowRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.icon, r.title, r.subtitle, r.badges, r.line, r.lead}
}
func (r *rowRenderer) Destroy() {}
