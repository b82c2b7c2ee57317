package ui_test

import (
	"os"
	"path/filepath"
	"testing"

	"handslag/app/agent"
	"handslag/ui"
	"handslag/ui/part"
	"handslag/vault/factor/factortest"
)

// TestTheKeyringGuardsTheDeviceFromTheFirstDay: chosen at enrolment, gone with a copied folder, and changed in the settings.
func TestTheKeyringGuardsTheDeviceFromTheFirstDay(t *testing.T) {
	h := newHouse(t)
	ring := &factortest.Keyring{}
	var conf agent.Config
	a := h.agent("anna", func(c *agent.Config) { c.VaultOptions.Keyring = ring; conf = *c })
	loop := newMainLoop()
	d := h.desk(loop, a, ui.Preferences{})
	d.sees("Steg 1 av 4")
	d.writes("Organisations-id", h.statement.Org().Grouped())
	d.taps("Hitta organisationen")
	d.writes("Användarnamn", "anna.lind")
	d.writes("Lösenord", passwordOf("anna.lind"))
	d.taps("Fortsätt")
	d.sees("Steg 3 av 4", "Hur ska enheten skyddas?", "En kopierad mapp går inte att öppna på en annan dator.", "kan enheten inte lova")
	if got := all[*part.Choice](d)[0].Chosen(); got != "keyring" {
		t.Errorf("%q is preselected", got)
	}
	d.picture("enrol-protection")
	d.taps("Fortsätt")
	d.sees("Steg 4 av 4")
	d.writes("Lösenfras", passphrase)
	d.writes("Skriv lösenfrasen en gång till", passphrase)
	d.taps("Skapa nycklar och anslut")
	d.sees("[Synka nu]")
	d.goes(ui.PlaceSettings)
	d.sees("Lösenfras och datorns nyckelring", "En kopierad mapp går inte att öppna på en annan dator.", "förstörs så gott det går")
	d.picture("settings-protection")
	d.goes(ui.PlaceLock)
	d.sees("Hej Anna")

	// Somebody copies the folder, and has the passphrase too.
	copied := filepath.Join(t.TempDir(), "vault")
	ok(t, os.CopyFS(copied, os.DirFS(conf.Vault)))
	thief := conf
	thief.Vault, thief.VaultOptions.Keyring = copied, &factortest.Keyring{}
	b, err := agent.New(thief)
	ok(t, err)
	t.Cleanup(func() { b.Close() })
	elsewhere := h.desk(loop, b, ui.Preferences{})
	elsewhere.writes("Lösenfras", passphrase)
	elsewhere.enter()
	elsewhere.sees("den andra halvan av nyckeln finns inte", "[Börja om på den här enheten]")
	elsewhere.seesNot("Synka nu")
	elsewhere.picture("lock-factor-missing")
	elsewhere.taps("Börja om på den här enheten")
	elsewhere.sees("Skriv BÖRJA OM för att bekräfta")

	ring.Away(true) // she has not logged in to the computer's desktop
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.sees("svarar inte", "Logga in i datorn som vanligt och försök igen.")
	ring.Away(false)
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.sees("Anna Lind")

	d.goes(ui.PlaceSettings)
	d.taps("Ändra skydd …")
	d.picture("protection")
	d.taps("Byt skydd")
	d.sees("Enheten är redan skyddad så.")
	d.chooses("passphrase")
	d.taps("Byt skydd")
	d.sees("Fyll i det här fältet.")
	d.writes("Lösenfras", "fel lösenfras")
	d.taps("Byt skydd")
	d.sees("Fel lösenfras. Inget är ändrat")
	d.writes("Lösenfras", passphrase)
	d.taps("Byt skydd")
	d.sees("Skyddet är bytt.")
	d.taps("Tillbaka")
	d.sees("Bara lösenfras", "av den som gissar lösenfrasen")
	d.goes(ui.PlaceMe)
	d.taps("Synka nu")
	d.goes(ui.PlaceLog)
	d.sees("> Anna Lind bytte skydd för enheten")
}

// TestAShortPINWhereAChipGuards, and nowhere else.
func TestAShortPINWhereAChipGuards(t *testing.T) {
	chip := factortest.OwnedTPM(t)
	h := newHouse(t)
	a := h.agent("anna", func(c *agent.Config) { c.VaultOptions.TPM = chip })
	d := h.desk(newMainLoop(), a, ui.Preferences{})
	d.writes("Organisations-id", h.statement.Org().Grouped())
	d.taps("Hitta organisationen")
	d.writes("Användarnamn", "anna.lind")
	d.writes("Lösenord", passwordOf("anna.lind"))
	d.taps("Fortsätt")
	d.sees("PIN-kod och datorns säkerhetschip (TPM)", "går inte att återskapa")
	d.taps("Fortsätt")
	d.sees("Välj en PIN-kod", "Minst 6 tecken.")
	d.writes("PIN-kod", "1234")
	d.sees("Minst 6 tecken behövs.")
	d.writes("PIN-kod", "111111")
	d.sees("För få olika tecken")
	d.writes("PIN-kod", "274916")
	d.sees("chippet stoppar")
	d.picture("enrol-pin")
	d.writes("Skriv PIN-koden en gång till", "274916")
	d.taps("Skapa nycklar och anslut")
	d.sees("[Synka nu]")
	d.goes(ui.PlaceLock)
	d.sees("PIN-kod", "Har du glömt PIN-koden?")
	d.seesNot("Lösenfras")
	d.picture("lock-pin")
	d.writes("PIN-kod", "274917")
	d.enter()
	d.sees("Fel PIN-kod.")
	d.writes("PIN-kod", "274916")
	d.enter()
	d.goes(ui.PlaceSettings)
	d.sees("PIN-kod och datorns säkerhetschip (TPM)")
	d.taps("Ändra skydd …")
	d.chooses("passphrase")
	d.writes("PIN-kod", "274916")
	d.taps("Byt skydd")
	d.sees("PIN-koden är för kort för att skydda enheten utan säkerhetschip.", "[Byt lösenfras]")
	d.picture("protection-pin-short")
}

// TestAChipThatAnybodyResetsWantsAPassphrase: it guards a copied folder, and is no reason for a short PIN.
func TestAChipThatAnybodyResetsWantsAPassphrase(t *testing.T) {
	chip, _ := factortest.TPM(t)
	h := newHouse(t)
	d := h.desk(newMainLoop(), h.enrolled("anna.lind", func(c *agent.Config) { c.VaultOptions.TPM = chip }), ui.Preferences{})
	d.goes(ui.PlaceSettings)
	d.sees("Bara lösenfras")
	d.taps("Ändra skydd …")
	d.sees("Lösenfras och datorns säkerhetschip (TPM)")
	d.seesNot("PIN-kod")
	d.chooses("tpm")
	d.writes("Lösenfras", passphrase)
	d.taps("Byt skydd")
	d.sees("Skyddet är bytt.")
	d.goes(ui.PlaceLock)
	d.sees("Lösenfras")
	d.seesNot("PIN-kod")
	d.writes("Lösenfras", passphrase)
	d.enter()
	d.goes(ui.PlaceSettings)
	d.sees("Lösenfras och datorns säkerhetschip (TPM)", "går inte att återskapa")
}
