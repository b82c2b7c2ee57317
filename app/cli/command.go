package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"handslag/app/agent"
	"handslag/app/complaint"
	"handslag/assets"
)

// command is one thing that can be asked for. Its sentence in assets is cli.NAME, blanks and
// dashes as underscores.
type command struct {
	name     string
	synopsis string
	example  string
	run      func(*session, []string) error
}

// commands lists them in the order of a morning.
func commands() []command {
	return []command{
		{"organisation check", "ID | -picture FILE", "organisation check -directory https://localhost:7443 \"HKP4 …\"", organisationCheck},
		{"enrol", "-organisation ID -username NAME | -oidc  [-factors keyring,tpm] [-no-wait] [-password-fd N] [-passphrase-fd N]", "enrol -organisation \"HKP4 …\" -username anna.lind", enrol},
		{"sign-in", "[-oidc] [-password-fd N]", "sign-in", signIn},
		{"me", "", "me", me},
		{"status", "", "status -json", status},
		{"sync", "[-watch]", "sync", syncNow},
		{"outbox list", "", "outbox list", outboxList},
		{"outbox export", "FOLDER", "outbox export /media/usb", outboxExport},
		{"outbox import", "FOLDER", "outbox import /media/usb", outboxImport},
		{"passphrase", "[-passphrase-fd N] [-new-passphrase-fd N]", "passphrase", passphrase},
		{"protection", "", "protection", protection},
		{"factors", "keyring | tpm | keyring,tpm | none  [-passphrase-fd N]", "factors keyring", factors},
		{"notices", "[-dismiss]", "notices -dismiss", notices},
		{"start-again", "[-yes]", "start-again", startAgain},
		{"wipe", "[-passphrase-fd N]", "wipe", wipe},
		{"records", "[QUERY]", "records sparvhagen", records},
		{"find", "WORDS [-reason TEXT | -assignment ID]", "find 0701234567 -reason \"Ringde upp\"", findProtected},
		{"open", "RECORD [-reason TEXT | -assignment ID]", "open r-7m2q9d4xkv -reason \"Vattenläcka\"", open},
		{"attachments open", "ATTACHMENT [-reason TEXT | -assignment ID]", "attachments open b-3f9c… -reason \"Vattenläcka\"", attachmentOpen},
		{"attachments export", "ATTACHMENT FILE [-reason TEXT | -assignment ID]", "attachments export b-3f9c… /media/usb/avtal.pdf -reason \"Hyresnämnden\"", attachmentExport},
		{"attachments fetch", "ATTACHMENT", "attachments fetch b-3f9c…", attachmentFetch},
		{"attachments", "RECORD", "attachments r-7m2q9d4xkv", attachments},
		{"attach", "RECORD FILE | -assignment ID FILE", "attach -assignment U-2300 läcka.jpg", attach},
		{"assignments", "[QUERY]", "assignments", assignments},
		{"assignment", "ASSIGNMENT", "assignment U-2300", assignment},
		{"edit", "ASSIGNMENT status|planned|POINT [VALUE]", "edit U-2300 status begun", edit},
		{"note", "ASSIGNMENT TEXT", "note U-2300 \"Slangen var sprucken\"", note},
		{"choose", "ASSIGNMENT status|planned|POINT NUMBER", "choose U-2300 status 2", choose},
		{"done", "ASSIGNMENT -note TEXT", "done U-2300 -note \"Bytte slangen\"", done},
		{"export-signature", "ASSIGNMENT -out FILE", "export-signature U-2300 -out U-2300.sig", exportSignature},
		{"verify-signature", "FILE -organisation ID", "verify-signature U-2300.sig -organisation \"HKP4 …\"", verifySignature},
		{"verify", "-show [-scan-back] [-qr FILE] | -scan PICTURE | -camera frames:DIR [-qr FILE]  [-give RECORD … [-alone]] [-reason TEXT] [-receive]", "verify -show -receive", verify},
		{"events", "[-limit N]", "events -limit 20", events},
		{"log-feed", "[-after CURSOR] [-format json|ocsf]", "log-feed -format ocsf", logFeed},
		{"log", "[-subject ID] [-record ID] [-person USERNAME] [-device ID] [-assignment ID] [-unit ID] [-kind KIND] [-day 2006-01-02] [-csv]", "log -person bo.ek -csv", auditLog},
		{"spread", "RECORD [-from ID] [-after ID]", "spread r-7m2q9d4xkv", spread},
		{"findings", "[-person USERNAME] [-device ID] [-code CODE] [-open]", "findings -open", findings},
		{"evidence", "ENTRY … -out FILE", "evidence 4711 4712 -out 4711.evidence", evidence},
		{"witnesses", "", "witnesses", witnesses},
		{"log-evidence", "-out FILE", "log-evidence -out evidence.txt", logEvidence},
		{"orders", "-out FILE", "orders -out newest.orders", writeOrders},
		{"session", "", "session -json", nil},
	}
}

