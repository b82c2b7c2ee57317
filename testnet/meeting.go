package testnet

import (
	"context"
	"fmt"

	"handslag/app/agent"
	"handslag/vault/journal"
)

// Meeting is a verification between two people that is under way: both their sessions are
// in it until it ends.
type Meeting struct {
	Shows, Reads *Person // who shows the QR code, and who reads it
	qr           string
	back         string // without cameras: the digits that Shows reads out
}

// heard is a line that a verification says: a step, a progress, a result or a slip.
type heard struct {
	QR      string             `json:"qr"`
	Stage   agent.Stage        `json:"stage"`
	Code    string             `json:"code"`
	Peer    *agent.Other       `json:"peer"`
	Given   []journal.RecordID `json:"given"`
	Refused []agent.Refusal    `json:"refused"`
	Problem *agent.Problem     `json:"problem"`
	Total   int                `json:"total"`
	Bytes   uint64             `json:"bytes"`
	OfBytes uint64             `json:"of_bytes"`
	Stopped bool               `json:"stopped"`
}

// asksAgain reports whether the device asks for digits once more.
func (h heard) asksAgain() bool {
	return h.Problem != nil && (h.Stage == agent.StageEnterCode || h.Stage == agent.StageExchange)
}

// Show has a person show a QR code, in a picture file.
func (n *Net) Show(ctx context.Context, shows *Person) (*Meeting, error) {
	m, err := n.beginShowing(ctx, shows)
	if err != nil {
		return nil, err
	}
	return m, m.Shown(ctx)
}

// ShowTold has a person begin to show a code where the device has something to say first: it comes
// back when that is said, and the device waits.
func (n *Net) ShowTold(ctx context.Context, shows *Person, what agent.Code) (*Meeting, error) {
	m, err := n.beginShowing(ctx, shows)
	if err != nil {
		return nil, err
	}
	_, err = shows.until(ctx, func(h heard) bool { return h.Problem != nil && h.Problem.Code == what })
	return m, err
}

func (n *Net) beginShowing(ctx context.Context, shows *Person) (*Meeting, error) {
	m := &Meeting{Shows: shows, qr: n.path("camera", shows.Name+".png")}
	if err := shows.Unlock(ctx); err != nil {
		return nil, err
	}
	return m, shows.say(ctx, "verify", "-show", "-qr", m.qr)
}

// Shown waits until the code is there to be read.
func (m *Meeting) Shown(ctx context.Context) error {
	_, err := m.Shows.until(ctx, func(h heard) bool { return h.QR != "" })
	return err
}

// Picture is the file with the QR code.
func (m *Meeting) Picture() string { return m.qr }

// Read has a person read the code that is shown; both come so far that one sees six digits
// and the other is asked for them.
func (m *Meeting) Read(ctx context.Context, reads *Person) (digits string, err error) {
	if err := reads.Unlock(ctx); err != nil {
		return "", err
	}
	m.Reads = reads
	line := []string{"verify", "-scan", m.qr}
	if reads.HasCamera {
		line = line[:1]
	}
	if err := reads.say(ctx, line...); err != nil {
		return "", err
	}
	shown, err := reads.until(ctx, func(h heard) bool {
		return h.Stage == agent.StageExchange || h.Stage == agent.StageShowCode && reads.HasCamera
	})
	if err != nil {
		return "", err
	}
	asked, err := m.Shows.until(ctx, func(h heard) bool { return h.Stage == agent.StageEnterCode || h.Stage == agent.StageExchange })
	m.back = asked.Code
	return shown.Code, err
}

