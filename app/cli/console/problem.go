package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"handslag/app/agent"
	"handslag/app/complaint"
	"handslag/assets"
)

// Told is a problem in words: what happened, what is safe, what to do.
type Told struct {
	Code agent.Code `json:"code"`
	What string     `json:"what"`
	Safe string     `json:"safe"`
	Do   string     `json:"do"`

	lang assets.Language
}

// Told finds the words for err. One that the agent has no code for is a mistake on a line, or a file or a descriptor of the
// command line's own, and speaks for itself.
func (c *Console) Told(err error) Told {
	if IsUsage(err) {
		return Told{Code: complaint.Usage, What: err.Error(), Safe: c.Say("cli.nothing_done"), Do: c.Say("cli.see_help"), lang: c.Lang()}
	}
	var p *agent.Problem
	if errors.As(err, &p) {
		return c.sentences(p)
	}
	t := c.sentences(&agent.Problem{Code: agent.Internal})
	t.What = err.Error()
	return t
}

func (c *Console) sentences(p *agent.Problem) Told {
	args := make([]any, 0, 2*len(p.Args))
	for name, value := range p.Args {
		args = append(args, name, value)
	}
	base := "problem." + string(p.Code)
	if !c.Lang().Knows(base + ".what") {
		base = "problem.unexpected"
	}
	say := func(part string) string { return c.Say(base+part, args...) }
	return Told{Code: p.Code, What: say(".what"), Safe: say(".safe"), Do: say(".do"), lang: c.Lang()}
}

// Write puts the problem on w: four lines for people, one object for programs.
func (t Told) Write(w io.Writer, asJSON bool) {
	if asJSON {
		line, err := json.Marshal(t)
		if err == nil {
			fmt.Fprintf(w, "%s\n", escaped(line))
		}
		return
	}
	fmt.Fprintf(w, "%s\n%s: %s\n%s: %s\n(%s)\n", t.What, t.lang.Say("banner.safe"), t.Safe, t.lang.Say("banner.do"), t.Do, t.Code)
}
