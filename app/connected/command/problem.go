package command

import (
	"context"
	"errors"
	"io/fs"

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

// hints say what to do, by the error that lies at the bottom.
var hints = []struct {
	err  error
	hint string
}{
	{organisation.ErrExists, "nothing was changed; name another folder with -dir"},
	{organisation.ErrRecoveryExists, "nothing was changed; name another file with -recovery, and never throw one away"},
	{organisation.ErrRecoveryFolder, "nothing was changed; is the stick plugged in and mounted?"},
	{organisation.ErrRecoveryInside, "nothing was changed; it holds what a stolen server must not: put it on a stick that goes into a safe"},
	{organisation.ErrNone, "make one with connected init, or name its folder with -dir"},
	{organisation.ErrKeys, "put the folder back from a backup; nothing was changed"},
	{organisation.ErrPassphrase, "nothing was changed; try again: capitals, keyboard layout?"},
	{organisation.ErrPassphraseNeeds, "nothing was changed; it is asked for on a terminal, or read by -passphrase-fd N"},
	{organisation.ErrPassphraseSize, "nothing was changed; several words make a good one"},
	{organisation.ErrRecovery, "nothing was changed; take another copy of the file that connected init wrote"},
	{organisation.ErrURL, "devices reach the server there, for example https://linden.example:8443"},
	{organisation.ErrName, "at most 128 bytes on one line, for example -name \"Bostads AB Linden\""},
	{organisation.ErrRotation, "nothing was changed; the keys are tls, sealing, issuing and log"},
	{backup.ErrSealedFor, "nothing was changed; rotating the sealing key wrote the recovery file anew: take the newest copy of it"},
	{backup.ErrForeign, "nothing was changed; is it the recovery file of the organisation whose backup this is?"},
	{backup.ErrFile, "nothing was changed; take another copy, or an older backup"},
	{gate.ErrNotEmpty, "nothing was changed; restore into an empty folder (-dir) and an empty database (-database)"},
	{gate.ErrInUse, "nothing is left of it here; stop every connected serve, psql and pool that has this database open, and restore again"},
	{organisation.ErrChanging, "nothing was changed; run it again when that has ended"},
	{gate.ErrUnsound, "nothing is left of it here; take an older backup, and keep this one as evidence"},
	{gate.ErrRestored, "give it the newest erasure orders: connected resume -h"},
	{gate.ErrNotRestored, "nothing was changed"},
	{gate.ErrNewer, "nothing was changed; take the program that wrote it, or a newer one"},
	{record.ErrErasure, "nothing was changed; a line of that file is none of this organisation's orders. If the issuing key was rotated since the backup, name the newest statement: -statement"},
	{organisation.ErrUnchanged, "say what is new: -url, -name or -above"},
	{errOpenSecret, "chmod 600 " + settingsFile},
	{gate.ErrAway, "is PostgreSQL running, and does its URL lead there? the password may stand in the file that PGPASSFILE names"},
	{gate.ErrExists, "nothing was changed"},
	{gate.ErrDevices, "nothing was changed; say which older one it replaces: -replaces DEVICE-ID, or connected device revoke"},
	{gate.ErrRewritten, "nothing was written: keep that folder as evidence, and compare with what devices have (handslagctl log-evidence). After a restore export into another folder"},
	{gate.ErrUnknown, "nothing was changed; the list commands show what is known: user list, unit list, role list, device list"},
	{gate.ErrInput, "nothing was changed"},
	{gate.ErrCursor, "nothing was written; without -after it begins anew, and each line has an id by which what is there already can be told"},
	{gate.ErrPassword, "nothing was changed"},
	{identity.ErrID, "nothing was changed; connected device list shows the IDs"},
	{context.Canceled, "nothing was changed"},
	{fs.ErrPermission, "the folder belongs to another user, or is read-only"},
	{fs.ErrNotExist, "check the path"},
}

// explain is the error as a sentence and what to do about it.
func explain(err error) (sentence, hint string) {
	var usage *usageError
	if errors.As(err, &usage) {
		return usage.sentence, usage.hint
	}
	var own *hinted
	if errors.As(err, &own) {
		return err.Error(), own.hint
	}
	for _, h := range hints {
		if errors.Is(err, h.err) {
			return err.Error(), h.hint
		}
	}
	return err.Error(), ""
}
