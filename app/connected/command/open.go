package command

import (
	"context"
	"flag"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"handslag/app/connected/gate"
	"handslag/app/connected/organisation"
	"handslag/identity/access"
)

// databaseFile is the one file that holds an organisation's data, in the server's folder, where they
// are in no PostgreSQL.
const databaseFile = "connected.db"

// configuration is the gate's for the organisation in the folder.
func (c *call) configuration() (gate.Config, *organisation.Keys, error) {
	if err := c.settings.complete(c.dir); err != nil {
		return gate.Config{}, nil, err
	}
	keys, err := organisation.Open(c.dir)
	if err != nil {
		return gate.Config{}, nil, err
	}
	config := c.gateConfig(keys)
	if config.SignIn, err = c.provider(); err != nil {
		return gate.Config{}, nil, err
	}
	config.Only = c.settings.OIDCOnly
	return config, keys, nil
}

func (c *call) gateConfig(keys *organisation.Keys) gate.Config {
	return gate.Config{
		Path: filepath.Join(c.dir, databaseFile), Postgres: c.settings.Database, Keys: gateKeys(keys),
		Decide:   access.May,
		Operator: operator(),
		Backups:  c.settings.Keep.duration(),
		Approve:  c.settings.Approve,
		Devices:  int(c.settings.Devices),
	}
}

// gateKeys are the organisation's, as the gate takes them.
func gateKeys(keys *organisation.Keys) gate.Keys {
	return gate.Keys{
		Statement: keys.Signed, Parsed: keys.Statement, Issuing: keys.Issuing, Log: keys.Log, FormerLog: keys.FormerLog,
		Sealing: keys.Sealing, Data: keys.Data,
	}
}

// administer opens the gate for one command.
func (c *call) administer(ctx context.Context, act func(gate.Administration) error) error {
	config, _, err := c.configuration()
	if err != nil {
		return err
	}
	g, err := gate.Open(ctx, config)
	if err != nil {
		return err
	}
	err = act(g)
	if closed := g.Close(context.WithoutCancel(ctx)); err == nil {
		err = closed
	}
	return err
}

// operator is who runs the command, for the log: behind sudo, who that was.
func operator() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	if name := os.Getenv("SUDO_USER"); u.Uid == "0" && name != "" {
		return name
	}
	return u.Username
}

// words is a flag that may be repeated.
type words []string

func (w *words) String() string { return strings.Join(*w, " ") }

func (w *words) Set(text string) error {
	*w = append(*w, text)
	return nil
}

// simple is a verb without flags of its own.
func simple(run func(context.Context, *call) error) func(*flag.FlagSet) func(context.Context, *call) error {
	return func(*flag.FlagSet) func(context.Context, *call) error { return run }
}
