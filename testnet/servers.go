package testnet

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
)

// Admin carries out a command of the administrator's and reads its answer into value, where
// that is not nil.
func (n *Net) Admin(ctx context.Context, value any, args ...string) error {
	return n.adminWith(ctx, value, nil, args...)
}

func (n *Net) adminWith(ctx context.Context, value any, secrets []string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	line := append([]string{"-dir", n.path("connected"), "-json"}, args...)
	out, said, status, err := run(ctx, "connected "+args[0], n.programs.Connected, line, secrets...)
	if err != nil {
		return err
	}
	if status != 0 {
		return fmt.Errorf("connected %s: %s", strings.Join(args, " "), strings.TrimSpace(said))
	}
	if value == nil {
		return nil
	}
	if err := json.Unmarshal(out, value); err != nil {
		return fmt.Errorf("connected %s: read answer: %w", args[0], err)
	}
	return nil
}

// SetPassword gives a user a password.
func (n *Net) SetPassword(ctx context.Context, username, password string) error {
	return n.adminWith(ctx, nil, []string{password}, "user", "password", username, "-password-fd", "3")
}

// StartConnected starts the connected system; a second start changes nothing.
func (n *Net) StartConnected(ctx context.Context) error {
	if n.connected != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := launch("connected", n.programs.Connected, []string{"serve", "-dir", n.path("connected"), "-listen", "127.0.0.1:0", "-json"})
	if err != nil {
		return err
	}
	said, err := p.announced(ctx)
	if err != nil {
		p.kill()
		return err
	}
	n.connected = p
	n.Line.To(said.Listening)
	return nil
}

// StopConnected ends it as an administrator would.
func (n *Net) StopConnected(ctx context.Context) error {
	if n.connected == nil {
		return nil
	}
	p := n.connected
	n.connected = nil
	n.Line.To("")
	n.Line.Cut()
	return p.stop(ctx)
}

// KillConnected is a power cut.
func (n *Net) KillConnected() {
	if n.connected == nil {
		return
	}
	n.connected.kill()
	n.connected = nil
	n.Line.To("")
	n.Line.Cut()
}

// ConnectedRuns reports whether it is up.
func (n *Net) ConnectedRuns() bool { return n.connected != nil }

// StartDirectory starts the directory.
func (n *Net) StartDirectory(ctx context.Context) error {
	if n.directory != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	host, _, err := net.SplitHostPort(n.DirectoryLine.Address())
	if err != nil {
		return err
	}
	p, err := launch("directory", n.programs.Directory, []string{
		"serve", "-statements", n.path("statements"), "-listen", "127.0.0.1:0", "-host", host, "-json",
	})
	if err != nil {
		return err
	}
	said, err := p.announced(ctx)
	if err != nil {
		p.kill()
		return err
	}
	n.directory, n.ca = p, said.CA
	n.DirectoryLine.To(said.Listening)
	return nil
}

// StopDirectory ends it.
func (n *Net) StopDirectory(ctx context.Context) error {
	if n.directory == nil {
		return nil
	}
	p := n.directory
	n.directory = nil
	n.DirectoryLine.To("")
	n.DirectoryLine.Cut()
	return p.stop(ctx)
}

// DirectoryURL is where devices find the directory, and CA the file with the certificate
// that they trust it by.
func (n *Net) DirectoryURL() (url, ca string) { return "https://" + n.DirectoryLine.Address(), n.ca }

// Verification is what `connected verify` says; it is an error if the log is not sound.
type Verification struct {
	Journals, Entries, Covered, Held, Payloads, Erased, Credentials, Findings int
	Problems                                                                  []string
}

// Audit recomputes the audit log.
func (n *Net) Audit(ctx context.Context) (Verification, error) {
	var v Verification
	err := n.Admin(ctx, &v, "verify")
	if err == nil && len(v.Problems) > 0 {
		err = fmt.Errorf("the audit log does not hold: %s", strings.Join(v.Problems, "; "))
	}
	return v, err
}
