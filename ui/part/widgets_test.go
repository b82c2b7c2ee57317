package part

import (
	"fmt"
	"image"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"handslag/assets"
)

func TestWhatFingersHitIsLargeEnough(t *testing.T) {
	rail := NewRail([]Place{{"a", assets.IconLock, "A"}}, nil)
	choice := NewChoice([]Option{{ID: "a", Text: "A"}}, "")
	field := NewField("", "")
	windowWith(t, Stack(rail, choice, field), 400, 600)
	for name, o := range map[string]fyne.CanvasObject{
		"button": NewButton("A", "", nil), "quiet button": NewQuiet("", assets.IconClose, nil), "primary": NewPrimary("A", "", nil),
		"rail item": rail.items[0], "choice": choice.lines[0], "entry": field.content.(*fyne.Container).Objects[1],
		"row": NewRowCard(Row{Title: "A"}),
	} {
		if m := o.MinSize(); m.Height < 44 || (name != "choice" && m.Width < 44) {
			t.Errorf("%s is %v, too small for a glove", name, m)
		}
	}
}

func TestFieldSaysWhatIsWrongUntilItIsMended(t *testing.T) {
	f := NewField("Lösenfras", "Den du valde")
	windowWith(t, f, 400, 200)
	f.SetError("För kort")
	if f.Error() != "För kort" {
		t.Errorf("it says %q", f.Error())
	}
	var heard string
	f.OnChange = func(s string) { heard = s }
	test.Type(f.entry, "x")
	if f.Error() != "" || f.below.Text() != "Den du valde" || heard != "x" {
		t.Errorf("after typing: error %q, hint %q, heard %q", f.Error(), f.below.Text(), heard)
	}
}

func TestBannerTellsAndGoes(t *testing.T) {
	b := NewBanner(assets.Swedish)
	windowWith(t, Stack(b, NewText("under")), 500, 300)
	if b.Visible() {
		t.Error("it shows without a problem")
	}
	closed, acted := 0, 0
	b.OnClose, b.OnAction = func() { closed++ }, func() { acted++ }
	p := ProblemSentences(assets.Swedish, "disk_full")
	p.Action = "Försök igen"
	b.Tell(p)
	for _, want := range []string{p.What, p.Safe, p.Do} {
		if want == "" || !slices.Contains(textsIn(b), want) {
			t.Errorf("%q is not shown", want)
		}
	}
	for _, o := range test.LaidOutObjects(b) {
		if btn, ok := o.(*Button); ok {
			test.Tap(btn)
		}
	}
	if closed != 1 || acted != 1 || b.Visible() {
		t.Errorf("closed %d, acted %d, visible %v", closed, acted, b.Visible())
	}
}

func TestAnUnknownProblemIsToldInWords(t *testing.T) {
	if got, want := ProblemSentences(assets.English, "no_such_code"), ProblemSentences(assets.English, "internal"); got != want {
		t.Errorf("told %+v", got)
	}
}

func textsIn(o fyne.CanvasObject) (out []string) {
	for _, o := range test.LaidOutObjects(o) {
		if text, ok := o.(*Text); ok {
			out = append(out, text.Text())
		}
	}
	return out
}

func TestHeaderTellsCoverageInWords(t *testing.T) {
	h := NewHeader(assets.Swedish)
	w := windowWith(t, h, 560, 80)
	for _, c := range []struct {
		is   Connection
		want []string
	}{
		{Connection{}, []string{"Ingen täckning", "Allt mottaget"}},
		{Connection{Waiting: 12}, []string{"Ingen täckning", "12 händelser väntar"}},
		{Connection{Silent: true, Waiting: 12}, []string{"Ingen täckning", "12 händelser väntar"}},
		{Connection{Online: true, Waiting: 1}, []string{"Ansluten", "1 händelse väntar"}},
		{Connection{Online: true, Syncing: true}, []string{"Synkar …", "Allt mottaget"}},
	} {
		h.SetConnection(c.is)
		if got := []string{h.status.Text(), h.waiting.Text()}; !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.is, got, c.want)
		}
		if h.status.Visible() == c.is.Silent {
			t.Errorf("%+v: the status is shown: %v", c.is, h.status.Visible())
		}
	}
	w.Resize(fyne.NewSize(1000, 80))
	h.SetConnection(Connection{Waiting: 12})
	if got := h.waiting.Text(); got != "12 händelser väntar på täckning. Du behöver inte göra något." {
		t.Errorf("with room it says %q", got)
	}
}

func TestRailLeadsAndFeetDoNotStay(t *testing.T) {
	rail := NewRail([]Place{{"log", assets.IconLog, "Log"}}, []Place{{"lock", assets.IconLock, "Lock"}})
	windowWith(t, rail, 100, 700)
	var heard []string
	rail.OnSelect = func(id string) { heard = append(heard, id) }
	for _, o := range test.LaidOutObjects(rail) {
		if it, ok := o.(*railItem); ok {
			it.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
		}
	}
	if fmt.Sprint(heard) != "[log lock]" || rail.Selected() != "log" {
		t.Errorf("heard %v, at %s", heard, rail.Selected())
	}
}

