package connected_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// gets makes a proved call by hand, as somebody else's client would.
func (d *device) gets(path, query string) (status int, h http.Header, body []byte) {
	d.h.t.Helper()
	header := d.proof(link.NewCall(d.h.statement.Org(), d.keys.Device(), http.MethodGet, path, query, nil, signed.At(d.h.clock.Now())))
	request := must[*http.Request](d.h.t)(http.NewRequest(http.MethodGet, d.h.statement.URL+path+"?"+query, nil))
	request.Header.Set("Authorization", header)
	answer := must[*http.Response](d.h.t)(d.h.server.Client().Do(request))
	defer answer.Body.Close()
	return answer.StatusCode, answer.Header, must[[]byte](d.h.t)(io.ReadAll(answer.Body))
}

// asks is the code of a refusal, or "".
func (d *device) asks(path, query string) link.Code {
	d.h.t.Helper()
	status, _, body := d.gets(path, query)
	if status == http.StatusOK {
		return ""
	}
	var p link.Problem
	ok(d.h.t, json.Unmarshal(body, &p))
	return p.Code
}

// A monitor that knows C2SP and nothing of us: a checkpoint, the tiles that its size asks for, and of those
// every proof by its own hand.
func TestTheLogIsReadAsTiles(t *testing.T) {
	h := newHouse(t, live)
	bo, anna := h.enrolled("bo.ek"), h.enrolled("anna.lind")
	for range 3 {
		bo.hands(bo.batch(bo.items(200)...))
	}
	_, header, note := bo.gets(link.PathCheckpoint, "")
	if header.Get("Content-Type") != "text/plain; charset=utf-8" || header.Get("Cache-Control") != "no-store" {
		t.Errorf("a checkpoint is %v", header)
	}
	c := must[audit.Checkpoint](t)(audit.OpenCheckpoint(note, h.statement.Org(), h.statement.Log))
	if c.Size < 600 {
		t.Fatalf("only %d entries", c.Size)
	}
	got := map[string][]byte{}
	ok(t, audit.Tiles(c.Size, func(tile audit.Tile) error {
		status, header, data := bo.gets("/v1/log/"+tile.Path(), "")
		if status != http.StatusOK || len(data) != tile.Width*32 || !strings.Contains(header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, %d bytes, %s", tile.Path(), status, len(data), header.Get("Cache-Control"))
		}
		got["tile/8/"+strings.TrimPrefix(tile.Path(), "tile/")] = data
		return nil
	}))
	reader := tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, tiles(got))
	for _, id := range []int64{0, 255, 256, c.Size - 1} {
		if _, err := tlog.ProveRecord(c.Size, id, reader); err != nil {
			t.Errorf("leaf %d: %v", id, err)
		}
	}
	// Leaves are for who reviews, and hash to what the tiles say.
	_, _, bundle := anna.gets("/v1/log/tile/entries/001", "")
	leaves := must[[]audit.Leaf](t)(audit.ReadBundle(bundle))
	if len(leaves) != audit.TileWidth {
		t.Fatalf("%d leaves", len(leaves))
	}
	for i, leaf := range leaves {
		if hash := must[audit.Hash](t)(leaf.Hash()); !bytes.Equal(hash[:], got["tile/8/0/001"][i*32:(i+1)*32]) {
			t.Fatalf("leaf %d is another", i)
		}
	}
	seen := false
	for _, row := range anna.log(link.LogFilter{Person: "anna.lind"}).Rows {
		seen = seen || row.Kind == journal.LogRead && row.Route == "/v1/log/tile/entries/{rest}" && row.Note == "leaves=tile%2Fentries%2F001"
	}
	if !seen {
		t.Error("that leaves were looked at is no entry")
	}
	h.sound()
}

type tiles map[string][]byte

func (r tiles) Height() int                            { return 8 }
func (r tiles) SaveTiles(t []tlog.Tile, data [][]byte) {}
func (r tiles) ReadTiles(all []tlog.Tile) (out [][]byte, err error) {
	for _, one := range all {
		out = append(out, r[one.Path()])
	}
	return out, nil
}

