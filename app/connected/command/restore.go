package command

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"handslag/app/connected/backup"
	"handslag/app/connected/gate"
	"handslag/app/connected/organisation"
	"handslag/identity"
	"handslag/identity/signed"
)

// restored is a restored system as commands tell of it.
type restored struct {
	Made       signed.Time `json:"made"`    // when the backup was
	Entries    uint64      `json:"entries"` // of the log at the backup, each verified
	Serves     bool        `json:"serves"`  // false: it waits for erasure orders
	Generation uint64      `json:"generation,omitempty"`
	Statement  uint64      `json:"statement,omitempty"`
	Orders     int         `json:"orders"`                 // that the backup did not have
	Overdue    bool        `json:"keys_overdue,omitempty"` // the file of keys had to be gone by now
}

// assurance is what the administrator says of erasures since the backup, with the recovery file.
type assurance struct {
	recovery  string
	fd        int
	orders    words
	none      bool
	statement string
}

func (a *assurance) flags(flags *flag.FlagSet) {
	flags.StringVar(&a.recovery, "recovery", "", "recovery `file`, which opens the backup and signs that the log goes on from it (required)")
	flags.IntVar(&a.fd, "passphrase-fd", -1, "read the recovery file's passphrase from this file descriptor `number`")
	flags.Var(&a.orders, "orders", "`file` with the newest erasure orders: from connected orders, connected backup or handslagctl orders; may be repeated")
	flags.BoolVar(&a.none, "no-newer-orders", false, "nobody has been erased since the backup: the recovery file signs that")
	flags.StringVar(&a.statement, "statement", "", "`file` with the newest signed statement that was ever out, as the directory has it, where it is newer than the backup's")
}

func (a *assurance) given() bool { return a.none || len(a.orders) > 0 }

func (a *assurance) passphrase(ctx context.Context, c *call) ([]byte, error) {
	if a.recovery == "" || a.none && len(a.orders) > 0 {
		return nil, &usageError{"-recovery is required, and -no-newer-orders goes with no -orders", "try: connected restore -h"}
	}
	locked, err := organisation.Locked(a.recovery)
	if err != nil || !locked {
		return nil, err
	}
	return c.ask(ctx, a.fd, "passphrase-fd", "passphrase of the recovery file", false)
}

func restoreVerb() verb {
	var a assurance
	return verb{
		name: "restore", args: "BACKUP", short: "Restore a backup into an empty folder and database, verify all of it, and carry out the newest erasure orders", min: 1, max: 1,
		examples: []string{
			"restore /srv/backups/20261122T040000Z-1a2b3c4d -recovery /media/usb/linden.recovery -orders newest.orders",
			"restore /srv/backups/20261122T040000Z-1a2b3c4d -recovery /media/usb/linden.recovery -no-newer-orders",
		},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			a.flags(flags)
			return func(ctx context.Context, c *call) error {
				passphrase, err := a.passphrase(ctx, c)
				if err != nil {
					return err
				}
				defer clear(passphrase)
				return c.restore(ctx, c.args[0], &a, passphrase)
			}
		},
	}
}

func resumeVerb() verb {
	var a assurance
	return verb{
		name: "resume", short: "Give a restored system the newest erasure orders, so that it may serve",
		examples: []string{"resume -recovery /media/usb/linden.recovery -orders newest.orders"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			a.flags(flags)
			return func(ctx context.Context, c *call) error {
				if !a.given() {
					return &usageError{"-orders or -no-newer-orders is required", "try: connected resume -h"}
				}
				passphrase, err := a.passphrase(ctx, c)
				if err != nil {
					return err
				}
				defer clear(passphrase)
				config, _, err := c.configuration()
				if err != nil {
					return err
				}
				g, err := gate.Open(ctx, config)
				if err != nil {
					return err
				}
				done, err := c.resume(ctx, g, &a, passphrase)
				if err = errors.Join(err, g.Close(context.WithoutCancel(ctx))); err != nil {
					return err
				}
				return c.answer(done, func() { c.tellRestored(done) })
			}
		},
	}
}

