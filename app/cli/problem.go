package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"handslag/app/agent"
	"handslag/assets"
)

// told is a problem in words: what happened, what is safe, what to do.
type told struct {
	Code agent.Code `json:"code"`
	What string     `json:"what"`
	Safe string     `json:"safe"`
	Do   string     `json:"do"`
}

// tell finds the words for err. One that the agent has no code for is a file or a descriptor
// of the command line's own, and speaks for itself.
func tell(lang assets.Language, err error) told {
	var p *agent.Problem
	if !errors.As(err, &p) {
		p = &agent.Problem{Code: agent.Internal}
		t := sentences(lang, p)
		t.What = err.Error()
		return t
	}
	return sentences(lang, p)
}

func sentences(lang assets.Language, p *agent.Problem) told {
	args := make([]any, 0, 2*len(p.Args))
	for name, value := range p.Args {
		args = append(args, name, value)
	}
	base := "problem." + string(p.Code)
	if !lang.Knows(base + ".what") {
		base = "problem.unexpected"
	}
	say := func(part string) string { return lang.Say(base+part, args...) }
	return told{Code: p.Code, What: say(".what"), Safe: say(".safe"), Do: say(".do")}
}

// write puts the problem on w: four lines for people, one object for programs.
func (t told) write(w io.Writer, lang assets.Language, asJSON bool) {
	if asJSON {
		line, err := json.Marshal(t)
		if err == nil {
			fmt.Fprintf(w, "%s\n", escaped(line))
		}
		return
	}
	fmt.Fprintf(w, "%s\n%s: %s\n%s: %s\n(%s)\n", t.What, lang.Say("banner.safe"), t.Safe, lang.Say("banner.do"), t.Do, t.Code)
}
