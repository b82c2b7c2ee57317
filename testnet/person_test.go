package testnet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"handslag/app/agent"
	"handslag/testnet"
	"handslag/vault/journal"
)

// person is the verb of one person: "anna opens r-1 because 'Vattenläcka'".
func person(name string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		s := storyOf(ts)
		if len(args) == 0 {
			ts.Fatalf("%s does what?", name)
		}
		p := s.net.Person(name, usernames[name])
		do, ok := acts()[args[0]]
		if !ok {
			ts.Fatalf("people do not %s", args[0])
		}
		act(ts, neg, do(&scene{ts: ts, story: s, who: p, ctx: context.Background()}, args[1:]))
	}
}

// scene is one act of one person.
type scene struct {
	ts    *testscript.TestScript
	story *story
	who   *testnet.Person
	ctx   context.Context
}

// acts are what people do. Each prints on stdout what the device said.
func acts() map[string]func(*scene, []string) error {
	return map[string]func(*scene, []string) error{
		"enrols": func(s *scene, args []string) error {
			if len(args) == 2 && args[0] == "at" {
				return s.who.EnrolAt(s.ctx, args[1])
			}
			return s.who.Enrol(s.ctx)
		},
		"asks": func(s *scene, _ []string) error { return s.who.Ask(s.ctx) },
		"goes-on": func(s *scene, args []string) error {
			return s.who.GoOn(s.ctx, len(args) == 1 && args[0] == "without-waiting")
		},
		"checks": func(s *scene, args []string) error { // an organisation ID, before enrolling
			if args[0] == "picture" {
				return s.command("organisation", "check", "-picture", s.ts.MkAbs(args[1]))
			}
			return s.command("organisation", "check", strings.Join(args, " "))
		},
		"unlocks":  func(s *scene, _ []string) error { return s.who.Unlock(s.ctx) },
		"locks":    func(s *scene, _ []string) error { return s.who.Close(s.ctx) },
		"dies":     func(s *scene, _ []string) error { s.who.Kill(); return nil },
		"restarts": func(s *scene, _ []string) error { s.who.Kill(); return s.who.Unlock(s.ctx) },
		"syncs":    func(s *scene, _ []string) error { return s.do("sync") },
		"syncs-all": func(s *scene, _ []string) error { // until no attachment is to come: how many one sync brings is a matter of time
			for {
				values, err := s.who.Do(s.ctx, "sync")
				if err != nil {
					return err
				}
				var result struct{ Files int }
				if err := json.Unmarshal(values[0], &result); err != nil || result.Files == 0 {
					return err
				}
			}
		},
		"me":     func(s *scene, _ []string) error { return s.do("me") },
		"status": func(s *scene, _ []string) error { return s.command("status") },
		"lists":  func(s *scene, args []string) error { return s.do(args...) },
		"events": func(s *scene, _ []string) error { return s.do("events", "-limit", "1000") },
		"outbox": func(s *scene, _ []string) error { return s.do("outbox", "list") },
		"opens": func(s *scene, args []string) error {
			line := []string{"open", args[0]}
			if len(args) == 3 {
				line = append(line, map[string]string{"because": "-reason", "for": "-assignment"}[args[1]], args[2])
			}
			return s.do(line...)
		},
		"finds": func(s *scene, args []string) error { // a protected value
			return s.do("find", args[0], "-reason", "ringde upp")
		},
		"finishes": func(s *scene, args []string) error { return s.do("done", args[0], "-note", args[1]) },
		"exports": func(s *scene, args []string) error {
			return s.do("export-signature", args[0], "-out", s.ts.MkAbs(args[1]))
		},
		"looks": func(s *scene, args []string) error { // at an attachment
			line := []string{"attachments", "open", args[0]}
			if len(args) == 3 {
				line = append(line, map[string]string{"because": "-reason", "for": "-assignment"}[args[1]], args[2])
			}
			return s.do(line...)
		},
		"attaches": func(s *scene, args []string) error { // a file to a record, or "for" an assignment
			if len(args) == 3 {
				return s.do("attach", "-assignment", args[2], s.ts.MkAbs(args[0]))
			}
			return s.do("attach", args[1], s.ts.MkAbs(args[0]))
		},
		"saves": func(s *scene, args []string) error { // an attachment, outside
			return s.do("attachments", "export", args[0], s.ts.MkAbs(args[1]), "-reason", args[2])
		},
		"holds":              holds,
		"waits":              waits,
		"types":              typesPassphrase,
		"changes-passphrase": changesPassphrase,
		"starts-again":       startsAgain,
		"wipes":              wipes,
		"protection":         func(s *scene, _ []string) error { return s.do("protection") },
		"notices":            func(s *scene, args []string) error { return s.do(append([]string{"notices"}, args...)...) },
		"keeps-orders":       func(s *scene, args []string) error { return s.do("orders", "-out", s.ts.MkAbs(args[0])) },
		"reads":              func(s *scene, args []string) error { return s.do(append([]string{"log"}, s.filter(args)...)...) },
		"verifies":           verifies,
		"shares": func(s *scene, args []string) error {
			if s.story.meeting == nil {
				return s.do("give", args[0])
			}
			return s.story.meeting.Give(s.ctx, s.who, journal.RecordID(args[0]))
		},
		"shares-until": func(s *scene, args []string) error { // somebody presses ctrl-C, or writes a line
			return s.story.meeting.GiveUntil(s.ctx, s.who, s.story.net.Person(args[1], usernames[args[1]]), journal.RecordID(args[0]), strings.Join(args[2:], " "))
		},
		"interrupts": func(s *scene, _ []string) error { // where nothing is shared
			m := s.story.meeting
			s.story.meeting = nil
			return m.InterruptAgain(s.ctx, s.who)
		},
		"works": func(s *scene, args []string) error { // on an assignment, in a meeting or not
			if s.story.meeting == nil {
				return s.do(args...)
			}
			value, err := s.story.meeting.Work(s.ctx, s.who, args...)
			fmt.Fprintln(s.ts.Stdout(), string(value))
			return err
		},
		"comes-to-see": comesToSee,
		"is-left": func(s *scene, _ []string) error { // by a colleague whose device died
			m := s.story.meeting
			s.story.meeting = nil
			return m.Leave(s.ctx, s.who)
		},
		"parts": func(s *scene, _ []string) error {
			m := s.story.meeting
			s.story.meeting = nil
			return m.End(s.ctx, s.who)
		},
		"finishes-any": func(s *scene, args []string) error { // the first that is this person's own
			values, err := s.who.Do(s.ctx, "assignments")
			if err != nil {
				return err
			}
			var tasks []agent.Task
			s.ts.Check(json.Unmarshal(values[0], &tasks))
			for _, task := range tasks {
				if task.Mine && task.Done == nil {
					return s.do("done", string(task.ID), "-note", args[0])
				}
			}
			return &testnet.Refused{Code: agent.NoAssignment}
		},
		"has-camera": func(s *scene, _ []string) error { s.who.HasCamera = true; return nil },
		"watches": func(s *scene, _ []string) error { // until nothing waits
			return s.who.Watch(s.ctx, func(me agent.Me) bool { return me.Online && me.Waiting == 0 })
		},
		"has-clock": func(s *scene, args []string) error { // off by so much, from the next start on
			off, err := time.ParseDuration(args[0])
			s.ts.Check(err)
			s.who.Within(func(c *agent.Config) { c.Now = func() time.Time { return time.Now().Add(off) } })
			return nil
		},
		"has-small-disk": smallDisk,
		"fills-disk":     fillDisk,
		"empties-disk":   emptyDisk,
		"mistypes":       func(s *scene, _ []string) error { s.who.Password += "x"; return nil },
		"recalls":        func(s *scene, _ []string) error { s.who.Password = strings.TrimSuffix(s.who.Password, "x"); return nil },
		"opens-any": func(s *scene, args []string) error { // the first record that the device holds
			cards, err := s.cards()
			if err == nil && len(cards) == 0 {
				err = &testnet.Refused{Code: agent.NoRecord}
			}
			if err != nil {
				return err
			}
			return s.do("open", string(cards[0].ID), "-reason", args[1])
		},
		"names-subject": func(s *scene, args []string) error {
			cards, err := s.cards()
			for _, c := range cards {
				if string(c.ID) == args[0] {
					s.ts.Setenv(args[1], string(c.Subject))
				}
			}
			return err
		},
		"tries-to-sync": func(s *scene, args []string) error { // until it works, at most so often
			times, err := strconv.Atoi(args[0])
			s.ts.Check(err)
			for range times {
				if err = s.do("sync"); err == nil {
					return nil
				}
			}
			return err
		},
		"may-fail": func(s *scene, args []string) error {
			if err := acts()[args[0]](s, args[1:]); err != nil {
				s.ts.Logf("%v", err)
			}
			return nil
		},
		"clones": func(s *scene, args []string) error { // another's device with all that is on it
			return s.who.Clone(s.story.net.Person(args[0], usernames[args[0]]))
		},
		"checks-signature": func(s *scene, args []string) error {
			return s.command("verify-signature", s.ts.MkAbs(args[0]), "-organisation", string(s.story.net.Org))
		},
	}
}

