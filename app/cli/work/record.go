package work

import (
	"fmt"
	"io"
	"strings"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/vault/journal"
)

// Records lists cards; no protected part is touched.
func Records(c *console.Console, args []string) error {
	words, err := c.Parse(c.Flags(), args, 0, 16)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	cards, err := c.Agent.Records(c.Ctx, strings.Join(words, " "))
	if err != nil {
		return err
	}
	if cards == nil {
		cards = []agent.Card{}
	}
	return c.Print(cards, func(w io.Writer) {
		if len(cards) == 0 {
			fmt.Fprintf(w, "%s\n%s\n", c.Say("records.empty"), c.Say("records.empty_hint"))
		}
		writeCards(c, w, cards)
	})
}

func writeCards(c *console.Console, w io.Writer, cards []agent.Card) {
	for _, card := range cards {
		fmt.Fprintf(w, "%-14s %-24s %-28s %-14s %s\n", card.ID, card.Title, card.Street, card.Area, loan(c, card))
	}
}

func loan(c *console.Console, card agent.Card) string {
	text := c.Say("records.loan_until", "until", console.Moment(card.LoanUntil))
	if card.From != nil {
		text += " · " + c.Say("cli.from", "name", card.From.Name)
	}
	return text
}

// Open shows a protected part, after the entry that says so is durable. Without a reason
// today's assignment there is one.
func Open(c *console.Console, args []string) error {
	words, reason, err := why(c, args, 1, 1)
	if err != nil {
		return err
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	id := journal.RecordID(words[0])
	if reason == (agent.Reason{}) {
		if reason, err = preselected(c, id); err != nil {
			return err
		}
	}
	opening, err := c.Agent.Open(c.Ctx, id, reason)
	if err != nil {
		return err
	}
	err = c.Print(opening, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n%s\n", opening.Card.Title, loan(c, opening.Card))
		for _, field := range opening.Fields {
			fmt.Fprintf(w, "  %-14s %s\n", label(c, field.Name), strings.ReplaceAll(field.Value, "\n", "\n"+strings.Repeat(" ", 17)))
		}
		fmt.Fprintf(w, "%s: %s\n", c.Say("cli.entry"), opening.Entry)
	})
	if closing := c.Agent.CloseRecord(c.Ctx, id); err == nil {
		err = closing
	}
	return err
}

// label is a field's name as people read it, where it is one of the known.
func label(c *console.Console, name string) string {
	if code := "field." + name; c.Lang().Knows(code) {
		return c.Say(code)
	}
	return name
}
