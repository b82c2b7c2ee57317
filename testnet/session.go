package testnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"handslag/app/agent"
)

// driver is an agent's session: lines go in, lines come out.
type driver interface {
	send(line string) error
	line(ctx context.Context) (string, error)
	kill()
	stop(ctx context.Context) error
	said() string // on stderr, lately
}

// Unlock opens a session.
func (p *Person) Unlock(ctx context.Context) error {
	if p.session != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	args := append(p.flags(), "-passphrase-fd", "3", "session")
	if p.adjust != nil {
		return p.begin(ctx, p.here(args, []string{p.Passphrase}))
	}
	proc, err := launchBy(p.start(), p.Name, p.net.programs.Agent, args, p.Passphrase)
	if err != nil {
		return err
	}
	return p.begin(ctx, sessionProcess{proc})
}

func (p *Person) begin(ctx context.Context, d driver) error {
	line, err := d.line(ctx)
	if err != nil {
		said := d.said()
		d.kill()
		var refused *Refused
		if errors.As(refusedFrom(said), &refused) {
			return refused
		}
		return err
	}
	if line != "= ready" {
		d.kill()
		return fmt.Errorf("start %s's session: it said %q", p.Name, line)
	}
	p.session, p.loose, p.talk = d, false, &talk{name: p.Name}
	return nil
}

// Do carries out one command in the open session, which is opened where it is not, and
// returns what it said, a JSON value a line. A refusal is a *Refused.
func (p *Person) Do(ctx context.Context, args ...string) ([]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.Unlock(ctx); err != nil {
		return nil, err
	}
	if err := p.say(ctx, args...); err != nil {
		return nil, err
	}
	var values []json.RawMessage
	for {
		value, ended, err := p.hear(ctx)
		if ended || err != nil {
			return values, err
		}
		values = append(values, value)
	}
}

// Begin sends a command to the open session and hears no answer: what comes next is a Kill.
func (p *Person) Begin(ctx context.Context, args ...string) error { return p.say(ctx, args...) }

// say sends a command, its words quoted.
func (p *Person) say(ctx context.Context, args ...string) error {
	if p.loose {
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	return p.send(quoted(args))
}

// tell says a line to the command that is under way. Where that has just ended, the session takes the line for a
// command of its own, and answers it.
func (p *Person) tell(line string) error {
	if p.session == nil {
		return fmt.Errorf("tell %s %q: the program has ended", p.Name, line)
	}
	p.loose = true
	return p.send(line)
}

func (p *Person) send(line string) error {
	p.talk.note(">", line)
	return p.session.send(line)
}

// settle hears answers until that to a command that nobody knows and only this one says: those before it were to lines that came
// too late for the command that they were meant for, and are nobody's.
func (p *Person) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p.settled++
	mark := fmt.Sprintf("settled-%d", p.settled)
	if err := p.send(mark); err != nil {
		return err
	}
	for {
		line, err := p.line(ctx)
		if err != nil {
			return err
		}
		if strings.HasPrefix(line, "= problem ") && strings.Contains(line, mark) {
			p.loose = false
			return nil
		}
	}
}

func (p *Person) line(ctx context.Context) (string, error) {
	line, err := p.session.line(ctx)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, p.talk)
		p.Kill()
		return "", err
	}
	p.talk.note("<", line)
	return line, nil
}

func quoted(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = `"` + strings.ReplaceAll(arg, `"`, "'") + `"`
	}
	return strings.Join(quoted, " ")
}

// hear is one line of a command's answer, or its end. A session that broke off is forgotten.
func (p *Person) hear(ctx context.Context) (value json.RawMessage, ended bool, err error) {
	if p.session == nil {
		return nil, true, fmt.Errorf("hear %s: the program has ended", p.Name)
	}
	line, err := p.line(ctx)
	switch {
	case err != nil:
		return nil, true, err
	case line == "= ok":
		return nil, true, nil
	}
	if told, ok := strings.CutPrefix(line, "= problem "); ok {
		return nil, true, refusedFrom(told)
	}
	return json.RawMessage(line), false, nil
}

// until hears what the command under way says until it says what is looked for. The end of the command
// before that is an error.
func (p *Person) until(ctx context.Context, is func(heard) bool) (heard, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		value, ended, err := p.hear(ctx)
		if err != nil {
			return heard{}, err
		}
		if ended {
			return heard{}, fmt.Errorf("%s's verification ended early\n%s", p.Name, p.talk)
		}
		var h heard
		if err := json.Unmarshal(value, &h); err != nil {
			return heard{}, fmt.Errorf("read what %s's device said: %w", p.Name, err)
		}
		if is(h) {
			return h, nil
		}
	}
}

// leave hears the rest of the command under way.
func (p *Person) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if _, ended, err := p.hear(ctx); ended || err != nil {
			return err
		}
	}
}

// Watch lets the device sync by itself until it stands as enough says.
func (p *Person) Watch(ctx context.Context, enough func(agent.Me) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.Unlock(ctx); err != nil {
		return err
	}
	if err := p.say(ctx, "sync", "-watch"); err != nil {
		return err
	}
	for {
		value, ended, err := p.hear(ctx)
		if ended || err != nil {
			return err
		}
		var me agent.Me
		if err := json.Unmarshal(value, &me); err != nil {
			return fmt.Errorf("read how %s's device stands: %w", p.Name, err)
		}
		if enough(me) {
			break
		}
	}
	if err := p.tell("enough"); err != nil {
		return err
	}
	return p.leave(ctx)
}

// PID is the process of the open session, 0 where there is none.
func (p *Person) PID() int {
	if s, ok := p.session.(sessionProcess); ok {
		return s.cmd.Process.Pid
	}
	return 0
}

// sessionProcess is a session in a process.
type sessionProcess struct{ *process }

func (s sessionProcess) send(line string) error {
	if _, err := s.stdin.Write([]byte(line + "\n")); err != nil {
		return fmt.Errorf("tell %s: %w; it said: %s", s.name, err, s.stderr.String())
	}
	return nil
}

func (s sessionProcess) said() string { return s.stderr.String() }
