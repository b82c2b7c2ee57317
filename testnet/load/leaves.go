package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"handslag/identity/signed"
	"handslag/vault/journal/audit"
)

// askTessera writes the audit log's leaves to a file and lets Tessera's POSIX log take them.
func (f *figures) askTessera(ctx context.Context, o *org) (err error) {
	path, dir := filepath.Join(o.dir, "leaves"), filepath.Join(o.dir, "tessera")
	if err := o.writeLeaves(ctx, path, f.bareRows); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir), os.Remove(path)) }()
	cmd := exec.CommandContext(ctx, f.tessera, "-leaves", path, "-dir", dir, "-batch", strconv.Itoa(batch))
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%w: %s", err, said.String())
	}
	f.leaves, err = strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	return err
}

// writeLeaves writes the first n leaves, each after its length.
func (o *org) writeLeaves(ctx context.Context, path string, n int) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	to := bufio.NewWriter(file)
	defer func() { err = errors.Join(err, to.Flush(), file.Close()) }()
	rows, err := o.rows.QueryContext(ctx, "SELECT raw, received_at FROM entries ORDER BY id LIMIT $1", n)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var raw []byte
		var received signed.Time
		if err := rows.Scan(&raw, &received); err != nil {
			return err
		}
		leaf, err := signed.Encode(audit.NewLeaf(raw, received))
		if err != nil {
			return err
		}
		if err := binary.Write(to, binary.BigEndian, uint32(len(leaf))); err != nil {
			return err
		}
		if _, err := to.Write(leaf); err != nil {
			return err
		}
	}
	return rows.Err()
}
