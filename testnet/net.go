package testnet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"syscall"
	"time"

	"handslag/assets"
	"handslag/identity"
	"handslag/testnet/demo"
)

// Options say what organisation to start.
type Options struct {
	Dir      string    // where its state lies; what is there already is gone on with
	Programs Programs  // as BuildPrograms or ProgramsIn found them
	Name     string    // "": demo.OrganisationName
	Seed     uint64    // of the data: 0 for demo.DefaultSeed
	Empty    bool      // import nothing
	Day      time.Time // that the data is about, zero: today; another than before is imported anew
	Lang     assets.Language
	Postgres string // URL of the connected system's database; "": SQLite

	// Where devices find connected system and directory, host:port of this machine; "" or one in
	// use: any of loopback that is free. It stays what it was on the first start.
	Line, DirectoryLine string
}

// Net is one organisation with its directory, its connected system and its people. Its
// methods are for one goroutine.
type Net struct {
	Org  identity.OrgID
	Name string
	Lang assets.Language // that people's devices answer in

	// To the connected system and the directory go through these.
	Line, DirectoryLine *Proxy

	dir       string
	programs  Programs
	connected *process
	directory *process
	ca        string
	people    map[string]*Person
}

// patience bounds each wait for a program: nothing takes so long unless it hangs.
const patience = 5 * time.Minute

// saved is what a second start needs of the first.
type saved struct {
	Org           identity.OrgID `json:"org"`
	Line          string         `json:"line"`
	DirectoryLine string         `json:"directory_line"`
	Day           string         `json:"day"` // of the data
}

// Start makes the organisation, or goes on with the one in Dir, and serves it.
func Start(ctx context.Context, o Options) (_ *Net, err error) {
	n := &Net{Name: o.Name, Lang: o.Lang, dir: o.Dir, programs: o.Programs, people: map[string]*Person{}}
	if o.Day.IsZero() {
		o.Day = time.Now()
	}
	if n.Lang == "" {
		n.Lang = assets.Swedish
	}
	if n.Name == "" {
		n.Name = demo.OrganisationName
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	for _, dir := range []string{n.dir, n.path("statements"), n.path("outbox"), n.path("camera")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	before, err := n.before()
	if err != nil {
		return nil, err
	}
	if n.Line, err = lineAt(before.Line, o.Line); err != nil {
		return nil, err
	}
	if n.DirectoryLine, err = lineAt(before.DirectoryLine, o.DirectoryLine); errors.Is(err, syscall.EADDRINUSE) {
		n.DirectoryLine, err = NewProxyAt("") // no device keeps the directory's address
	}
	if err != nil {
		return nil, err
	}
	n.Org = before.Org
	if n.Org == "" {
		err = n.found(ctx, o.Postgres)
	}
	if err == nil && before.Day != o.Day.Format(time.DateOnly) {
		err = n.fill(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	if err := n.StartDirectory(ctx); err != nil {
		return nil, err
	}
	return n, n.StartConnected(ctx)
}

// lineAt listens where it did before, since devices know that address; on the first start at
// the address that is preferred, if it is free.
func lineAt(before, preferred string) (*Proxy, error) {
	if before == "" && preferred != "" {
		if line, err := NewProxyAt(preferred); err == nil {
			return line, nil
		}
	}
	return NewProxyAt(before)
}

func (n *Net) path(elem ...string) string { return filepath.Join(append([]string{n.dir}, elem...)...) }

func (n *Net) before() (saved, error) {
	var s saved
	data, err := os.ReadFile(n.path("net.json"))
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, fmt.Errorf("read what stands in %s: %w", n.dir, err)
	}
	return s, nil
}

// found makes the organisation.
func (n *Net) found(ctx context.Context, database string) error {
	recovery := n.path("recovery")
	for _, begun := range []string{n.Folder(), recovery} { // by a start that was interrupted
		if err := os.RemoveAll(begun); err != nil {
			return err
		}
	}
	var made struct {
		ID identity.OrgID `json:"id"`
	}
	if err := n.Admin(ctx, &made, "init", "-name", n.Name, "-url", "https://"+n.Line.Address(), "-recovery", recovery, "-no-passphrase"); err != nil {
		return err
	}
	n.Org = made.ID
	if database != "" {
		setting := fmt.Sprintf("database = %q\n", database)
		if err := os.WriteFile(filepath.Join(n.Folder(), "connected.toml"), []byte(setting), 0o600); err != nil {
			return err
		}
	}
	return n.Admin(ctx, nil, "export", "statement", "-to", n.path("statements"))
}

// fill imports the data of a day. The file that says so comes last: a start that was
// interrupted is begun anew.
func (n *Net) fill(ctx context.Context, o Options) error {
	if !o.Empty {
		seed := o.Seed
		if seed == 0 {
			seed = demo.DefaultSeed
		}
		if err := n.importData(ctx, demo.Organisation(seed, o.Day)); err != nil {
			return err
		}
	}
	data, err := json.Marshal(saved{n.Org, n.Line.Address(), n.DirectoryLine.Address(), o.Day.Format(time.DateOnly)})
	if err != nil {
		return err
	}
	draft := n.path("net.json.new")
	if err := os.WriteFile(draft, data, 0o600); err != nil {
		return err
	}
	return os.Rename(draft, n.path("net.json"))
}

func (n *Net) importData(ctx context.Context, org demo.Org) error {
	file, err := os.OpenFile(n.path("import.jsonl"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // protected parts stand in it as they are
	defer os.RemoveAll(n.path("attachments"))
	err = org.WriteJSONL(file)
	if err == nil {
		err = demo.WriteAttachments(file, n.dir)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return n.Admin(ctx, nil, "import", file.Name())
}

// Close ends all of it and waits until it has ended. State stays in the folder.
func (n *Net) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var all []error
	names := make([]string, 0, len(n.people))
	for name := range n.people {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		all = append(all, n.people[name].Close(ctx))
	}
	all = append(all, n.StopConnected(ctx), n.StopDirectory(ctx))
	for _, line := range []*Proxy{n.Line, n.DirectoryLine} {
		if line != nil {
			all = append(all, line.Close())
		}
	}
	return errors.Join(all...)
}
