package cli

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
func (s *session) give(h *agent.Handover, m meeting, changed <-chan struct{}) error {
	gift := m.give
	gift.Along = !m.alone
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	var result agent.ShareResult
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		result, err = h.Give(ctx, gift)
	}()
	var input <-chan string
	if m.spoken {
		input = s.input.channel()
	}
	for given := false; !given; {
		select {
		case <-changed:
			if err := s.printProgress(h, m.told); err != nil {
				return err
			}
		case <-m.stops:
			stop()
		case line, ok := <-input:
			if input = nil; ok && strings.TrimSpace(line) == "stop" {
				stop()
			} else if ok { // it waits until this is done
				s.ahead = line
			}
		case <-done:
			given = true
		}
	}
	if err := s.printProgress(h, m.told); err != nil { // how far it came stands before what came of it
		return err
	}
	if err == nil || len(result.Given)+len(result.Attachments)+len(result.Assignments)+len(result.Refused) > 0 {
		if err := s.print(result, func(w io.Writer) { s.writeGiven(w, result) }); err != nil {
			return err
		}
	}
	if ctx.Err() != nil && s.ctx.Err() == nil {
		return &agent.Problem{Code: agent.ShareStopped, Err: err}
	}
	for _, r := range result.Refused {
		if r.Problem != nil {
			return r.Problem
		}
	}
	return err
}

func (s *session) writeGiven(w io.Writer, result agent.ShareResult) {
	for _, id := range result.Given {
		fmt.Fprintf(w, "%s %s\n", s.say("cli.given"), id)
	}
	for _, id := range result.Attachments {
		fmt.Fprintf(w, "%s attachment:%s\n", s.say("cli.given"), id)
	}
	for _, id := range result.Assignments {
		fmt.Fprintf(w, "%s assignment:%s\n", s.say("cli.given"), id)
	}
}

// stopped is what had come, whole, when this person wanted no more.
type stopped struct {
	Stopped  bool               `json:"stopped"`
	Received []journal.RecordID `json:"received"`
}

// refuse ends what is being received, and tells what stays of it. The meeting goes on.
func (s *session) refuse(h *agent.Handover) error {
	select {
	case <-h.Refuse():
	case <-s.ctx.Done():
		return nil // the meeting ends
	}
	came := stopped{Stopped: true, Received: h.Received()}
	return s.print(came, func(w io.Writer) {
		fmt.Fprintln(w, s.say("cli.stopped"))
		for _, id := range came.Received {
			fmt.Fprintf(w, "%s %s\n", s.say("cli.received"), id)
		}
	})
}
