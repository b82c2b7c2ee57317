package ui_test

import (
	"sync"
	"testing"
	"time"

	"handslag/app/agent"
	"handslag/identity/qr"
	"handslag/ui"
	"handslag/ui/part"
)

// hasNoCamera is for who shows the code and types.
func hasNoCamera(_ *house, name string, c *agent.Config) {
	if name == "anna.lind" {
		c.Camera = nil
	}
}

// Two cameras: the second code is on Bo's screen, and a camera that sees too little is no dead end.
func TestASecondCodeOrDigitsInstead(t *testing.T) {
	anna, bo, _ := meetingWith(t, ui.Preferences{}, func(_ *house, name string, c *agent.Config) {
		if name == "anna.lind" {
			dark := t.TempDir()
			c.Camera = func() (qr.Frames, error) { return qr.FramesFromDir(dark, qr.Every(5*time.Millisecond)) }
		}
	})
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	anna.goes(ui.PlaceHandOver)
	anna.taps("Visa min QR-kod")
	bo.sees("Visa den här koden för Anna Linds kamera", "Din skärm är kollegans bevis")
	anna.sees("Håll Bo Eks skärm framför kameran", "Bo Ek")
	bo.picture("handover-second")
	anna.picture("handover-scan-second")
	anna.taps("Använd siffror i stället")
	anna.sees("Låt kollegan läsa koden")
	bo.sees("Försök igen")
	bo.taps("Läs kollegans QR-kod")
	anna.typesDigits(bo.digits())
	anna.sees("Handslag med Bo Ek")
	bo.sees("Handslag med Anna Lind")
}

// No cameras: the code goes as a picture, each screen shows digits, and both type what they hear.
func TestWithoutCamerasBothTypeWhatTheyHear(t *testing.T) {
	var mu sync.Mutex
	var shown *qr.Code
	anna, bo, _ := meetingWith(t, ui.Preferences{}, func(_ *house, name string, c *agent.Config) {
		c.Camera = nil
		c.ShowQR = func(code *qr.Code) error {
			mu.Lock()
			defer mu.Unlock()
			if code != nil {
				shown = code
			}
			return nil
		}
	})
	anna.goes(ui.PlaceHandOver)
	anna.taps("Visa min QR-kod")
	anna.sees("Spara QR som bildfil …")
	mu.Lock()
	picture, err := shown.PNG(6)
	mu.Unlock()
	ok(t, err)
	bo.opens = picture
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	bo.taps("Läs QR från bildfil …")
	both := func(d *desk) (shows, asks *part.CodeEntry) {
		d.until("digits to read out and digits to type", func() bool { return len(all[*part.CodeEntry](d)) == 2 })
		entries := all[*part.CodeEntry](d)
		return entries[0], entries[1]
	}
	annas, annaTypes := both(anna)
	bos, boTypes := both(bo)
	if annas.Code() == bos.Code() {
		t.Error("both screens show the same digits")
	}
	anna.picture("handover-exchange")
	typesInto := func(d *desk, entry *part.CodeEntry, digits string) {
		for _, r := range digits {
			entry.TypedRune(r)
		}
		d.loop.run()
	}
	typesInto(anna, annaTypes, bos.Code())
	anna.until("her own digits stay for Bo", func() bool {
		left := all[*part.CodeEntry](anna)
		return len(left) == 1 && left[0].Code() == annas.Code()
	})
	typesInto(bo, boTypes, annas.Code())
	anna.sees("Handslag med Bo Ek")
	bo.sees("Handslag med Anna Lind")
}

// In a dark cellar the screen lights up what the camera is to read; the torch goes out with the page.
func TestTheScreenIsATorch(t *testing.T) {
	anna, bo, _ := meetingWith(t, ui.Preferences{}, nil)
	bo.goes(ui.PlaceHandOver)
	bo.taps("Läs kollegans QR-kod")
	bo.taps("Lys med skärmen")
	overlays := func() int { return len(bo.window.Canvas().Overlays().List()) }
	if overlays() != 1 {
		t.Fatal("nothing lights up")
	}
	bo.picture("handover-torch")
	anna.goes(ui.PlaceHandOver)
	anna.taps("Visa min QR-kod")
	bo.until("the code is read and the light is off", func() bool { return overlays() == 0 })
	bo.sees("Handslag med Anna Lind")
	anna.sees("Handslag med Bo Ek")
}
