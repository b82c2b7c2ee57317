package ui

import (
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// goodPassphrase is how many characters make a passphrase that withstands guessing on a copied disk; fewer are allowed, with a
// word about it.
const goodPassphrase = 16

// phraseField asks for a new passphrase twice and says how strong it is; where a TPM guards the device, for a PIN.
type phraseField struct {
	once, again *part.Field
	bar         *part.Bar
	words       *part.Text
	content     fyne.CanvasObject
	onSubmit    func()

	lang  assets.Language
	least int // characters
	pin   bool
}

func newPhraseField(lang assets.Language) *phraseField {
	f := &phraseField{lang: lang, bar: part.NewBar(), words: part.NewMuted("")}
	f.once, f.again = part.NewSecretField("", ""), part.NewSecretField("", "")
	f.once.OnChange = func(string) { f.judge() }
	f.once.OnSubmit = func(string) {
		if c := fyne.CurrentApp().Driver().CanvasForObject(f.again); c != nil {
			c.Focus(f.again.Focusable())
		}
	}
	f.again.OnSubmit = func(string) { f.onSubmit() }
	f.content = part.Stack(f.once, f.bar, f.words, f.again)
	f.ask(agent.MinPassphrase, false)
	return f
}

// ask sets what is asked for, and how many characters it must have.
func (f *phraseField) ask(least int, pin bool) {
	f.least, f.pin = least, pin
	f.once.SetLabel(f.lang.Say(pinned("lock.passphrase", pin)), f.lang.Say(pinned("enrol.passphrase_hint", pin), "n", least))
	f.again.SetLabel(f.lang.Say(pinned("enrol.passphrase_again", pin)), "")
	f.judge()
}

// pinned is a sentence's code where the person has a PIN in the place of a passphrase.
func pinned(code string, pin bool) string {
	if pin {
		return code + "_pin"
	}
	return code
}

// strength is from 0 to 1, with the sentence that goes with it. A PIN is guarded by the chip that counts the tries: it need
// not withstand guessing, only not be the first that anybody tries.
func strength(phrase string, least int, pin bool) (share float64, state part.State, code string) {
	n, kinds := utf8.RuneCountInString(phrase), map[rune]bool{}
	for _, r := range phrase {
		kinds[r] = true
	}
	good, different := goodPassphrase, 5
	if pin {
		good, different = least, 4
	}
	share = min(1, float64(n)/float64(good))
	switch {
	case n < least:
		return min(share, 0.5), part.StateWarning, "enrol.strength_short"
	case len(kinds) < different:
		return min(share, 0.4), part.StateWarning, "enrol.strength_same"
	case n < good:
		return share, part.StateWaiting, "enrol.strength_fair"
	case pin:
		return 1, part.StateOK, "enrol.strength_pin"
	}
	return 1, part.StateOK, "enrol.strength_good"
}

func (f *phraseField) judge() {
	phrase := f.once.Text()
	share, state, code := strength(phrase, f.least, f.pin)
	f.bar.Hidden, f.words.Hidden = phrase == "", phrase == ""
	f.bar.Set(share, state)
	f.words.SetText(f.lang.Say(code, "n", f.least))
	f.content.Refresh()
}

// check tells in place what is missing.
func (f *phraseField) check() bool {
	switch phrase := f.once.Text(); {
	case utf8.RuneCountInString(phrase) < f.least:
		f.once.SetError(f.lang.Say(pinned("enrol.passphrase_short", f.pin), "n", f.least))
		return false
	case f.again.Text() != phrase:
		f.again.SetError(f.lang.Say(pinned("enrol.passphrase_differs", f.pin)))
		return false
	}
	return true
}
