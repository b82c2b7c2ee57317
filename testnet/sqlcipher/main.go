// Command sqlcipher measures what an opening costs: one protected record of the real agent's,
// with its durable and signed entry, in turn with one bare write and fdatasync of as many bytes,
// with SQLCipher doing an insert and a select, and with the bound: a signature and the shortest
// durable write that there is, and nothing else. It does so twice: "Opening" is each alone between
// the others, as a person opens a record now and then; "OpeningOn" many in a row. It is a module of its own, so that what the
// programs are built from knows neither SQLCipher nor its C. testnet/bench reads what it says.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	rounds := flag.Int("rounds", 1000, "how often each is measured, in turn with the others; and again, twenty times in a row")
	flag.Parse()
	if err := run(ctx, *rounds); err != nil {
		fmt.Fprintf(os.Stderr, "sqlcipher: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int) (err error) {
	dir, err := os.MkdirTemp("", "handslag-sqlcipher-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	d, err := newDevice(ctx, dir)
	if d != nil {
		defer func() { err = errors.Join(err, d.close()) }()
	}
	if err != nil {
		return err
	}
	size, err := d.entrySize(ctx)
	if err != nil {
		return err
	}
	least, err := bare(dir, size)
	if err != nil {
		return err
	}
	wal, err := encrypted(dir, "wal", size, many)
	if err != nil {
		return err
	}
	rollback, err := encrypted(dir, "delete", size, many)
	if err != nil {
		return err
	}
	past, err := through(dir)
	if err != nil {
		return err
	}
	bound, err := signatures(dir, 1, size)
	if err != nil {
		return err
	}
	boundAll, err := signatures(dir, many, size)
	if err != nil {
		return err
	}
	one, atOnce := d.one(ctx), d.atOnce(ctx)
	fmt.Printf("# One opening adds %d bytes to the journal; %d rounds; ns/op is the median.\n", size, rounds)
	for _, way := range []struct {
		family string
		turn   int
	}{{"Opening", 1}, {"OpeningOn", 20}} {
		if err := contest(rounds, way.turn, least, one, wal, past, bound, atOnce, boundAll, rollback); err != nil {
			return err
		}
		say := func(c *contestant, more ...any) { fmt.Println(c.line(way.family, more...)) }
		say(least)
		say(past, times(past, least), "x-bare")
		say(bound, times(bound, least), "x-bare")
		say(one, times(one, least), "x-bare", times(one, wal), "x-sqlcipher", times(one, bound), "x-bound")
		say(boundAll, times(boundAll, least), "x-bare", times(one, boundAll), "x-faster")
		say(atOnce, times(atOnce, least), "x-bare", times(one, atOnce), "x-faster", times(atOnce, boundAll), "x-bound")
		say(wal, times(wal, least), "x-bare")
		say(rollback, times(rollback, least), "x-bare")
	}
	return nil
}