// restore makes folder and data anew. What fails leaves neither.
func (c *call) restore(ctx context.Context, path string, a *assurance, passphrase []byte) error {
	if err := c.settings.complete(c.dir); err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(c.dir, databaseFile)); err == nil && c.settings.Database == "" {
		return fmt.Errorf("restore: %w", gate.ErrNotEmpty)
	}
	safe, err := organisation.OpenRecovery(a.recovery, passphrase)
	if err != nil {
		return err
	}
	defer safe.Root.Destroy()
	b, err := openBackup(path, safe)
	if err != nil {
		return err
	}
	keys, err := b.organisation(c.dir, time.Now())
	if err != nil {
		return err
	}
	g, _, err := gate.Restore(ctx, c.gateConfig(keys), b.snapshot(), b.lines(b.data), b.lines(b.keys))
	if err != nil {
		if c.settings.Database == "" && !errors.Is(err, gate.ErrNotEmpty) {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				_ = os.Remove(filepath.Join(c.dir, databaseFile) + suffix)
			}
		}
		return errors.Join(err, organisation.Remove(c.dir))
	}
	until := b.keys.Manifest.Until
	done := restored{Made: b.data.Manifest.Made, Entries: b.data.Manifest.Size, Overdue: until != 0 && until < signed.At(time.Now())}
	if a.given() {
		var resumed restored
		if resumed, err = c.resume(ctx, g, a, passphrase); err == nil {
			resumed.Made, resumed.Entries, resumed.Overdue = done.Made, done.Entries, done.Overdue
			done = resumed
		} else {
			err = &hinted{err, "the backup is restored and verified, and waits: connected resume goes on from here"}
		}
	}
	if err = errors.Join(err, g.Close(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	return c.answer(done, func() { c.tellRestored(done) })
}

// resume has the root key say from where the log goes on, and the gate carry out the orders.
func (c *call) resume(ctx context.Context, g *gate.Gate, a *assurance, passphrase []byte) (restored, error) {
	newest, err := a.newest(c.dir)
	if err != nil {
		return restored{}, err
	}
	orders, err := a.read(g, newest)
	if err != nil {
		return restored{}, err
	}
	generation, err := g.Restored(ctx, orders)
	if err != nil {
		return restored{}, err
	}
	s, err := organisation.Reissue(c.dir, a.recovery, passphrase, organisation.Changes{Generation: &generation, Newest: newest}, time.Now())
	if err != nil {
		return restored{}, err
	}
	keys, err := organisation.Open(c.dir)
	if err != nil {
		return restored{}, err
	}
	if err := g.SetKeys(gateKeys(keys)); err != nil {
		return restored{}, err
	}
	done, err := g.Resume(ctx, orders)
	return restored{Entries: done.Size, Serves: err == nil, Generation: done.Generation, Statement: s.Number, Orders: done.Orders}, err
}

// newest is the newest statement there is: the folder's, or the one that the administrator has found.
func (a *assurance) newest(dir string) ([]byte, error) {
	if a.statement == "" {
		return nil, nil
	}
	info, err := os.Stat(a.statement)
	if err != nil {
		return nil, fmt.Errorf("read statement: %w", err)
	}
	if info.Size() > identity.StatementLimit {
		return nil, fmt.Errorf("read statement: %w", identity.ErrStatement)
	}
	return os.ReadFile(a.statement)
}

// read reads the orders under every issuing key that the organisation has had.
func (a *assurance) read(g *gate.Gate, newest []byte) (gate.Orders, error) {
	issuing := g.Issuing()
	if len(newest) > 0 {
		s, err := identity.OpenStatement(newest, g.Org())
		if err != nil {
			return nil, err
		}
		issuing = slices.Concat(issuing, s.Issuing)
	}
	var all gate.Orders
	for _, path := range a.orders {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("read erasure orders: %w", err)
		}
		orders, err := gate.ReadOrders(bufio.NewReader(file), g.Org(), issuing)
		if err = errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		all = append(all, orders...)
	}
	return all, nil
}

