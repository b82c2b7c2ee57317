package sealedlog

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handslag/vault/disk/faulty"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/frame"
	"handslag/vault/internal/seal"
)

var update = flag.Bool("update", false, "write the golden files anew")

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wordLog is a sealed log of words, whose snapshot is all of them.
type wordLog struct {
	*Log
	words []string
}

func wordsOn(d *faulty.Disk) *wordLog {
	f := folder.Folder{Dir: "/v", Disk: d, Free: func(string) (uint64, error) { return 1 << 40, nil }}
	return &wordLog{Log: New(f, "words", 'w', bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, seal.KeySize), 1<<20)}
}

func (l *wordLog) begin(t *testing.T) {
	t.Helper()
	must(t, l.Stage(7, nil))
	must(t, l.Place())
}

func (l *wordLog) open() error {
	if err := l.Load("words", func(_ uint64, _ bool, plain []byte) error {
		l.words = append(l.words, strings.Fields(string(plain))...)
		return nil
	}); err != nil {
		return err
	}
	return l.Extend()
}

func (l *wordLog) say(word string) error {
	err := l.Add([]byte(word+" "), func() []byte { return []byte(strings.Join(append(l.words, word), " ")) })
	if err == nil {
		l.words = append(l.words, word)
	}
	return err
}

// said is a log of words on a disk of its own.
func said(t *testing.T, words ...string) (*faulty.Disk, *wordLog) {
	t.Helper()
	d := faulty.New()
	l := wordsOn(d)
	l.begin(t)
	for _, word := range words {
		must(t, l.say(word))
	}
	return d, l
}

func reads(t *testing.T, d *faulty.Disk, words ...string) {
	t.Helper()
	l := wordsOn(d)
	if err := l.open(); err != nil || !slices.Equal(l.words, words) {
		t.Fatalf("it reads %v, %v; want %v", l.words, err, words)
	}
	must(t, l.say("more"))
	if l = wordsOn(d); l.open() != nil || !slices.Equal(l.words, append(slices.Clone(words), "more")) {
		t.Fatalf("after one more it reads %v", l.words)
	}
}

func TestALogKeepsWhatWasAdded(t *testing.T) {
	d, l := said(t, "one", "two", "three")
	if l.Index != 10 {
		t.Errorf("three after the seventh are the %dth", l.Index)
	}
	reads(t, d, "one", "two", "three")
}

func TestATornEndIsCutWhereverItTore(t *testing.T) {
	d, l := said(t, "one", "two")
	before := l.size
	must(t, l.say("three"))
	whole := d.Contents("/v/words")
	for size := before; size < len(whole); size++ {
		d.Put("/v/words", whole[:size])
		reads(t, d, "one", "two")
		zeroes := append(slices.Clone(whole[:size]), make([]byte, len(whole)-size+3)...)
		d.Put("/v/words", zeroes)
		reads(t, d, "one", "two")
	}
}

func TestDamageBeforeTheEndIsNamedWhereverItIs(t *testing.T) {
	d, l := said(t, "one", "two")
	last := l.size
	must(t, l.say("three"))
	whole := d.Contents("/v/words")
	for at := range last {
		flipped := slices.Clone(whole)
		flipped[at] ^= 4
		d.Put("/v/words", flipped)
		if err := wordsOn(d).open(); !errors.Is(err, fault.ErrDamaged) && !errors.Is(err, fault.ErrFormat) {
			t.Fatalf("bit flipped at %d: %v", at, err)
		}
	}
	for at := last; at < len(whole); at++ { // looks like a write that was never finished
		flipped := slices.Clone(whole)
		flipped[at] ^= 4
		d.Put("/v/words", flipped)
		reads(t, d, "one", "two")
	}
}

func TestRecordsOpenInTheirOwnPlaceOnly(t *testing.T) {
	d, l := said(t, "one", "two")
	other, _ := said(t, "one", "two")
	whole, foreign := d.Contents("/v/words"), other.Contents("/v/words")
	var ends []int
	form := l.form
	_, _, err := form.Walk(whole, func(_ uint64, box []byte) (bool, error) {
		end := Head
		if len(ends) > 0 {
			end = ends[len(ends)-1]
		}
		ends = append(ends, end+RecordHead+len(box))
		return true, nil
	})
	must(t, err)
	snapshot, one, two := ends[0], ends[1], ends[2]
	for what, data := range map[string][]byte{
		"the other file's records":   slices.Concat(whole[:Head], foreign[Head:]),
		"the other file's head":      slices.Concat(foreign[:Head], whole[Head:]),
		"a record left out":          slices.Concat(whole[:snapshot], whole[one:]),
		"records that changed place": slices.Concat(whole[:snapshot], whole[one:two], whole[snapshot:one]),
		"a snapshot alone, no head":  whole[Head:],
		"a head and nothing":         whole[:Head],
		"nothing":                    {},
	} {
		d.Put("/v/words", data)
		if err := wordsOn(d).open(); !errors.Is(err, fault.ErrDamaged) && !errors.Is(err, fault.ErrFormat) {
			t.Errorf("%s: %v", what, err)
		}
	}
	d.Put("/v/words", slices.Concat(whole, whole[snapshot:one])) // an older record again is no later one
	reads(t, d, "one", "two")
	d.Put("/v/words", whole[:one]) // not seen here: whoever needs to know compares the index
	reads(t, d, "one")
	d.Put("/v/words", whole)
	l = wordsOn(d)
	l.form.vault = bytes.Repeat([]byte{9}, 16)
	if err := l.open(); !errors.Is(err, fault.ErrDamaged) {
		t.Errorf("in another vault: %v", err)
	}
}

