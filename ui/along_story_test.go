package ui_test

import (
	"strings"
	"testing"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/testnet/demo"
	"handslag/ui"
	"handslag/ui/part"
)

// checks taps the line with that text.
func (d *desk) checks(text string, on bool) {
	d.t.Helper()
	d.sees(text)
	for _, t := range all[*part.Ticks](d) {
		for _, o := range t.Options() {
			if strings.Contains(o.Text, text) {
				t.Tick(o.ID, on)
				d.loop.run()
				return
			}
		}
	}
	d.t.Fatalf("nothing to tick is called %q in:\n%s", text, d.words())
}

// TestWhatGoesAlongIsTicked: an attachment that is let go stays, the others go, and an assignment goes where it is ticked.
func TestWhatGoesAlongIsTicked(t *testing.T) {
	for _, prefs := range []ui.Preferences{{}, {Language: assets.English, Appearance: part.Dusk, TextScale: 2}} {
		say := assets.Swedish.Say
		if prefs.Language != "" {
			say = prefs.Language.Say
		}
		anna, bo, _ := meetingWith(t, prefs, func(h *house, name string, c *agent.Config) {
			hasNoCamera(h, name, c)
			if name == "anna.lind" {
				photo, err := demo.Photograph(7, 1280, 960)
				ok(t, err)
				h.attaches("r-maja", "Huvudkranen.jpg", photo)
				h.attaches("r-maja", "Nycklar.txt", []byte("Reservnyckeln ligger i kuvert 14."))
				h.takes(`{"type":"assignment","id":"U-2301","record":"r-maja","unit":"norra","people":["anna.lind","bo.ek"],"title":"Byt slang","area":"Sparvhagen","due":"2026-06-02","text":"Under diskbänken."}`)
				h.attaches("r-maja", "Läkarintyg.txt", []byte("Det som Bo inte behöver."))
			}
		})
		anna.goes(ui.PlaceHandOver)
		anna.taps(say("handover.show"))
		bo.goes(ui.PlaceHandOver)
		bo.taps(say("handover.scan"))
		anna.typesDigits(bo.digits())
		anna.opensRow("U-2300")
		anna.sees(say("handover.with", "title", "U-2300"))
		anna.checks(assetsBytes(prefs, 25), false)
		task := say("handover.task", "title", "Byt slang")
		anna.checks(task, true)
		anna.page("handover-along-"+string(prefs.Language), 1500)
		anna.taps(say("handover.send", "name", "Bo Ek"))
		anna.sees(say("handover.sent", "title", "U-2300", "name", "Bo Ek"), say("handover.task_sent", "title", "Byt slang", "name", "Bo Ek"))
		bo.sees(say("handover.received_title"))
		anna.page("handover-along-given-"+string(prefs.Language), 1500)
		var whole []int
		bo.until("two of three attachments", func() bool {
			files, err := bo.agent.Attachments(t.Context(), "r-maja")
			ok(t, err)
			whole = nil
			for _, f := range files {
				if f.Whole {
					whole = append(whole, int(f.Size))
				}
			}
			return len(whole) == 2
		})
		for _, size := range whole {
			if size == 25 {
				t.Error("what was left came along")
			}
		}
	}
}

func assetsBytes(prefs ui.Preferences, n uint64) string {
	if prefs.Language == "" {
		return assets.Swedish.Bytes(n)
	}
	return prefs.Language.Bytes(n)
}
