package ui

import (
	"time"

	"handslag/assets"
)

// spoken says a time within a sentence, with the days next to today by their word: "i morgon 15:00".
func spoken(lang assets.Language, now, t time.Time) string {
	t = t.In(now.Location())
	code := "time.day"
	switch dayOf(t) {
	case dayOf(now):
		code = "time.today"
	case dayOf(now.AddDate(0, 0, 1)):
		code = "time.tomorrow"
	case dayOf(now.AddDate(0, 0, -1)):
		code = "time.yesterday"
	}
	return lang.Say(code, "clock", t.Format("15:04"), "day", dayOf(t))
}

// dayOf is a day as assignments name it, 2006-01-02.
func dayOf(t time.Time) string { return t.Format(time.DateOnly) }
