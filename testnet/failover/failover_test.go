package failover_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handslag/app/connected/organisation"
	"handslag/testnet"
	"handslag/testnet/postgres"
)

const (
	database = "linden"
	password = "lösen för Bo"
	people   = `{"type":"unit","id":"norra","name":"Norra"}
{"type":"role","id":"caretaker","name":"Fastighetsskötare","grants":[{"right":"record.read","scope":"own"},{"right":"assignment.work","scope":"own"}]}
{"type":"user","username":"bo.ek","first":"Bo","last":"Ek","unit":"norra","roles":["caretaker"]}
`
)

// Two processes serve one organisation from a PostgreSQL that has a synchronous standby, and
// devices hand journals in to both. The primary is killed with -9 and the standby promoted; one of
// the processes is killed too. The devices go on, and afterwards all that they ever had a receipt
// for is there, once, in a log that has only grown.
func TestWhatHasAReceiptOutlivesItsDatabase(t *testing.T) {
	ctx := t.Context()
	primary := postgres.ForTest(t, postgres.Options{Durable: true})
	ok(t, primary.Create(ctx, database))
	standby := must[*postgres.Server](t)(primary.Standby(ctx, postgres.Options{Durable: true, Port: 5433}))
	t.Cleanup(func() { ok(t, standby.Remove()) })

	n := organisationOn(t, postgres.URL(database, primary, standby))
	road := must[*testnet.Proxy](t)(testnet.NewProxyAt("")) // nobody takes its port while the process that it leads to is dead
	t.Cleanup(func() { ok(t, road.Close()) })
	second := serve(t, n, road)
	addresses := []string{n.Line.Address(), road.Address()}
	keys := must[*organisation.Keys](t)(organisation.Open(n.Folder()))

	tablets := make([]*tablet, 6)
	for i := range tablets {
		d := must[*tablet](t)(newTablet(keys.Statement, addresses))
		defer d.close()
		ok(t, d.enrol(ctx, "bo.ek", password))
		tablets[i] = d
	}
	load := begin(ctx, tablets)
	load.until(t, 60) // under load
	ok(t, primary.Kill())
	load.come(t, "calls without an answer", &load.refused, 1) // so it was killed under load
	before := load.receipts.Load()
	ok(t, standby.Promote(ctx))
	second.kill(t)
	serve(t, n, road)
	load.until(t, before+120)
	load.end(t)

	refused := 0
	for i, d := range tablets {
		for len(d.waiting) > 0 { // the last of what was said
			ok(t, d.hand(ctx))
		}
		ok(t, d.look(ctx))
		refused += d.refused
		found := must[string](t)(standby.SQL(ctx, database, fmt.Sprintf(
			"SELECT COUNT(*) || ' ' || COUNT(DISTINCT seq) || ' ' || COUNT(DISTINCT hash) || ' ' || COALESCE(SUM(covered), 0) FROM entries WHERE device_id = '%s'", d.keys.Device())))
		if want := strings.TrimSpace(strings.Repeat(fmt.Sprintf("%d ", d.chain.Last), 4)); found != want {
			t.Errorf("device %d said %d entries; there are rows, numbers, hashes, covered: %s", i, d.chain.Last, found)
		}
		head := must[string](t)(standby.SQL(ctx, database, fmt.Sprintf("SELECT encode(hash, 'hex') FROM entries WHERE device_id = '%s' AND seq = %d", d.keys.Device(), d.received)))
		if want := fmt.Sprintf("%x", d.heads[d.received]); head != want {
			t.Errorf("device %d has a receipt for %s at entry %d; there stands %s", i, want, d.received, head)
		}
	}
	v := must[testnet.Verification](t)(n.Audit(ctx))
	if len(v.Problems) > 0 {
		t.Errorf("the log does not hold: %v", v.Problems)
	}
	t.Logf("%d receipts, %d calls without an answer, %d entries in the log", load.receipts.Load(), refused, v.Entries)
}