// do carries out a command in the person's session.
func (s *scene) do(args ...string) error {
	values, err := s.who.Do(s.ctx, args...)
	for _, v := range values {
		fmt.Fprintf(s.ts.Stdout(), "%s\n", v)
	}
	return err
}

// command carries out a command in a process of its own.
func (s *scene) command(args ...string) error {
	out, err := s.who.Command(s.ctx, nil, args...)
	s.ts.Stdout().Write(out)
	return err
}

// filter turns "person bo.ek subject s-1 device @bo" into flags.
func (s *scene) filter(args []string) []string {
	var flags []string
	for i := 0; i < len(args); i++ {
		if args[i] == "csv" {
			flags = append(flags, "-csv")
			continue
		}
		value := args[i+1]
		if name, ok := strings.CutPrefix(value, "@"); ok {
			value = deviceOf(s.ts, name)
		}
		flags = append(flags, "-"+args[i], value)
		i++
	}
	return flags
}

func (s *scene) cards() ([]agent.Card, error) {
	values, err := s.who.Do(s.ctx, "records")
	if err != nil {
		return nil, err
	}
	var cards []agent.Card
	return cards, json.Unmarshal(values[0], &cards)
}

// holds: the device has that record.
func holds(s *scene, args []string) error {
	cards, err := s.cards()
	if err != nil {
		return err
	}
	for _, c := range cards {
		if string(c.ID) == args[0] {
			data, _ := json.Marshal(c)
			fmt.Fprintf(s.ts.Stdout(), "%s\n", data)
			return nil
		}
	}
	return &testnet.Refused{Code: agent.NoRecord, Said: fmt.Sprintf("%d other records", len(cards))}
}

