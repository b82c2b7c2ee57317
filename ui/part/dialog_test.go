package part

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

func TestDialogKeys(t *testing.T) {
	type told struct{ deeds, closes int }
	for _, c := range []struct {
		name   string
		keys   []fyne.KeyName
		danger bool
		body   func() fyne.CanvasObject
		answer bool
		want   told
		open   bool
	}{
		{name: "Escape in a field closes", keys: []fyne.KeyName{fyne.KeyEscape}, body: oneField, want: told{0, 1}},
		{name: "Enter in a field does it", keys: []fyne.KeyName{fyne.KeyReturn}, body: oneField, answer: true, want: told{1, 1}},
		{name: "the keypad's Enter too", keys: []fyne.KeyName{fyne.KeyEnter}, body: oneField, answer: true, want: told{1, 1}},
		{name: "a refused deed keeps it open", keys: []fyne.KeyName{fyne.KeyReturn}, body: oneField, want: told{1, 0}, open: true},
		{name: "without a field Enter does it", keys: []fyne.KeyName{fyne.KeyReturn}, body: noBody, answer: true, want: told{1, 1}},
		{name: "without a field Escape closes", keys: []fyne.KeyName{fyne.KeyEscape}, body: noBody, want: told{0, 1}},
		{name: "Escape on a choice closes", keys: []fyne.KeyName{fyne.KeyEscape}, body: oneChoice, want: told{0, 1}},
		{name: "Enter on a choice does it", keys: []fyne.KeyName{fyne.KeyReturn}, body: oneChoice, answer: true, want: told{1, 1}},
		{name: "a danger is not done by Enter in a field", keys: []fyne.KeyName{fyne.KeyReturn}, danger: true, body: oneField, answer: true, open: true},
		{name: "a danger starts at leaving", keys: []fyne.KeyName{fyne.KeyReturn}, danger: true, body: noBody, answer: true, want: told{0, 1}},
		{name: "Escape twice closes once", keys: []fyne.KeyName{fyne.KeyEscape, fyne.KeyEscape}, body: oneField, want: told{0, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := windowWith(t, NewText("under"), 800, 600)
			var got told
			d := &Dialog{Title: "Klart", Body: c.body(), Primary: "Skriv under", Cancel: "Avbryt", Danger: c.danger}
			d.OnPrimary = func() bool { got.deeds++; return c.answer }
			d.OnClose = func() { got.closes++ }
			d.Show(w.Canvas())
			if w.Canvas().Focused() == nil {
				t.Fatal("nothing has the keyboard")
			}
			for _, k := range c.keys {
				press(w, k)
			}
			if got != c.want || d.Open() != c.open {
				t.Errorf("told %+v, open %v; want %+v, open %v", got, d.Open(), c.want, c.open)
			}
		})
	}
}

func oneField() fyne.CanvasObject { return container.NewVBox(NewField("Anteckning", "")) }
func oneChoice() fyne.CanvasObject {
	return Stack(NewChoice([]Option{{ID: "a", Text: "A"}, {ID: "b", Text: "B"}}, "a"))
}
func noBody() fyne.CanvasObject { return nil }

func TestDialogWithoutFocusStillHearsKeysAndGivesThemBack(t *testing.T) {
	w := windowWith(t, NewText("under"), 800, 600)
	before := 0
	w.Canvas().SetOnTypedKey(func(*fyne.KeyEvent) { before++ })
	d := &Dialog{Title: "Klart", Cancel: "Avbryt"}
	d.Show(w.Canvas())
	w.Canvas().Unfocus()
	press(w, fyne.KeyEscape)
	if d.Open() {
		t.Error("Escape did not close")
	}
	w.Canvas().Unfocus()
	press(w, fyne.KeyEscape)
	if before != 1 {
		t.Errorf("the screen under it heard %d keys, want 1", before)
	}
}

func TestDialogFitsItsWindow(t *testing.T) {
	w := windowWith(t, NewText("under"), 420, 500)
	d := &Dialog{Title: "Ett ganska långt namn på en dialog som bryts", Body: NewText("Du skriver under uppdraget som utfört. Det går inte att ta tillbaka."), Primary: "Skriv under", Cancel: "Avbryt"}
	d.Show(w.Canvas())
	content := d.popup.Content
	if right := content.Position().X + content.Size().Width; right > 420 {
		t.Errorf("it ends at %v in a window of 420", right)
	}
	for _, b := range []*Button{d.primary, d.cancel} {
		p := test.LaidOutObjects(content)
		found := false
		for _, o := range p {
			found = found || o == fyne.CanvasObject(b)
		}
		if !found || b.Size().Height < TouchSize {
			t.Errorf("%s is not there to be hit: %v", b.Text, b.Size())
		}
	}
}