func TestCountdownRoundsUpAndNeverBelowNothing(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0:00", time.Millisecond: "0:01", 59 * time.Second: "0:59", 272 * time.Second: "4:32", 3872 * time.Second: "1:04:32"} {
		if got := Clock(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
	c := NewCountdown(func(s string) string { return s }, "mer")
	c.Set(-time.Hour, time.Minute)
	if c.label.Text() != "0:00" || c.bar.fraction != 0 {
		t.Errorf("after its end it shows %q, %v", c.label.Text(), c.bar.fraction)
	}
}

func TestQRIsBlackOnWhiteInWholePixels(t *testing.T) {
	v := NewQRView(Modules{Size: 21, Dark: func(x, y int) bool { return (x+y)%2 == 0 }})
	for _, side := range []int{(21 + 8) * 8, 500, 501} {
		img := v.draw(side, side).(*image.Gray)
		cell := side / 29
		left := (side - 21*cell) / 2
		if left < 4*cell {
			t.Errorf("%d: quiet zone of %d pixels is less than four modules of %d", side, left, cell)
		}
		for y := range 21 {
			for x := range 21 {
				want := uint8(0xff)
				if (x+y)%2 == 0 {
					want = 0
				}
				for _, p := range []image.Point{{0, 0}, {cell - 1, cell - 1}} {
					if got := img.GrayAt(left+x*cell+p.X, left+y*cell+p.Y).Y; got != want {
						t.Fatalf("%d: module %d,%d is %d, want %d", side, x, y, got, want)
					}
				}
			}
		}
		if img.GrayAt(0, 0).Y != 0xff || img.GrayAt(side-1, side-1).Y != 0xff {
			t.Errorf("%d: the edge is not white", side)
		}
	}
	if m := v.MinSize(); m.Width < 29*8 {
		t.Errorf("it may shrink to %v", m)
	}
	v.draw(3, 0) // less than nothing to draw on must not panic
	NewQRView(Modules{}).draw(10, 10)
}

func TestDeviceIDBreaksInHalvesAndCopies(t *testing.T) {
	const id = "7q4k m2xp 9zt3 v8hd 0ayc r5wn 6elf j0us"
	v := NewDeviceIDView(assets.Swedish, id)
	windowWith(t, v, 640, 120)
	if n := len(v.groups.Objects); n != 8 {
		t.Fatalf("%d groups", n)
	}
	first, fifth := v.groups.Objects[0].Position(), v.groups.Objects[4].Position()
	if first.X != fifth.X || first.Y >= fifth.Y {
		t.Errorf("the fifth group stands at %v, the first at %v", fifth, first)
	}
	test.Tap(v.copying)
	if got := fyne.CurrentApp().Clipboard().Content(); got != id {
		t.Errorf("copied %q", got)
	}
}

func TestFilterNarrowsAndClearsAtOnce(t *testing.T) {
	f := NewFilterBar(assets.Swedish, "Sök", FilterChoice{"day", "Dag", []Option{{ID: "d1", Text: "I dag"}}}, FilterChoice{"dev", "Enhet", []Option{{ID: "x", Text: "Surfplatta"}}})
	windowWith(t, f, 700, 100)
	var heard []Filter
	f.OnChange = func(x Filter) { heard = append(heard, x) }
	f.selects["day"].SetSelectedIndex(1)
	test.Type(f.search, "å")
	if last := heard[len(heard)-1]; last.Search != "å" || last.Values["day"] != "d1" || len(last.Values) != 1 {
		t.Errorf("chose %+v", last)
	}
	f.selects["dev"].SetSelectedIndex(1)
	f.selects["dev"].SetSelectedIndex(0)
	if _, ok := f.Filter().Values["dev"]; ok {
		t.Error(`"all" still filters`)
	}
	f.SetOptions("day", nil)
	if _, ok := f.Filter().Values["day"]; ok {
		t.Error("a value that is gone still filters")
	}
	n := len(heard)
	f.Clear()
	if len(heard) != n+1 || heard[n].Search != "" || len(heard[n].Values) != 0 {
		t.Errorf("clearing told %+v", heard[n:])
	}
}

func TestProgressIsCancelledOnce(t *testing.T) {
	p := NewProgress(assets.Swedish, "Lämnar över")
	windowWith(t, p, 500, 120)
	n := 0
	p.OnCancel = func() { n++ }
	p.Set(0.5, "3 av 7")
	test.Tap(p.cancel)
	test.Tap(p.cancel)
	if n != 1 || p.bar.fraction != 0.5 {
		t.Errorf("cancelled %d times at %v", n, p.bar.fraction)
	}
	p.Set(-1, "")
	if p.bar.Visible() {
		t.Error("a bar without a measure is shown")
	}
}
