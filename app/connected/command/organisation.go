package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"handslag/app/connected/organisation"
	"handslag/identity"
	"handslag/identity/qr"
)

// made is an organisation as commands tell of it.
type made struct {
	ID        identity.OrgID `json:"id"`
	Grouped   string         `json:"grouped"`
	Name      string         `json:"name"`
	URL       string         `json:"url"`
	Statement uint64         `json:"statement"`
	Dir       string         `json:"dir,omitempty"`
	Recovery  string         `json:"recovery,omitempty"`
	Encrypted *bool          `json:"recovery_encrypted,omitempty"`
	File      string         `json:"file,omitempty"`

	Admin    string `json:"admin,omitempty"`          // username of the first administrator
	Password string `json:"admin_password,omitempty"` // made for them, to be handed over
}

func tell(s identity.Statement) made {
	return made{ID: s.Org(), Grouped: s.Org().Grouped(), Name: s.Name, URL: s.URL, Statement: s.Number}
}

func initVerb() verb {
	var plan organisation.Plan
	var open bool
	var fd int
	var admin firstAdmin
	return verb{
		name: "init", short: "Make an organisation: its keys, first statement, offline recovery file and first administrator",
		examples: []string{
			`init -name "Bostads AB Linden" -url https://linden.example:8443 -recovery /media/usb/linden.recovery -admin eva.berg -admin-name "Eva Berg"`,
			`init -name Demo -url https://127.0.0.1:8443 -recovery ../demo.recovery -passphrase-fd 3 3<passphrase.txt`,
		},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&plan.Name, "name", "", "`name` of the organisation, as devices show it (required)")
			flags.StringVar(&plan.URL, "url", "", "`URL` where devices reach the server, https://host[:port] (required)")
			flags.StringVar(&plan.Recovery, "recovery", "", "`file` to write root and sealing keys to, on a stick that goes into a safe (required)")
			flags.IntVar(&fd, "passphrase-fd", -1, "read the recovery file's passphrase from this file descriptor `number`")
			admin.flags(flags)
			flags.BoolVar(&open, "no-passphrase", false, "leave the recovery file unencrypted: whoever finds it is the organisation")
			return func(ctx context.Context, c *call) error {
				if plan.Name == "" || plan.URL == "" || plan.Recovery == "" || open && fd >= 0 {
					return &usageError{"-name, -url and -recovery are required, and -no-passphrase goes with no -passphrase-fd", "try: connected init -h"}
				}
				if fd >= 0 && fd == admin.password.fd {
					return &usageError{"-passphrase-fd and -admin-password-fd name the same descriptor", "try: connected init -h"}
				}
				if err := admin.check(); err != nil {
					return err
				}
				if err := c.settings.complete(c.dir); err != nil { // where the administrator's account will lie
					return err
				}
				plan.Dir, plan.Now = c.dir, time.Now()
				if _, err := organisation.Open(c.dir); err == nil {
					return fmt.Errorf("make organisation: %w", organisation.ErrExists) // before anybody invents a passphrase
				}
				if !open {
					passphrase, err := c.ask(ctx, fd, "passphrase-fd", "passphrase for the recovery file", true)
					if err != nil {
						return err
					}
					defer clear(passphrase)
					plan.Passphrase = passphrase
				}
				hash, fresh, err := admin.take(ctx, c)
				if err != nil {
					return err
				}
				created, err := organisation.Init(plan)
				if err != nil {
					return err
				}
				answer := tell(created.Statement)
				answer.Dir, answer.Recovery, answer.Encrypted = c.dir, created.Recovery, &created.Encrypted
				if err := admin.make(ctx, c, hash); err != nil {
					return err
				}
				answer.Admin, answer.Password = admin.username, fresh
				return c.answer(answer, func() {
					c.say("%s is made.\n\nOrganisation ID:  %s\nServer's folder:  %s\nRecovery file:    %s", created.Statement.Name, created.Org.Grouped(), c.dir, created.Recovery)
					if open {
						c.say("\nThe recovery file is NOT encrypted: whoever finds it can speak for %s.", created.Statement.Name)
					}
					if admin.username != "" {
						c.say("\nFirst administrator: %s, who reviews the log and reads no record.", admin.username)
					} else {
						c.say("\nThere is no administrator's account yet: connected role put, connected user add.")
					}
					if fresh != "" {
						c.say("Password, shown this once: %s", fresh)
					}
					c.say("\nThe recovery file alone holds the root key: put it into a safe, with a copy elsewhere.\nNext: connected export statement, connected import FILE, connected serve, connected letter.")
				})
			}
		},
	}
}

