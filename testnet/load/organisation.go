package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"handslag/app/connected/organisation"
	"handslag/testnet/postgres"
)

// Of the organisation that the devices belong to.
const (
	records  = 2000 // that its entries are about
	reviewer = "reviewer"
)

// org is an organisation's connected system as a process, and beside it its rows.
type org struct {
	home         string // all of it lies there
	program, dir string
	postgres     *postgres.Server // nil: SQLite
	address      string
	database     string // URL; "": SQLite
	keys         *organisation.Keys
	rows         *sql.DB
	server       *process
	used         usage // by servers that have ended
}

// found makes the organisation with a person, an assignment and a device's place for each of n.
func (o *org) found(ctx context.Context, program string, n int) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	o.program, o.dir, o.address = program, filepath.Join(o.home, "system"), listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	if err := o.admin(ctx, "init", "-name", "Linden", "-url", "https://"+o.address, "-recovery", filepath.Join(o.home, "recovery"), "-no-passphrase"); err != nil {
		return err
	}
	if o.database != "" {
		if err := os.WriteFile(filepath.Join(o.dir, "connected.toml"), fmt.Appendf(nil, "database = %q\n", o.database), 0o600); err != nil {
			return err
		}
	}
	lines := filepath.Join(o.home, "lines.jsonl")
	if err := os.WriteFile(lines, staff(n), 0o600); err != nil {
		return err
	}
	if err := o.admin(ctx, "import", lines); err != nil {
		return err
	}
	if o.keys, err = organisation.Open(o.dir); err != nil {
		return err
	}
	o.rows, err = openRows(o.database, filepath.Join(o.dir, "connected.db"))
	return err
}

// openRows reaches a database as the connected system does, with the same durability.
func openRows(url, path string) (*sql.DB, error) {
	if url != "" {
		return sql.Open("pgx", url)
	}
	return sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(15000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
}

// staff are the lines that an administrator imports.
func staff(n int) []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`{"type":"unit","id":"norra","name":"Norra"}`)
	line(`{"type":"role","id":"caretaker","name":"Fastighetsskötare","grants":[{"right":"assignment.work","scope":"own"}]}`)
	line(`{"type":"role","id":"reviewer","name":"Loggranskare","grants":[{"right":"log.read","scope":"all"}]}`)
	line(`{"type":"user","username":%q,"first":"Rut","last":"Ahl","unit":"norra","roles":["reviewer"]}`, reviewer)
	for i := range n {
		line(`{"type":"user","username":"u%d","first":"Bo","last":"Ek","unit":"norra","roles":["caretaker"]}`, i)
	}
	for i := range records {
		line(`{"type":"record","id":"r-%d","kind":"person","subject":"s-%d","unit":"norra","people":[],"held_by":[],"card":{"title":"Hyresgäst %d"},"protected":{"address":"Lindvägen %d"}}`, i, i, i, i)
	}
	for i := range n {
		line(`{"type":"assignment","id":"a-%d","record":"r-%d","unit":"norra","people":["u%d"],"title":"Byt lås","area":"Norra"}`, i, i%records, i)
	}
	return b.Bytes()
}

// admin carries out an administrator's command.
func (o *org) admin(ctx context.Context, args ...string) error {
	_, err := o.ask(ctx, args...)
	return err
}

func (o *org) ask(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, o.program, append([]string{args[0], "-dir", o.dir, "-json"}, args[1:]...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("connected %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return out, nil
}

// start starts the server and waits until it listens.
func (o *org) start() error {
	cmd := exec.Command(o.program, "serve", "-dir", o.dir, "-listen", o.address, "-json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	said, err := os.OpenFile(filepath.Join(o.dir, "said"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer said.Close()
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		return err
	}
	o.server = watch(cmd)
	var ready struct{ Listening string }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		o.stop()
		text, _ := os.ReadFile(said.Name())
		return fmt.Errorf("start the server: %w: %s", err, text)
	}
	return nil
}

// stop is kill -9.
func (o *org) stop() {
	if o.server != nil {
		o.used = o.used.plus(o.server.kill())
		o.server = nil
	}
}

// close ends all of it and takes it away.
func (o *org) close() error {
	o.stop()
	var all []error
	if o.rows != nil {
		all = append(all, o.rows.Close())
	}
	if o.postgres != nil {
		all = append(all, o.postgres.Remove())
	}
	return errors.Join(append(all, os.RemoveAll(o.home))...)
}
