package ui_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/identity/qr"
	"handslag/ui"
	"handslag/ui/part"
)

// writes puts text into a field in the place of what stood there, and gives what then stands in it.
func (d *desk) writes(label, text string) string {
	d.t.Helper()
	for _, f := range all[*part.Field](d) {
		if slices.ContainsFunc(textsOf(f), func(s string) bool { return s == label }) {
			f.SetText("")
			d.window.Canvas().Focus(f.Focusable())
			d.types(label, text)
			return f.Text()
		}
	}
	d.t.Fatalf("no field %q in:\n%s", label, d.words())
	return ""
}

func textsOf(o fyne.CanvasObject) (texts []string) {
	walk(o, func(o fyne.CanvasObject) bool {
		if t, is := o.(*part.Text); is {
			texts = append(texts, t.Text())
		}
		return true
	})
	return texts
}

// enter presses Enter where the keyboard is.
func (d *desk) enter() {
	d.t.Helper()
	focused := d.window.Canvas().Focused()
	if focused == nil {
		d.t.Fatalf("nothing has the keyboard in:\n%s", d.words())
	}
	focused.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	d.loop.run()
}

func letter(t *testing.T, org string) []byte {
	t.Helper()
	text, err := qr.EncodeOrg(org)
	ok(t, err)
	code, err := qr.Draw(text)
	ok(t, err)
	picture, err := code.PNG(8)
	ok(t, err)
	return picture
}

