package meeting

import (
	"context"
	"fmt"
	"io"
	"strings"

	"handslag/app/agent"
	"handslag/vault/journal"
)

// giftOf reads what is to be given: IDs of records, and with their kind in front those of others
// (attachment:ID, assignment:ID).
func giftOf(words []string) (gift agent.Gift) {
	for _, word := range words {
		kind, id, _ := strings.Cut(strings.TrimSpace(word), ":")
		switch {
		case kind == "":
		case id == "":
			gift.Records = append(gift.Records, journal.RecordID(kind))
		case kind == "attachment":
			gift.Attachments = append(gift.Attachments, journal.AttachmentID(id))
		case kind == "assignment":
			gift.Assignments = append(gift.Assignments, journal.AssignmentID(id))
		default:
			gift.Records = append(gift.Records, journal.RecordID(word)) // which nobody has
		}
	}
	return gift
}

// give hands things over. What was refused is told, and is the command's error too. The person may end it at a good
// place, by an interrupt or, within a meeting, the line "stop": what came of it until then is told as well.
func (m *meeting) give() error {
	gift := m.gift
	gift.Along = !m.alone
	ctx, stop := context.WithCancel(m.Ctx)
	defer stop()
	var result agent.ShareResult
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		result, err = m.h.Give(ctx, gift)
	}()
	var input <-chan string
	if m.spoken {
		input = m.Input.Channel()
	}
	for given := false; !given; {
		select {
		case <-m.changed:
			if err := m.printProgress(); err != nil {
				return err
			}
		case <-m.stops:
			stop()
		case line, ok := <-input:
			if input = nil; ok && strings.TrimSpace(line) == "stop" {
				stop()
			} else if ok { // it waits until this is done
				m.ahead = line
			}
		case <-done:
			given = true
		}
	}
	if err := m.printProgress(); err != nil { // how far it came stands before what came of it
		return err
	}
	if err == nil || len(result.Given)+len(result.Attachments)+len(result.Assignments)+len(result.Refused) > 0 {
		if err := m.Print(result, func(w io.Writer) { m.writeGiven(w, result) }); err != nil {
			return err
		}
	}
	if ctx.Err() != nil && m.Ctx.Err() == nil {
		return &agent.Problem{Code: agent.ShareStopped, Err: err}
	}
	for _, r := range result.Refused {
		if r.Problem != nil {
			return r.Problem
		}
	}
	return err
}

func (m *meeting) writeGiven(w io.Writer, result agent.ShareResult) {
	for _, id := range result.Given {
		fmt.Fprintf(w, "%s %s\n", m.Say("cli.given"), id)
	}
	for _, id := range result.Attachments {
		fmt.Fprintf(w, "%s attachment:%s\n", m.Say("cli.given"), id)
	}
	for _, id := range result.Assignments {
		fmt.Fprintf(w, "%s assignment:%s\n", m.Say("cli.given"), id)
	}
}

// stopped is what had come, whole, when this person wanted no more.
type stopped struct {
	Stopped  bool               `json:"stopped"`
	Received []journal.RecordID `json:"received"`
}

// refuse ends what is being received, and tells what stays of it. The meeting goes on.
func (m *meeting) refuse() error {
	select {
	case <-m.h.Refuse():
	case <-m.Ctx.Done():
		return nil // the meeting ends
	}
	came := stopped{Stopped: true, Received: m.h.Received()}
	return m.Print(came, func(w io.Writer) {
		fmt.Fprintln(w, m.Say("cli.stopped"))
		for _, id := range came.Received {
			fmt.Fprintf(w, "%s %s\n", m.Say("cli.received"), id)
		}
	})
}
