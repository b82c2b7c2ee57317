package directory_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/app/directory"
	"handslag/sync/link"
)

func TestTheProgramSaysWhereItListens(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/forged.statement", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	var stderr bytes.Buffer
	go func() {
		ended <- directory.Run(ctx, writer, &stderr, []string{"serve", "-statements", dir, "-listen", "127.0.0.1:0", "-json"})
	}()
	var ready struct{ URL, CA string }
	if err := json.NewDecoder(reader).Decode(&ready); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(ready.CA); err != nil || !strings.HasPrefix(ready.URL, "https://127.0.0.1:") || strings.HasSuffix(ready.URL, ":0") {
		t.Errorf("it says %+v, %v", ready, err)
	}
	if _, err := http.Get(ready.URL + link.PathDirectory + "x"); err == nil {
		t.Error("a client that trusts nobody talks to it")
	}
	stop()
	if code := <-ended; code != 0 || !strings.Contains(stderr.String(), `not passed on: "forged.statement"`) {
		t.Errorf("it ends with %d: %s", code, &stderr)
	}
}

func TestTheProgramExplainsItself(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, c := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{[]string{"-h"}, 0, "Examples:", ""},
		{[]string{"serve", "-h"}, 0, "-keep-ips", ""},
		{nil, 2, "", "try: directory serve"},
		{[]string{"dance"}, 2, "", "try: directory serve"},
		{[]string{"serve"}, 2, "", "-statements DIR is required"},
		{[]string{"serve", "-statements", "x", "-cert", "y"}, 2, "", "go together"},
		{[]string{"serve", "-statements", "x", "-what"}, 2, "", "not defined"},
		{[]string{"serve", "-statements", "/dev/null"}, 1, "", "not a directory"},
		{[]string{"serve", "-statements", missing}, 1, "", "no such file"},
		{[]string{"serve", "-statements", t.TempDir(), "-keep-ips", "1s"}, 1, "", "an hour at least"},
		{[]string{"serve", "-statements", t.TempDir(), "-listen", "nowhere"}, 1, "", "nowhere"},
	} {
		var stdout, stderr bytes.Buffer
		code := directory.Run(t.Context(), &stdout, &stderr, c.args)
		if code != c.code || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%q: %d\n%s%s", c.args, code, &stdout, &stderr)
		}
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a mistyped folder of statements was made")
	}
}
