package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"testing"

	"github.com/pressly/goose/v3"
	"golang.org/x/mod/sumdb/tlog"
)

// numbered is a hash that is its own number.
func numbered(n int64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 24), uint64(n)) }

// A tree that was kept a hash to a row is kept in tiles afterwards: every hash of each eighth level in its place,
// of full tiles and of the last.
func TestTheTreeComesForwardAsTiles(t *testing.T) {
	for _, leaves := range []int64{0, 1, 255, 256, 257, 66_000} {
		t.Run(fmt.Sprint(leaves), func(t *testing.T) {
			ctx, at := context.Background(), place(t)
			s, db := rawOf(t, at)
			folder, err := fs.Sub(migrations, "migrations/"+s.folder)
			if err != nil {
				t.Fatal(err)
			}
			provider, err := goose.NewProvider(s.dialect, db, folder)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := provider.UpTo(ctx, 11); err != nil {
				t.Fatal(err)
			}
			hash := "decode(lpad(to_hex(i), 64, '0'), 'hex')"
			if s.folder == "sqlite" {
				hash = "unhex(printf('%064x', i))"
			}
			for _, statement := range []string{
				fmt.Sprintf("WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) INSERT INTO log_hashes (id, hash) SELECT i, %s FROM n",
					tlog.StoredHashIndex(0, leaves), hash),
				fmt.Sprintf("DELETE FROM log_hashes WHERE id >= %d", tlog.StoredHashIndex(0, leaves)),
				fmt.Sprintf("INSERT INTO counters (name, value) VALUES ('entries', %d) ON CONFLICT (name) DO UPDATE SET value = excluded.value", leaves),
			} {
				if _, err := db.Exec(statement); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := open(t, at).Do(ctx, func(tx *Tx) error { return holdsTiles(ctx, tx, leaves) }); err != nil {
				t.Error(err)
			}
		})
	}
}

// holdsTiles says what is not in its tile.
func holdsTiles(ctx context.Context, tx *Tx, leaves int64) error {
	tiles := int64(0)
	for level := range int64(5) {
		n := leaves >> (tileHeight * level)
		for number := int64(0); number*tileWidth < n; number++ {
			var want []byte
			for i := number * tileWidth; i < min(n, (number+1)*tileWidth); i++ {
				want = append(want, numbered(tlog.StoredHashIndex(tileHeight*int(level), i))...)
			}
			if err := tx.readTiles(ctx, []tileAt{{level, number}}); err != nil {
				return err
			}
			if got := tx.end.tiles[tileAt{level, number}]; !bytes.Equal(got, want) {
				return fmt.Errorf("tile %d of level %d has %d bytes, should have %d: %x", number, level, len(got), len(want), got)
			}
			tiles++
		}
	}
	if n, err := tx.TileCount(ctx); err != nil || n != tiles {
		return fmt.Errorf("%d tiles, should be %d: %w", n, tiles, err)
	}
	return nil
}

// A backup from when the tree was kept a hash to a row is put back, and its tree is kept in tiles.
func TestADumpWithTheTreeInRowsIsPutBack(t *testing.T) {
	ctx := context.Background()
	const leaves = 600
	lines := []Line{{Table: "counters", Columns: []string{"name", "value"}}, {Row: []any{"entries", int64(leaves)}}, {Table: "log_hashes", Columns: []string{"id", "hash"}}}
	for i := range tlog.StoredHashIndex(0, leaves) {
		lines = append(lines, Line{Row: []any{i, numbered(i)}})
	}
	lines = append(lines, Line{Table: "chains", Columns: []string{"device_id", "generation", "last_seq", "head"}}, Line{Row: []any{"d", int64(1), int64(7), []byte{1}}})
	var dump [][]byte
	for _, l := range lines {
		if err := put(l, func(line []byte) error { dump = append(dump, line); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	s, err := restored(t, place(t), dump, 11)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Do(ctx, func(tx *Tx) error { return holdsTiles(ctx, tx, leaves) }); err != nil {
		t.Error(err)
	}
	if _, err := restored(t, place(t), dump, 12); err == nil {
		t.Error("and into a schema that has no such table")
	}
}

// The tree grows in the database as it does in memory, batch by batch and whatever their size, and no hash is put in
// where another stands already.
func TestTheTreeGrowsAsInMemory(t *testing.T) {
	ctx := context.Background()
	s := open(t, place(t))
	var whole memory
	leaves := int64(0)
	for _, batch := range []int64{1, 2, 252, 1, 1, 300, 512, 0, 7} {
		err := s.Do(ctx, func(tx *Tx) error {
			for n := leaves; n < leaves+batch; n++ {
				if err := tx.GrowLog(ctx, n, tlog.RecordHash(numbered(n))); err != nil {
					return err
				}
				tx.grows, tx.end.size = true, n+1
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for ; batch > 0; batch-- {
			hashes, err := tlog.StoredHashesForRecordHash(leaves, tlog.RecordHash(numbered(leaves)), whole)
			if err != nil {
				t.Fatal(err)
			}
			whole = append(whole, hashes...)
			leaves++
		}
		err = s.Read(ctx, func(tx *Tx) error {
			var all []int64
			for i := range whole {
				all = append(all, int64(i))
			}
			got, err := tx.ReadHashes(ctx, all)
			for i := range got {
				if got[i] != whole[i] {
					return fmt.Errorf("hash %d of %d leaves is another", i, leaves)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	for what, n := range map[string]int64{"one left out": leaves + 1, "one that is there": leaves - 1} {
		if err := s.Do(ctx, func(tx *Tx) error { return tx.GrowLog(ctx, n, tlog.Hash{1}) }); err == nil {
			t.Errorf("it grows with %s", what)
		}
	}
}

// memory are stored hashes by their index.
type memory []tlog.Hash

func (m memory) ReadHashes(at []int64) (out []tlog.Hash, err error) {
	for _, i := range at {
		out = append(out, m[i])
	}
	return out, nil
}
