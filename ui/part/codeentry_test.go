package part

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestCodeIsTypedDigitByDigit(t *testing.T) {
	c := NewCodeEntry()
	w := windowWith(t, c, 500, 100)
	var complete []string
	c.OnComplete = func(code string) { complete = append(complete, code) }

	test.Tap(c)
	if w.Canvas().Focused() != c {
		t.Fatal("a tap does not bring the keyboard")
	}
	test.Type(c, "12a 3-")
	if c.Code() != "123" {
		t.Errorf("letters were taken: %q", c.Code())
	}
	press(w, fyne.KeyBackspace)
	test.Type(c, "456")
	if len(complete) != 0 {
		t.Errorf("told of a code of five digits: %v", complete)
	}
	test.Type(c, "78")
	if len(complete) != 1 || complete[0] != "124567" {
		t.Errorf("told %v, want 124567 once", complete)
	}
	c.Wrong()
	if c.Code() != "" {
		t.Errorf("a wrong code stays: %q", c.Code())
	}
}

func TestCodeTakesNoPaste(t *testing.T) {
	var o any = NewCodeEntry()
	if _, ok := o.(fyne.Shortcutable); ok {
		t.Error("the code can be pasted; it must be typed")
	}
}

func TestShownCodeTakesNothing(t *testing.T) {
	c := NewCodeShow("407193")
	w := windowWith(t, c, 500, 100)
	test.Tap(c)
	c.TypedRune('1')
	c.Backspace()
	if c.Code() != "407193" || w.Canvas().Focused() != nil {
		t.Errorf("the shown code changed to %q", c.Code())
	}
}

func TestKeypadTypesForGloves(t *testing.T) {
	c := NewCodeEntry()
	pad := NewKeypad(c)
	windowWith(t, pad, 300, 300)
	for _, o := range test.LaidOutObjects(pad) {
		if b, ok := o.(*Button); ok {
			test.Tap(b)
		}
	}
	// 1 to 6 fill the code, 7 to 0 find no room, backspace takes one back.
	if c.Code() != "12345" {
		t.Errorf("the keys typed %q", c.Code())
	}
}
