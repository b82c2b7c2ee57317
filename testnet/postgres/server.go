package postgres

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrNone says that PostgreSQL is not installed here, or can not be run.
var ErrNone = errors.New("PostgreSQL is not installed: `make deps-test` installs Debian's postgresql")

// patience is how long a server may take to start, to stop or to become another's standby.
const patience = 5 * time.Minute

const defaultPort = 5432

// Server is one PostgreSQL server with its data.
type Server struct {
	home string // holds data and socket; the server's user owns it
	bin  string
	user *account
	port int
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	log  *os.File
}

// Options of a server. The zero value is the fastest: nothing is made durable.
type Options struct {
	Durable bool // commits are fsynced
	Port    int  // only the socket's name has it; 0: 5432

	Settings []string // further lines of its configuration
}

// New makes a server's data (initdb) and starts it. ErrNone where there is no PostgreSQL.
func New(ctx context.Context, o Options) (*Server, error) {
	s, err := prepare(o)
	if err != nil {
		return nil, err
	}
	_, err = s.run(ctx, "initdb", "--pgdata", s.data(), "--username", "handslag", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if err == nil {
		err = s.configure(o)
	}
	if err == nil {
		err = s.Start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

// prepare finds the programs and makes the folder.
func prepare(o Options) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	user, err := unprivileged()
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "handslag-pg-") // a short name: sockets have at most 107 bytes of it
	if err != nil {
		return nil, fmt.Errorf("make the server's folder: %w", err)
	}
	s := &Server{home: home, bin: bin, user: user, port: cmp.Or(o.Port, defaultPort)}
	if err := user.owns(home); err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return s, nil
}

func (s *Server) data() string { return filepath.Join(s.home, "data") }

func (s *Server) configure(o Options) error {
	lines := []string{
		"listen_addresses = ''", "unix_socket_directories = '" + s.home + "'", "unix_socket_permissions = 0700",
		fmt.Sprintf("port = %d", s.port), "max_connections = 60", "shared_buffers = 64MB", "max_wal_size = 256MB", "log_min_messages = fatal",
		"dynamic_shared_memory_type = mmap", // in the data: what is killed leaves nothing in /dev/shm
	}
	if !o.Durable {
		lines = append(lines, "fsync = off", "synchronous_commit = off", "full_page_writes = off")
	}
	return s.Configure(append(lines, o.Settings...)...)
}

// Configure adds lines to the server's configuration, which it reads when it starts.
func (s *Server) Configure(lines ...string) error {
	file, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	_, err = file.WriteString(strings.Join(lines, "\n") + "\n")
	return errors.Join(err, file.Close())
}

// Start starts the server and waits until it answers. It ends with this process, however that ends.
func (s *Server) Start(ctx context.Context) error {
	file, err := os.OpenFile(filepath.Join(s.home, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data())
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = s.home, file, file, []string{"LC_ALL=C", "TZ=UTC"}
	s.user.runs(cmd)
	s.cmd, s.log, s.done = cmd, file, make(chan struct{})
	started := make(chan error, 1)
	go keep(cmd, started, s.done)
	if err := <-started; err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return s.until(ctx, "start", func() bool {
		_, err := s.run(ctx, "pg_isready", "--quiet", "--host", s.home, "--port", fmt.Sprint(s.port), "--dbname", "postgres")
		return err == nil
	})
}

// until asks again and again whether something has come about.
func (s *Server) until(ctx context.Context, what string, come func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !come() {
		select {
		case <-s.done:
			text, _ := os.ReadFile(filepath.Join(s.home, "log"))
			return fmt.Errorf("%s: the server ended: %s", what, bytes.TrimSpace(text))
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

// URL is where a database of this server is, for one that may have more servers.
func (s *Server) URL(database string) string { return URL(database, s) }

// URL is a database of several servers, of which the one that can be written to is meant.
func URL(database string, servers ...*Server) string {
	var hosts, ports []string
	for _, s := range servers {
		hosts, ports = append(hosts, s.home), append(ports, fmt.Sprint(s.port))
	}
	q := url.Values{"host": {strings.Join(hosts, ",")}, "port": {strings.Join(ports, ",")}, "sslmode": {"disable"}, "target_session_attrs": {"read-write"}}
	return (&url.URL{Scheme: "postgres", User: url.User("handslag"), Path: "/" + database, RawQuery: q.Encode()}).String()
}

// Create makes an empty database.
func (s *Server) Create(ctx context.Context, database string) error {
	_, err := s.SQL(ctx, "postgres", `CREATE DATABASE "`+database+`"`)
	return err
}

// SQL runs statements as psql does and returns the rows, unaligned.
func (s *Server) SQL(ctx context.Context, database, statements string) (string, error) {
	out, err := s.run(ctx, "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1",
		"--host", s.home, "--port", fmt.Sprint(s.port), "--username", "handslag", "--dbname", database, "--command", statements)
	return strings.TrimSpace(out), err
}

// Dump is the whole of a database as SQL (pg_dump).
func (s *Server) Dump(ctx context.Context, database string) (string, error) {
	return s.run(ctx, "pg_dump", "--no-owner", "--no-privileges", "--inserts", "--host", s.home, "--port", fmt.Sprint(s.port),
		"--username", "handslag", database)
}

// Kill ends the server as a power cut would, without a word to it: kill -9.
func (s *Server) Kill() error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-s.done
	s.cmd = nil
	return errors.Join(err, s.log.Close())
}

// Remove ends the server and takes its data away.
func (s *Server) Remove() error {
	err := s.end()
	for end := time.Now().Add(patience); ; { // a server that was killed leaves processes that write for a moment still
		failed := os.RemoveAll(s.home)
		if failed == nil || time.Now().After(end) {
			return errors.Join(err, failed)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// end has the server end at once, and with it all of its processes, which kill -9 of the first leaves behind.
func (s *Server) end() error {
	if s.cmd == nil {
		return nil
	}
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		return s.Kill()
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
	}
	return s.Kill()
}

// Folder is where the server keeps its data.
func (s *Server) Folder() string { return s.data() }

// run runs one of PostgreSQL's programs as the server's user.
func (s *Server) run(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	var out, problem bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = s.home, &out, &problem, []string{"LC_ALL=C", "TZ=UTC"}
	s.user.runs(cmd)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(problem.Bytes()))
	}
	return out.String(), nil
}