func TestChangesThatOutgrowTheirSnapshotMakeANewOne(t *testing.T) {
	d, l := said(t)
	id, snapshots := l.form.id, 0
	var words []string
	for n := range 9000 {
		words = append(words, fmt.Sprint("w", n))
		must(t, l.say(words[n]))
		if l.form.id != id {
			id, snapshots = l.form.id, snapshots+1
		}
	}
	if size := len(d.Contents("/v/words")); snapshots < 3 || snapshots > 7 || size > 3*logSlack+200 {
		t.Errorf("%d snapshots, %d bytes in the end", snapshots, size)
	}
	if l.Index != 9007 {
		t.Errorf("index %d: a snapshot does not count on", l.Index)
	}
	reads(t, d, words...)
}

func TestALogThatCanNotGrowStaysWhole(t *testing.T) {
	d, l := said(t, "one")
	d.Room = d.Used() + 20
	if err := l.say("two"); !errors.Is(err, fault.ErrFull) {
		t.Errorf("a full disk: %v", err)
	}
	d.Room = 0
	d.FailSync = 1
	if err := l.say("two"); err == nil {
		t.Error("a sync fails and nobody says so")
	}
	must(t, l.say("two"))
	d.FailSync, d.FailTruncate = 1, 1
	if err := l.say("three"); err == nil {
		t.Error("a sync fails and nobody says so")
	}
	must(t, l.say("four")) // in a new file, since nobody knows where the old one ends
	reads(t, d, "one", "two", "four")
	l = wordsOn(d)
	must(t, l.open())
	l.limit = l.size + 10
	if err := l.say("a word that is too long for it"); !errors.Is(err, fault.ErrTooLarge) {
		t.Errorf("beyond its bounds: %v", err)
	}
}

// Wherever the power goes, each word that was said is there afterwards, and one more at most.
func TestALogAfterAnyPowerCut(t *testing.T) {
	words := strings.Fields("one two three snapshot five six")
	play := func(d *faulty.Disk) (said int) {
		l := wordsOn(d)
		if l.Stage(7, nil) != nil || l.Place() != nil {
			return -1
		}
		for n, word := range words {
			if word == "snapshot" {
				l.size += logSlack + l.size // as if it had outgrown the snapshot
			}
			if l.say(word) != nil {
				return n
			}
		}
		return len(words)
	}
	calm := faulty.New()
	play(calm)
	seen := map[int]bool{}
	for cut := 1; cut <= calm.Calls(); cut++ {
		for seed := range uint64(12) {
			d := faulty.New()
			d.CutAt = cut
			n := play(d)
			l := wordsOn(d.After(faulty.Seeded(seed)))
			err := l.open()
			switch {
			case n < 0 && err != nil && errors.Is(err, fault.ErrDamaged): // it was never begun
			case err != nil:
				t.Fatalf("cut at %d, seed %d: %v", cut, seed, err)
			case len(l.words) < n || len(l.words) > n+1 || !slices.Equal(l.words, words[:len(l.words)]):
				t.Fatalf("cut at %d, seed %d: %d were said, it reads %v", cut, seed, n, l.words)
			}
			seen[len(l.words)] = true
		}
	}
	if len(seen) != len(words)+1 {
		t.Errorf("the power was never cut after some words: %v", seen)
	}
}

// goldenLog is a log whose boxes are not sealed, so that it is always the same.
func goldenLog() []byte {
	form := Form{Kind: frame.KindKeybag, vault: bytes.Repeat([]byte{1}, 16), id: [logIDSize]byte(bytes.Repeat([]byte{3}, logIDSize))}
	return slices.Concat(form.begin(41), form.record(41, []byte("snapshot")), form.record(42, []byte("change")))
}

func TestTheFormStaysAsItWas(t *testing.T) {
	path := filepath.Join("testdata", "log.hex")
	text := hex.EncodeToString(goldenLog()) + "\n"
	if *update {
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	golden, err := os.ReadFile(path)
	must(t, err)
	if string(golden) != text {
		t.Errorf("it is written as\n%s", text)
	}
}

func FuzzLog(f *testing.F) {
	golden := goldenLog()
	for _, data := range [][]byte{golden, golden[:Head], golden[:len(golden)-1], append(slices.Clone(golden), golden[Head:]...), {}} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		form := Form{Kind: frame.KindKeybag}
		again := []byte(nil)
		size, _, err := form.Walk(data, func(index uint64, box []byte) (bool, error) {
			if again == nil {
				again = form.begin(index)
			}
			again = append(again, form.record(index, box)...)
			return true, nil
		})
		if err != nil {
			if !errors.Is(err, fault.ErrDamaged) && !errors.Is(err, fault.ErrFormat) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if !bytes.Equal(again, data[:size]) {
			t.Fatal("written again it differs")
		}
	})
}
