// Command tessera lets Tessera's POSIX log take leaves from a file, one after the other, each preceded by its
// length (32 bits, big-endian), and prints how many it took in a second: from the first until the
// last has its durable index. It is a module of its own, so that the programs know nothing of
// Tessera; testnet/load asks it.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	leaves := flag.String("leaves", "", "`file` of leaves")
	dir := flag.String("dir", "", "empty `folder` for the log")
	batch := flag.Uint("batch", 500, "leaves that are made durable together")
	flag.Parse()
	rate, err := run(context.Background(), *leaves, *dir, *batch)
	if err != nil {
		fmt.Fprintf(os.Stderr, "tessera: %v\n", err)
		os.Exit(1)
	}
	fmt.Printf("%.0f\n", rate)
}

// outstanding is how many leaves wait for their index at once: what the log lets wait.
const outstanding = tessera.DefaultPushbackMaxOutstanding - 64

func run(ctx context.Context, path, dir string, batch uint) (rate float64, err error) {
	leaves, err := read(path)
	if err != nil {
		return 0, err
	}
	secret, _, err := note.GenerateKey(rand.Reader, "handslag.load")
	if err != nil {
		return 0, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return 0, err
	}
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		return 0, err
	}
	options := tessera.NewAppendOptions().WithCheckpointSigner(signer).WithBatching(batch, 100*time.Millisecond)
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, shutdown(ctx)) }()
	waiting := make(chan tessera.IndexFuture, outstanding)
	failed := make(chan error, 1)
	began := time.Now()
	go func() {
		var err error
		for future := range waiting {
			if _, wrong := future(); wrong != nil && err == nil {
				err = wrong
			}
		}
		failed <- err
	}()
	for _, leaf := range leaves {
		waiting <- appender.Add(ctx, tessera.NewEntry(leaf))
	}
	close(waiting)
	if err := <-failed; err != nil {
		return 0, err
	}
	return float64(len(leaves)) / time.Since(began).Seconds(), nil
}

func read(path string) (leaves [][]byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	from := bufio.NewReaderSize(file, 1<<20)
	for {
		var size [4]byte
		switch _, err := io.ReadFull(from, size[:]); {
		case errors.Is(err, io.EOF):
			return leaves, nil
		case err != nil:
			return nil, fmt.Errorf("read leaves: %w", err)
		}
		n := binary.BigEndian.Uint32(size[:])
		if n > tessera.DefaultEntrySizeLimit {
			return nil, errors.New("read leaves: one is too large")
		}
		leaf := make([]byte, n)
		if _, err := io.ReadFull(from, leaf); err != nil {
			return nil, fmt.Errorf("read leaves: %w", err)
		}
		leaves = append(leaves, leaf)
	}
}
