package command

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"

	"handslag/app/connected/gate"
	"handslag/vault/journal"
)

func attachVerb() verb {
	var name string
	return verb{
		name: "attach", args: "RECORD FILE", short: "Attach a picture (JPEG, PNG), a PDF or a text to a record; told by its content", min: 2, max: 2,
		examples: []string{"attach r-7m2q9d4xkv cellar.jpg", "attach r-7m2q9d4xkv scan0041.pdf -name \"Hyresavtal.pdf\""},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&name, "name", "", "`name` that staff see; the file's own where it is left out")
			return func(ctx context.Context, c *call) error {
				file, err := os.Open(c.args[1])
				if err != nil {
					return fmt.Errorf("attach: %w", err)
				}
				defer file.Close()
				info, err := file.Stat()
				if err != nil {
					return fmt.Errorf("attach: %w", err)
				}
				if !info.Mode().IsRegular() {
					return &usageError{"attach: that is not a file", "nothing was changed; name a JPEG, PNG, PDF or text file"}
				}
				if name == "" {
					name = info.Name()
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					done, err := admin.Attach(ctx, gate.NewAttachment{Record: journal.RecordID(c.args[0]), Name: name, File: file, Size: info.Size()})
					if err != nil {
						return err
					}
					return c.answer(done, func() {
						c.say("Attached to %s as %s: %s, %d bytes in %d parts. Devices that have the record get it at their next sync.",
							done.Record, done.ID, done.Type, done.Size, done.Chunks)
					})
				})
			}
		},
	}
}

func attachmentListVerb() verb {
	return verb{
		name: "attachment list", args: "RECORD", short: "List a record's attachments; their names are protected and not shown", min: 1, max: 1,
		examples: []string{"attachment list r-7m2q9d4xkv"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				all, err := admin.ListAttachments(ctx, journal.RecordID(c.args[0]))
				if err != nil {
					return err
				}
				return c.answer(orEmpty(all), func() {
					var rows [][]string
					for _, a := range all {
						state := "whole"
						if !a.Whole {
							state = "on its way up"
						}
						rows = append(rows, []string{string(a.ID), minute(a.BeganAt), strconv.Itoa(a.Chunks), a.Device.Grouped(), state})
					}
					c.list("No attachments: connected attach RECORD FILE makes one, and staff add them from their devices.",
						[]string{"ATTACHMENT", "BEGUN", "PARTS", "MADE ON", "STATE"}, rows)
				})
			})
		}),
	}
}

func detachVerb() verb {
	var yes bool
	return verb{
		name: "detach", args: "ATTACHMENT", short: "Take an attachment away, here and, at their next sync, from every device that has it", min: 1, max: 1,
		examples: []string{"detach b-0f3c2a -yes"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.BoolVar(&yes, "yes", false, "do it: it can not be undone")
			return func(ctx context.Context, c *call) error {
				if !yes {
					return &usageError{"detaching can not be undone, and -yes is missing", "nothing was changed; check the attachment, then add -yes"}
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					if err := admin.Detach(ctx, journal.AttachmentID(c.args[0])); err != nil {
						return err
					}
					return c.done(changed{Attachment: c.args[0], Done: "detached"})
				})
			}
		},
	}
}
