package ui

import (
	"strings"
	"time"

	"handslag/sync/link"
)

// daysApart stands between the first and the last of several days.
const daysApart = ".."

// days are what the log is filtered by: a day, or some, both ends among them.
type days struct{ from, to string } // 2006-01-02; to is empty for one day

func (d days) id() string {
	if d.to == "" {
		return d.from
	}
	return d.from + daysApart + d.to
}

func (d days) said() string {
	if d.to == "" {
		return d.from
	}
	return d.from + " – " + d.to
}

// readDays reads one day or two with "..", a dash, "till" or "to" between them; otherwise it gives the code of what is wrong.
func readDays(text string) (days, string) {
	text = strings.NewReplacer("…", daysApart, "–", daysApart, "—", daysApart, " - ", daysApart, " till ", daysApart, " to ", daysApart).Replace(strings.ToLower(text))
	first, last, several := strings.Cut(text, daysApart)
	from, err := time.Parse(time.DateOnly, strings.TrimSpace(first))
	if err != nil {
		return days{}, "log.bad_day"
	}
	if !several {
		return days{from: from.Format(time.DateOnly)}, ""
	}
	to, err := time.Parse(time.DateOnly, strings.TrimSpace(last))
	switch {
	case err != nil:
		return days{}, "log.bad_day"
	case to.Equal(from):
		return days{from: from.Format(time.DateOnly)}, ""
	case to.Before(from):
		from, to = to, from
	}
	if !to.Before(from.AddDate(0, 0, link.LogDays)) {
		return days{}, "log.many_days"
	}
	return days{from.Format(time.DateOnly), to.Format(time.DateOnly)}, ""
}

// offerDays offers what is asked for most, and each of the last two weeks.
func (f *logFilter) offerDays() {
	field, today := f.fields[byDay], f.now()
	field.Keep()
	since := func(n int) string {
		return days{today.AddDate(0, 0, 1-n).Format(time.DateOnly), today.Format(time.DateOnly)}.id()
	}
	field.Offer(f.lang.Say("common.today"), today.Format(time.DateOnly))
	field.Offer(f.lang.Say("common.yesterday"), today.AddDate(0, 0, -1).Format(time.DateOnly))
	for _, n := range []int{7, 14, link.LogDays} {
		field.Offer(f.lang.Say("log.last_days", "n", n), since(n))
	}
	for i := range 14 {
		field.Offer(today.AddDate(0, 0, -i).Format(time.DateOnly), "")
	}
}
