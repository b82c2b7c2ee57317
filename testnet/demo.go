package testnet

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/testnet/demo"
)

// DemoOptions say where the demo lives and whom it speaks with.
type DemoOptions struct {
	State  string // folder of all that it keeps
	Bin    string // folder of the programs
	Lang   assets.Language
	Tell   bool // tell the morning even where there is a display
	In     io.Reader
	Out    io.Writer
	Getenv func(string) string
	Day    time.Time // zero: today
}

// town is the demo while it runs.
type town struct {
	*Net
	o        DemoOptions
	anna, bo *Person
	lines    <-chan string // from the terminal, once it is asked
}

// Demo starts the organisation with Anna and Bo, on the first run and again, and then either
// opens their windows or tells their morning. It returns when they are closed, at "quit", or
// when ctx ends.
func Demo(ctx context.Context, o DemoOptions) (err error) {
	programs, err := ProgramsIn(o.Bin)
	if err != nil {
		return err
	}
	if o.State, err = filepath.Abs(o.State); err != nil {
		return err
	}
	d := &town{o: o}
	d.say("demo.starting", "organisation", demo.OrganisationName)
	n, err := Start(ctx, Options{
		Dir: o.State, Programs: programs, Day: o.Day, Lang: o.Lang,
		Line: "127.0.0.1:18443", DirectoryLine: "127.0.0.1:18440", // not among those that connections out take
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		d.say("demo.taken", "state", o.State)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	d.Net = n
	if err := d.people(ctx); err != nil {
		return err
	}
	window := filepath.Join(o.Bin, "handslag")
	_, missing := os.Stat(window)
	switch {
	case o.Tell, o.Getenv("DISPLAY") == "" && o.Getenv("WAYLAND_DISPLAY") == "":
		if !o.Tell {
			d.say("demo.no_display")
		}
		return d.tellMorning(ctx)
	case missing != nil:
		d.say("demo.no_window", "file", window)
		return d.tellMorning(ctx)
	}
	return d.windows(ctx, window)
}

func (d *town) say(code string, args ...any) {
	fmt.Fprintln(d.o.Out, d.o.Lang.Say(code, args...))
}

// secrets are what a person of the demo types. They lie in the state folder, because the demo
// plays everybody; an organisation's own program keeps neither.
type secrets struct {
	Password   string `json:"password"`
	Passphrase string `json:"passphrase"`
}

// people makes accounts and devices for Anna and Bo, each step only where it is not done yet.
func (d *town) people(ctx context.Context) error {
	d.anna, d.bo = d.Person("anna", demo.AnnaUsername), d.Person("bo", demo.BoUsername)
	known, err := d.secrets()
	if err != nil {
		return err
	}
	for _, p := range []*Person{d.anna, d.bo} {
		p.Password, p.Passphrase = known[p.Username].Password, known[p.Username].Passphrase
		state, err := p.State(ctx)
		if err != nil {
			return err
		}
		if state != agent.IsNew && state != agent.IsEnrolling {
			continue
		}
		if err := d.SetPassword(ctx, p.Username, p.Password); err != nil {
			return err
		}
		if err := p.Enrol(ctx); err != nil {
			return err
		}
		if _, err := p.Do(ctx, "sync"); err != nil {
			return err
		}
		if err := p.Close(ctx); err != nil {
			return err
		}
		d.say("demo.enrolled", "name", p.Username)
	}
	return nil
}

// State is what the person's program says of the profile without a passphrase.
func (p *Person) State(ctx context.Context) (agent.State, error) {
	out, err := p.Command(ctx, nil, "status")
	if err != nil {
		return "", err
	}
	var status struct{ State agent.State }
	if err := json.Unmarshal(out, &status); err != nil {
		return "", fmt.Errorf("read %s's state: %w", p.Name, err)
	}
	return status.State, nil
}

// secrets reads what was made on the first run, or makes it, durable before it is used.
func (d *town) secrets() (map[string]secrets, error) {
	path := d.path("people.json")
	known := map[string]secrets{}
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(data, &known); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		return known, nil
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	for _, name := range []string{demo.AnnaUsername, demo.BoUsername} {
		known[name] = secrets{Password: phrase(4), Passphrase: phrase(4)}
	}
	if data, err = json.MarshalIndent(known, "", "  "); err != nil {
		return nil, err
	}
	draft := path + ".new"
	if err := os.WriteFile(draft, data, 0o600); err != nil {
		return nil, err
	}
	return known, os.Rename(draft, path)
}

// words of the demo's passphrases: short, without å, ä and ö, so that every keyboard has them.
const phraseWords = "lind ek sten regn bro lykta park kulle skog ladd trappa cykel vind moln gran sommar nyckel " +
	"fabrik humla kanel lampa mugg norr papper rubin safir tegel vante zebra banan"

// phrase is so many words by chance.
func phrase(n int) string {
	all := strings.Fields(phraseWords)
	drawn := make([]string, n)
	random := make([]byte, n)
	rand.Read(random)
	for i, b := range random {
		drawn[i] = all[int(b)%len(all)]
	}
	return strings.Join(drawn, " ")
}
