package work

import (
	"fmt"
	"io"
	"os"
	"strings"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// textShown bounds how much of a text stands on a terminal, in bytes.
const textShown = 256 << 10

// Attachments lists what belongs to a record, without what it is called.
func Attachments(c *console.Console, args []string) error {
	words, err := c.Parse(c.Flags(), args, 1, 1)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	all, err := c.Agent.Attachments(c.Ctx, journal.RecordID(words[0]))
	if err != nil {
		return err
	}
	if all == nil {
		all = []agent.Attachment{}
	}
	return c.Print(all, func(w io.Writer) {
		if len(all) == 0 {
			fmt.Fprintf(w, "%s\n%s\n", c.Say("attachments.empty"), c.Say("attachments.empty_hint"))
		}
		for _, a := range all {
			writeAttachment(c, w, a)
		}
	})
}

func writeAttachment(c *console.Console, w io.Writer, a agent.Attachment) {
	fmt.Fprintf(w, "%s · %s · %s\n", a.ID, c.Lang().Bytes(a.Size), c.Say(a.State(), "here", a.Here, "chunks", a.Chunks))
	if a.Refused != "" {
		fmt.Fprintf(w, "  %s\n", c.Told(&agent.Problem{Code: a.Refused}).What)
	}
}

// OpenAttachment shows one, after the entry that says so is durable: a text as it is; of what a
// terminal can not show, what it is and how large.
func OpenAttachment(c *console.Console, args []string) error {
	words, reason, err := why(c, args, 1, 1)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	id := journal.AttachmentID(words[0])
	o, err := c.Agent.OpenAttachment(c.Ctx, id, reason)
	if err != nil {
		return err
	}
	defer o.Close()
	err = showAttachment(c, o)
	if closing := c.Agent.CloseAttachment(c.Ctx, id); err == nil {
		err = closing
	}
	return err
}

func showAttachment(c *console.Console, o *agent.OpenedAttachment) error {
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
			note = c.Say("attachments.text_cut", "size", c.Lang().Bytes(textShown))
		}
	case o.Label.Type.Picture():
		if p, err := record.PictureOf(o); err == nil {
			shown.Pixels = &p
			note = c.Say("cli.attachment_picture", "width", p.Width, "height", p.Height)
		}
	default:
		note = c.Say("attachments.pdf")
	}
	return c.Print(shown, func(w io.Writer) {
		fmt.Fprintf(w, "%s · %s · %s\n", o.Label.Name, c.Say("attachments.type."+o.Label.Type.Short()), c.Lang().Bytes(uint64(o.Size)))
		if shown.Text != "" {
			fmt.Fprintln(w, strings.TrimRight(shown.Text, "\n"))
		}
		if note != "" {
			fmt.Fprintln(w, note)
		}
		fmt.Fprintf(w, "%s: %s\n", c.Say("cli.entry"), o.Entry)
	})
}

// ExportAttachment saves a copy in the clear to a new file, which is an entry of its own.
func ExportAttachment(c *console.Console, args []string) error {
	words, reason, err := why(c, args, 2, 2)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	if err := c.Agent.ExportAttachment(c.Ctx, journal.AttachmentID(words[0]), reason, words[1]); err != nil {
		return err
	}
	return c.Print(struct {
		File string `json:"file"`
	}{words[1]}, func(w io.Writer) { fmt.Fprintln(w, c.Say("attachments.exported", "file", words[1])) })
}

// FetchAttachment has a large one come down with the next syncs.
func FetchAttachment(c *console.Console, args []string) error {
	words, err := c.Parse(c.Flags(), args, 1, 1)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	if err := c.Agent.FetchAttachment(c.Ctx, journal.AttachmentID(words[0])); err != nil {
		return err
	}
	result, err := c.Agent.Sync(c.Ctx)
	for err == nil && result.Files > 0 {
		result, err = c.Agent.Sync(c.Ctx)
	}
	if err != nil {
		return err
	}
	return c.Print(result, func(w io.Writer) { fmt.Fprintln(w, c.Say("cli.attachment_fetched")) })
}

// Attach adds a file to a record, or to an assignment.
func Attach(c *console.Console, args []string) error {
	f := c.Flags()
	assignment := f.String("assignment", "", c.Say("cli.flag.attach_assignment"))
	words, err := c.Parse(f, args, 1, 2)
	if err != nil {
		return err
	}
	if (len(words) == 1) != (*assignment != "") {
		return c.Misused()
	}
	to, path := agent.Attach{Assignment: journal.AssignmentID(*assignment)}, words[len(words)-1]
	if len(words) == 2 {
		to.Record = journal.RecordID(words[0])
	}
	file, err := os.Open(path)
	if err != nil {
		return console.Usage(fmt.Errorf("%s: %s", c.Say("cli.no_file"), path))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return console.Usage(fmt.Errorf("%s: %s", c.Say("cli.no_file"), path))
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	made, err := c.Agent.Attach(c.Ctx, to, path, file, info.Size())
	if err != nil {
		return err
	}
	return c.Print(made, func(w io.Writer) {
		writeAttachment(c, w, made)
		fmt.Fprintln(w, c.Say("attachments.file_stays"))
	})
}
