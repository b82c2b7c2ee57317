package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"handslag/assets"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// events shows this device's own journal, newest first.
func events(s *session, args []string) error {
	f := s.flags()
	limit := f.Int("limit", 100, s.say("cli.flag.limit"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if *limit < 1 {
		return usageError{fmt.Errorf("-limit: %d", *limit)}
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	all, err := s.agent.Events(s.ctx, *limit)
	if err != nil {
		return err
	}
	return s.print(all, func(w io.Writer) {
		for _, e := range all {
			waits := s.say("state.ok")
			if e.Waiting {
				waits = s.say("state.waiting")
			}
			did := s.lang().Did(assets.Deed{Kind: string(e.Kind), Who: s.say("did.you"), What: e.Title, Peer: e.Peer.Short(), Title: e.Title, Thing: e.Thing, Count: e.Count})
			fmt.Fprintf(w, "%6d  %s  %-8s %s\n", e.Seq, moment(e.At), waits, joined(did, e.Reason, e.Note, s.lang().Change(e.Topic, e.Value), e.Code, e.Hash))
		}
	})
}

// auditLog shows or exports the connected system's log, to whoever may read it.
func auditLog(s *session, args []string) error {
	f := s.flags()
	subject := f.String("subject", "", s.say("log.subject"))
	record := f.String("record", "", s.say("cli.flag.record"))
	person := f.String("person", "", s.say("log.staff"))
	device := f.String("device", "", s.say("log.device"))
	assignment := f.String("assignment", "", s.say("log.assignment"))
	unit := f.String("unit", "", s.say("log.unit"))
	kind := f.String("kind", "", s.say("cli.flag.kind"))
	day := f.String("day", "", s.say("log.day"))
	to := f.String("to", "", s.say("cli.flag.to"))
	csv := f.Bool("csv", false, s.say("log.export_csv"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	filter := link.LogFilter{
		Subject: journal.SubjectID(*subject), Record: journal.RecordID(*record), Person: *person, Day: *day, To: *to,
		Assignment: journal.AssignmentID(*assignment), Unit: identity.UnitID(*unit), Kind: journal.Kind(*kind),
	}
	var err error
	if filter.Device, err = deviceOf(*device); err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	switch {
	case *csv:
		_, err := s.agent.ExportLog(s.ctx, filter, "csv", s.raw)
		return err
	case s.set.json:
		return s.logPages(filter)
	}
	return s.logText(filter)
}

// logPages prints each page as one line of JSON, findings with it.
func (s *session) logPages(filter link.LogFilter) error {
	return s.eachPage(filter, func(page link.LogPage) error { return s.print(page, nil) })
}

func (s *session) logText(filter link.LogFilter) error {
	rows, bounded := 0, false
	err := s.eachPage(filter, func(page link.LogPage) error {
		if len(page.Within) > 0 && !bounded {
			bounded = true
			if _, err := fmt.Fprintln(s.env.Out, s.say("log.within", "units", unitNames(page.Within))); err != nil {
				return err
			}
		}
		for _, f := range page.Found {
			if _, err := fmt.Fprintf(s.env.Out, "%s: %s  %s  %s %s\n", s.say("log.finding"), s.found(f.Code), moment(f.At.Time()), f.Person.Username, f.Device.Short()); err != nil {
				return err
			}
		}
		for _, r := range page.Rows {
			rows++
			if err := s.writeRow(r, ""); err != nil {
				return err
			}
			if r.Other != nil {
				if err := s.writeRow(*r.Other, "  + "); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		fmt.Fprintln(s.env.Out, s.say("log.rows", "n", rows))
	}
	return err
}

func (s *session) eachPage(filter link.LogFilter, show func(link.LogPage) error) error {
	for {
		page, err := s.agent.Log(s.ctx, filter)
		if err != nil {
			return err
		}
		if err := show(page); err != nil {
			return err
		}
		if page.Cursor == "" || page.Cursor == filter.After {
			return nil
		}
		filter.After = page.Cursor
	}
}

func (s *session) writeRow(r link.LogRow, indent string) error {
	alone := ""
	if r.Alone {
		alone = s.say("log.pair_missing")
	}
	carried := ""
	if r.Carrier != "" {
		carried = s.say("log.carried_by") + " " + r.Carrier.Short()
	}
	var found []string
	for _, code := range r.Findings {
		found = append(found, s.found(code))
	}
	who, what, peer, title := r.Told()
	did := s.lang().Did(assets.Deed{Kind: string(r.Kind), Who: who, What: what, Peer: peer, Title: title, Thing: r.Thing(), Count: r.Count, Code: r.Code, System: r.System})
	_, err := fmt.Fprintf(s.env.Out, "%s%s  %s  %s  %s\n", indent, moment(r.NotAfter.Time()), r.Device.Short(), r.Fingerprint,
		joined(did, r.Person.Username, r.DeviceLabel, r.PeerLabel, r.AssignmentTitle, r.Reason, r.Note, s.lang().Change(r.Topic, r.Value), r.Code, unitNames(r.Units), r.Address, carried, alone, strings.Join(found, ", ")))
	return err
}

// found is a finding in words.
func (s *session) found(code string) string {
	if !s.lang().Knows("found." + code) {
		code = "unknown"
	}
	return s.say("found." + code)
}

// joined leaves out what is empty. It is one line: a line's end in somebody's words would
// make what follows look like an entry of its own.
func joined(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, strings.ReplaceAll(p, "\n", " ↵ "))
		}
	}
	return strings.Join(said, " · ")
}

// logFeed writes the connected system's log for another system, oldest first, to whoever may take it there.
func logFeed(s *session, args []string) error {
	f := s.flags()
	after := f.String("after", "", s.say("cli.flag.after"))
	format := f.String("format", "json", s.say("cli.flag.format"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	return s.agent.FeedLog(s.ctx, *after, *format, s.raw)
}

// logEvidence writes the two checkpoints of the audit log that contradict each other, where two do.
func logEvidence(s *session, args []string) error {
	f := s.flags()
	out := f.String("out", "", s.say("cli.flag.out"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if *out == "" {
		return usageError{errors.New("-out FILE")}
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	evidence, err := s.agent.LogEvidence()
	if err != nil {
		return err
	}
	if len(evidence) == 0 {
		return s.print(map[string]bool{"inconsistent": false}, func(w io.Writer) { fmt.Fprintln(w, s.say("log.consistent")) })
	}
	if err := writeNew(*out, evidence); err != nil {
		return err
	}
	return s.print(map[string]string{"file": *out}, func(w io.Writer) { fmt.Fprintln(w, *out) })
}

// writeNew writes a file that is not there yet.
func writeNew(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usageError{err}
	}
	if _, err = file.Write(data); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// writeOrders writes the erasure orders that lie on this machine, for a connected system that was restored
// from a backup.
func writeOrders(s *session, args []string) error {
	f := s.flags()
	out := f.String("out", "", s.say("cli.flag.out"))
	if _, err := s.parse(f, args, 0, 0); err != nil {
		return err
	}
	if *out == "" {
		return usageError{errors.New("-out FILE")}
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	orders, n, err := s.agent.ErasureOrders()
	if err != nil {
		return err
	}
	if err := writeNew(*out, orders); err != nil {
		return err
	}
	answer := struct {
		File   string `json:"file"`
		Orders int    `json:"orders"`
	}{*out, n}
	return s.print(answer, func(w io.Writer) { fmt.Fprintf(w, "%s (%d)\n", *out, n) })
}
