package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal/audit"
	"handslag/vault/journal/evidence"
)

// Input is one file or folder and what it shows.
type Input struct {
	Path        string       `json:"path"`
	Kind        string       `json:"kind"` // evidence, tiles, checkpoints, statement
	Entries     []Entry      `json:"entries,omitempty"`
	Witnesses   []Witness    `json:"witnesses,omitempty"`
	Checkpoints []Checkpoint `json:"checkpoints,omitempty"`
	Leaves      bool         `json:"leaves,omitempty"` // of tiles: the leaves were there and checked
}

// Entry is one entry that is proved.
type Entry struct {
	Place     uint64            `json:"place"`
	Kind      string            `json:"kind"`
	Person    identity.Person   `json:"person"`
	Device    identity.DeviceID `json:"device"`
	System    bool              `json:"system,omitempty"` // the connected system's own
	NotBefore signed.Time       `json:"not_before"`       // the newest server time that the device knew
	NotAfter  signed.Time       `json:"not_after"`        // when the log has it from
	Subject   string            `json:"subject,omitempty"`
	Record    string            `json:"record,omitempty"`
	Work      string            `json:"assignment,omitempty"`
	Peer      identity.DeviceID `json:"peer,omitempty"`
	Code      string            `json:"code,omitempty"`
	Receipt   bool              `json:"receipt,omitempty"`
}

// Witness is a device that vouches for the log.
type Witness struct {
	Person identity.Person   `json:"person"`
	Device identity.DeviceID `json:"device"`
	Size   int64             `json:"size"`
	At     signed.Time       `json:"at"` // by its clock
}

// Checkpoint is one that the log has signed.
type Checkpoint struct {
	Size       int64  `json:"size"`
	Root       string `json:"root"`
	Generation uint64 `json:"generation"`
}

// given is an input on its way: its bytes or its folder.
type given struct {
	Input
	data   []byte
	folder *os.Root
	notes  [][]byte // of checkpoints
	bundle evidence.Report
}

// judging is one run.
type judging struct {
	org       identity.OrgID
	statement identity.Statement // the newest that any input brought
	given     []given
	seen      []sighting
	result    Result
}

// sighting is a checkpoint, where it stands, and what proves smaller ones, where that is there.
type sighting struct {
	audit.Checkpoint
	path string
	read audit.ReadTile // nil: no tiles
}

// The kinds of input.
const (
	kindEvidence    = "evidence"
	kindTiles       = "tiles"
	kindCheckpoints = "checkpoints"
	kindStatement   = "statement"
)

// read tells what an input is, and takes the statement from it where it has one: keys are needed before
// anything is checked.
func (j *judging) read(path string) {
	g := given{Input: Input{Path: path}}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		g.Kind = kindTiles
		if g.folder, err = os.OpenRoot(path); err == nil {
			g.data, err = readFile(g.folder, "statement", identity.StatementLimit)
		}
	} else if err == nil {
		g.data, err = readFile(nil, path, evidence.Limit)
	}
	if err != nil {
		j.problem(path, "can not be read: %v", reason(err))
		return
	}
	switch s, err := identity.OpenStatement(g.data, j.org); {
	case err == nil:
		j.learn(s)
		if g.Kind == "" {
			g.Kind = kindStatement
		}
	case g.Kind == kindTiles:
		j.problem(path, "the statement in it is not this organisation's")
		return
	case bytes.HasPrefix(g.data, []byte("handslag.log/")):
		g.Kind, g.notes = kindCheckpoints, split(g.data)
	default:
		g.Kind = kindEvidence
		if g.bundle, err = evidence.Verify(g.data, j.org); err != nil {
			j.problem(path, "it is nothing that can be checked for this organisation: %v", err)
			return
		}
		j.learn(g.bundle.Statement)
	}
	j.given = append(j.given, g)
}

func (j *judging) learn(s identity.Statement) {
	if s.Number > j.statement.Number {
		j.statement = s
	}
}

