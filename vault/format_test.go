package vault

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/factor"
	"handslag/vault/record"
)

var update = flag.Bool("update", false, "write the golden files anew")

func goldenHeader() header {
	return header{
		Vault:   bytes.Repeat([]byte{1}, vaultIDSize),
		KDF:     kdf{Algorithm: argon2id, Version: 0x13, Time: 3, Memory: 64 << 10, Threads: 4, Salt: bytes.Repeat([]byte{2}, saltSize)},
		Root:    bytes.Repeat([]byte{3}, sealedSize),
		Erasure: erasure{Place: placeHeader, Box: bytes.Repeat([]byte{4}, sealedSize)},
	}
}

// goldenGuarded is a header with every factor.
func goldenGuarded() header {
	h := goldenHeader()
	h.Factors = []guard{{Name: factor.NameKeyring, Note: bytes.Repeat([]byte{5}, 16)}, {Name: factor.NameTPM, Note: bytes.Repeat([]byte{6}, 240)}}
	h.Erasure = erasure{Place: factor.NameTPM, Box: []byte{1, 0x80, 0, 7}}
	return h
}

// goldenKeys is a record of a keybag: two keys, by their names.
func goldenKeys() []byte {
	b := &keybag{deks: map[keyID]*dek{}}
	first, second := keyID{1}, keyID{2}
	b.put(second, bytes.Repeat([]byte{6}, keySize))
	b.put(first, bytes.Repeat([]byte{5}, keySize))
	return b.snapshot(nil)
}

func goldenProfile() sealedProfile {
	return sealedProfile{Keys: []byte("keys"), Profile: Profile{Org: "org", Statement: []byte("statement"), Request: []byte("request"),
		Credential: []byte("credential"), Person: identity.Person{ID: "p1", Username: "anna", First: "Anna", Last: "Lind"}, Machine: "m1", Username: "anna", Search: bytes.Repeat([]byte{7}, keySize)}}
}

func encoded(t testing.TB) map[string][]byte {
	t.Helper()
	h, err := goldenHeader().encode()
	must(t, err)
	g, err := goldenGuarded().encode()
	must(t, err)
	p, err := signed.Encode(goldenProfile())
	must(t, err)
	snapshot, change := goldenCatalogue(t)
	all := map[string][]byte{"snapshot": snapshot, "change": change, "header": h, "header-factors": g, "keys": goldenKeys(), "log": goldenLog(), "profile": p}
	for name, row := range goldenRows() {
		all[name], err = signed.Encode(row)
		must(t, err)
	}
	return all
}

func goldenRows() map[string]any {
	rows := map[string]any{
		"card-row": cardRow{Until: morning, Hands: 2, Source: Source{Device: "device", Name: "Bo", At: morning},
			Record: record.Record{Version: 1, ID: "r1", Number: 2, Subject: "s1", Kind: "person", Unit: "norra", People: []identity.PersonID{"p1"},
				Card: record.Card{Title: "Uppdrag 1042", Area: "Sparvhagen"}, Cipher: bytes.Repeat([]byte{1}, 32), Issued: morning}},
		"part-row": partRow{Number: 2, Org: "org", Tokens: []byte("tokens"), Commitment: bytes.Repeat([]byte{5}, 32), Signature: bytes.Repeat([]byte{2}, 64),
			Hands: []record.Hand{{Loan: []byte("loan")}}, Cipher: []byte("ciphertext"), Key: bytes.Repeat([]byte{3}, 60)},
		"attachment-row": attachmentRow{ID: "B-1", Record: "r1", Subject: "s1", Assignment: "U-1", Size: 5, Count: 1, Issued: morning, Draft: true,
			Key: bytes.Repeat([]byte{6}, 60), Source: Source{Device: "device", Name: "Bo", At: morning}},
		"message-row": messageRow{Message: []byte("signed")},
		"assignment-row": assignmentRow{Signature: bytes.Repeat([]byte{4}, 64),
			Assignment: record.Assignment{Version: 1, Org: "org", ID: "U-1", Number: 1, Unit: "norra", Title: "Droppande kran", Issued: morning}},
	}
	card, part := rows["card-row"].(cardRow), rows["part-row"].(partRow)
	rows["staged-row"] = stagedRow{Card: &card, Part: &part}
	return rows
}

func TestTheFormatsStayAsTheyWere(t *testing.T) {
	for name, data := range encoded(t) {
		path := filepath.Join("testdata", name+".hex")
		text := hex.EncodeToString(data) + "\n"
		if *update {
			must(t, os.WriteFile(path, []byte(text), 0o644))
		}
		golden, err := os.ReadFile(path)
		must(t, err)
		if string(golden) != text {
			t.Errorf("%s is written as\n%s", name, text)
		}
	}
}

func TestTheGoldenFilesAreRead(t *testing.T) {
	read := func(name string) []byte {
		t.Helper()
		text, err := os.ReadFile(filepath.Join("testdata", name+".hex"))
		must(t, err)
		data, err := hex.DecodeString(strings.TrimSpace(string(text)))
		must(t, err)
		return data
	}
	h, err := parseHeader(read("header"))
	if err != nil || h.KDF.Memory != 64<<10 || !bytes.Equal(h.Root, goldenHeader().Root) {
		t.Errorf("header: %+v, %v", h, err)
	}
	h, err = parseHeader(read("header-factors"))
	if err != nil || !slices.Equal(h.use(), known) || h.Erasure.Place != factor.NameTPM {
		t.Errorf("header with factors: %+v, %v", h, err)
	}
	keys := map[keyID]byte{}
	if err := readKeys(read("keys"), func(id keyID, key []byte) error { keys[id] = key[keySize-1]; return nil }); err != nil ||
		len(keys) != 2 || keys[keyID{1}] != 5 || keys[keyID{2}] != 6 {
		t.Errorf("keys: %v, %v", keys, err)
	}
	p, err := parseProfile(read("profile"))
	if err != nil || p.Profile.Person != goldenProfile().Profile.Person || string(p.Keys) != "keys" {
		t.Errorf("profile: %v", err)
	}
}

