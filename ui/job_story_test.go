package ui_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"handslag/app/agent"
	"handslag/sync/link"
	"handslag/ui"
)

// TestTheFirstSyncTellsHowFarItHasCome, above whatever screen is shown, and the person works meanwhile.
func TestTheFirstSyncTellsHowFarItHasCome(t *testing.T) {
	h := newHouse(t)
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, `{"type":"record","id":"r-%d","kind":"person","subject":"s-%d","unit":"norra","people":["anna.lind"],"held_by":["anna.lind"],"protected_identity":false,"card":{"title":"Hyresgäst %d","area":"Tornängen"},"protected":{"name":"Nils %d"}}`+"\n", i, i, i, i)
	}
	h.takes(many.String())
	a := h.agent("anna", nil)
	ok(t, a.Enrol(t.Context(), agent.Enrolment{Org: h.statement.Org(), Username: "anna.lind", Password: passwordOf("anna.lind"), Passphrase: passphrase}))
	d := h.desk(newMainLoop(), a, ui.Preferences{})

	pages, held := 0, make(chan struct{})
	goOn := sync.OnceFunc(func() { close(held) })
	t.Cleanup(goOn)
	h.meet(func(r *http.Request) { // time passes, and each page after the first waits until the story has looked
		if strings.HasPrefix(r.URL.Path, link.PathChanges) {
			h.mu.Lock()
			h.now = h.now.Add(time.Second)
			pages++
			first := pages == 1
			h.mu.Unlock()
			if first {
				return
			}
			select {
			case <-held:
			case <-time.After(25 * time.Second): // or the device would take the system for gone; there are more pages
			}
		}
	})
	synced := make(chan error, 1)
	go func() {
		_, err := a.Sync(t.Context())
		synced <- err
	}()
	d.sees("Hämtar dina akter och uppdrag: ", "Du kan arbeta under tiden.")
	d.goes(ui.PlaceRecords)
	d.sees("Hämtar dina akter och uppdrag: ", "> Hyresgäst 0")
	d.picture("job")
	d.goes(ui.PlaceLock)
	d.sees("Hej Anna")
	d.seesNot("Hämtar dina akter")
	goOn()
	<-synced // the lock ended it, or it was done
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.goes(ui.PlaceMe)
	d.taps("Synka nu")
	d.sees("Synkat.")
	d.seesNot("Hämtar dina akter")
	d.goes(ui.PlaceRecords)
	test.Type(d.window.Canvas().Focused(), "299")
	d.sees("> Hyresgäst 299")
	d.seesNot("> Hyresgäst 0")
}
