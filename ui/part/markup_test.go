package part

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"handslag/assets"
)

// TestWidgetsLookAsTheyDid compares what each widget draws with testdata/markup. A deliberate change: look at the new markup
// under testdata/failed, then copy it over the old.
func TestWidgetsLookAsTheyDid(t *testing.T) {
	for name, c := range map[string]struct {
		make          func() fyne.CanvasObject
		width, height float32
	}{
		"badge": {func() fyne.CanvasObject { return NewPill(Badge{"Lånad till 15:00", StateWarning}) }, 140, 28},
		"row": {func() fyne.CanvasObject {
			return NewRowCard(Row{ID: "1", Icon: assets.IconShield, State: StateWarning, Title: "Uppdrag 2026-114", Subtitle: "Norra gården", Badges: []Badge{{"I dag", StateOK}, {"Skyddad", StateNeutral}}})
		}, 620, 72},
		"row_narrow": {func() fyne.CanvasObject {
			return NewRowCard(Row{ID: "1", Title: "Uppdrag 2026-114", Badges: []Badge{{"I dag", StateOK}, {"Skyddad", StateNeutral}}})
		}, 320, 72},
		"code": {func() fyne.CanvasObject {
			e := NewCodeEntry()
			e.TypedRune('4')
			return e
		}, 420, 72},
		"code_wrong": {func() fyne.CanvasObject {
			e := NewCodeEntry()
			e.Wrong()
			return e
		}, 420, 72},
		"bar": {func() fyne.CanvasObject {
			b := NewBar()
			b.Set(0.25, StateWaiting)
			return b
		}, 200, 8},
		"countdown": {func() fyne.CanvasObject {
			c := NewCountdown(func(clock string) string { return "Stängs om " + clock }, "")
			c.Set(30*time.Second, time.Minute)
			return c
		}, 300, 48},
		"device_id": {func() fyne.CanvasObject {
			return NewDeviceIDView(assets.Swedish, "7q4k m2xp 9zt3 v8hd 0ayc r5wn 6elf j0us")
		}, 640, 100},
		"rail_item": {func() fyne.CanvasObject {
			it := newRailItem(Place{"log", assets.IconLog, "Logg"}, nil)
			it.setSelected(true)
			return it
		}, 84, 64},
	} {
		t.Run(name, func(t *testing.T) {
			w := windowWith(t, c.make(), c.width, c.height)
			test.AssertRendersToMarkup(t, "markup/"+name+".xml", w.Canvas())
		})
	}
}
