// Command sqlcipher measures what an opening costs: one protected record of the real agent's,
// with its durable and signed entry, in turn with one bare write and fdatasync of as many bytes,
// with SQLCipher doing an insert and a select, and with the bound: a signature and the shortest
// durable write that there is, and nothing else. It is a module of its own, so that what the
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
	rounds := flag.Int("rounds", 1500, "how often each is measured")
	turn := flag.Int("turn", 20, "how often one is measured before the next; 1: each with the processor's caches as the others left them")
	flag.Parse()
	if err := run(ctx, *rounds, max(1, *turn)); err != nil {
		fmt.Fprintf(os.Stderr, "sqlcipher: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds, turn int) (err error) {
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
	if err := contest(rounds, turn, least, one, wal, past, bound, atOnce, boundAll, rollback); err != nil {
		return err
	}
	fmt.Printf("# One opening adds %d bytes to the journal; each contestant in turn, %d rounds, %d a turn; ns/op is the median.\n", size, rounds, turn)
	fmt.Println(least.line())
	fmt.Println(past.line(times(past, least), "x-bare"))
	fmt.Println(bound.line(times(bound, least), "x-bare"))
	fmt.Println(one.line(times(one, least), "x-bare", times(one, wal), "x-sqlcipher", times(one, bound), "x-bound"))
	fmt.Println(boundAll.line(times(boundAll, least), "x-bare", times(one, boundAll), "x-faster"))
	fmt.Println(atOnce.line(times(atOnce, least), "x-bare", times(one, atOnce), "x-faster", times(atOnce, boundAll), "x-bound"))
	fmt.Println(wal.line(times(wal, least), "x-bare"))
	fmt.Println(rollback.line(times(rollback, least), "x-bare"))
	return nil
}