func TestMalformedKeysAreDamaged(t *testing.T) {
	whole := goldenKeys()
	first, second := whole[:keybagEntry], whole[keybagEntry:]
	for what, data := range map[string][]byte{
		"a key twice":       slices.Concat(first, first),
		"keys out of order": slices.Concat(second, first),
		"half a key":        whole[:len(whole)-1],
	} {
		if err := readKeys(data, func(keyID, []byte) error { return nil }); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	b := &keybag{deks: map[keyID]*dek{}}
	if must(t, b.apply(0, true, whole)); !errors.Is(b.apply(1, false, first), ErrDamaged) {
		t.Error("a later record names a key again")
	}
}

func TestMalformedHeadersAreDamaged(t *testing.T) {
	for what, forge := range map[string]func(*header){
		"factors out of order":                 func(h *header) { slices.Reverse(h.Factors) },
		"a factor twice":                       func(h *header) { h.Factors[0] = h.Factors[1] },
		"a factor without its note":            func(h *header) { h.Factors[0].Note = nil },
		"a note too long":                      func(h *header) { h.Factors[1].Note = make([]byte, factor.NoteLimit+1) },
		"an erasure secret in the header":      func(h *header) { h.Erasure = goldenHeader().Erasure },
		"an erasure secret in the keyring":     func(h *header) { h.Erasure.Place = factor.NameKeyring },
		"a TPM's erasure secret, but no TPM":   func(h *header) { h.Factors = h.Factors[:1] },
		"an erasure secret that is nowhere":    func(h *header) { h.Erasure = erasure{} },
		"half an erasure secret in the header": func(h *header) { *h = goldenHeader(); h.Erasure.Box = h.Erasure.Box[1:] },
		"half a root":                          func(h *header) { h.Root = h.Root[1:] },
	} {
		h := goldenGuarded()
		forge(&h)
		data, err := h.encode()
		must(t, err)
		if _, err := parseHeader(data); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	h := goldenGuarded()
	h.Factors[0].Name = "fingerprint"
	data, err := h.encode()
	must(t, err)
	if _, err := parseHeader(data); !errors.Is(err, ErrFormat) {
		t.Errorf("a factor of a later program: %v", err)
	}
}

func FuzzHeader(f *testing.F) {
	whole := encoded(f)["header"]
	f.Add(whole)
	f.Add(encoded(f)["header-factors"])
	f.Add(whole[:20])
	f.Add([]byte("SQLite format 3\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := parseHeader(data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrFormat) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if again, err := h.encode(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("written again it differs: %v", err)
		}
	})
}

// FuzzHeaderBody gets past the checksum.
func FuzzHeaderBody(f *testing.F) {
	for _, h := range []header{goldenHeader(), goldenGuarded()} {
		body, err := signed.Encode(h)
		must(f, err)
		f.Add(body)
	}
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, body []byte) {
		data := frame{kind: kindHeader, version: frameFormat, body: body}.encode()
		h, err := parseHeader(data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrFormat) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if k := h.KDF; k.Memory > capMemory || k.Time*k.Memory > capWork || k.Threads > capThreads {
			t.Fatalf("%+v is too much", k)
		}
		if again, err := h.encode(); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("written again it differs: %v", err)
		}
	})
}

func FuzzKeys(f *testing.F) {
	f.Add(encoded(f)["keys"])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		b := &keybag{deks: map[keyID]*dek{}}
		if err := b.apply(0, true, data); err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if !bytes.Equal(b.snapshot(nil), data) {
			t.Fatal("written again it differs")
		}
	})
}

func FuzzProfile(f *testing.F) {
	f.Add(encoded(f)["profile"])
	f.Add([]byte{0xa1, 0x01, 0xa0})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProfile(data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		if again, err := signed.Encode(p); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("written again it differs: %v", err)
		}
	})
}

func FuzzRow(f *testing.F) {
	root := bytes.Repeat([]byte{2}, keySize) // the same in every fuzzing process
	s := newRowSeal(bytes.Repeat([]byte{1}, vaultIDSize), root, era{1}, newKeybag(folder{}, nil, root, root, subkey(root, "names")))
	key := s.key(rowSetting, "x")
	value, err := s.seal(key, 3, "", []byte("value"))
	must(f, err)
	f.Add(value)
	f.Add(value[:rowHead])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		// Each fuzzing process has sealed the seed for itself, with another nonce: what opens says the same.
		plain, revision, err := s.open(key, data, (&Tx{view: &view{seal: s}}).rowKeyOf)
		if err == nil && (string(plain) != "value" || revision != 3) {
			t.Fatal("a row that nobody sealed opens")
		}
		if err != nil && !errors.Is(err, ErrView) {
			t.Fatalf("an error without a name: %v", err)
		}
	})
}
