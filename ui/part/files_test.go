package part

import (
	"io"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"handslag/assets"
)

// The stories choose their files by themselves; here the dialogs that people see are opened and left.
func TestFileDialogsOpenSpeakAndLetGo(t *testing.T) {
	if err := SpeakToolkit(assets.Swedish); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		ask  func(w fyne.Window, left func())
		word string
	}{
		"open": {func(w fyne.Window, left func()) {
			AskOpen(w, func(r io.ReadCloser, err error) {
				if r != nil || err != nil {
					t.Errorf("left, and yet %v, %v", r, err)
				}
				left()
			})
		}, "Öppna"},
		"save": {func(w fyne.Window, left func()) {
			AskSave(w, "logg.csv", func(f SavedFile, err error) {
				if f != nil || err != nil {
					t.Errorf("left, and yet %v, %v", f, err)
				}
				left()
			})
		}, "Spara"},
	} {
		t.Run(name, func(t *testing.T) {
			w := windowWith(t, NewText("under"), 1000, 700)
			told := 0
			c.ask(w, func() { told++ })
			top := w.Canvas().Overlays().Top()
			if top == nil {
				t.Fatal("no dialog")
			}
			var words []string
			for _, o := range test.LaidOutObjects(top) {
				if b, is := o.(*widget.Button); is {
					words = append(words, b.Text)
					if b.Text == "Avbryt" {
						test.Tap(b)
					}
				}
			}
			if !slices.Contains(words, c.word) || told != 1 || w.Canvas().Overlays().Top() != nil {
				t.Errorf("buttons %q, told %d", words, told)
			}
		})
	}
}
