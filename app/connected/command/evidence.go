package command

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"handslag/app/connected/gate"
	"handslag/vault/journal/audit"
	"handslag/vault/journal/evidence"
)

func evidenceVerb() verb {
	return verb{
		name: "evidence", args: "ENTRY...", short: "Write evidence about entries, by their places in the log, to standard output; handslagverify checks it without this system", min: 1, max: evidence.MaxEntries,
		examples: []string{"evidence 4711 >4711.evidence", "evidence 4711 4712 >case.evidence"},
		begin: simple(func(ctx context.Context, c *call) error {
			var places []int64
			for _, text := range c.args {
				n, err := strconv.ParseInt(text, 10, 64)
				if err != nil || n <= 0 {
					return &usageError{fmt.Sprintf("%q is no entry's place in the log", text), "the log shows it with each entry, from 1"}
				}
				places = append(places, n)
			}
			return c.administer(ctx, func(admin gate.Administration) error {
				bundle, err := admin.Evidence(ctx, places)
				if err != nil {
					return err
				}
				var written error
				err = c.answer(struct {
					Evidence []byte `json:"evidence"`
				}{bundle}, func() { _, written = c.Out.Write(bundle) })
				return cmp.Or(err, written)
			})
		}),
	}
}

// Names in a folder that holds the log as files.
const (
	checkpointFile = "checkpoint"
	folderMode     = 0o755
)

func exportTilesVerb() verb {
	var to string
	var leaves bool
	return verb{
		name: "export tiles", short: "Write the audit log's hashes as files that anybody may have and check (C2SP tlog-tiles); again into the same folder, what is new",
		examples: []string{"export tiles -to /srv/log", "export tiles -leaves -to case"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&to, "to", "", "`folder` to write them to (required); best one that the server's user can not write to later")
			flags.BoolVar(&leaves, "leaves", false, "the leaves too: they tell when each entry came")
			return func(ctx context.Context, c *call) error {
				if to == "" {
					return &usageError{"-to is required", "try: connected export tiles -h"}
				}
				before, err := exportedBefore(to)
				if err != nil {
					return err
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					done, err := admin.ExportTiles(ctx, leaves, before,
						func(path string) bool { return isFile(filepath.Join(to, filepath.FromSlash(path))) },
						func(path string, data []byte) error {
							path = filepath.Join(to, filepath.FromSlash(path))
							if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
								return err
							}
							return replace(path, data)
						})
					if err != nil {
						return err
					}
					return c.answer(done, func() {
						c.say("%s entries: root %s, %s tiles written to %s", strconv.FormatInt(done.Size, 10), done.Root, strconv.Itoa(done.Tiles), to)
					})
				})
			}
		},
	}
}

// exportedBefore is the checkpoint in a folder that was written before; of size 0 where there is none.
func exportedBefore(folder string) (audit.Checkpoint, error) {
	note, err := os.ReadFile(filepath.Join(folder, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return audit.Checkpoint{}, nil
	}
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("export tiles: %w", err)
	}
	c, err := audit.ReadCheckpoint(note)
	if err != nil {
		return c, fmt.Errorf("export tiles: %w", err)
	}
	return c, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
