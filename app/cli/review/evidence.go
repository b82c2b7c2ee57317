package review

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"handslag/app/agent"
	"handslag/app/cli/console"
)

// Evidence writes evidence about entries of the audit log, by their places in it.
func Evidence(c *console.Console, args []string) error {
	f := c.Flags()
	out := f.String("out", "", c.Say("cli.flag.out"))
	words, err := c.Parse(f, args, 1, 100)
	if err != nil {
		return err
	}
	if *out == "" {
		return console.Usage(errors.New("-out FILE"))
	}
	var places []int64
	for _, word := range words {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || n <= 0 {
			return console.Usage(fmt.Errorf("%q", word))
		}
		places = append(places, n)
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	bundle, err := c.Agent.Evidence(c.Ctx, places)
	if err != nil {
		return err
	}
	if err := writeNew(*out, bundle); err != nil {
		return err
	}
	line := agent.VerifyLine(c.Agent.Me().Org, *out)
	return c.Print(map[string]string{"file": *out, "verify": line}, func(w io.Writer) {
		fmt.Fprintln(w, *out)
		fmt.Fprintln(w, c.Say("cli.verify_with"), line)
	})
}

// Witnesses shows which devices vouch for the audit log.
func Witnesses(c *console.Console, args []string) error {
	if _, err := c.Parse(c.Flags(), args, 0, 0); err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	told, err := c.Agent.Witnesses(c.Ctx)
	if err != nil {
		return err
	}
	return c.Print(told, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d, %s: %d\n", c.Say("witness.log"), told.Size, c.Say("witness.count"), told.Count)
		for _, one := range told.Witnesses {
			state := c.Say("witness.fits")
			if !one.Fits {
				state = c.Say("witness.contradicts")
			}
			fmt.Fprintf(w, "%10d  %s  %s  %s  %s\n", one.Size, console.Moment(one.At.Time()), one.Device.Grouped(), one.Person.Name(), state)
		}
	})
}

// LogEvidence writes the two checkpoints of the audit log that contradict each other, where two do.
func LogEvidence(c *console.Console, args []string) error {
	f := c.Flags()
	out := f.String("out", "", c.Say("cli.flag.out"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if *out == "" {
		return console.Usage(errors.New("-out FILE"))
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	evidence, err := c.Agent.LogEvidence()
	if err != nil {
		return err
	}
	if len(evidence) == 0 {
		return c.Print(map[string]bool{"inconsistent": false}, func(w io.Writer) { fmt.Fprintln(w, c.Say("log.consistent")) })
	}
	if err := writeNew(*out, evidence); err != nil {
		return err
	}
	return c.Print(map[string]string{"file": *out}, func(w io.Writer) { fmt.Fprintln(w, *out) })
}

// Orders writes the erasure orders that lie on this machine, for a connected system that was restored
// from a backup.
func Orders(c *console.Console, args []string) error {
	f := c.Flags()
	out := f.String("out", "", c.Say("cli.flag.out"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if *out == "" {
		return console.Usage(errors.New("-out FILE"))
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	orders, n, err := c.Agent.ErasureOrders()
	if err != nil {
		return err
	}
	if err := writeNew(*out, orders); err != nil {
		return err
	}
	answer := struct {
		File   string `json:"file"`
		Orders int    `json:"orders"`
	}{*out, n}
	return c.Print(answer, func(w io.Writer) { fmt.Fprintf(w, "%s (%d)\n", *out, n) })
}

// writeNew writes a file that is not there yet.
func writeNew(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return console.Usage(err)
	}
	if _, err = file.Write(data); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
