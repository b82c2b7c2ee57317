package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"handslag/testnet"
)

// firstSync lets one device that was just enrolled fetch n records, and then a plain HTTP client download as many
// bytes as came and write them to disk.
func firstSync(ctx context.Context, o options, n int, said io.Writer) (err error) {
	home, err := os.MkdirTemp(o.dir, "handslag-load-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	programs, err := testnet.BuildPrograms(ctx, home)
	if err != nil {
		return err
	}
	town, err := testnet.Start(ctx, testnet.Options{Dir: home, Programs: programs, Empty: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, town.Close()) }()
	lines := filepath.Join(home, "lines.jsonl")
	if err := os.WriteFile(lines, tenants(n), 0o600); err != nil {
		return err
	}
	if err := town.Admin(ctx, nil, "import", lines); err != nil {
		return err
	}
	bo := town.Person("bo", "bo")
	if err := errors.Join(town.SetPassword(ctx, bo.Username, bo.Password), bo.Enrol(ctx)); err != nil {
		return err
	}
	_, _, before := town.Line.Traffic()
	url, ca := town.DirectoryURL()
	began, servers := time.Now(), children()
	cmd := exec.CommandContext(ctx, programs.Agent, "-vault", bo.Vault, "-outbox", bo.Outbox, "-directory", url, "-directory-ca", ca,
		"-loopback", "-camera", "none", "-json", "-passphrase-fd", "0", "sync")
	cmd.Stdin = strings.NewReader(bo.Passphrase + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("sync: %w: %s", err, out)
	}
	took := time.Since(began)
	servers = children() - servers
	agent := usage{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10}
	if err := received(out, n); err != nil {
		return err
	}
	_, _, after := town.Line.Traffic()
	plain, err := download(ctx, home, after-before)
	if err != nil {
		return fmt.Errorf("download bare: %w", err)
	}
	const most = 2
	ratio := took.Seconds() / plain.Seconds()
	verdict := "kept"
	if ratio > most {
		verdict = "NOT KEPT"
	}
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(n) }
	fmt.Fprintf(said, "first sync of %d records, %.1f MiB: %v, %.0f µs a record; as many bytes by plain HTTP to disk: %v\n", n, float64(after-before)/(1<<20),
		took.Round(time.Millisecond), each(took), plain.Round(time.Millisecond))
	fmt.Fprintf(said, "  first sync / plain download  %.1f  at most %d  %s\n", ratio, most, verdict)
	fmt.Fprintf(said, "  processors                   agent %v, %.0f µs a record, %d MiB; servers %v, %.0f µs a record\n",
		agent.cpu.Round(time.Millisecond), each(agent.cpu), agent.peak>>20, servers.Round(time.Millisecond), each(servers))
	return nil
}

// received checks that a sync brought n things.
func received(out []byte, n int) error {
	var result struct {
		Received int `json:"received"`
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return fmt.Errorf("read what the sync says: %w", err)
	}
	if result.Received != n {
		return fmt.Errorf("sync: %d of %d records came", result.Received, n)
	}
	return nil
}

// tenants are n records that concern one person.
func tenants(n int) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`{"type":"unit","id":"norra","name":"Norra"}`)
	line(`{"type":"role","id":"caretaker","name":"Fastighetsskötare","grants":[{"right":"record.read","scope":"own"}]}`)
	line(`{"type":"user","username":"bo","first":"Bo","last":"Ek","unit":"norra","roles":["caretaker"]}`)
	for i := range n {
		line(`{"type":"record","id":"r-%d","kind":"person","subject":"s-%d","unit":"norra","people":["bo"],"card":{"title":"Hyresgäst %d"},`+
			`"protected":{"Adress":"Lindvägen %d, 1 tr","Telefon":"070-174 %05d","Portkod":"%04d","Att tänka på":"Ring alltid innan; hunden är snäll men släpps inte ut i trapphuset."}}`, i, i, i, i, i, i%10000)
	}
	return b.Bytes()
}

// download is how long a plain HTTP client takes to fetch n bytes and have them durable in a file.
func download(ctx context.Context, dir string, n int64) (took time.Duration, err error) {
	block := make([]byte, 1<<20)
	rand.Read(block)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for left := n; left > 0; left -= int64(len(block)) {
			if _, err := w.Write(block[:min(left, int64(len(block)))]); err != nil {
				return
			}
		}
	})}
	go server.Serve(listener) // it ends with Close
	defer func() { err = errors.Join(err, server.Close()) }()
	file, err := os.Create(filepath.Join(dir, "plain"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	began := time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listener.Addr().String(), nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if got, err := io.Copy(file, answer.Body); err != nil || got != n {
		return 0, fmt.Errorf("%d of %d bytes came: %w", got, n, err)
	}
	err = file.Sync()
	return time.Since(began), err
}
