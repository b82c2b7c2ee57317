package header

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"handslag/identity/signed"
	"handslag/vault/factor"
	"handslag/vault/internal/fault"
	"handslag/vault/internal/frame"
	"handslag/vault/internal/seal"
)

var (
	update     = flag.Bool("update", false, "write the golden files anew")
	passphrase = []byte("rätt häst batteri häftklammer")
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func goldenHeader() Header {
	return Header{
		Vault:   bytes.Repeat([]byte{1}, IDSize),
		KDF:     KDF{Algorithm: argon2id, Version: 0x13, Time: 3, Memory: 64 << 10, Threads: 4, Salt: bytes.Repeat([]byte{2}, saltSize)},
		Root:    bytes.Repeat([]byte{3}, seal.BoxSize),
		Erasure: erasure{Place: PlaceHeader, Box: bytes.Repeat([]byte{4}, seal.BoxSize)},
	}
}

// goldenGuarded is a header with every factor.
func goldenGuarded() Header {
	h := goldenHeader()
	h.Factors = []guard{{Name: factor.NameKeyring, Note: bytes.Repeat([]byte{5}, 16)}, {Name: factor.NameTPM, Note: bytes.Repeat([]byte{6}, 240)}}
	h.Erasure = erasure{Place: factor.NameTPM, Box: []byte{1, 0x80, 0, 7}}
	return h
}

func encodedHeader(t testing.TB, h Header) []byte {
	t.Helper()
	data, err := h.Encode()
	must(t, err)
	return data
}

func TestTheHeaderFormatStaysAsItWas(t *testing.T) {
	for name, h := range map[string]Header{"header": goldenHeader(), "header-factors": goldenGuarded()} {
		path := filepath.Join("testdata", name+".hex")
		text := hex.EncodeToString(encodedHeader(t, h)) + "\n"
		if *update {
			must(t, os.WriteFile(path, []byte(text), 0o644))
		}
		golden, err := os.ReadFile(path)
		must(t, err)
		if string(golden) != text {
			t.Errorf("%s is written as\n%s", name, text)
		}
	}
	h, err := Parse(encodedHeader(t, goldenHeader()))
	if err != nil || h.KDF.Memory != 64<<10 || !bytes.Equal(h.Root, goldenHeader().Root) {
		t.Errorf("header: %+v, %v", h, err)
	}
	h, err = Parse(encodedHeader(t, goldenGuarded()))
	if err != nil || !slices.Equal(h.Use(), Known) || h.Erasure.Place != factor.NameTPM {
		t.Errorf("header with factors: %+v, %v", h, err)
	}
}

func TestMalformedHeadersAreDamaged(t *testing.T) {
	for what, forge := range map[string]func(*Header){
		"factors out of order":                 func(h *Header) { slices.Reverse(h.Factors) },
		"a factor twice":                       func(h *Header) { h.Factors[0] = h.Factors[1] },
		"a factor without its note":            func(h *Header) { h.Factors[0].Note = nil },
		"a note too long":                      func(h *Header) { h.Factors[1].Note = make([]byte, factor.NoteLimit+1) },
		"an erasure secret in the header":      func(h *Header) { h.Erasure = goldenHeader().Erasure },
		"an erasure secret in the keyring":     func(h *Header) { h.Erasure.Place = factor.NameKeyring },
		"a TPM's erasure secret, but no TPM":   func(h *Header) { h.Factors = h.Factors[:1] },
		"an erasure secret that is nowhere":    func(h *Header) { h.Erasure = erasure{} },
		"half an erasure secret in the header": func(h *Header) { *h = goldenHeader(); h.Erasure.Box = h.Erasure.Box[1:] },
		"half a root":                          func(h *Header) { h.Root = h.Root[1:] },
	} {
		h := goldenGuarded()
		forge(&h)
		data, err := h.Encode()
		must(t, err)
		if _, err := Parse(data); !errors.Is(err, fault.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	h := goldenGuarded()
	h.Factors[0].Name = "fingerprint"
	data, err := h.Encode()
	must(t, err)
	if _, err := Parse(data); !errors.Is(err, fault.ErrFormat) {
		t.Errorf("a factor of a later program: %v", err)
	}
}

func FuzzHeader(f *testing.F) {
	whole := encodedHeader(f, goldenHeader())
	f.Add(whole)
	f.Add(encodedHeader(f, goldenGuarded()))
	f.Add(whole[:20])
	f.Add([]byte("SQLite format 3\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := Parse(data)
		if err != nil {
			if !errors.Is(err, fault.ErrDamaged) && !errors.Is(err, fault.ErrFormat) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if again, err := h.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("written again it differs: %v", err)
		}
	})
}

// FuzzHeaderBody gets past the checksum.
func FuzzHeaderBody(f *testing.F) {
	for _, h := range []Header{goldenHeader(), goldenGuarded()} {
		body, err := signed.Encode(h)
		must(f, err)
		f.Add(body)
	}
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, body []byte) {
		data := frame.Frame{Kind: frame.KindHeader, Version: frame.Format, Body: body}.Encode()
		h, err := Parse(data)
		if err != nil {
			if !errors.Is(err, fault.ErrDamaged) && !errors.Is(err, fault.ErrFormat) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if k := h.KDF; k.Memory > capMemory || k.Time*k.Memory > capWork || k.Threads > capThreads {
			t.Fatalf("%+v is too much", k)
		}
		if again, err := h.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("written again it differs: %v", err)
		}
	})
}

func TestAForgedHeaderDoesNotTakeTheMachineDown(t *testing.T) {
	h, keys := New(true)
	h, err := h.Under(passphrase, keys, nil, Means{})
	must(t, err)
	for name, forge := range map[string]func(*KDF){
		"100 GiB":           func(k *KDF) { k.Memory = 100 << 20 },
		"a day of passes":   func(k *KDF) { k.Time = 1 << 30 },
		"both at their cap": func(k *KDF) { k.Memory, k.Time = capMemory, capTime },
		"no memory":         func(k *KDF) { k.Memory = 0 },
		"no passes":         func(k *KDF) { k.Time = 0 },
		"256 threads":       func(k *KDF) { k.Threads = 256 },
		"no salt":           func(k *KDF) { k.Salt = nil },
	} {
		forged := h
		forge(&forged.KDF)
		data, err := forged.Encode()
		must(t, err)
		if _, err := Parse(data); !errors.Is(err, fault.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if h.KDF.Salt = seal.Random(saltSize); true {
		if _, err := h.Open(passphrase, Means{}); !errors.Is(err, fault.ErrPassphrase) {
			t.Errorf("a header with another salt opens: %v", err)
		}
	}
}

func TestANewVaultCostsAtLeastTheFloor(t *testing.T) {
	k := newKDF(false)
	if k.Memory < 64<<10 || k.Time < 3 || k.Threads != 4 || k.check() != nil {
		t.Errorf("%+v", k)
	}
}

func TestNothingIsEverRaisedBeyondItsBoundsOrLowered(t *testing.T) {
	for _, k := range []KDF{
		{Time: 1, Memory: 8, Threads: 1}, {Time: 3, Memory: 64 << 10, Threads: 4}, {Time: capTime, Memory: 8, Threads: 1},
		{Time: 1, Memory: capMemory, Threads: 1}, {Time: 4, Memory: capMemory, Threads: capThreads},
		{Time: capTime, Memory: capWork / capTime, Threads: capThreads}, {Time: 2, Memory: 128, Threads: capThreads},
	} {
		k.Algorithm, k.Version, k.Salt = argon2id, 0x13, seal.Random(saltSize)
		must(t, k.check())
		r, more := k.Raised(false)
		if err := r.check(); err != nil {
			t.Errorf("%+v: %v", k, err)
		}
		if r.Time < k.Time || r.Memory < k.Memory || r.Threads < k.Threads || r.Time < FloorTime || r.Memory < FloorMemory || r.Threads < FloorThreads {
			t.Errorf("%+v is lowered to %+v", k, r)
		}
		if behind := k.Time < FloorTime || k.Memory < FloorMemory || k.Threads < FloorThreads; more != behind {
			t.Errorf("%+v is behind: %v", k, more)
		}
		if bytes.Equal(r.Salt, k.Salt) {
			t.Error("the old salt serves again")
		}
	}
}
