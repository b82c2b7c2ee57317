package cli

import (
	"strings"

	"handslag/app/cli/console"
	"handslag/app/cli/device"
	"handslag/app/cli/meeting"
	"handslag/app/cli/review"
	"handslag/app/cli/work"
)

// commands lists them in the order of a morning.
func commands() []console.Command {
	return []console.Command{
		command("organisation check", "ID | -picture FILE", "organisation check -directory https://localhost:7443 \"HKP4 …\"", device.CheckOrganisation),
		command("enrol", "-organisation ID -username NAME | -oidc  [-factors keyring,tpm] [-no-wait] [-password-fd N] [-passphrase-fd N]", "enrol -organisation \"HKP4 …\" -username anna.lind", device.Enrol),
		command("sign-in", "[-oidc] [-password-fd N]", "sign-in", device.SignIn),
		command("me", "", "me", device.Me),
		command("status", "", "status -json", device.Status),
		command("sync", "[-watch]", "sync", device.Sync),
		command("outbox list", "", "outbox list", device.ListOutbox),
		command("outbox export", "FOLDER", "outbox export /media/usb", device.ExportOutbox),
		command("outbox import", "FOLDER", "outbox import /media/usb", device.ImportOutbox),
		command("passphrase", "[-passphrase-fd N] [-new-passphrase-fd N]", "passphrase", device.Passphrase),
		command("protection", "", "protection", device.Protection),
		command("factors", "keyring | tpm | keyring,tpm | none  [-passphrase-fd N]", "factors keyring", device.Factors),
		command("notices", "[-dismiss]", "notices -dismiss", device.Notices),
		command("start-again", "[-yes]", "start-again", device.StartAgain),
		command("wipe", "[-passphrase-fd N]", "wipe", device.Wipe),
		command("records", "[QUERY]", "records sparvhagen", work.Records),
		command("find", "WORDS [-reason TEXT | -assignment ID]", "find 0701234567 -reason \"Ringde upp\"", work.Find),
		command("open", "RECORD [-reason TEXT | -assignment ID]", "open r-7m2q9d4xkv -reason \"Vattenläcka\"", work.Open),
		command("attachments open", "ATTACHMENT [-reason TEXT | -assignment ID]", "attachments open b-3f9c… -reason \"Vattenläcka\"", work.OpenAttachment),
		command("attachments export", "ATTACHMENT FILE [-reason TEXT | -assignment ID]", "attachments export b-3f9c… /media/usb/avtal.pdf -reason \"Hyresnämnden\"", work.ExportAttachment),
		command("attachments fetch", "ATTACHMENT", "attachments fetch b-3f9c…", work.FetchAttachment),
		command("attachments", "RECORD", "attachments r-7m2q9d4xkv", work.Attachments),
		command("attach", "RECORD FILE | -assignment ID FILE", "attach -assignment U-2300 läcka.jpg", work.Attach),
		command("assignments", "[QUERY]", "assignments", work.Assignments),
		command("assignment", "ASSIGNMENT", "assignment U-2300", work.Assignment),
		command("edit", "ASSIGNMENT status|planned|POINT [VALUE]", "edit U-2300 status begun", work.Edit),
		command("note", "ASSIGNMENT TEXT", "note U-2300 \"Slangen var sprucken\"", work.Note),
		command("choose", "ASSIGNMENT status|planned|POINT NUMBER", "choose U-2300 status 2", work.Choose),
		command("done", "ASSIGNMENT -note TEXT", "done U-2300 -note \"Bytte slangen\"", work.Done),
		command("export-signature", "ASSIGNMENT -out FILE", "export-signature U-2300 -out U-2300.sig", work.ExportSignature),
		command("verify-signature", "FILE -organisation ID", "verify-signature U-2300.sig -organisation \"HKP4 …\"", work.VerifySignature),
		command("verify", "-show [-scan-back] [-qr FILE] | -scan PICTURE | -camera frames:DIR [-qr FILE]  [-give RECORD … [-alone]] [-reason TEXT] [-receive]", "verify -show -receive", verify),
		command("events", "[-limit N]", "events -limit 20", review.Events),
		command("log-feed", "[-after CURSOR] [-format json|ocsf]", "log-feed -format ocsf", review.Feed),
		command("log", "[-subject ID] [-record ID] [-person USERNAME] [-device ID] [-assignment ID] [-unit ID] [-kind KIND] [-day 2006-01-02] [-csv]", "log -person bo.ek -csv", review.Log),
		command("spread", "RECORD [-from ID] [-after ID]", "spread r-7m2q9d4xkv", review.Spread),
		command("findings", "[-person USERNAME] [-device ID] [-code CODE] [-open]", "findings -open", review.Findings),
		command("evidence", "ENTRY … -out FILE", "evidence 4711 4712 -out 4711.evidence", review.Evidence),
		command("witnesses", "", "witnesses", review.Witnesses),
		command("log-evidence", "-out FILE", "log-evidence -out evidence.txt", review.LogEvidence),
		command("orders", "-out FILE", "orders -out newest.orders", review.Orders),
		command("session", "", "session -json", converse),
	}
}

func command(name, synopsis, example string, run func(*console.Console, []string) error) console.Command {
	return console.Command{Name: name, Synopsis: synopsis, Example: example, Run: run}
}

// find is the command that args begin with, and what follows it.
func find(args []string) (console.Command, []string, bool) {
	for _, c := range commands() {
		name := strings.Fields(c.Name)
		if len(args) >= len(name) && strings.Join(args[:len(name)], " ") == c.Name {
			return c, args[len(name):], true
		}
	}
	return console.Command{}, nil, false
}

// verify is a meeting, in which some of the other commands may be said.
func verify(c *console.Console, args []string) error { return meeting.Verify(c, args, one) }
