package vault

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/internal/folder"
	"handslag/vault/internal/header"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
	"handslag/vault/record"
)

var update = flag.Bool("update", false, "write the golden files anew")

func goldenProfile() sealedProfile {
	return sealedProfile{Keys: []byte("keys"), Profile: Profile{Org: "org", Statement: []byte("statement"), Request: []byte("request"),
		Credential: []byte("credential"), Person: identity.Person{ID: "p1", Username: "anna", First: "Anna", Last: "Lind"}, Machine: "m1", Username: "anna", Search: bytes.Repeat([]byte{7}, seal.KeySize)}}
}

func encoded(t testing.TB) map[string][]byte {
	t.Helper()
	p, err := signed.Encode(goldenProfile())
	must(t, err)
	snapshot, change := goldenCatalogue(t)
	all := map[string][]byte{"snapshot": snapshot, "change": change, "profile": p}
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
	p, err := parseProfile(read("profile"))
	if err != nil || p.Profile.Person != goldenProfile().Profile.Person || string(p.Keys) != "keys" {
		t.Errorf("profile: %v", err)
	}
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
	root := bytes.Repeat([]byte{2}, seal.KeySize) // the same in every fuzzing process
	s := newRowSeal(bytes.Repeat([]byte{1}, header.IDSize), root, era{1}, keybag.New(folder.Folder{}, nil, root, root, seal.Key(root, "names")))
	key := s.key(rowSetting, "x")
	value := s.seal(key, 3, s.own, []byte("value"))
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
