package main

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handslag/identity/signed"
)

const source = "../.." // of the module

// vector is a line of the index.
type vector struct{ domain, rule, file, seed string }

func index(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || fields[0] == "#":
		case len(fields) == 4:
			all = append(all, vector{fields[0], fields[1], fields[2], fields[3]})
		default:
			t.Fatalf("malformed line %q", line)
		}
	}
	return all
}

// message is what a vector's file holds.
func (v vector) message(t *testing.T) []byte {
	t.Helper()
	file, name, named := strings.Cut(v.file, "#")
	text, err := os.ReadFile(filepath.Join(source, file))
	if err != nil {
		t.Fatal(err)
	}
	if named {
		_, rest, ok := strings.Cut("\n"+string(text), "\n"+name+" ")
		if !ok {
			t.Fatalf("%s has no line %s", file, name)
		}
		line, _, _ := strings.Cut(rest, "\n")
		text = []byte(line)
	}
	data, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatalf("%s: %v", v.file, err)
	}
	return data
}

const messageLimit = 1 << 20

// opens reports whether the message is one of the domain by the key of that seed.
func opens(t *testing.T, domain signed.Domain, message []byte, seed byte) bool {
	t.Helper()
	key, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	content, err := signed.ContentOf(domain, message, messageLimit)
	if err != nil {
		t.Fatalf("%s: %v", domain, err)
	}
	again, err := content.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(message, again)
}

// Every structure that is signed has a rule and a vector that whoever writes another program can check theirs by.
func TestEverySignedStructureHasItsVector(t *testing.T) {
	all := index(t)
	for _, domain := range signed.Domains() {
		if n := len(slices.Collect(func(yield func(vector) bool) {
			for _, v := range all {
				if v.domain == string(domain) && !yield(v) {
					return
				}
			}
		})); n != 1 {
			t.Errorf("%s stands %d times in the index", domain, n)
		}
	}
	for _, v := range all {
		file, rule, _ := strings.Cut(v.rule, "#")
		text, err := os.ReadFile(filepath.Join(source, file))
		if err != nil || !strings.Contains("\n"+string(text), "\n"+rule+" = ") {
			t.Errorf("%s: there is no rule %s: %v", v.domain, v.rule, err)
		}
		if v.seed == "-" {
			if _, err := os.Stat(filepath.Join(source, v.file)); err != nil {
				t.Errorf("%s: %v", v.domain, err)
			}
			continue
		}
		seed, err := hex.DecodeString(v.seed)
		if err != nil || len(seed) != 1 {
			t.Fatalf("%s: seed %q", v.domain, v.seed)
		}
		message := v.message(t)
		if !opens(t, signed.Domain(v.domain), message, seed[0]) {
			t.Errorf("%s: the vector is not signed by the key that the index names, for that domain", v.domain)
		}
		if opens(t, "handslag/1/another", message, seed[0]) || opens(t, signed.Domain(v.domain), message, seed[0]+1) {
			t.Errorf("%s: the signature would do for something else", v.domain)
		}
	}
}
