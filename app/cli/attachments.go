package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"handslag/app/agent"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// textShown bounds how much of a text stands on a terminal, in bytes.
const textShown = 256 << 10

// attachments lists what belongs to a record, without what it is called.
func attachments(s *session, args []string) error {
	words, err := s.parse(s.flags(), args, 1, 1)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	all, err := s.agent.Attachments(s.ctx, journal.RecordID(words[0]))
	if err != nil {
		return err
	}
	if all == nil {
		all = []agent.Attachment{}
	}
	return s.print(all, func(w io.Writer) {
		if len(all) == 0 {
			fmt.Fprintf(w, "%s\n%s\n", s.say("attachments.empty"), s.say("attachments.empty_hint"))
		}
		for _, a := range all {
			s.writeAttachment(w, a)
		}
	})
}

func (s *session) writeAttachment(w io.Writer, a agent.Attachment) {
	fmt.Fprintf(w, "%s · %s · %s\n", a.ID, s.lang().Bytes(a.Size), s.say(a.State(), "here", a.Here, "chunks", a.Chunks))
	if a.Refused != "" {
		fmt.Fprintf(w, "  %s\n", sentences(s.lang(), &agent.Problem{Code: a.Refused}).What)
	}
}

// whyFlags are the flags that say why something protected is opened.
func (s *session) why(args []string, least, most int) ([]string, agent.Reason, error) {
	f := s.flags()
	text := f.String("reason", "", s.say("log.reason"))
	assignment := f.String("assignment", "", s.say("cli.flag.assignment"))
	words, err := s.parse(f, args, least, most)
	if err == nil && *text != "" && *assignment != "" {
		err = usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	return words, agent.Reason{Text: *text, Assignment: journal.AssignmentID(*assignment)}, err
}

// attachmentOpen shows one, after the entry that says so is durable: a text as it is; of what a
// terminal can not show, what it is and how large.
func attachmentOpen(s *session, args []string) error {
	words, why, err := s.why(args, 1, 1)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	id := journal.AttachmentID(words[0])
	o, err := s.agent.OpenAttachment(s.ctx, id, why)
	if err != nil {
		return err
	}
	defer o.Close()
	err = s.showAttachment(o)
	if closing := s.agent.CloseAttachment(s.ctx, id); err == nil {
		err = closing
	}
	return err
}

func (s *session) showAttachment(o *agent.OpenedAttachment) error {
	shown := struct {
		*agent.OpenedAttachment
		Text   string          `json:"text,omitempty"`
		Pixels *record.Picture `json:"picture,omitempty"`
	}{OpenedAttachment: o}
	var note string
	switch {
	case o.Label.Type == record.Text:
		data, err := io.ReadAll(io.LimitReader(o, textShown))
		if err != nil {
			return err
		}
		shown.Text = strings.ToValidUTF8(string(data), "")
		clear(data)
		if o.Size > textShown {
			note = s.say("attachments.text_cut", "size", s.lang().Bytes(textShown))
		}
	case o.Label.Type.Picture():
		if p, err := record.PictureOf(o); err == nil {
			shown.Pixels = &p
			note = s.say("cli.attachment_picture", "width", p.Width, "height", p.Height)
		}
	default:
		note = s.say("attachments.pdf")
	}
	return s.print(shown, func(w io.Writer) {
		fmt.Fprintf(w, "%s · %s · %s\n", o.Label.Name, s.say("attachments.type."+o.Label.Type.Short()), s.lang().Bytes(uint64(o.Size)))
		if shown.Text != "" {
			fmt.Fprintln(w, strings.TrimRight(shown.Text, "\n"))
		}
		if note != "" {
			fmt.Fprintln(w, note)
		}
		fmt.Fprintf(w, "%s: %s\n", s.say("cli.entry"), o.Entry)
	})
}

// attachmentExport saves a copy in the clear to a new file, which is an entry of its own.
func attachmentExport(s *session, args []string) error {
	words, why, err := s.why(args, 2, 2)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	if err := s.agent.ExportAttachment(s.ctx, journal.AttachmentID(words[0]), why, words[1]); err != nil {
		return err
	}
	return s.print(struct {
		File string `json:"file"`
	}{words[1]}, func(w io.Writer) { fmt.Fprintln(w, s.say("attachments.exported", "file", words[1])) })
}

// attachmentFetch has a large one come down with the next syncs.
func attachmentFetch(s *session, args []string) error {
	words, err := s.parse(s.flags(), args, 1, 1)
	if err != nil {
		return err
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	if err := s.agent.FetchAttachment(s.ctx, journal.AttachmentID(words[0])); err != nil {
		return err
	}
	result, err := s.agent.Sync(s.ctx)
	for err == nil && result.Files > 0 {
		result, err = s.agent.Sync(s.ctx)
	}
	if err != nil {
		return err
	}
	return s.print(result, func(w io.Writer) { fmt.Fprintln(w, s.say("cli.attachment_fetched")) })
}

// attach adds a file to a record, or to an assignment.
func attach(s *session, args []string) error {
	f := s.flags()
	assignment := f.String("assignment", "", s.say("cli.flag.attach_assignment"))
	words, err := s.parse(f, args, 1, 2)
	if err != nil {
		return err
	}
	if (len(words) == 1) != (*assignment != "") {
		return usageError{fmt.Errorf("%s %s", s.inUse.name, s.inUse.synopsis)}
	}
	to, path := agent.Attach{Assignment: journal.AssignmentID(*assignment)}, words[len(words)-1]
	if len(words) == 2 {
		to.Record = journal.RecordID(words[0])
	}
	file, err := os.Open(path)
	if err != nil {
		return usageError{fmt.Errorf("%s: %s", s.say("cli.no_file"), path)}
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return usageError{fmt.Errorf("%s: %s", s.say("cli.no_file"), path)}
	}
	if err := s.unlocked(); err != nil {
		return err
	}
	made, err := s.agent.Attach(s.ctx, to, path, file, info.Size())
	if err != nil {
		return err
	}
	return s.print(made, func(w io.Writer) {
		s.writeAttachment(w, made)
		fmt.Fprintln(w, s.say("attachments.file_stays"))
	})
}