// find is the command that args begin with, and what follows it.
func find(args []string) (command, []string, bool) {
	for _, c := range commands() {
		name := strings.Fields(c.name)
		if len(args) >= len(name) && strings.Join(args[:len(name)], " ") == c.name {
			return c, args[len(name):], true
		}
	}
	return command{}, nil, false
}

// session is one agent and the command line that drives it.
type session struct {
	ctx   context.Context
	env   Surroundings // Out and Err are cleaned
	raw   io.Writer    // Out as it is, for JSON and CSV
	set   settings
	agent *agent.Agent
	input *lines
	long  bool // several commands, unlocked once
	inUse command

	interrupts interrupts
	ahead      string // a line that was typed while something was handed over
}

// Main runs the command line and returns its exit status: 0, 1 for a problem, which was
// told on Err, 2 for a mistake on the command line.
func Main(ctx context.Context, args []string, env Surroundings) int {
	ctx, end := context.WithCancel(ctx)
	defer end()
	s := &session{ctx: ctx, env: env, raw: env.Out, input: newLines(env.In)}
	go s.interrupts.hear(ctx, env.Interrupts, end)
	s.env.Out, s.env.Err = cleaner{env.Out}, cleaner{env.Err}
	env = s.env
	s.set.defaults(env)
	err := s.main(args)
	s.close()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case isUsage(err):
		if complaint.InJSON(args) {
			s.misused(err).write(env.Err, s.lang(), true)
		} else {
			fmt.Fprintf(env.Err, "handslagctl: %v\n%s\n", err, s.say("cli.see_help"))
		}
		return 2
	}
	tell(s.lang(), err).write(env.Err, s.lang(), s.set.json || complaint.InJSON(args))
	return 1
}

// misused says of a command line or a session's line that it is malformed.
func (s *session) misused(err error) told {
	return told{Code: complaint.Usage, What: err.Error(), Safe: s.say("cli.nothing_done"), Do: s.say("cli.see_help")}
}

func (s *session) main(args []string) error {
	f := flag.NewFlagSet("handslagctl", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	s.set.register(f, s.say)
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			s.help()
			return err
		}
		return usageError{err}
	}
	if err := s.set.check(); err != nil {
		return err
	}
	if f.NArg() == 0 || f.Arg(0) == "help" {
		s.help()
		return nil
	}
	c, rest, ok := find(f.Args())
	if !ok {
		return usageError{fmt.Errorf("%s: %q", s.say("cli.unknown_command"), f.Arg(0))}
	}
	s.inUse = c
	if c.run == nil {
		return s.converse(rest)
	}
	return c.run(s, rest)
}

func (s *session) lang() assets.Language { return s.set.language() }

func (s *session) say(code string, args ...any) string { return s.lang().Say(code, args...) }

// flags makes a command's flag set; inside a session only what concerns one command can be
// set anew.
func (s *session) flags() *flag.FlagSet {
	f := flag.NewFlagSet(s.inUse.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	if s.long {
		f.BoolVar(&s.set.json, "json", s.set.json, s.say("cli.flag.json"))
	} else {
		s.set.register(f, s.say)
	}
	return f
}

// parse reads flags before, between and after the words, of which there must be between
// least and most.
func (s *session) parse(f *flag.FlagSet, args []string, least, most int) ([]string, error) {
	var positional []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				s.usage(f)
				return nil, err
			}
			return nil, usageError{err}
		}
		if f.NArg() == 0 {
			break
		}
		if n := len(args) - f.NArg(); n > 0 && args[n-1] == "--" {
			positional = append(positional, f.Args()...)
			break
		}
		positional = append(positional, f.Arg(0))
		args = f.Args()[1:]
	}
	if err := s.set.check(); err != nil {
		return nil, err
	}
	if len(positional) < least || len(positional) > most {
		return nil, usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	return positional, nil
}
