// Command conformance tries a connected system, anybody's, against the contract: a line for each requirement,
// and exit code 1 where one is not met. It leaves behind what its devices say, and never belongs on a system in use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"

	"handslag/app/connected/contract"
	"handslag/app/process"
	"handslag/identity"
	"handslag/testnet/conformance/requirements"
	"handslag/vault/journal"
)

func main() {
	process.Seclude(os.Stderr)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Args[1:]); {
	case errors.Is(err, requirements.ErrFailed):
		fmt.Println(err)
		os.Exit(1)
	case err != nil && !errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string) error {
	var o requirements.Options
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.StringVar(&o.Base, "base", "", "`URL` of the system that is tried, https://host:port (required)")
	org := flags.String("org", "", "the organisation's `ID`, as its letter says (required)")
	path := flags.String("contract", "app/connected/openapi.json", "`file` with the contract")
	people := flags.String("people", "", "`file` of accounts, one a line: staff, reviewer, exporter or eraser, username, password; staff is required, and may work on an assignment about a record that it may read")
	subject := flags.String("erase", "", "`ID` of an invented person or place whom the eraser erases")
	operator := flags.String("operator", "", "`program` that is run as PROGRAM revoke DEVICE and PROGRAM disable USERNAME")
	only := flags.String("only", "", "try the requirements that this `expression` matches, alone")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag's; see -h", flags.Arg(0))
	}
	text, err := os.ReadFile(*path)
	if err != nil {
		return err
	}
	if o.Contract, err = contract.Read(text); err != nil {
		return err
	}
	if o.Org, err = identity.ParseOrgID(*org); err != nil {
		return err
	}
	if *only != "" {
		if o.Only, err = regexp.Compile(*only); err != nil {
			return err
		}
	}
	if err := accounts(*people, &o); err != nil {
		return err
	}
	if *operator != "" {
		o.Operator = func(ctx context.Context, deed, whom string) error {
			return exec.CommandContext(ctx, *operator, deed, whom).Run()
		}
	}
	o.Base, o.Subject = strings.TrimSuffix(o.Base, "/"), journal.SubjectID(*subject)
	return requirements.Run(ctx, o, func(l requirements.Line) {
		fmt.Printf("%-4s  %s (%s)\n", l.Verdict, l.Requirement, l.Source)
		if l.Why != "" {
			fmt.Printf("      %s\n", l.Why)
		}
	})
}

// accounts reads who may enrol a device.
func accounts(path string, o *requirements.Options) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		part, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, password, _ := strings.Cut(strings.TrimSpace(rest), " ")
		to, ok := map[string]*requirements.Account{"staff": &o.Staff, "reviewer": &o.Reviewer, "exporter": &o.Exporter, "eraser": &o.Eraser}[part]
		if !ok || password == "" {
			return fmt.Errorf("%s: a line is not: staff, reviewer, exporter or eraser, username, password", path)
		}
		*to = requirements.Account{Username: name, Password: password}
	}
	if o.Staff.Username == "" {
		return fmt.Errorf("%s names no staff", path)
	}
	return nil
}
