package console

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestOthersWordsDoNotMoveTheCursor(t *testing.T) {
	var out bytes.Buffer
	if _, err := io.WriteString(cleaner{&out}, "namn\x1b[2J\u202eslut\nå"); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "namn\uFFFD[2J\uFFFDslut\nå" {
		t.Errorf("%q", got)
	}
}

// JSON for a program may be shown by a terminal all the same; it stays the same JSON.
func TestNoJSONMovesTheCursor(t *testing.T) {
	var out bytes.Buffer
	words := "namn\x1b[2J\u009b2J\u202e\x7fslut å"
	c := &Console{Raw: &out, Settings: Settings{JSON: true}}
	if err := c.Print(words, nil); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsFunc(strings.TrimSuffix(out.String(), "\n"), moves) {
		t.Errorf("%q", out.String())
	}
	var back string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back != words {
		t.Errorf("%q, %v", back, err)
	}
}
