package ui

import (
	"time"

	"handslag/ui/part"
)

// when is a time as people say it: "14:05" with the day before it, which is a word for today and yesterday. The zero time is
// "never".
func (w *Window) when(t time.Time) string { return part.Moment(w.lang, t, w.now()) }

// spoken is when within a sentence.
func (w *Window) spoken(t time.Time) string { return part.Spoken(w.lang, w.now(), t) }

// whenAny is when for a time that may be missing; missing is nothing to say.
func whenAny(w *Window, missing bool, t func() time.Time) string {
	if missing {
		return ""
	}
	return w.when(t())
}
