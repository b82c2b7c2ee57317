package cli

import (
	"flag"
	"fmt"
	"strings"
)

func sentenceOf(name string) string {
	return "cli." + strings.NewReplacer(" ", "_", "-", "_").Replace(name)
}

// help lists the commands.
func (s *session) help() {
	out := s.env.Out
	fmt.Fprintf(out, "handslagctl [flags] COMMAND [flags] …\n\n%s\n\n", s.say("cli.about"))
	for _, c := range commands() {
		fmt.Fprintf(out, "  %-19s %s\n", c.name, s.say(sentenceOf(c.name)))
	}
	fmt.Fprintf(out, "\n%s\n", s.say("cli.secrets"))
	fmt.Fprintf(out, "\nhandslagctl COMMAND -h\n")
}

// usage explains one command.
func (s *session) usage(f *flag.FlagSet) {
	c, out := s.inUse, s.env.Out
	fmt.Fprintf(out, "handslagctl %s\n\n%s\n\n", strings.TrimSpace(c.name+" "+c.synopsis), s.say(sentenceOf(c.name)))
	f.SetOutput(out)
	f.PrintDefaults()
	fmt.Fprintf(out, "\n%s:\n  handslagctl %s\n", s.say("cli.example"), c.example)
}