// TestADeviceFromItsLetterToItsLog is Anna's first hour, all of it through the window.
func TestADeviceFromItsLetterToItsLog(t *testing.T) {
	h := newHouse(t)
	a := h.agent("anna", nil)
	loop := newMainLoop()
	d := h.desk(loop, a, ui.Preferences{})

	// The letter: typed with a slip, a character short, then read from its picture.
	d.sees("Anslut enheten", "Steg 1 av 3")
	org := h.statement.Org().Grouped()
	slip := "Q" + org[1:]
	if org[0] == 'Q' {
		slip = "P" + org[1:]
	}
	if got := d.writes("Organisations-id", strings.ToLower(strings.ReplaceAll(slip, " ", ""))); got != slip {
		t.Fatalf("what was typed stands as %q, want %q", got, slip)
	}
	d.sees("Ett tecken är fel")
	d.picture("enrol-slip")
	d.writes("Organisations-id", org[:len(org)-2])
	d.enter()
	d.sees("2 tecken saknas")
	d.opens = []byte("no picture at all")
	d.taps("Läs QR-bild …")
	d.sees("Tryggt")
	d.opens = letter(t, string(h.statement.Org()))
	d.taps("Läs QR-bild …")
	d.until("the picture fills the field", func() bool { return all[*part.Field](d)[0].Text() == org })
	d.picture("enrol-1")
	d.taps("Hitta organisationen")
	d.sees("Bostads AB Linden", "underskrift är kontrollerad", "Steg 2 av 3")

	d.taps("Fortsätt")
	d.sees("Fyll i det här fältet.")
	d.writes("Användarnamn", "anna.lind")
	d.writes("Lösenord", "inte det här")
	d.picture("enrol-2")
	d.taps("Fortsätt")
	d.sees("Steg 3 av 3", "Välj en lösenfras")
	d.writes("Lösenfras", "kort")
	d.sees("Minst 8 tecken behövs.")
	d.taps("Skapa nycklar och anslut")
	d.sees("Lösenfrasen är för kort")
	d.writes("Lösenfras", passphrase)
	d.writes("Skriv lösenfrasen en gång till", passphrase+"x")
	d.taps("Skapa nycklar och anslut")
	d.sees("Lösenfraserna är inte lika.")
	d.picture("enrol-3")
	d.writes("Skriv lösenfrasen en gång till", passphrase)
	d.taps("Skapa nycklar och anslut")
	d.sees("Steg 2 av 3", ui.ProblemOf("sv", &agent.Problem{Code: agent.WrongPassword}).What) // told where it is mended
	d.picture("enrol-wrong-password")

	// The window is closed in the middle: the next one goes on with the same keys.
	d.ui.Close()
	d = h.desk(loop, a, ui.Preferences{})
	d.sees("Anslutningen avbröts förra gången")
	d.picture("enrol-resume")
	d.writes("Lösenfras", passphrase)
	d.writes("Lösenord", passwordOf("anna.lind"))
	d.taps("Fortsätt ansluta")

	// Me.
	d.sees("Anna Lind", "Bostads AB Linden", "Norra", "[Synka nu]", "Väntar på täckning")
	d.taps("Synka nu")
	d.sees("Synkat. ", "Inget väntar. Allt är mottaget.", "Ansluten")
	me := a.Me()
	d.sees(me.Device.Grouped())
	d.sees(strings.Fields(me.Device.Grouped())...)
	d.picture("me")
	d.taps("Enhetens händelser")
	d.sees("> Du anslöt enheten", "(Mottaget)")
	d.picture("events")
	d.opensRow("Du låste upp enheten")
	d.sees("Underskriftens fingeravtryck")
	d.picture("event")
	d.taps("Stäng")
	d.taps("Tillbaka")
	d.sees("[Synka nu]")

	// Lock, wrong passphrases, unlock.
	d.goes(ui.PlaceLock)
	d.sees("Hej Anna", me.Device.Grouped())
	d.seesNot("Lind", "Synka nu", "av sig själv")
	d.picture("lock")
	d.writes("Lösenfras", "fel lösenfras")
	d.enter()
	d.sees("Fel lösenfras. Försök igen.", "1 felaktigt försök hittills")
	d.writes("Lösenfras", "fel igen")
	d.enter()
	d.sees("2 felaktiga försök hittills")
	d.picture("lock-wrong")
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.sees("2 felaktiga lösenfraser angavs sedan du sist låste upp", "[Synka nu]")
	d.taps("Synka nu")

	// The log tells it all, and a second look tells of the first.
	d.goes(ui.PlaceLog)
	d.sees("> Anna Lind anslöt enheten", me.Device.Short(), "> 2 felaktiga lösenfraser innan Anna Lind låste upp")
	d.picture("log")
	d.opensRow("2 felaktiga lösenfraser innan Anna Lind låste upp")
	d.sees("Händelse i loggen", me.Device.Grouped(), "127.0.0.1", "anna.lind")
	d.picture("log-entry")
	d.taps("Tillbaka")
	d.seesNot("> Anna Lind läste loggen")
	d.taps("Uppdatera")
	d.sees("> Anna Lind läste loggen")
	d.taps("CSV")
	d.sees("händelser sparade som handslag-2026-06-01.csv")
	if rows, err := csv.NewReader(bytes.NewReader(d.saved.Bytes())).ReadAll(); err != nil || len(rows) < 5 || d.saved.discarded {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	d.taps("JSON")
	d.sees("handslag-2026-06-01.json")
	var rows []json.RawMessage
	if err := json.Unmarshal(d.saved.Bytes(), &rows); err != nil || len(rows) < 5 || d.saved.discarded {
		t.Fatalf("%d rows, %v", len(rows), err)
	}

	// Out of coverage what was read stays, and half an export does not.
	h.stop()
	d.taps("Uppdatera")
	d.sees("Ingen täckning", "> Anna Lind anslöt enheten")
	d.taps("JSON")
	d.until("the half file is taken away", func() bool { return d.saved.discarded })
	d.picture("log-offline")
}

// slipped is a device ID with its last character another.
func slipped(id string) string {
	last := "Q"
	if strings.HasSuffix(id, last) {
		last = "P"
	}
	return id[:len(id)-1] + last
}

// TestWhoMayNotReadTheLogIsToldSo, and the attempt stands in the log.
func TestWhoMayNotReadTheLogIsToldSo(t *testing.T) {
	h := newHouse(t)
	d := h.desk(newMainLoop(), h.enrolled("bo.ek", nil), ui.Preferences{})
	d.goes(ui.PlaceLog)
	d.sees("Loggen är inte öppen för dig", "Du har inte rätt att läsa loggen. Försöket står i den.")
	d.seesNot("> ")
	if b := d.button("CSV"); b != nil && !b.Disabled() {
		t.Error("what may not be read can be exported")
	}
	d.picture("log-refused")

	reviewer := h.desk(newMainLoop(), h.enrolled("anna.lind", nil), ui.Preferences{})
	reviewer.goes(ui.PlaceLog)
	reviewer.sees("> Ett anrop nekades: Bo Ek")
}

// TestASecondWindowSaysThatItIsOpenElsewhere until the first is closed.
func TestASecondWindowSaysThatItIsOpenElsewhere(t *testing.T) {
	h := newHouse(t)
	var conf agent.Config
	first := h.enrolled("bo.ek", func(c *agent.Config) { conf = *c })
	again, err := agent.New(conf)
	ok(t, err)
	t.Cleanup(func() { again.Close() })
	d := h.desk(newMainLoop(), again, ui.Preferences{})
	for range 2 {
		d.writes("Lösenfras", passphrase)
		d.enter()
		d.sees("Appen är redan öppen på den här enheten.")
		d.seesNot("Lösenfras")
		d.picture("elsewhere")
		d.taps("Försök igen")
	}
	ok(t, first.Close())
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.sees("Bo Ek")
	d.goes(ui.PlaceMe)
	d.sees("[Synka nu]")
}

// TestTheClockLocksAndTakesEverythingOffTheScreen: dialogs too, and what was open below them.
func TestTheClockLocksAndTakesEverythingOffTheScreen(t *testing.T) {
	h := newHouse(t)
	a := h.enrolled("anna.lind", nil)
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	d.goes(ui.PlaceMe)
	d.taps("Enhetens händelser")
	d.opensRow("Du låste upp enheten")
	ok(t, a.Lock()) // as the watch does when nobody has touched it
	d.sees("Hej Anna", "Låstes av sig själv efter 10 minuter utan användning.")
	d.seesNot("Du låste upp", "fingeravtryck", "Anna Lind")
	if top := d.window.Canvas().Overlays().Top(); top != nil {
		t.Error("a dialog lies over the lock screen")
	}
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.sees("[Synka nu]") // where one was
	d.seesNot("fingeravtryck")
}

// TestChoicesShowAtOnceAndLast: another language rebuilds the window, and the next start remembers.
func TestChoicesShowAtOnceAndLast(t *testing.T) {
	h := newHouse(t)
	d := h.desk(newMainLoop(), h.enrolled("anna.lind", nil), ui.Preferences{})
	d.goes(ui.PlaceSettings)
	d.sees("Språk", "Version Okänt", "10 minuter")
	d.picture("settings")
	d.chooses("en")
	d.sees("Language", "Appearance", "Text size")
	t.Cleanup(func() { fyne.CurrentApp().Settings().SetTheme(part.Theme{}) })
	all[*part.Choice](d)[1].Choose("dark")
	if th := fyne.CurrentApp().Settings().Theme().(part.Theme); th.Appearance != part.Dusk {
		t.Errorf("the theme is %+v", th)
	}
	all[*part.Choice](d)[2].Choose("3")
	if th := fyne.CurrentApp().Settings().Theme().(part.Theme); th.TextScale != 2 || th.Appearance != part.Dusk {
		t.Errorf("the theme is %+v", th)
	}
	d.picture("settings-dusk-200")
	d.goes(ui.PlaceMe)
	d.sees("[Sync now]")
	d.picture("me-dusk-200")
	d.goes(ui.PlaceLog)
	d.picture("log-dusk-200")

	path := filepath.Join(t.TempDir(), "folder", "profile-window.json")
	none, err := ui.ReadPreferences(path)
	if err != nil || none != (ui.Preferences{Language: "sv", Appearance: part.Sunlight, TextScale: 1}) {
		t.Fatalf("%+v, %v", none, err)
	}
	chosen := ui.Preferences{Language: "en", Appearance: part.Dusk, TextScale: 1.5}
	ok(t, ui.KeepPreferences(path, chosen))
	if again, err := ui.ReadPreferences(path); err != nil || again != chosen {
		t.Fatalf("%+v, %v", again, err)
	}
	ok(t, os.WriteFile(path, []byte(`{"language":"tlh","appearance":"plaid","text_scale":99}`), 0o600))
	if odd, err := ui.ReadPreferences(path); err != nil || odd != none {
		t.Fatalf("%+v, %v", odd, err)
	}
	ok(t, os.WriteFile(path, []byte(`{"langu`), 0o600))
	if bad, err := ui.ReadPreferences(path); err == nil || bad != none {
		t.Fatalf("%+v, %v", bad, err)
	}
}

// FuzzPreferences: whatever stands in the file, choices come out that the window has, and what is written is read again.
func FuzzPreferences(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"language":"en","appearance":"system","text_scale":1.25}`, `{"text_scale":"x"}`, `[1]`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, _ := ui.ParsePreferences(raw)
		again, err := json.Marshal(p)
		ok(t, err)
		if q, err := ui.ParsePreferences(again); err != nil || q != p {
			t.Fatalf("%+v became %+v, %v", p, q, err)
		}
		if p.Language.Say("app.name") != "Handslag" || p.TextScale < 1 || p.TextScale > 2 {
			t.Fatalf("%+v", p)
		}
	})
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