func TestTheLogProvesWhatItHasAndThatItGrew(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	bo.hands(bo.batch(bo.items(20)...))
	var grown link.Growth
	_, _, body := bo.gets(link.PathGrowth, "from=1,7,19&size=20")
	ok(t, json.Unmarshal(body, &grown))
	twenty := must[audit.Checkpoint](t)(audit.OpenCheckpoint(grown.Checkpoint, h.statement.Org(), h.statement.Log))
	if twenty.Size != 20 || len(grown.Proofs) != 3 {
		t.Fatalf("%+v, %d proofs", twenty, len(grown.Proofs))
	}
	for _, p := range grown.Proofs {
		_, _, body := bo.gets(link.PathGrowth, "size="+strconv.FormatUint(p.From, 10))
		var older link.Growth
		ok(t, json.Unmarshal(body, &older))
		before := must[audit.Checkpoint](t)(audit.OpenCheckpoint(older.Checkpoint, h.statement.Org(), h.statement.Log))
		var proof []audit.Hash
		for _, hash := range p.Hashes {
			proof = append(proof, audit.Hash(hash))
		}
		ok(t, audit.Consistent(before, twenty, proof))
	}
	_, _, text := bo.gets(link.PathInclusion, "entry=5&size=20")
	lines := strings.Split(string(text), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != "index 4" {
		t.Fatalf("%s", text)
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		if line == "" {
			break
		}
		proof = append(proof, tlog.Hash(must[[]byte](t)(base64.StdEncoding.DecodeString(line))))
	}
	_, note, _ := strings.Cut(string(text), "\n\n")
	if c := must[audit.Checkpoint](t)(audit.OpenCheckpoint([]byte(note), h.statement.Org(), h.statement.Log)); c != twenty {
		t.Errorf("it is proved in %+v", c)
	}
	_, _, hashes := bo.gets("/v1/log/tile/0/000.p/20", "")
	ok(t, tlog.CheckRecord(proof, 20, twenty.Root, 4, tlog.Hash(hashes[4*32:5*32])))
}

func TestWhatTheLogHasNotIsNotProved(t *testing.T) {
	h := newHouse(t, live)
	anna := h.enrolled("anna.lind")
	size := must[audit.Checkpoint](t)(audit.ReadCheckpoint(must[link.Growth](t)(func() (g link.Growth, err error) {
		page, err := anna.client.Changes(context.Background(), "", link.Had{Statement: 1, Log: []uint64{0}})
		return *page.Growth, err
	}()).Checkpoint)).Size
	n := func(n int64) string { return strconv.FormatInt(n, 10) }
	for _, c := range []struct {
		path, query string
		want        link.Code
	}{
		{link.PathGrowth, "size=" + n(size), ""},
		{link.PathGrowth, "size=" + n(size+1000), link.CodeNotFound},
		{link.PathGrowth, "size=0", link.CodeBadRequest},
		{link.PathGrowth, "size=-1", link.CodeBadRequest},
		{link.PathGrowth, "from=1,2,3,4,5,6,7,8,9", link.CodeBadRequest},
		{link.PathGrowth, "from=x", link.CodeBadRequest},
		{link.PathInclusion, "entry=1", ""},
		{link.PathInclusion, "", link.CodeBadRequest},
		{link.PathInclusion, "entry=0", link.CodeBadRequest},
		{link.PathInclusion, "entry=9000000", link.CodeNotFound},
		{link.PathInclusion, "entry=3&size=2", link.CodeNotFound},
		{link.PathInclusion, "entry=1&entry=2", link.CodeBadRequest},
		{link.PathCheckpoint, "size=1", link.CodeBadRequest},
		{"/v1/log/tile/0/000.p/1", "", ""},
		{"/v1/log/tile/0/000", "", link.CodeNotFound}, // it is not full yet
		{"/v1/log/tile/0/000.p/255", "", link.CodeNotFound},
		{"/v1/log/tile/0/0", "", link.CodeNotFound},
		{"/v1/log/tile/0/../0/000.p/1", "", link.CodeNotFound},
		{"/v1/log/tile/entries/000.p/1", "", ""},
		{"/v1/log/tile/entries/0/000.p/1", "", link.CodeNotFound},
		{"/v1/log/tile/entries/x999/x999/x999/x999/x999/x999/999", "", link.CodeNotFound},
		{"/v1/log/tile/63/000", "", link.CodeNotFound},
		{"/v1/log/tile/", "", link.CodeNotFound},
		{"/v1/log/tile", "", link.CodeNotFound},
	} {
		if got := anna.asks(c.path, c.query); got != c.want {
			t.Errorf("%s?%s: %q, want %q", c.path, c.query, got, c.want)
		}
	}
}
