package command

import (
	"context"
	"errors"
	"io/fs"

	"handslag/app/complaint"
	"handslag/app/connected/backup"
	"handslag/app/connected/gate"
	"handslag/app/connected/organisation"
	"handslag/identity"
	"handslag/vault/record"
)

// usageError is a malformed command line.
type usageError struct{ sentence, hint string }

func (e *usageError) Error() string { return e.sentence }

// hinted is a failure that knows what to do about itself.
type hinted struct {
	err  error
	hint string
}

func (e *hinted) Error() string { return e.err.Error() }
func (e *hinted) Unwrap() error { return e.err }

// hints say what to do, by the error that lies at the bottom, and which code names it.
var hints = []struct {
	err  error
	code string
	hint string
}{
	{organisation.ErrExists, "organisation_exists", "nothing was changed; name another folder with -dir"},
	{organisation.ErrRecoveryExists, "recovery_exists", "nothing was changed; name another file with -recovery, and never throw one away"},
	{organisation.ErrRecoveryFolder, "recovery_folder", "nothing was changed; is the stick plugged in and mounted?"},
	{organisation.ErrRecoveryInside, "recovery_inside", "nothing was changed; it holds what a stolen server must not: put it on a stick that goes into a safe"},
	{organisation.ErrNone, "no_organisation", "make one with connected init, or name its folder with -dir"},
	{organisation.ErrKeys, "keys", "put the folder back from a backup; nothing was changed"},
	{organisation.ErrPassphrase, "wrong_passphrase", "nothing was changed; try again: capitals, keyboard layout?"},
	{organisation.ErrPassphraseNeeds, "passphrase_needed", "nothing was changed; it is asked for on a terminal, or read by -passphrase-fd N"},
	{organisation.ErrPassphraseSize, "passphrase_short", "nothing was changed; several words make a good one"},
	{organisation.ErrRecovery, "recovery", "nothing was changed; take another copy of the file that connected init wrote"},
	{organisation.ErrURL, "url", "devices reach the server there, for example https://linden.example:8443"},
	{organisation.ErrName, "name", "at most 128 bytes on one line, for example -name \"Bostads AB Linden\""},
	{organisation.ErrRotation, "rotation", "nothing was changed; the keys are tls, sealing, issuing and log"},
	{backup.ErrSealedFor, "backup_sealed", "nothing was changed; rotating the sealing key wrote the recovery file anew: take the newest copy of it"},
	{backup.ErrForeign, "backup_foreign", "nothing was changed; is it the recovery file of the organisation whose backup this is?"},
	{backup.ErrFile, "backup_damaged", "nothing was changed; take another copy, or an older backup"},
	{gate.ErrNotEmpty, "not_empty", "nothing was changed; restore into an empty folder (-dir) and an empty database (-database)"},
	{gate.ErrInUse, "in_use", "nothing is left of it here; stop every connected serve, psql and pool that has this database open, and restore again"},
	{organisation.ErrChanging, "changing", "nothing was changed; run it again when that has ended"},
	{gate.ErrUnsound, "unsound", "nothing is left of it here; take an older backup, and keep this one as evidence"},
	{gate.ErrRestored, "restored", "give it the newest erasure orders: connected resume -h"},
	{gate.ErrNotRestored, "not_restored", "nothing was changed"},
	{gate.ErrNewer, "newer", "nothing was changed; take the program that wrote it, or a newer one"},
	{record.ErrErasure, "orders", "nothing was changed; a line of that file is none of this organisation's orders. If the issuing key was rotated since the backup, name the newest statement: -statement"},
	{organisation.ErrUnchanged, "unchanged", "say what is new: -url, -name or -above"},
	{errOpenSecret, "open_secret", "chmod 600 " + settingsFile},
	{gate.ErrAway, "database_away", "is PostgreSQL running, and does its URL lead there? the password may stand in the file that PGPASSFILE names"},
	{gate.ErrExists, "exists", "nothing was changed"},
	{gate.ErrDevices, "device_limit", "nothing was changed; say which older one it replaces: -replaces DEVICE-ID, or connected device revoke"},
	{gate.ErrRewritten, "rewritten", "nothing was written: keep that folder as evidence, and compare with what devices have (handslagctl log-evidence). After a restore export into another folder"},
	{gate.ErrUnknown, "unknown", "nothing was changed; the list commands show what is known: user list, unit list, role list, device list"},
	{gate.ErrInput, "malformed", "nothing was changed"},
	{gate.ErrCursor, "cursor", "nothing was written; without -after it begins anew, and each line has an id by which what is there already can be told"},
	{gate.ErrPassword, "password", "nothing was changed"},
	{identity.ErrID, "id", "nothing was changed; connected device list shows the IDs"},
	{context.Canceled, "cancelled", "nothing was changed"},
	{fs.ErrPermission, "permission", "the folder belongs to another user, or is read-only"},
	{fs.ErrNotExist, "no_file", "check the path"},
}

// explain is the error with its code, as a sentence, and what to do about it.
func explain(err error) complaint.Complaint {
	c := complaint.Complaint{Code: complaint.Failed, What: err.Error()}
	var usage *usageError
	var own *hinted
	if errors.As(err, &usage) {
		return complaint.Complaint{Code: complaint.Usage, What: usage.sentence, Do: usage.hint}
	}
	for _, h := range hints {
		if errors.Is(err, h.err) {
			c.Code, c.Do = h.code, h.hint
			break
		}
	}
	if errors.As(err, &own) {
		c.Do = own.hint
	}
	return c
}
