package agent

import (
	"log/slog"
	"time"

	"handslag/identity/qr"
	"handslag/vault"
	"handslag/vault/disk"
	"handslag/vault/factor"
)

// Config is what an agent needs to know of its surroundings.
type Config struct {
	Vault       string                         // this profile's folder
	Outbox      string                         // machine-wide folder of journal segments and the machine id
	Directory   string                         // URL of the directory
	DirectoryCA []byte                         // PEM, optional: for organisations that run their own
	Camera      func() (qr.Frames, error)      // nil: none
	CameraThere func() bool                    // whether there is one to open now; nil: where Camera is not nil
	ShowQR      func(*qr.Code) error           // optional: is also given each QR code that is shown, nil when it is taken away
	Loopback    bool                           // verifications listen on loopback only
	Keyring     factor.Keyring                 // remembers how far the journal has gone, outside its folder; nil: nothing does
	Now         func() time.Time               // nil: the system's clock
	Boot        func() (string, time.Duration) // nil: the system's; id of this boot and time since it
	Log         *slog.Logger                   // nil: discards; is never given personal data
	AutoLock    time.Duration                  // 0: DefaultAutoLock

	// For tests; the zero values are what programs use.
	VaultOptions  vault.Options
	Disk          disk.Disk
	watchEvery    time.Duration // 0: watchEvery; tests that turn the clock look for themselves
	patience      time.Duration // 0: with the keyring, and how staff sign in, as long as programs have
	carriageAfter time.Duration // 0: carriageAfter
}

// DefaultAutoLock is how long the vault stays open without a Touch.
const DefaultAutoLock = 10 * time.Minute
