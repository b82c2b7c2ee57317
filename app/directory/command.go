package directory

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"handslag/app/complaint"
)

const usage = `The directory answers one question: the newest signed statement of an organisation.

Usage:
  directory serve -statements DIR [flags]

Put each organisation's statement into DIR as <organisation ID>.statement
("connected export statement -to DIR" does). New files are answered at once.

Flags:
`

const examples = `
Examples:
  directory serve -statements ./statements
  directory serve -statements /srv/statements -listen :443 -cert tls.crt -key tls.key
  directory serve -statements ./statements -listen 127.0.0.1:0 -json
`

// settings are the flags of serve.
type settings struct {
	listen, statements, state, cert, key string
	hosts                                hostList
	keep                                 time.Duration
	json                                 bool
	readyFD                              int
}

type hostList []string

func (h *hostList) String() string { return strings.Join(*h, " ") }

func (h *hostList) Set(text string) error {
	if text == "" {
		return errors.New("the host is empty")
	}
	*h = append(*h, text)
	return nil
}

// Run is the program: it returns 0, 1 for a failure, 2 for a malformed command line.
func Run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	var s settings
	flags := flag.NewFlagSet("directory serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8440", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&s.statements, "statements", "", "`folder` of statements (required)")
	flags.StringVar(&s.state, "state", "", "`folder` for the address log and the directory's own certificate (default <statements>/.directory)")
	flags.StringVar(&s.cert, "cert", "", "TLS certificate `file`, PEM; without it the directory makes one for itself")
	flags.StringVar(&s.key, "key", "", "TLS key `file`, PEM")
	flags.Var(&s.hosts, "host", "`name` or address that the self-made certificate is for; may be repeated")
	flags.DurationVar(&s.keep, "keep-ips", 168*time.Hour, "how long callers' addresses are kept, at least 1h")
	flags.BoolVar(&s.json, "json", false, "say where it listens, or why it does not, as one line of JSON")
	flags.IntVar(&s.readyFD, "ready-fd", -1, "file descriptor `number` that gets the same line of JSON, and is closed")
	help := func(w io.Writer) {
		fmt.Fprint(w, usage)
		flags.SetOutput(w)
		flags.PrintDefaults()
		fmt.Fprint(w, examples)
	}
	complain := func(code, what, do string) int {
		complaint.Complaint{Code: code, What: what, Do: do}.Tell(stderr, "directory", complaint.InJSON(args))
		if code == complaint.Usage {
			return 2
		}
		return 1
	}
	wants := len(args) > 0 && (args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help")
	if wants {
		help(stdout)
		return 0
	}
	if len(args) == 0 || args[0] != "serve" {
		return complain(complaint.Usage, "the command is missing or not known", "try: directory serve -statements DIR, or directory -h")
	}
	switch err := flags.Parse(args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		help(stdout)
		return 0
	case err != nil:
		return complain(complaint.Usage, err.Error(), "try: directory serve -h")
	case flags.NArg() > 0 || s.statements == "" || (s.cert == "") != (s.key == ""):
		return complain(complaint.Usage, "-statements DIR is required, -cert and -key go together, and nothing else may follow", "try: directory serve -h")
	}
	if err := s.serve(ctx, stdout, stderr); err != nil {
		return complain(complaint.Failed, err.Error(), "nothing was changed; see directory serve -h")
	}
	return 0
}

func (s settings) serve(ctx context.Context, stdout, stderr io.Writer) error {
	if info, err := os.Stat(s.statements); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", s.statements)
	}
	if s.state == "" {
		s.state = filepath.Join(s.statements, ".directory")
	}
	d, err := New(Config{Statements: s.statements, State: s.state, KeepIPs: s.keep})
	if err != nil {
		return err
	}
	defer d.Close()
	checked, err := d.Check()
	if err != nil {
		return err
	}
	for _, bad := range checked.Bad {
		fmt.Fprintf(stderr, "directory: not passed on: %s\n", bad)
	}
	cert, trust, err := s.certificate()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	if err := s.announce(stdout, listener.Addr(), trust, checked.Sound); err != nil {
		listener.Close()
		return err
	}
	return d.Serve(ctx, listener, cert)
}

// certificate is what calls are served with, and the PEM that clients need to trust it,
// empty where it was given.
func (s settings) certificate() (tls.Certificate, string, error) {
	if s.cert != "" {
		cert, err := tls.LoadX509KeyPair(s.cert, s.key)
		return cert, "", err
	}
	hosts, err := hostsOf(s.listen, s.hosts)
	if err != nil {
		return tls.Certificate{}, "", err
	}
	cert, path, err := OwnCertificate(s.state, hosts, time.Now())
	return cert, path, err
}

// ready is what starters of the directory read.
type ready struct {
	Listening  string `json:"listening"` // host:port
	URL        string `json:"url"`
	CA         string `json:"ca,omitempty"` // PEM file to trust, where the certificate is self-made
	Statements int    `json:"statements"`
}

func (s settings) announce(stdout io.Writer, address net.Addr, trust string, sound int) error {
	line, err := json.Marshal(ready{address.String(), "https://" + address.String(), trust, sound})
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if s.json {
		stdout.Write(line)
	} else {
		fmt.Fprintf(stdout, "listening on https://%s with %d statements\n", address, sound)
		if trust != "" {
			fmt.Fprintf(stdout, "certificate to trust: %s\n", trust)
		}
	}
	if s.readyFD < 0 {
		return nil
	}
	file := os.NewFile(uintptr(s.readyFD), "ready")
	if file == nil {
		return errors.New("-ready-fd is not an open file descriptor")
	}
	defer file.Close()
	if _, err := file.Write(line); err != nil {
		return fmt.Errorf("write to -ready-fd: %w", err)
	}
	return nil
}
