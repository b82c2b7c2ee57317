package ui

import (
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
)

// goodPassphrase is how many characters make a passphrase that withstands guessing on a copied disk; fewer are allowed, with a
// word about it.
const goodPassphrase = 16

// phraseField asks for a new passphrase twice and says how strong it is.
type phraseField struct {
	once, again *Field
	bar         *Bar
	words       *Text
	content     fyne.CanvasObject
	onSubmit    func()

	lang assets.Language
}

func newPhraseField(lang assets.Language) *phraseField {
	f := &phraseField{lang: lang, bar: NewBar(), words: NewMuted("")}
	f.once = NewSecretField(lang.Say("lock.passphrase"), lang.Say("enrol.passphrase_hint", "n", agent.MinPassphrase))
	f.again = NewSecretField(lang.Say("enrol.passphrase_again"), "")
	f.once.OnChange = func(string) { f.judge() }
	f.once.OnSubmit = func(string) {
		if c := fyne.CurrentApp().Driver().CanvasForObject(f.again); c != nil {
			c.Focus(f.again.Focusable())
		}
	}
	f.again.OnSubmit = func(string) { f.onSubmit() }
	f.content = Stack(f.once, f.bar, f.words, f.again)
	f.judge()
	return f
}

// strength is from 0 to 1, with the sentence that goes with it.
func strength(phrase string) (share float64, state State, code string) {
	n, kinds := utf8.RuneCountInString(phrase), map[rune]bool{}
	for _, r := range phrase {
		kinds[r] = true
	}
	share = min(1, float64(n)/goodPassphrase)
	switch {
	case n < agent.MinPassphrase:
		return share, StateWarning, "enrol.strength_short"
	case len(kinds) < 5:
		return min(share, 0.4), StateWarning, "enrol.strength_same"
	case n < goodPassphrase:
		return share, StateWaiting, "enrol.strength_fair"
	}
	return 1, StateOK, "enrol.strength_good"
}

func (f *phraseField) judge() {
	phrase := f.once.Text()
	share, state, code := strength(phrase)
	f.bar.Hidden, f.words.Hidden = phrase == "", phrase == ""
	f.bar.Set(share, state)
	f.words.SetText(f.lang.Say(code, "n", agent.MinPassphrase))
	f.content.Refresh()
}

// check tells in place what is missing.
func (f *phraseField) check() bool {
	switch phrase := f.once.Text(); {
	case utf8.RuneCountInString(phrase) < agent.MinPassphrase:
		f.once.SetError(f.lang.Say("enrol.passphrase_short", "n", agent.MinPassphrase))
		return false
	case f.again.Text() != phrase:
		f.again.SetError(f.lang.Say("enrol.passphrase_differs"))
		return false
	}
	return true
}