// Type types digits at the device that showed the QR code; without cameras its own are typed at
// the other first. It comes back when the device asks again, or when both are verified, or with
// what went wrong.
func (m *Meeting) Type(ctx context.Context, digits string) error {
	if m.back != "" {
		if err := m.Reads.tell(m.back); err != nil {
			return err
		}
		m.back = ""
		// Only what has been read is sure to be read as digits: the other side may end it all, and then
		// the line would be a command.
		if _, err := m.Reads.until(ctx, func(h heard) bool { return h.Stage == agent.StageShowCode }); err != nil {
			return err
		}
	}
	if err := m.Shows.tell(digits); err != nil {
		return err
	}
	now, err := m.Shows.until(ctx, func(h heard) bool {
		return h.Stage == agent.StageVerified || h.asksAgain()
	})
	if err != nil {
		_ = m.Reads.leave(ctx) // it fails there too, with a word of its own
		return err
	}
	if now.asksAgain() {
		return &Refused{Code: agent.CodeMistyped}
	}
	_, err = m.Reads.until(ctx, func(h heard) bool { return h.Stage == agent.StageVerified })
	return err
}

// Meet is a whole verification: b's device reads what a's shows, and a types what b reads out.
func (n *Net) Meet(ctx context.Context, a, b *Person) (*Meeting, error) {
	m, err := n.Show(ctx, a)
	if err != nil {
		return nil, err
	}
	digits, err := m.Read(ctx, b)
	if err != nil {
		return nil, err
	}
	return m, m.Type(ctx, digits)
}

// Give hands records over within the meeting. What is refused is an error: the first refusal's, or what broke
// off a share of which some arrived.
func (m *Meeting) Give(ctx context.Context, giver *Person, ids ...journal.RecordID) error {
	line := "give"
	for _, id := range ids {
		line += " " + string(id)
	}
	if err := giver.tell(line); err != nil {
		return err
	}
	word := func(h heard) bool { return h.Problem != nil && h.Stage == "" && h.Total == 0 }
	result, err := giver.until(ctx, func(h heard) bool { return h.Given != nil || h.Refused != nil || word(h) })
	switch {
	case err != nil:
		return err
	case len(result.Refused) > 0 && result.Refused[0].Problem != nil:
		if _, err := giver.until(ctx, word); err != nil { // the last word of it, which the next share must not take for its own
			return err
		}
		return &Refused{Code: result.Refused[0].Problem.Code}
	case result.Problem != nil:
		return &Refused{Code: result.Problem.Code}
	case len(result.Given) == len(ids):
		return nil
	}
	why, err := giver.until(ctx, word) // what arrived is said first
	if err != nil {
		return fmt.Errorf("%d of %d records were handed over: %w", len(result.Given), len(ids), err)
	}
	return &Refused{Code: why.Problem.Code}
}

// End ends it at one person's wish; the other's device sees it.
func (m *Meeting) End(ctx context.Context, who *Person) error {
	other := m.Shows
	if who == m.Shows {
		other = m.Reads
	}
	if err := who.tell("end"); err != nil {
		return err
	}
	if err := who.leave(ctx); err != nil {
		return err
	}
	return other.leave(ctx)
}

// ReadFrom has a person read the code in a picture, whoever made it, and comes back with the digits that
// the device shows and the name that it gives the other.
func (m *Meeting) ReadFrom(ctx context.Context, reads *Person, picture string) (digits, name string, err error) {
	if err := reads.Unlock(ctx); err != nil {
		return "", "", err
	}
	if err := reads.say(ctx, "verify", "-scan", picture); err != nil {
		return "", "", err
	}
	shown, err := reads.until(ctx, func(h heard) bool { return h.Stage == agent.StageExchange })
	if err != nil {
		return "", "", err
	}
	return shown.Code, shown.Peer.Name, nil
}

// TypeOnly types digits at the device that showed the QR code, and at no other.
func (m *Meeting) TypeOnly(ctx context.Context, digits string) error {
	if err := m.Shows.tell(digits); err != nil {
		return err
	}
	_, err := m.Shows.until(ctx, func(h heard) bool { return h.Stage == agent.StageVerified || h.asksAgain() })
	return err
}

// Over waits until the verification of the person who shows the code has ended, and is what it ended with.
func (m *Meeting) Over(ctx context.Context) error { return m.Shows.leave(ctx) }