// load is devices that hand in, each at its own pace.
type load struct {
	receipts atomic.Int64
	refused  atomic.Int64 // calls without an answer
	stop     context.CancelFunc
	ctx      context.Context
	wait     sync.WaitGroup
	errs     chan error
}

func begin(ctx context.Context, tablets []*tablet) *load {
	l := &load{errs: make(chan error, len(tablets))}
	l.ctx, l.stop = context.WithCancel(ctx)
	for _, d := range tablets {
		l.wait.Add(1)
		go func() {
			defer l.wait.Done()
			if err := l.run(ctx, d); err != nil {
				l.errs <- err
				l.stop()
			}
		}()
	}
	return l
}

func (l *load) run(ctx context.Context, d *tablet) error {
	for round := 0; l.ctx.Err() == nil; round++ {
		if len(d.waiting) < 200 {
			if err := d.say(5); err != nil {
				return err
			}
		}
		before, away := d.receipts, d.refused
		if err := d.hand(ctx); err != nil {
			return err
		}
		l.receipts.Add(int64(d.receipts - before))
		l.refused.Add(int64(d.refused - away))
		if round%4 == 0 {
			if err := d.look(ctx); err != nil {
				return err
			}
		}
		if d.receipts == before { // told to come again
			select {
			case <-time.After(20 * time.Millisecond):
			case <-l.ctx.Done():
			}
		}
	}
	return nil
}

// until waits for so many receipts.
func (l *load) until(t *testing.T, n int64) {
	t.Helper()
	l.come(t, "receipts", &l.receipts, n)
}

func (l *load) come(t *testing.T, what string, number *atomic.Int64, n int64) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(5 * time.Minute); number.Load() < n; <-tick.C {
		if l.ctx.Err() != nil || time.Now().After(end) {
			l.end(t)
			t.Fatalf("%d %s came, not %d", number.Load(), what, n)
		}
	}
}

func (l *load) end(t *testing.T) {
	t.Helper()
	l.stop()
	l.wait.Wait()
	close(l.errs)
	for err := range l.errs {
		t.Error(err)
	}
}

func organisationOn(t *testing.T, url string) *testnet.Net {
	t.Helper()
	programs := must[testnet.Programs](t)(testnet.BuildPrograms(t.Context(), t.TempDir()))
	n := must[*testnet.Net](t)(testnet.Start(t.Context(), testnet.Options{Dir: t.TempDir(), Programs: programs, Empty: true, Postgres: url}))
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(n.Account())
		}
		ok(t, n.Close())
	})
	connected = programs.Connected
	file := filepath.Join(t.TempDir(), "people.jsonl")
	ok(t, os.WriteFile(file, []byte(people), 0o600))
	ok(t, n.Admin(t.Context(), nil, "import", file))
	ok(t, n.SetPassword(t.Context(), "bo.ek", password))
	return n
}

// connected is the program.
var connected string

// server is one more process of the connected system, at the end of a road.
type server struct {
	road *testnet.Proxy
	cmd  *exec.Cmd
	said bytes.Buffer // on stderr
}

func serve(t *testing.T, n *testnet.Net, road *testnet.Proxy) *server {
	t.Helper()
	s := &server{road: road, cmd: exec.Command(connected, "serve", "-dir", n.Folder(), "-listen", "127.0.0.1:0", "-json")}
	s.cmd.Stderr = &s.said
	out, err := s.cmd.StdoutPipe()
	ok(t, err)
	ok(t, s.cmd.Start())
	t.Cleanup(func() {
		s.kill(t)
		if t.Failed() {
			t.Logf("the second process said: %s", s.said.String())
		}
	})
	var said struct{ Listening string }
	ok(t, json.NewDecoder(out).Decode(&said))
	road.To(said.Listening)
	return s
}

// kill is kill -9.
func (s *server) kill(t *testing.T) {
	t.Helper()
	if s.cmd == nil {
		return
	}
	ok(t, s.cmd.Process.Kill())
	_ = s.cmd.Wait() // it was killed
	s.cmd = nil
	s.road.To("")
	s.road.Cut()
}
