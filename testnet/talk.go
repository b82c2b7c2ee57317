package testnet

import (
	"fmt"
	"sort"
	"strings"
)

// talk is what was said in a session lately, either way: without it nobody understands a test that failed by chance.
type talk struct {
	name  string
	lines []string
}

const (
	talkLines = 24
	talkWidth = 240 // bytes of a line
)

func (t *talk) note(mark, line string) {
	if len(line) > talkWidth {
		line = strings.ToValidUTF8(line[:talkWidth], "") + " …"
	}
	t.lines = append(t.lines, fmt.Sprintf("  %s %s %s", t.name, mark, line))
	t.lines = t.lines[max(0, len(t.lines)-talkLines):]
}

func (t *talk) String() string {
	if t == nil {
		return ""
	}
	return strings.Join(t.lines, "\n")
}

// Account is what everybody said lately, and what each program that runs said on stderr: for a test that failed.
func (n *Net) Account() string {
	var said strings.Builder
	for _, p := range []*process{n.connected, n.directory} {
		if p != nil {
			said.WriteString(p.account())
		}
	}
	names := make([]string, 0, len(n.people))
	for name := range n.people {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		p := n.people[name]
		fmt.Fprintf(&said, "%s\n%s\n", name, p.talk)
		if p.session != nil {
			fmt.Fprintf(&said, "%s on stderr: %s\n", name, p.session.said())
		}
	}
	return said.String()
}

func (p *process) account() string {
	state := "runs"
	select {
	case <-p.exited:
		state = p.cmd.ProcessState.String()
	default:
	}
	return fmt.Sprintf("%s (%s) on stderr: %s\n", p.name, state, p.stderr.String())
}
