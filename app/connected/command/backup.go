package command

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"handslag/app/connected/backup"
	"handslag/app/connected/gate"
	"handslag/app/connected/organisation"
	"handslag/identity"
	"handslag/identity/signed"
)

// The files of a backup, by their ends. The orders stand in the clear: they name nobody.
const (
	dataSuffix   = ".data"
	keysSuffix   = ".keys"
	ordersSuffix = ".orders"
)

// backedUp is a backup as the command tells of it.
type backedUp struct {
	Data    string      `json:"data"` // paths
	Keys    string      `json:"keys"`
	Orders  string      `json:"orders"`
	Made    signed.Time `json:"made"`
	Entries int64       `json:"entries"` // of the audit log
	Until   signed.Time `json:"keys_until"`
	Removed []string    `json:"removed"` // files of keys that had to be gone
}

func backupVerb() verb {
	var to string
	return verb{
		name: "backup", short: "Back up all data while the server runs: encrypted to the recovery file, and signed",
		examples: []string{"backup -to /srv/backups", "backup -to /srv/backups -backup-days 14"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&to, "to", "", "`folder` to write three files to (required)")
			return func(ctx context.Context, c *call) error {
				if to == "" {
					return &usageError{"-to is required", "try: connected backup -h"}
				}
				return c.backUp(ctx, to)
			}
		},
	}
}

func (c *call) backUp(ctx context.Context, to string) (err error) {
	config, keys, err := c.configuration()
	if err != nil {
		return err
	}
	g, err := gate.Open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close(context.WithoutCancel(ctx))) }()
	now, id := signed.At(time.Now()), backup.NewID()
	name := filepath.Join(to, now.Time().UTC().Format("20060102T150405Z")+"-"+hex.EncodeToString(id[:4]))
	done := backedUp{Data: name + dataSuffix, Keys: name + keysSuffix, Orders: name + ordersSuffix, Made: now, Until: now.Add(config.Backups)}
	files := &files{}
	defer files.drop()
	if err := c.write(ctx, g, keys, files, id, &done); err != nil {
		return err
	}
	if done.Removed, err = removeOld(to, keys.Org, now); err != nil {
		return err
	}
	return c.answer(done, func() {
		c.say("Backed up: %s entries of the log, and all they stand on.", fmt.Sprint(done.Entries))
		c.say("  %s\n  %s\n  %s", done.Data, done.Keys, done.Orders)
		c.say("Only the recovery file opens it. Keep it elsewhere than this server.")
		c.say("The file of keys has to be gone by %s, wherever it is copied to: what an erasure destroys stands in it.", minute(done.Until))
		for _, path := range done.Removed {
			c.say("Removed, because its time was over: %s", path)
		}
	})
}

// write makes the three files whole before any gets its name.
func (c *call) write(ctx context.Context, g *gate.Gate, keys *organisation.Keys, files *files, id []byte, done *backedUp) error {
	var writers [2]*backup.Writer
	for i, part := range []backup.Part{backup.Keys, backup.Data} {
		file, err := files.create([]string{done.Keys, done.Data}[i])
		if err != nil {
			return err
		}
		if writers[i], err = backup.NewWriter(file, keys.Org, keys.Signed, id, part, done.Made); err != nil {
			return err
		}
	}
	exported, err := keys.Export()
	if err != nil {
		return err
	}
	defer clear(exported)
	if err := writers[0].Line(exported); err != nil {
		return err
	}
	snapshot, err := g.Backup(ctx, writers[1].Line, writers[0].Line)
	if err != nil {
		return err
	}
	done.Entries = snapshot.Size
	m := backup.Manifest{Schema: uint64(snapshot.Schema), Size: uint64(snapshot.Size), Root: snapshot.Root[:]}
	if err := writers[1].Close(keys.Log, m); err != nil {
		return err
	}
	m.Until = done.Until
	if err := writers[0].Close(keys.Log, m); err != nil {
		return err
	}
	file, err := files.create(done.Orders)
	if err != nil {
		return err
	}
	if _, err := g.WriteOrders(ctx, file); err != nil {
		return err
	}
	return files.keep()
}

// files are written under other names, and get theirs together.
type files struct {
	open  []*os.File
	names []string
}

func (f *files) create(path string) (io.Writer, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	f.open, f.names = append(f.open, file), append(f.names, path)
	return file, nil
}

func (f *files) keep() error {
	for i, file := range f.open {
		err := errors.Join(file.Sync(), file.Close())
		if err == nil {
			err = os.Rename(file.Name(), f.names[i])
		}
		if err != nil {
			return fmt.Errorf("write backup: %w", err)
		}
	}
	f.open = nil
	return nil
}

// drop takes away what did not become a backup.
func (f *files) drop() {
	for _, file := range f.open {
		_ = file.Close()
		_ = os.Remove(file.Name())
	}
}

// removeOld removes this organisation's files of keys from the folder whose time is over. Nothing else there is
// touched.
func removeOld(folder string, org identity.OrgID, now signed.Time) ([]string, error) {
	removed := []string{}
	paths, err := filepath.Glob(filepath.Join(folder, "*"+keysSuffix))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		f, err := checkFile(path, org)
		if err != nil || f.Manifest.Part != backup.Keys || f.Manifest.Until == 0 || f.Manifest.Until > now {
			continue
		}
		if err := os.Remove(path); err != nil {
			return removed, fmt.Errorf("remove an old backup of keys: %w", err)
		}
		removed = append(removed, path)
	}
	return removed, nil
}

func checkFile(path string, org identity.OrgID) (backup.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return backup.File{}, err
	}
	defer file.Close()
	return backup.Check(bufio.NewReaderSize(file, 1<<20), org)
}

// partOf is the path of the part with this end, of a backup that is named by any of its files.
func partOf(path, suffix string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(path, dataSuffix), keysSuffix), ordersSuffix) + suffix
}
