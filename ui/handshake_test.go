package ui_test

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity/qr"
	"handslag/ui"
	"handslag/ui/part"
)

// meeting is Anna and Bo before their windows. Bo's camera sees what Anna's screen shows; she has none.
func meeting(t *testing.T, prefs ui.Preferences) (anna, bo *desk, loop *mainLoop) {
	t.Helper()
	return meetingWith(t, prefs, hasNoCamera)
}

// meetingWith lets a story arrange the house, and each device, before it is anybody's. Each one's camera sees what the
// other's screen shows by itself, as in the demo.
func meetingWith(t *testing.T, prefs ui.Preferences, arrange func(h *house, name string, c *agent.Config)) (anna, bo *desk, loop *mainLoop) {
	t.Helper()
	h := newHouse(t)
	loop = newMainLoop()
	shown := map[string]string{"anna.lind": t.TempDir(), "bo.ek": t.TempDir()}
	look := func(mine, theirs string) func(*agent.Config) {
		return func(c *agent.Config) {
			c.Camera = func() (qr.Frames, error) {
				return qr.FramesFromDir(shown[theirs], qr.Every(5*time.Millisecond))
			}
			c.ShowQR = func(code *qr.Code) error {
				path := filepath.Join(shown[mine], "code.png")
				if code == nil {
					return os.RemoveAll(path)
				}
				return qr.WritePicture(path, code)
			}
			if arrange != nil {
				arrange(h, mine, c)
			}
		}
	}
	anna = h.desk(loop, h.enrolled("anna.lind", look("anna.lind", "bo.ek")), prefs)
	bo = h.desk(loop, h.enrolled("bo.ek", look("bo.ek", "anna.lind")), prefs)
	return anna, bo, loop
}

// typesDigits types six digits at the device that shows the code.
func (d *desk) typesDigits(digits string) {
	d.t.Helper()
	d.until("six digits are asked for", func() bool { return len(all[*part.CodeEntry](d)) == 1 })
	for _, r := range digits {
		all[*part.CodeEntry](d)[0].TypedRune(r)
	}
	d.loop.run()
}

func (d *desk) digits() (digits string) {
	d.t.Helper()
	d.until("six digits are shown", func() bool {
		shown := all[*part.CodeEntry](d)
		return len(shown) == 1 && len(shown[0].Code()) == part.CodeLength
	})
	return all[*part.CodeEntry](d)[0].Code()
}

func other(digits string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, digits)
}

func TestTheDemosCamerasReadEachOther(t *testing.T) {
	anna, bo, _ := meetingWith(t, ui.Preferences{}, nil)
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	bo.sees("koden läses av sig själv, ur en mapp där det andra fönstret lägger sin bild.")
	bo.picture("handover-demo")
	anna.goes(ui.PlaceHandOver)
	anna.taps("Visa min QR-kod")
	anna.sees("Handslag med Bo Ek", "Välj vad du lämnar över", "0 akter valda")
	bo.sees("Handslag med Anna Lind")
	anna.opensRow("U-2300")
	anna.sees("(Vald)", "1 akt vald")
	anna.picture("handover-choose")
	anna.taps("Lämna över till Bo Ek")
	anna.sees("U-2300 är överlämnad till Bo Ek.", "(Överlämnad)")
	bo.sees("Du har tagit emot U-2300 från Anna Lind.")
	bo.taps("Avsluta handslaget")
	bo.sees("Handslaget är avslutat.", "Du har tagit emot U-2300")
	anna.sees("Handslaget är avslutat.")
	if n := len(anna.ticks) + len(bo.ticks); n != 0 {
		t.Errorf("%d tickers go on", n)
	}
	anna.taps("Nytt handslag")
	anna.sees("Visa kod", "Läs kod")
}

