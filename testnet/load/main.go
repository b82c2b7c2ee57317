package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"handslag/testnet"
	"handslag/testnet/postgres"
)

// options say how large the outage was.
type options struct {
	devices, entries int
	atOnce           int    // devices that hand in at the same time
	engine           string // sqlite or postgres
	verify           bool   // connected verify afterwards
	bare             int    // rows that the bare engine takes; 0: all
	kill             bool   // the server is killed in the middle
	tessera          string // program that takes the leaves; "": none
	dir              string // where all of it lies meanwhile; "": a temporary folder
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var o options
	flag.IntVar(&o.devices, "devices", 10_000, "devices that come back")
	flag.IntVar(&o.entries, "entries", 500, "entries that each hands in, at most 500")
	flag.IntVar(&o.atOnce, "at-once", 64, "devices that hand in at the same time")
	flag.StringVar(&o.engine, "engine", engineSQLite, "sqlite or postgres")
	flag.BoolVar(&o.verify, "verify", true, "let connected verify recompute the whole log afterwards")
	flag.IntVar(&o.bare, "bare", 0, "rows that the bare engine takes for comparison; 0: all of them")
	flag.BoolVar(&o.kill, "kill", true, "kill the server with -9 in the middle")
	flag.StringVar(&o.tessera, "tessera", "", "`program` that Tessera's log is measured with (testnet/load/tessera)")
	flag.StringVar(&o.dir, "dir", "", "folder for everything, made anew and removed; default below TMPDIR")
	records := flag.Int("first-sync", 0, "measure the first sync of so many `records` to one device instead")
	flag.Parse()
	if *records > 0 {
		if err := firstSync(ctx, o, *records, os.Stdout); err != nil {
			fmt.Fprintf(os.Stderr, "load: %v\n", err)
			os.Exit(1)
		}
		return
	}
	figures, err := run(ctx, o, os.Stdout)
	if err == nil {
		err = figures.tell(os.Stdout)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "load: %v\n", err)
		os.Exit(1)
	}
}

const (
	engineSQLite   = "sqlite"
	enginePostgres = "postgres"
)

// run makes the outage and lets it end.
func run(ctx context.Context, o options, said io.Writer) (f figures, err error) {
	f.options = o
	org, fleet, err := prepare(ctx, o, said)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, org.close()) }()
	fmt.Fprintln(said, "they come back …")
	if err := f.rush(ctx, org, fleet, said); err != nil {
		return f, err
	}
	if err := f.count(ctx, org, fleet, said); err != nil {
		return f, err
	}
	return f, f.compare(ctx, org, said)
}

// prepare makes the organisation and its devices with their journals.
func prepare(ctx context.Context, o options, said io.Writer) (_ *org, _ *fleet, err error) {
	if o.devices < 1 || o.entries < 1 || o.entries > 500 || o.atOnce < 1 || o.engine != engineSQLite && o.engine != enginePostgres {
		return nil, nil, errors.New("there is nothing to do by these flags; see -h")
	}
	dir, err := os.MkdirTemp(o.dir, "handslag-load-")
	if err != nil {
		return nil, nil, err
	}
	org := &org{home: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, org.close())
		}
	}()
	programs, err := testnet.BuildPrograms(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	if o.engine == enginePostgres {
		org.postgres, err = postgres.New(ctx, postgres.Options{Durable: true, Settings: []string{"shared_buffers = 256MB", "max_wal_size = 2GB"}})
		if err != nil {
			return nil, nil, err
		}
		if err := org.postgres.Create(ctx, "load"); err != nil {
			return nil, nil, err
		}
		org.database = org.postgres.URL("load")
	}
	if err := org.found(ctx, programs.Connected, o.devices); err != nil {
		return nil, nil, err
	}
	fmt.Fprintf(said, "%s: %d devices of %d entries each are made and signed …\n", o.engine, o.devices, o.entries)
	fleet, err := enlist(ctx, org, o, said)
	return org, fleet, err
}