func (c *call) tellRestored(done restored) {
	if !done.Made.IsZero() {
		c.say("Restored: %s entries of the log, as they were %s. Every row, hash and signature has been verified.", fmt.Sprint(done.Entries), minute(done.Made))
	}
	if done.Overdue {
		c.say("The backup's file of keys had to be gone by now, with what was erased since: remove it wherever it lies.")
	}
	if !done.Serves {
		c.say("It serves nobody yet: who was erased after the backup is in it again.")
		c.say("Next: connected resume -recovery FILE -orders FILE, with the newest erasure orders. Every backup has a file of them,")
		c.say("and every device can write those it knows: handslagctl orders -out FILE. Where nobody was erased: -no-newer-orders.")
		return
	}
	c.say("The log goes on in generation %s; statement %s says so to every device.", fmt.Sprint(done.Generation), fmt.Sprint(done.Statement))
	c.say("Erasure orders that the backup did not have: %s, carried out.", fmt.Sprint(done.Orders))
	c.say("What devices have handed in since the backup, they hand in again when they next call. Who was added, disabled or revoked since,")
	c.say("here by an administrator, is not: do it again. Devices enrolled since hand in what they have, and enrol anew.")
	c.say("Next: connected export statement for the directory, connected serve.")
}

// opened is a backup whose two files hold, and belong together.
type opened struct {
	data, keys backup.File
	paths      map[backup.Part]string
	sealing    []*identity.SealPrivate
}

func openBackup(path string, safe *organisation.Safe) (*opened, error) {
	b := &opened{paths: map[backup.Part]string{backup.Data: partOf(path, dataSuffix), backup.Keys: partOf(path, keysSuffix)}, sealing: safe.Sealing}
	for part, file := range map[backup.Part]*backup.File{backup.Data: &b.data, backup.Keys: &b.keys} {
		f, err := checkFile(b.paths[part], safe.Org)
		if err != nil {
			return nil, err
		}
		if f.Manifest.Part != part {
			return nil, fmt.Errorf("check backup: %w: one part stands for the other", backup.ErrFile)
		}
		*file = f
	}
	if string(b.data.Manifest.ID) != string(b.keys.Manifest.ID) {
		return nil, fmt.Errorf("check backup: %w: the two files are of two backups", backup.ErrFile)
	}
	return b, nil
}

func (b *opened) snapshot() gate.Snapshot {
	m := b.data.Manifest
	return gate.Snapshot{Schema: int64(m.Schema), Size: int64(m.Size), Root: [32]byte(m.Root)}
}

// each reads a part's lines.
func (b *opened) each(f backup.File, line func([]byte) error) error {
	file, err := os.Open(b.paths[f.Manifest.Part])
	if err != nil {
		return err
	}
	defer file.Close()
	return f.Lines(bufio.NewReaderSize(file, 1<<20), b.sealing, line)
}

// lines are a part's rows: the first line of keys is the organisation's own.
func (b *opened) lines(f backup.File) gate.Lines {
	return func(each func([]byte) error) error {
		first := f.Manifest.Part == backup.Keys
		return b.each(f, func(line []byte) error {
			if first {
				first = false
				return nil
			}
			return each(line)
		})
	}
}

// organisation makes the folder with the organisation's keys.
func (b *opened) organisation(dir string, now time.Time) (keys *organisation.Keys, err error) {
	var exported []byte
	defer func() { clear(exported) }()
	err = b.each(b.keys, func(line []byte) error {
		if exported == nil {
			exported = append([]byte{}, line...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return organisation.Restore(dir, exported, b.keys.Header.Statement, now)
}
