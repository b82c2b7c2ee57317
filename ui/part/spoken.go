package part

import (
	"time"

	"handslag/assets"
)

// Spoken says a time within a sentence, with the days next to today by their word: "i morgon 15:00".
func Spoken(lang assets.Language, now, t time.Time) string {
	t = t.In(now.Location())
	code := "time.day"
	switch DayOf(t) {
	case DayOf(now):
		code = "time.today"
	case DayOf(now.AddDate(0, 0, 1)):
		code = "time.tomorrow"
	case DayOf(now.AddDate(0, 0, -1)):
		code = "time.yesterday"
	}
	return lang.Say(code, "clock", t.Format("15:04"), "day", DayOf(t))
}

// DayOf is a day as assignments name it, 2006-01-02.
func DayOf(t time.Time) string { return t.Format(time.DateOnly) }
