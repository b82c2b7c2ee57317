package part

import (
	"time"

	"fyne.io/fyne/v2"

	"handslag/assets"
)

// EverySoOften ticks on the main thread until it is stopped.
func EverySoOften(d time.Duration, tick func()) (stop func()) {
	ticker, done := time.NewTicker(d), make(chan struct{})
	stopped := false // main thread only
	go func() {
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				fyne.Do(func() {
					if !stopped {
						tick()
					}
				})
			}
		}
	}()
	return func() {
		if !stopped {
			stopped = true
			ticker.Stop()
			close(done)
		}
	}
}

// Moment says when t was, seen from now, in now's time zone.
func Moment(lang assets.Language, t, now time.Time) string {
	if t.IsZero() {
		return lang.Say("common.never")
	}
	t = t.In(now.Location())
	return dayWord(lang, t, now) + " " + t.Format("15:04")
}

// dayWord is t's day: a word where there is one, else 2006-01-02.
func dayWord(lang assets.Language, t, now time.Time) string {
	switch day := t.Format(time.DateOnly); day {
	case now.Format(time.DateOnly):
		return lang.Say("common.today")
	case now.AddDate(0, 0, -1).Format(time.DateOnly):
		return lang.Say("common.yesterday")
	default:
		return day
	}
}