func TestThreeWrongCodesAreToldToBoth(t *testing.T) {
	anna, bo, _ := meeting(t, ui.Preferences{})
	anna.goes(ui.PlaceRecords)
	anna.opensRow("U-2300")
	anna.taps("Lämna över")
	anna.taps("Visa min QR-kod")
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	wrong := other(bo.digits())
	anna.typesDigits(wrong)
	anna.sees("Fel kod. 2 försök kvar.")
	anna.typesDigits(wrong)
	anna.sees("Fel kod. 1 försök kvar.")
	anna.typesDigits(wrong)
	for _, d := range []*desk{anna, bo} {
		d.sees("Koden var fel tre gånger.", "Inget är delat.", "[Försök igen]")
		d.seesNot("Handslag med")
	}
	anna.picture("handover-failed")

	// Trying again begins the same way as before, and the record is still what it is about.
	anna.taps("Försök igen")
	anna.sees("Låt kollegan läsa koden")
	bo.taps("Försök igen")
	anna.typesDigits(bo.digits())
	anna.sees("U-2300 är överlämnad till Bo Ek.")
	bo.sees("Du har tagit emot U-2300 från Anna Lind.")
	if cards, err := bo.agent.Records(t.Context(), "U-2300"); err != nil || len(cards) != 1 {
		t.Errorf("Bo has %v, %v", cards, err)
	}
}

func TestLeavingTheScreenEndsTheHandshake(t *testing.T) {
	for what, leave := range map[string]func(d *desk){
		"to another place": func(d *desk) { d.goes(ui.PlaceRecords) },
		"by cancelling":    func(d *desk) { d.taps("Avbryt") },
		"by locking":       func(d *desk) { d.goes(ui.PlaceLock) },
	} {
		t.Run(what, func(t *testing.T) {
			anna, bo, _ := meeting(t, ui.Preferences{})
			anna.goes(ui.PlaceHandOver)
			anna.taps("Visa min QR-kod")
			bo.goes(ui.PlaceHandOver)
			bo.taps("Läs kollegans QR-kod")
			bo.digits()
			anna.until("digits are asked for", func() bool { return len(all[*part.CodeEntry](anna)) == 1 })
			leave(anna)
			bo.sees("Kollegan avbröt handslaget.", "[Försök igen]")
			if len(anna.ticks) != 0 {
				t.Errorf("%d tickers go on", len(anna.ticks))
			}
			if len(all[*part.CodeEntry](anna)) != 0 {
				t.Error("digits are still asked for")
			}
		})
	}
}

func TestAPictureThatIsNoCodeIsToldInPlace(t *testing.T) {
	h := newHouse(t)
	bo := h.desk(newMainLoop(), h.enrolled("bo.ek", nil), ui.Preferences{})
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	bo.sees("Ingen kamera hittades.")
	foreign, err := qr.Draw("HTTPS://EXAMPLE.SE")
	ok(t, err)
	shop, err := foreign.PNG(6)
	ok(t, err)
	for _, c := range []struct {
		picture []byte
		says    string
	}{
		{[]byte("hej"), "Bilden innehåller ingen läsbar QR-kod."},
		{blank(t), "Bilden innehåller ingen läsbar QR-kod."},
		{shop, "Det är en QR-kod av annat slag."},
	} {
		bo.opens = c.picture
		if bo.button("Läs QR från bildfil …") == nil {
			bo.taps("Läs kollegans QR-kod")
		}
		bo.taps("Läs QR från bildfil …")
		bo.sees(c.says, "Inget är ändrat.")
	}
	path := filepath.Join(t.TempDir(), "släppt.png")
	ok(t, os.WriteFile(path, blank(t), 0o600))
	bo.taps("Läs kollegans QR-kod")
	bo.seesNot("Bilden innehåller")
	bo.window.drop(fyne.Position{}, []fyne.URI{storage.NewFileURI(path)})
	bo.sees("Bilden innehåller ingen läsbar QR-kod.")
}

func blank(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	ok(t, png.Encode(&out, image.NewGray(image.Rect(0, 0, 64, 64))))
	return out.Bytes()
}

func TestTheHandshakeInEnglishAndTheDark(t *testing.T) {
	anna, bo, _ := meeting(t, ui.Preferences{Language: assets.English, Appearance: part.Dusk})
	anna.goes(ui.PlaceRecords)
	anna.opensRow("U-2300")
	anna.picture("en-record")
	anna.taps("Hand over")
	anna.picture("en-begin")
	anna.taps("Show my QR code")
	bo.goes(ui.PlaceHandOver)
	bo.taps("Read my colleague's QR code")
	digits := bo.digits()
	bo.picture("en-digits")
	anna.typesDigits("12")
	anna.picture("en-typing")
	entry := all[*part.CodeEntry](anna)[0]
	entry.Backspace()
	entry.Backspace()
	anna.typesDigits(digits)
	anna.sees("U-2300 is handed over to Bo Ek.")
	bo.sees("You received U-2300 from Anna Lind.")
	bo.picture("en-received")
}
