package device

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"handslag/app/agent"
	"handslag/app/cli/console"
)

// The factors that a command line may name.
const (
	factorKeyring = agent.Factor("keyring")
	factorTPM     = agent.Factor("tpm")
)

// parseFactors reads names with commas between; "none" is none of them.
func parseFactors(text string) ([]agent.Factor, error) {
	var use []agent.Factor
	if text == "none" || text == "" {
		return use, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		f := agent.Factor(strings.TrimSpace(name))
		if f != factorKeyring && f != factorTPM || slices.Contains(use, f) {
			return nil, console.Usage(fmt.Errorf("%q: keyring, tpm, none", text))
		}
		use = append(use, f)
	}
	return use, nil
}

// Protection shows what guards the device, and what could. A device that is enrolled is unlocked for it.
func Protection(c *console.Console, args []string) error {
	if _, err := c.Parse(c.Flags(), args, 0, 0); err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	if state := c.Agent.State(); state != agent.IsNew && state != agent.IsEnrolling {
		if err := c.Unlocked(); err != nil {
			return err
		}
	}
	p, err := c.Agent.Protection()
	if err != nil {
		return err
	}
	return c.Print(p, func(w io.Writer) {
		fmt.Fprintln(w, c.Say("cli.protection_offered", "names", factorNames(p.Offered)))
		if c.Agent.State() == agent.IsUnlocked {
			fmt.Fprintln(w, c.Say("cli.protection_used", "names", factorNames(p.Used)))
			means(c, w, p)
		}
	})
}

// means says what a protection is good for, as the window does.
func means(c *console.Console, w io.Writer, p agent.Protection) {
	code := "protect.passphrase_text"
	switch {
	case slices.Contains(p.Used, factorTPM):
		code = "protect.tpm_text"
	case slices.Contains(p.Used, factorKeyring):
		code = "protect.keyring_text"
	}
	fmt.Fprintln(w, c.Say(code))
	if promise := "promise." + string(p.Promise); c.Lang().Knows(promise) {
		fmt.Fprintln(w, c.Say(promise))
	}
}

func factorNames(all []agent.Factor) string {
	if len(all) == 0 {
		return "–"
	}
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// Factors changes what opens the device together with the passphrase.
func Factors(c *console.Console, args []string) error {
	var use []agent.Factor
	passphrase, err := secretDeed(c, args, 1, func(words []string) (err error) {
		use, err = parseFactors(words[0])
		return err
	})
	if err != nil {
		return err
	}
	if err := c.Agent.ChangeFactors(c.Ctx, passphrase, use); err != nil {
		return err
	}
	p, err := c.Agent.Protection()
	if err != nil {
		return err
	}
	return c.Print(p, func(w io.Writer) {
		fmt.Fprintln(w, c.Say("protect.changed"))
		means(c, w, p)
	})
}

// secretDeed begins a command that wants the passphrase though the device be unlocked: inside a session it comes from a
// descriptor, since its input is for commands. It asks for it after take read the words, and unlocks with it where that was not
// done.
func secretDeed(c *console.Console, args []string, words int, take func([]string) error) (string, error) {
	f := c.Flags()
	if c.Long {
		f.IntVar(&c.Settings.PassphraseFD, "passphrase-fd", c.Settings.PassphraseFD, c.Say("cli.flag.passphrase_fd"))
	}
	given, err := c.Parse(f, args, words, words)
	if err == nil {
		err = take(given)
	}
	switch {
	case err != nil:
		return "", err
	case c.Long && c.Settings.PassphraseFD < 0:
		return "", c.Misused()
	}
	if err := c.Start(); err != nil {
		return "", err
	}
	if err := c.Enrolled(); err != nil {
		return "", err
	}
	passphrase, err := c.Secret(c.Settings.PassphraseFD, c.SecretLabel())
	if err == nil && c.Agent.State() != agent.IsUnlocked {
		err = c.Agent.Unlock(c.Ctx, passphrase)
	}
	return passphrase, err
}
