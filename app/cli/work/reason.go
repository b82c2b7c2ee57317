package work

import (
	"fmt"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/vault/journal"
)

// why reads the words of a command and the flags that say why something protected is opened.
func why(c *console.Console, args []string, least, most int) ([]string, agent.Reason, error) {
	f := c.Flags()
	text := f.String("reason", "", c.Say("log.reason"))
	assignment := f.String("assignment", "", c.Say("cli.flag.assignment"))
	words, err := c.Parse(f, args, least, most)
	if err == nil && *text != "" && *assignment != "" {
		err = c.Misused()
	}
	return words, agent.Reason{Text: *text, Assignment: journal.AssignmentID(*assignment)}, err
}

// preselected is the reason that the person most likely has, or none.
func preselected(c *console.Console, id journal.RecordID) (agent.Reason, error) {
	reasons, err := c.Agent.Reasons(c.Ctx, id)
	if err != nil {
		return agent.Reason{}, err
	}
	for _, r := range reasons {
		if r.Preselected {
			fmt.Fprintf(c.Err, "%s: %s\n", c.Say("log.reason"), r.Text)
			return r, nil
		}
	}
	return agent.Reason{}, nil // the agent says that it is missing, and its entry too
}
