package command_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"handslag/app/connected/command"
	"handslag/app/connected/feed/feedtest"
)

// What an administrator configures is what is sent: serve's own log at the receiver, whose certificate is its own.
func TestServeSendsTheLog(t *testing.T) {
	o := newOffice(t)
	o.must("", "init", "-name", "Linden", "-url", "https://127.0.0.1:8443", "-recovery", filepath.Join(t.TempDir(), "recovery"), "-no-passphrase")
	l := feedtest.Listen(t)
	roots := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.Certificate().Certificate[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf("syslog = %q\nsyslog_ca = %q\nsyslog_format = \"ocsf\"\n", l.Address(), roots)
	if err := os.WriteFile(filepath.Join(o.dir, "connected.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	ended := make(chan int, 1)
	var out, errs bytes.Buffer
	go func() {
		ended <- command.Run(ctx, command.Streams{Out: &out, Err: &errs}, []string{"-dir", o.dir, "serve", "-listen", "127.0.0.1:0"})
	}()
	l.Until(ctx, func(got []feedtest.Message) bool {
		for _, m := range got {
			if m.Data["kind"] == "system.started" && bytes.Contains([]byte(m.Text), []byte(`"class_uid":6002`)) {
				return true
			}
		}
		return false
	})
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("serve ends with %d: %s", code, errs.String())
	}
}
