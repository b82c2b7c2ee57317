package part

import (
	"testing"

	"fyne.io/fyne/v2/lang"

	"handslag/assets"
)

func TestToolkitSpeaksThePersonsLanguage(t *testing.T) {
	for key, code := range toolkitWords {
		if !assets.Swedish.Knows(code) {
			t.Errorf("%s: no sentence %s", key, code)
		}
	}
	for _, c := range []struct {
		l    assets.Language
		want string
	}{{assets.Swedish, "Klistra in"}, {assets.English, "Paste"}, {assets.Swedish, "Klistra in"}} {
		if err := SpeakToolkit(c.l); err != nil {
			t.Fatal(err)
		}
		if got := lang.L("Paste"); got != c.want {
			t.Errorf("%s: the menu says %q, want %q", c.l, got, c.want)
		}
	}
}
