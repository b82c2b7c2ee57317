package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"handslag/app/complaint"
)

// Streams are what a command reads and writes. Secrets are asked for on In where it is a
// terminal.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// verb is one command. begin adds its flags and returns what to do with them.
type verb struct {
	name     string // "user add"
	args     string // "USERNAME", for the usage line
	short    string
	examples []string
	min, max int // number of arguments that are no flags
	begin    func(*flag.FlagSet) func(context.Context, *call) error
}

// call is one command under way.
type call struct {
	Streams
	dir      string // the server's folder
	json     bool
	settings settings
	args     []string
}

// verbs lists the commands in the order of help: the way an organisation comes to be.
func verbs() []verb {
	return []verb{
		initVerb(), letterVerb(), exportVerb(), exportLogVerb(), serveVerb(), systemdVerb(), statementVerb(),
		unitAddVerb(), unitListVerb(), rolePutVerb(), roleGrantVerb(), roleTakeVerb(), roleListVerb(),
		userAddVerb(), userPasswordVerb(), userOIDCVerb(), userDisableVerb(), userEnableVerb(), userListVerb(),
		importVerb(), attachVerb(), attachmentListVerb(), detachVerb(), deviceListVerb(), deviceApproveVerb(), deviceRefuseVerb(), deviceRenameVerb(), deviceReplaceVerb(), deviceRevokeVerb(), eraseVerb(), erasureVerb(), ordersVerb(), verifyVerb(), evidenceVerb(), exportTilesVerb(),
		deviceReleaseVerb(), logVerb(), findingListVerb(), spreadVerb(),
		backupVerb(), restoreVerb(), resumeVerb(), rotateVerb(),
	}
}

// Run carries out one command line and returns the exit code: 0 done, 1 failed, 2 the
// command line is malformed. Failures are a sentence and a hint on streams.Err, or one JSON object where -json asks for it.
func Run(ctx context.Context, streams Streams, args []string) int {
	c := &call{Streams: streams}
	run, err := c.parse(args)
	if err == nil && run != nil {
		err = run(ctx, c)
	}
	if err == nil {
		return exitOK
	}
	explain(err).Tell(streams.Err, "connected", complaint.InJSON(args))
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// parse finds the verb and reads its flags; what it returns is nil where help was all
// that was asked for.
func (c *call) parse(args []string) (func(context.Context, *call) error, error) {
	before, words, err := c.split(args)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 || isHelp(words[0]) {
		if len(words) == 0 && !before {
			return nil, &usageError{"a command is missing", "try: connected -h"}
		}
		c.help(strings.Join(words[min(1, len(words)):], " "))
		return nil, nil
	}
	for _, v := range verbs() {
		name := strings.Fields(v.name)
		if len(words) >= len(name) && strings.Join(words[:len(name)], " ") == v.name {
			return c.begin(v, words[len(name):])
		}
	}
	for _, v := range verbs() {
		if strings.HasPrefix(v.name, words[0]+" ") {
			if len(words) == 1 || isHelp(words[1]) {
				c.help(words[0])
				return nil, nil
			}
			return nil, &usageError{fmt.Sprintf("%q is no command of %s", words[1], words[0]), "try: connected " + words[0] + " -h"}
		}
	}
	return nil, &usageError{fmt.Sprintf("%q is no command", words[0]), "try: connected -h"}
}

// split reads the flags before the verb; help tells that they asked for it.
func (c *call) split(args []string) (help bool, words []string, err error) {
	flags := flag.NewFlagSet("connected", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.common(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return true, nil, nil
	case err != nil:
		return false, nil, &usageError{err.Error(), "try: connected -h"}
	}
	return false, flags.Args(), nil
}

func (c *call) common(flags *flag.FlagSet) {
	if c.dir == "" {
		c.dir = defaultDir()
	}
	flags.StringVar(&c.dir, "dir", c.dir, "`folder` of the connected system")
	c.settings.flags(flags, true)
	flags.BoolVar(&c.json, "json", c.json, "answer in JSON")
}

// begin reads the flags and arguments of v, in any order; behind -- there are no flags.
func (c *call) begin(v verb, args []string) (func(context.Context, *call) error, error) {
	flags := flag.NewFlagSet("connected "+v.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.common(flags)
	run := v.begin(flags)
	var rest []string
	for i, arg := range args {
		if arg == "--" {
			args, rest = args[:i], args[i+1:]
			break
		}
	}
	for {
		switch err := flags.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			c.helpVerb(v, flags)
			return nil, nil
		case err != nil:
			return nil, &usageError{err.Error(), "try: connected " + v.name + " -h"}
		}
		if flags.NArg() == 0 {
			break
		}
		c.args = append(c.args, flags.Arg(0))
		args = flags.Args()[1:]
	}
	c.args = append(c.args, rest...)
	if len(c.args) < v.min || len(c.args) > v.max {
		return nil, &usageError{"usage: " + usageLine(v), "try: connected " + v.name + " -h"}
	}
	if c.dir == "" {
		return nil, &usageError{"the folder of the connected system is not known", "name it: -dir DIR"}
	}
	return run, nil
}

// defaultDir is below the XDG data folder, or "" where there is no home.
func defaultDir() string {
	base := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(base) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "handslag", "connected")
}

func isHelp(word string) bool {
	return word == "help" || word == "-h" || word == "-help" || word == "--help"
}