func readFile(root *os.Root, name string, limit int64) ([]byte, error) {
	open, stat := os.Open, os.Stat
	if root != nil {
		open, stat = root.Open, root.Stat
	}
	info, err := stat(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // what is read from a pipe may never come
		return nil, errors.New("it is no file")
	}
	file, err := open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = signed.ErrTooLarge
	}
	return data, err
}

// reason is an error without the path, which stands before it.
func reason(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// split takes apart checkpoints that stand one behind the other, an empty line between two.
func split(data []byte) (notes [][]byte) {
	mark := []byte("\n\nhandslag.log/")
	for len(data) > 0 {
		end := bytes.Index(data[1:], mark)
		if end < 0 {
			return append(notes, data)
		}
		notes = append(notes, data[:end+2])
		data = data[end+3:]
	}
	return notes
}

// check checks an input by itself.
func (j *judging) check(g *given) {
	switch g.Kind {
	case kindEvidence:
		j.checkBundle(g)
	case kindCheckpoints:
		for i, note := range g.notes {
			if _, err := j.sight(g, note, nil); err != nil {
				j.problem(g.Path, "checkpoint %d: %v", i+1, err)
			}
		}
	case kindTiles:
		j.checkTiles(g)
	}
	j.result.Inputs = append(j.result.Inputs, g.Input)
}

// sight opens a checkpoint and notes it.
func (j *judging) sight(g *given, note []byte, read audit.ReadTile) (audit.Checkpoint, error) {
	if len(j.statement.Log) == 0 {
		return audit.Checkpoint{}, errors.New("whose keys count is not known: name evidence, exported tiles or the organisation's statement beside it")
	}
	note, _, err := audit.SplitCosigned(note)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	c, err := audit.OpenCheckpoint(note, j.org, j.statement.Log)
	if err != nil {
		return audit.Checkpoint{}, fmt.Errorf("no log key of the organisation has signed it: %w", err)
	}
	g.Checkpoints = append(g.Checkpoints, Checkpoint{c.Size, c.Root.String(), c.InGeneration()})
	j.seen = append(j.seen, sighting{c, g.Path, read})
	return c, nil
}

func (j *judging) checkBundle(g *given) {
	for _, problem := range g.bundle.Problems {
		j.problem(g.Path, "%s", problem)
	}
	for _, e := range g.bundle.Entries {
		g.Entries = append(g.Entries, Entry{Place: e.Place, Kind: string(e.Kind), Person: e.Person, Device: e.Device, System: e.System,
			NotBefore: e.After, NotAfter: e.Received, Subject: string(e.Subject), Record: string(e.Record), Work: string(e.Assignment),
			Peer: e.Peer, Code: e.Code, Receipt: e.Receipt})
	}
	for _, w := range g.bundle.Witnesses {
		g.Witnesses = append(g.Witnesses, Witness{w.Person, w.Device, w.Size, w.At})
	}
	for _, note := range g.bundle.Notes {
		if _, err := j.sight(g, note, nil); err != nil {
			j.problem(g.Path, "under the newest statement: %v", err)
		}
	}
}

func (j *judging) checkTiles(g *given) {
	note, err := readFile(g.folder, "checkpoint", audit.CosignedLimit)
	if err != nil {
		j.problem(g.Path, "its checkpoint can not be read: %v", reason(err))
		return
	}
	read := func(path string) ([]byte, error) { return readFile(g.folder, path, audit.BundleLimit) }
	c, err := j.sight(g, note, read)
	if err != nil {
		j.problem(g.Path, "%v", err)
		return
	}
	whole, err := audit.CheckTiles(c, read)
	if err != nil {
		j.problem(g.Path, "%v", err)
		j.seen = slices.DeleteFunc(j.seen, func(s sighting) bool { return s.path == g.Path })
		return
	}
	g.Leaves = whole.Leaves
}
