package link_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"handslag/sync/link"
	"handslag/vault/record"
)

// aChunk is an attachment of one chunk, and that chunk.
func aChunk() (record.Attachment, []byte) {
	cipher := bytes.Repeat([]byte("0123456789"), 10_000)
	hash := record.ChunkHashOf(cipher)
	return record.Attachment{ID: "b-1", Size: uint64(len(cipher) - 28), Chunks: hash[:]}, cipher
}

// Down a line that is cut again and again, each byte travels once.
func TestAChunkArrivesInPieces(t *testing.T) {
	a, cipher := aChunk()
	var asked []string
	f := newFar(t, func(f *far, w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Range"))
		from, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(r.Header.Get("Range"), "bytes="), "-"))
		w.Header().Set("Content-Length", fmt.Sprint(len(cipher)-from))
		if from > 0 {
			w.WriteHeader(http.StatusPartialContent)
		}
		w.Write(cipher[from:min(from+30_000, len(cipher))])
		if from+30_000 < len(cipher) {
			panic(http.ErrAbortHandler)
		}
	})
	got, err := f.client(t, link.ClientOptions{}).Chunk(context.Background(), a, 0)
	if err != nil || !bytes.Equal(got, cipher) {
		t.Fatalf("%d bytes, %v, asked %q", len(got), err, asked)
	}
	if strings.Join(asked, " ") != " bytes=30000- bytes=60000- bytes=90000-" {
		t.Errorf("asked %q", asked)
	}
}

func TestAChunkThatIsAnotherIsNotTaken(t *testing.T) {
	a, cipher := aChunk()
	for what, c := range map[string]struct {
		handle http.HandlerFunc
		want   error
	}{
		"another chunk": {func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte("x"), len(cipher))) }, link.ErrAnswer},
		"a shorter one": {func(w http.ResponseWriter, _ *http.Request) { w.Write(cipher[:500]) }, link.ErrAnswer},
		"a longer one":  {func(w http.ResponseWriter, _ *http.Request) { w.Write(append(bytes.Clone(cipher), 'x')) }, link.ErrAnswer},
		"nothing for ever": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(cipher)))
			panic(http.ErrAbortHandler)
		}, link.ErrAway},
	} {
		f := newFar(t, func(_ *far, w http.ResponseWriter, r *http.Request) { c.handle(w, r) })
		if _, err := f.client(t, link.ClientOptions{}).Chunk(context.Background(), a, 0); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	cut := true
	f := newFar(t, func(_ *far, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(cipher)))
		w.Write(cipher[:50_000])
		if cut {
			cut = false
			panic(http.ErrAbortHandler)
		}
		w.Write(cipher[50_000:]) // the whole, as if no Range had been asked for
	})
	if _, err := f.client(t, link.ClientOptions{}).Chunk(context.Background(), a, 0); !errors.Is(err, link.ErrAnswer) {
		t.Errorf("the whole where the rest was asked for: %v", err)
	}
}
