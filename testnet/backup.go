package testnet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// BackUp makes a backup beside the running system, and returns how restore names it.
func (n *Net) BackUp(ctx context.Context) (string, error) {
	to := n.path("backups")
	if err := os.MkdirAll(to, 0o700); err != nil {
		return "", err
	}
	var made struct{ Data string }
	err := n.Admin(ctx, &made, "backup", "-to", to)
	return made.Data, err
}

// Lose takes away all that the connected system has, as a fire would. It is stopped by then.
func (n *Net) Lose() error {
	if n.ConnectedRuns() {
		return errors.New("it still runs")
	}
	return os.RemoveAll(n.Folder())
}

// Restore restores a backup; args say what is known of erasures since.
func (n *Net) Restore(ctx context.Context, path string, args ...string) error {
	return n.Admin(ctx, nil, append([]string{"restore", path, "-recovery", n.path("recovery")}, args...)...)
}

// Says waits until the running system has the statement of this number in force.
func (n *Net) Says(ctx context.Context, number uint64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		data, err := link.FetchStatement(ctx, "https://"+n.Line.Address(), 0)
		if err == nil {
			var s identity.Statement
			if err := signed.Unverified(data, identity.StatementLimit, &s); err != nil {
				return err
			}
			if s.Number == number {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it does not say statement %d: %w", number, ctx.Err())
		case <-tick.C:
		}
	}
}

// Recovery is the path of the organisation's recovery file.
func (n *Net) Recovery() string { return n.path("recovery") }

// Keep copies the connected system's folder, while it is stopped; PutBack puts the copy in place,
// as somebody would who wants the log to be what it was.
func (n *Net) Keep() error { return copyFolder(n.Folder(), n.path("kept")) }

// PutBack is the other half of Keep.
func (n *Net) PutBack() error {
	if err := n.Lose(); err != nil {
		return err
	}
	return copyFolder(n.path("kept"), n.Folder())
}

func copyFolder(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("copy: %w", err)
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o600)
	})
}
