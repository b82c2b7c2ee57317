package testnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"handslag/app/agent"
	"handslag/identity/qr"
)

// Person is somebody with a device: a profile folder, a password, a passphrase, and a session
// of the headless agent that is open or not.
type Person struct {
	Name       string // as stories call them
	Username   string
	Password   string
	Passphrase string
	Vault      string
	Outbox     string
	HasCamera  bool // it sees whatever code anybody shows; from the next start on

	// Start starts the person's programs where there is another network, from the next start on. nil: here,
	// and verifications are on loopback.
	Start func(*exec.Cmd) error

	net     *Net
	adjust  func(*agent.Config) // not nil: within this process
	session driver
	loose   bool  // lines were said to commands under way, each of which may have come too late
	settled int   // times that this was put right
	talk    *talk // what was said in the newest session, either way
}

// Refused is a problem that the agent answered with.
type Refused struct {
	Code agent.Code
	Said string // in words, as a person reads them
}

// Error is the code and the words.
func (r *Refused) Error() string { return fmt.Sprintf("refused: %s\n%s", r.Code, r.Said) }

// Person gives the named person, with a device of their own where they have none yet.
func (n *Net) Person(name, username string) *Person {
	if p, ok := n.people[name]; ok {
		return p
	}
	p := &Person{
		Name: name, Username: username, net: n,
		Password: "lösenord för " + name, Passphrase: "tre små " + name + " i regn",
		Vault: n.path("devices", name), Outbox: n.path("outbox", name),
	}
	n.people[name] = p
	return p
}

// flags are those of every command of this person.
func (p *Person) flags() []string {
	url, ca := p.net.DirectoryURL()
	camera := "none"
	if p.HasCamera {
		camera = "frames:" + p.net.path("camera")
	}
	flags := []string{
		"-vault", p.Vault, "-outbox", p.Outbox, "-directory", url, "-directory-ca", ca, "-json",
		"-lang", string(p.net.Lang), "-camera", camera,
	}
	if p.Start == nil {
		flags = append(flags, "-loopback")
	}
	return flags
}

// start is how a program of this person is started.
func (p *Person) start() func(*exec.Cmd) error {
	if p.Start == nil {
		return (*exec.Cmd).Start
	}
	return p.Start
}

// Config is the person's device as an agent within this process needs it: it shows its codes
// in its own folder, and its camera looks into whose, the other's.
func (p *Person) Config(whose *Person) (agent.Config, error) {
	url, ca := p.net.DirectoryURL()
	pem, err := os.ReadFile(ca)
	if err != nil {
		return agent.Config{}, fmt.Errorf("read the directory's certificate: %w", err)
	}
	for _, dir := range []string{p.Camera(), whose.Camera()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return agent.Config{}, err
		}
	}
	return agent.Config{
		Vault: p.Vault, Outbox: p.Outbox, Directory: url, DirectoryCA: pem, Loopback: true,
		ShowQR: p.showQR,
		Camera: func() (qr.Frames, error) { return qr.OpenCamera("frames:"+whose.Camera(), qr.Every(frameTime)) },
	}, nil
}

const frameTime = 50 * time.Millisecond

// Camera is the folder that the person's codes are shown in.
func (p *Person) Camera() string { return p.net.path("camera", p.Name) }

func (p *Person) showQR(code *qr.Code) error {
	file := filepath.Join(p.Camera(), "qr.png")
	if code == nil {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	return qr.WritePicture(file, code)
}

// Command runs one command of the agent, in a process of its own unless Within says
// otherwise. A refusal is a *Refused.
func (p *Person) Command(ctx context.Context, secrets []string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if p.adjust != nil {
		h := p.here(append(p.flags(), args...), secrets)
		out, err := io.ReadAll(h.out)
		<-h.done
		if said := h.said(); err == nil && strings.Contains(said, `"code"`) {
			err = refusedFrom(said)
		}
		return out, err
	}
	out, said, status, err := runBy(p.start(), ctx, p.Name+"'s "+args[0], p.net.programs.Agent, append(p.flags(), args...), secrets...)
	if err != nil {
		return nil, err
	}
	if status == 0 {
		return out, nil
	}
	return out, refusedFrom(said)
}

// refusedFrom finds the problem among what was said on stderr: its last line in JSON.
func refusedFrom(said string) error {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		var told struct {
			Code           agent.Code
			What, Safe, Do string
		}
		if json.Unmarshal([]byte(lines[i]), &told) == nil && told.Code != "" {
			return &Refused{Code: told.Code, Said: strings.Join([]string{told.What, told.Safe, told.Do}, "\n")}
		}
	}
	return fmt.Errorf("the agent failed: %s", said)
}

// Enrol makes the device the person's, with the organisation ID as the letter says it.
func (p *Person) Enrol(ctx context.Context) error {
	return p.EnrolAt(ctx, p.net.Org.Grouped())
}

// EnrolAt enrols with whatever was typed as the organisation's ID.
func (p *Person) EnrolAt(ctx context.Context, org string) error {
	_, err := p.Command(ctx, []string{p.Password, p.Passphrase},
		"enrol", "-organisation", org, "-username", p.Username, "-password-fd", "3", "-passphrase-fd", "4")
	return err
}

// Ask is Enrol of a device that has to wait for an administrator, and does not: a refusal says that it waits.
func (p *Person) Ask(ctx context.Context) error {
	_, err := p.Command(ctx, []string{p.Password, p.Passphrase},
		"enrol", "-organisation", p.net.Org.Grouped(), "-username", p.Username, "-no-wait", "-password-fd", "3", "-passphrase-fd", "4")
	return err
}

// GoOn enrols a device that waits for an administrator, with the passphrase alone; leave: without waiting on.
func (p *Person) GoOn(ctx context.Context, leave bool) error {
	args := []string{"enrol", "-passphrase-fd", "3"}
	if leave {
		args = append(args, "-no-wait")
	}
	_, err := p.Command(ctx, []string{p.Passphrase}, args...)
	return err
}

// Kill is kill -9 of the person's program.
func (p *Person) Kill() {
	if p.session != nil {
		p.session.kill()
		p.session = nil
	}
}

// Close locks the device and ends the program.
func (p *Person) Close(ctx context.Context) error {
	if p.session == nil {
		return nil
	}
	d := p.session
	p.session = nil
	return d.stop(ctx)
}

// Forget takes the device's profile away, as a wipe does; what waits in the outbox stays.
func (p *Person) Forget() error {
	p.Kill()
	return os.RemoveAll(p.Vault)
}

// Clone makes this person's device a copy of another's, with its secrets, as a thief would
// who copied the disk of a device that was shut.
func (p *Person) Clone(other *Person) error {
	p.Username, p.Password, p.Passphrase = other.Username, other.Password, other.Passphrase
	for from, to := range map[string]string{other.Vault: p.Vault, other.Outbox: p.Outbox} {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			return fmt.Errorf("clone device: %w", err)
		}
	}
	return nil
}
