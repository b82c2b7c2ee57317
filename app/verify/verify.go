// Package verify is the stand-alone verifier: it checks what was exported of an organisation's audit log, bundles
// of evidence, checkpoints and tiles, each by itself and against each other, and trusts nothing but the
// organisation ID. It speaks with nobody and writes nothing.
package verify

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"

	"handslag/app/complaint"
	"handslag/identity"
)

const usage = `handslagverify checks what was exported of an organisation's audit log. It asks no server, and trusts nothing but the
organisation ID, which stands in the letter to the organisation's staff.

Usage:
  handslagverify [-json] ORGANISATION-ID FILE...

A FILE is one of
  evidence about entries         connected evidence ENTRY..., handslagctl evidence ENTRY...
  a folder with the log's tiles  connected export tiles -to FOLDER
  checkpoints that a device has  handslagctl log-evidence (with one of the others, or the organisation's statement)

All checkpoints are compared with each other as far as that can be: two over as many entries by themselves, others
where a folder with the log's tiles is given, which proves every smaller one.

Exit codes: 0 everything holds, 1 something does not, 2 malformed command line.

`

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Result is what Run found, as -json tells it.
type Result struct {
	Organisation identity.OrgID `json:"organisation"`
	Name         string         `json:"name,omitempty"`
	Statement    uint64         `json:"statement,omitempty"`
	Inputs       []Input        `json:"inputs"`
	NotCompared  []string       `json:"not_compared,omitempty"`
	Problems     []string       `json:"problems,omitempty"`
}

// Run carries out one command line and returns the exit code.
func Run(out, errs io.Writer, args []string) int {
	flags := flag.NewFlagSet("handslagverify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	inJSON := flags.Bool("json", false, "answer in JSON")
	complain := func(what, do string) int {
		complaint.Complaint{Code: complaint.Usage, What: what, Do: do}.Tell(errs, "handslagverify", complaint.InJSON(args))
		return exitUsage
	}
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage)
		return exitOK
	}
	if err != nil || flags.NArg() < 2 {
		return complain("usage: handslagverify [-json] ORGANISATION-ID FILE...", "try: handslagverify -h")
	}
	org, err := identity.ParseOrgID(flags.Arg(0))
	if err != nil {
		return complain("the organisation ID is not one", "it has eight groups of four, as in the letter to staff; check characters catch a slip")
	}
	r := judge(org, flags.Args()[1:])
	if *inJSON {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(r)
	} else {
		err = r.tell(out)
	}
	if err != nil || len(r.Problems) > 0 {
		return exitFailed
	}
	return exitOK
}

// judge reads all inputs, checks each, and compares what they have seen.
func judge(org identity.OrgID, paths []string) Result {
	j := judging{org: org, result: Result{Organisation: org, Inputs: []Input{}}}
	for _, path := range paths {
		j.read(path)
	}
	for i := range j.given {
		j.check(&j.given[i])
	}
	j.compare()
	j.result.Name, j.result.Statement = j.statement.Name, j.statement.Number
	return j.result
}

func (j *judging) problem(path, format string, args ...any) {
	j.result.Problems = append(j.result.Problems, path+": "+fmt.Sprintf(format, args...))
}