func statementVerb() verb {
	var recovery string
	var changes organisation.Changes
	var fd int
	return verb{
		name: "statement", short: "Sign a new statement with the recovery file: the server's new URL or name",
		examples: []string{`statement -recovery /media/usb/linden.recovery -url https://linden.example:9443`},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&recovery, "recovery", "", "recovery `file` that connected init wrote (required)")
			flags.StringVar(&changes.URL, "url", "", "new `URL`, https://host[:port]")
			flags.StringVar(&changes.Name, "name", "", "new `name`")
			flags.Uint64Var(&changes.Above, "above", 0, "after a restore: the highest `number` of a statement that was ever out")
			flags.IntVar(&fd, "passphrase-fd", -1, "read the recovery file's passphrase from this file descriptor `number`")
			return func(ctx context.Context, c *call) error {
				if recovery == "" {
					return &usageError{"-recovery is required", "try: connected statement -h"}
				}
				locked, err := organisation.Locked(recovery)
				if err != nil {
					return err
				}
				var passphrase []byte
				if locked {
					if passphrase, err = c.ask(ctx, fd, "passphrase-fd", "passphrase of the recovery file", false); err != nil {
						return err
					}
					defer clear(passphrase)
				}
				s, err := organisation.Reissue(c.dir, recovery, passphrase, changes, time.Now())
				if err != nil {
					return err
				}
				return c.answer(tell(s), func() {
					c.say("Statement %s of %s: %s", fmt.Sprint(s.Number), s.Name, s.URL)
					c.say("A running server takes it by itself. Give the directory the new statement: connected export statement -to DIR.")
				})
			}
		},
	}
}

func exportVerb() verb {
	var to string
	return verb{
		name: "export statement", short: "Write the signed statement for the directory",
		examples: []string{"export statement -to /srv/statements", "export statement -to - >linden.statement"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&to, "to", ".", "`folder`, for <organisation ID>.statement in it, or - for standard output")
			return func(_ context.Context, c *call) error {
				keys, err := organisation.Open(c.dir)
				if err != nil {
					return err
				}
				if to == "-" {
					_, err := c.Out.Write(keys.Signed)
					return err
				}
				answer := tell(keys.Statement)
				answer.File = filepath.Join(to, string(keys.Org)+".statement")
				if err := replace(answer.File, keys.Signed); err != nil {
					return fmt.Errorf("export statement: %w", err)
				}
				return c.answer(answer, func() { c.say("%s", answer.File) })
			}
		},
	}
}

// replace puts public data in path's place at once.
func replace(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

func letterVerb() verb {
	var picture string
	return verb{
		name: "letter", short: "Print the organisation ID for the letter to staff, and its QR picture",
		examples: []string{"letter", "letter -png letter.png"},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&picture, "png", "", "`file` for a QR picture of the ID, PNG")
			return func(_ context.Context, c *call) error {
				keys, err := organisation.Open(c.dir)
				if err != nil {
					return err
				}
				answer := tell(keys.Statement)
				if picture != "" {
					if err := writePicture(picture, keys.Org); err != nil {
						return err
					}
					answer.File = picture
				}
				return c.answer(answer, func() {
					c.say("%s\n\n    %s\n", keys.Statement.Name, keys.Org.Grouped())
					c.say("Skriv in eller skanna organisations-ID:t i appen Handslag när du börjar.")
					c.say("Type or scan this organisation ID in the app Handslag when you start.")
					if picture != "" {
						c.say("\nQR: %s", picture)
					}
				})
			}
		},
	}
}

func writePicture(path string, org identity.OrgID) error {
	text, err := qr.EncodeOrg(string(org))
	if err != nil {
		return fmt.Errorf("draw letter: %w", err)
	}
	code, err := qr.Draw(text)
	if err != nil {
		return fmt.Errorf("draw letter: %w", err)
	}
	png, err := code.PNG(12)
	if err != nil {
		return fmt.Errorf("draw letter: %w", err)
	}
	if err := replace(path, png); err != nil {
		return fmt.Errorf("write letter: %w", err)
	}
	return nil
}