// waits: so many entries wait for a receipt; "some" is any number but none.
func waits(s *scene, args []string) error {
	values, err := s.who.Do(s.ctx, "me")
	if err != nil {
		return err
	}
	var me agent.Me
	if err := json.Unmarshal(values[0], &me); err != nil {
		return err
	}
	if want := args[0]; want != strconv.Itoa(me.Waiting) && (want != "some" || me.Waiting == 0) {
		return fmt.Errorf("%d entries wait", me.Waiting)
	}
	return nil
}

// typesPassphrase: "carl types 'wrong one'", a start with another passphrase.
func typesPassphrase(s *scene, args []string) error {
	_, err := s.who.Command(s.ctx, []string{args[0]}, "-passphrase-fd", "3", "me")
	return err
}

// verifies: "anna verifies bo" shows anna's code and bo's device reads it; "anna verifies bo
// wrong 2" mistypes the digits so many times first.
func verifies(s *scene, args []string) error {
	other := s.story.net.Person(args[0], usernames[args[0]])
	m, err := s.story.net.Show(s.ctx, s.who)
	if err != nil {
		return err
	}
	digits, err := m.Read(s.ctx, other)
	if err != nil {
		return err
	}
	mistakes := 0
	if len(args) == 3 && args[1] == "wrong" {
		mistakes, err = strconv.Atoi(args[2])
		s.ts.Check(err)
	}
	for range mistakes {
		switch err := m.Type(s.ctx, wrong(digits)); agent.CodeOf(errorOf(err)) {
		case agent.CodeMistyped:
		default:
			return err
		}
	}
	if err := m.Type(s.ctx, digits); err != nil {
		return err
	}
	s.story.meeting = m
	return nil
}

func errorOf(err error) error {
	if r, ok := err.(*testnet.Refused); ok {
		return &agent.Problem{Code: r.Code}
	}
	return err
}

// wrong is another code of six digits.
func wrong(digits string) string {
	last := digits[len(digits)-1]
	return digits[:len(digits)-1] + string('0'+(last-'0'+1)%10)
}
