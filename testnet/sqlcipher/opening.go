package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"handslag/app/agent"
	"handslag/testnet"
	"handslag/vault/journal"
)

const (
	many     = 32  // records opened at once
	partSize = 200 // bytes, about what the records here have protected
)

// device is a real agent whose records a real connected system has sent.
type device struct {
	net   *testnet.Net
	agent *agent.Agent
	dir   string
}

func newDevice(ctx context.Context, dir string) (*device, error) {
	programs, err := testnet.BuildPrograms(ctx, dir)
	if err != nil {
		return nil, err
	}
	d := &device{dir: dir}
	if d.net, err = testnet.Start(ctx, testnet.Options{Dir: filepath.Join(dir, "net"), Programs: programs}); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "records.jsonl")
	if err := os.WriteFile(file, []byte(records()), 0o600); err != nil {
		return nil, err
	}
	bo := d.net.Person("bo", "bo.ek")
	if err := d.net.Admin(ctx, nil, "import", file); err != nil {
		return nil, err
	}
	if err := d.net.SetPassword(ctx, bo.Username, bo.Password); err != nil {
		return nil, err
	}
	if err := bo.Enrol(ctx); err != nil {
		return nil, err
	}
	conf, err := bo.Config(bo)
	if err != nil {
		return nil, err
	}
	if d.agent, err = agent.New(conf); err != nil {
		return nil, err
	}
	if err := d.agent.Unlock(ctx, bo.Passphrase); err != nil {
		return nil, err
	}
	_, err = d.agent.Sync(ctx)
	return d, err
}

func (d *device) close() error {
	if d.agent != nil {
		if err := d.agent.Close(); err != nil {
			return err
		}
	}
	if d.net != nil {
		return d.net.Close()
	}
	return nil
}

func record(i int) journal.RecordID { return journal.RecordID(fmt.Sprintf("r-bench%05d", i)) }

func records() string {
	var lines strings.Builder
	for i := range many {
		line, _ := json.Marshal(map[string]any{
			"type": "record", "id": record(i), "kind": "person", "subject": fmt.Sprintf("s-bench%05d", i), "unit": "norra",
			"people": []string{"bo.ek"}, "held_by": []string{"bo.ek"}, "protected_identity": false,
			"card": map[string]any{"title": fmt.Sprintf("Akt %d", i), "street": "Provgatan 1", "area": "Sparvhagen"},
			"protected": map[string]any{"name": "Rita Gran", "birth_year": 1950, "street": "Provgatan 1", "flat": "1001",
				"town": "Lindbrunna", "phone": "070-174 06 41", "household": "1 vuxen", "note": strings.Repeat("Ring på. ", 8)},
		})
		lines.Write(append(line, '\n'))
	}
	return lines.String()
}

func (d *device) open(ctx context.Context, i int) error {
	_, err := d.agent.Open(ctx, record(i), agent.Reason{Text: "ringde om läckan i köket"})
	return err
}

// one opens a record, with all that an opening is: right, loan and clock judged, an entry signed,
// chained, encrypted and durable, its stamp redeemed, the part decrypted.
func (d *device) one(ctx context.Context) *contestant {
	return &contestant{name: "Handslag, one by one", deeds: 1,
		do:    func(round int) error { return d.open(ctx, round%many) },
		after: func(round int) error { return d.agent.CloseRecord(ctx, record(round%many)) },
	}
}

func (d *device) atOnce(ctx context.Context) *contestant {
	return &contestant{name: "Handslag, 32 at once", deeds: many, do: func(int) error {
		var all sync.WaitGroup
		errs := make(chan error, many)
		for i := range many {
			all.Go(func() { errs <- d.open(ctx, i) })
		}
		all.Wait()
		for range many {
			if err := <-errs; err != nil {
				return err
			}
		}
		return nil
	}}
}

// entrySize is how many bytes an opening adds to the journal's segments.
func (d *device) entrySize(ctx context.Context) (int, error) {
	before, err := d.written()
	if err != nil {
		return 0, err
	}
	for i := range many {
		if err := d.open(ctx, i); err != nil {
			return 0, err
		}
	}
	after, err := d.written()
	return (after - before) / many, err
}

// written is what stands in all segments, without the room that is kept behind.
func (d *device) written() (int, error) {
	sum := 0
	err := filepath.WalkDir(d.net.Person("bo", "").Outbox, func(path string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum += len(bytes.TrimRight(data, "\x00"))
		return err
	})
	return sum, err
}
