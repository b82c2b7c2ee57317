package part

import (
	"testing"

	"fyne.io/fyne/v2"

	"handslag/assets"
)

func TestAListKeepsItsRoomInALowWindow(t *testing.T) {
	for _, c := range []struct {
		name          string
		width, height float32
		fills         bool
	}{
		{"a laptop", 1000, 700, true},
		{"a small screen at 200 %", 560, 330, false},
	} {
		banner := NewBanner(assets.Swedish)
		list := NewRowList(NewText("tomt"))
		list.SetRows([]Row{{ID: "a", Title: "A"}})
		banner.Tell(ProblemSentences(assets.Swedish, "ver_key_mismatch"))
		page := NewPage("Akter", banner, Headed(NewFilterBar(assets.Swedish, "Sök"), list))
		windowWith(t, page, c.width, c.height)
		if list.Size().Height < bodyHeight {
			t.Errorf("%s: the list is %v high", c.name, list.Size().Height)
		}
		content := page.(*TouchScroll).Content
		if fills := content.Size().Height <= c.height; fills != c.fills {
			t.Errorf("%s: the page is %v high in a window of %v", c.name, content.Size().Height, c.height)
		}
		if end := fyne.CurrentApp().Driver().AbsolutePositionForObject(list).Y + list.Size().Height; c.fills && end != c.height-GapWide {
			t.Errorf("%s: the list ends at %v of %v", c.name, end, c.height)
		}
	}
}

// Wrapped text must take the lines it needs at the width it gets, at the first layout.
func TestBannerIsAsHighAsItsWords(t *testing.T) {
	var heights []float32
	for _, width := range []float32{1000, 380} {
		b := NewBanner(assets.Swedish)
		b.Tell(ProblemSentences(assets.Swedish, "ver_key_mismatch"))
		windowWith(t, Stack(b, NewText("under")), width, 600)
		heights = append(heights, b.Size().Height)
	}
	if heights[0] > 130 || heights[1] <= heights[0] {
		t.Errorf("wide %v, narrow %v", heights[0], heights[1])
	}
}
