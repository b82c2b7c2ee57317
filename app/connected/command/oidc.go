package command

import (
	"cmp"
	"context"
	"flag"
	"fmt"

	"handslag/app/connected/gate"
	"handslag/app/connected/oidc"
)

// provider is the identity provider at which staff may sign in; nil where there is none.
func (c *call) provider() (*oidc.Client, error) {
	s := c.settings
	if s.OIDC == "" {
		if s.OIDCOnly || s.OIDCClient != "" {
			return nil, &usageError{"an identity provider is half named", "name its issuer: -oidc https://idp.example, or oidc = \"https://idp.example\" in " + settingsFile}
		}
		return nil, nil
	}
	settings := oidc.Settings{Issuer: s.OIDC, ClientID: s.OIDCClient, Email: s.OIDCEmail}
	var err error
	if s.OIDCSecret != "" {
		if settings.Secret, err = secretIn(s.OIDCSecret); err != nil {
			return nil, err
		}
	}
	if s.OIDCRoots != "" {
		if settings.Roots, err = readRoots(s.OIDCRoots); err != nil {
			return nil, err
		}
	}
	client, err := oidc.New(settings)
	if err != nil {
		return nil, &hinted{fmt.Errorf("read settings: %w", err), "in " + settingsFile + ": oidc = \"https://idp.example\", oidc_client, oidc_secret_file"}
	}
	return client, nil
}

func userOIDCVerb() verb {
	var subject, issuer, address string
	var remove bool
	return verb{
		name: "user oidc", args: "USERNAME", short: "Say who a user is at the identity provider (OpenID Connect)", min: 1, max: 1,
		examples: []string{
			"user oidc anna.lind -subject 248289761001",
			"user oidc anna.lind -email anna.lind@linden.example",
			"user oidc anna.lind -remove",
		},
		begin: func(flags *flag.FlagSet) func(context.Context, *call) error {
			flags.StringVar(&subject, "subject", "", "the provider's `name` for them, the claim sub")
			flags.StringVar(&address, "email", "", "an `address` that the provider has verified, for the first time alone, where oidc_email is set")
			flags.StringVar(&issuer, "issuer", "", "`URL` of the provider (default: that of the settings)")
			flags.BoolVar(&remove, "remove", false, "nobody signs in there as this user any more")
			return func(ctx context.Context, c *call) error {
				n := 0
				for _, said := range []bool{subject != "", address != "", remove} {
					if said {
						n++
					}
				}
				if n != 1 {
					return &usageError{"one of -subject, -email and -remove is required", "try: connected user oidc -h"}
				}
				return c.administer(ctx, func(admin gate.Administration) error {
					from := cmp.Or(issuer, c.settings.OIDC)
					what := changed{Username: c.args[0], Done: "linked"}
					var err error
					switch {
					case remove:
						what.Done = "linked no longer"
						err = admin.UnlinkUser(ctx, c.args[0])
					case from == "":
						return &usageError{"no identity provider is named", "name it: -issuer URL, or oidc in " + settingsFile}
					case subject != "":
						err = admin.LinkUser(ctx, c.args[0], from, subject)
					default:
						if !c.settings.OIDCEmail {
							return &usageError{"addresses do not count here", "let them: oidc_email = true in " + settingsFile + ", or link by -subject"}
						}
						err = admin.LinkUserByEmail(ctx, c.args[0], from, address)
					}
					if err != nil {
						return err
					}
					return c.done(what)
				})
			}
		},
	}
}
