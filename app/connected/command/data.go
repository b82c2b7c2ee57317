package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"handslag/app/connected/gate"
)

func importVerb() verb {
	return verb{
		name: "import", args: "FILE", short: "Import units, roles, users, records, assignments and attachments, one JSON object a line, all or nothing", min: 1, max: 1,
		examples: []string{"import staff.jsonl", "import - <records.jsonl"},
		begin: simple(func(ctx context.Context, c *call) error {
			lines, beside := c.In, "."
			if c.args[0] != "-" {
				beside = filepath.Dir(c.args[0])
				file, err := os.Open(c.args[0])
				if err != nil {
					return fmt.Errorf("import: %w", err)
				}
				defer file.Close()
				lines = file
			}
			root, err := os.OpenRoot(beside) // attachments' files lie beside the lines or below, nowhere else
			if err != nil {
				return fmt.Errorf("import: %w", err)
			}
			defer root.Close()
			return c.administer(ctx, func(admin gate.Administration) error {
				done, err := admin.ImportFiles(ctx, untilCancelled{ctx, lines}, root.FS())
				if err != nil {
					return err
				}
				return c.answer(done, func() {
					fmt.Fprintf(c.Out, "%d lines: %d added, %d changed, %d as they were\n", done.Lines, done.Added, done.Changed, done.Unchanged)
				})
			})
		}),
	}
}

// untilCancelled ends a long import at an interrupt; nothing of it stays.
type untilCancelled struct {
	ctx context.Context
	in  io.Reader
}

func (u untilCancelled) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.in.Read(p)
}

// errUnsound is verify's exit code; what is wrong has been printed.
var errUnsound = errors.New("the audit log does not hold together")

func verifyVerb() verb {
	return verb{
		name: "verify", short: "Recompute every chain, hash and signature of the audit log", examples: []string{"verify", "verify -json"},
		begin: simple(func(ctx context.Context, c *call) error {
			return c.administer(ctx, func(admin gate.Administration) error {
				v, err := admin.VerifyAll(ctx)
				if err != nil {
					return err
				}
				err = c.answer(v, func() {
					var rows [][]string
					for _, row := range []struct {
						name  string
						count int
					}{
						{"journals", v.Journals}, {"entries", v.Entries}, {"covered", v.Covered}, {"held", v.Held}, {"payloads", v.Payloads},
						{"erased", v.Erased}, {"unsigned", v.Unsigned}, {"credentials", v.Credentials}, {"attachments", v.Attachments}, {"witnesses", v.Witnesses}, {"open findings", v.Findings}, {"problems", len(v.Problems)},
					} {
						rows = append(rows, []string{row.name, strconv.Itoa(row.count)})
					}
					c.list("", []string{"WHAT", "NUMBER"}, rows)
					c.say("ROOT %s over %d entries, as the checkpoints that devices hold have it", v.Root, v.Leaves)
					for _, problem := range v.Problems {
						c.say("PROBLEM %s", problem)
					}
				})
				if err == nil && !v.Sound() {
					return &hinted{errUnsound, "keep the folder as it is, take a copy, and compare with a backup"}
				}
				return err
			})
		}),
	}
}
