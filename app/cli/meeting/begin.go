package meeting

import (
	"context"
	"fmt"
	"strings"

	"handslag/app/agent"
	"handslag/identity/qr"
)

// begin begins the verification, in the part that was asked for.
func (m *meeting) begin() error {
	if m.show {
		return m.offer()
	}
	text, read := "", agent.ByCamera
	var err error
	if m.scan != "" {
		read = agent.FromPicture
		text, err = readPicture(m.Console, m.scan)
	} else {
		fmt.Fprintln(m.Err, m.Say("handover.scanning"))
		text, err = look(m.Ctx, m.Console, "")
	}
	if err != nil {
		return err
	}
	return m.onNetwork(func() (err error) {
		m.h, err = m.Agent.ScanVerification(m.Ctx, text, read, agent.Gift{})
		return err
	})
}

// offer shows a code, for the other device to read.
func (m *meeting) offer() error {
	var code *qr.Code
	err := m.onNetwork(func() (err error) {
		m.h, code, err = m.Agent.OfferVerification(m.Ctx, m.back, agent.Gift{})
		return err
	})
	if err != nil {
		return err
	}
	if err := m.showCode(code); err != nil {
		m.h.Close()
		return err
	}
	return nil
}

// onNetwork begins a verification. Where there is no network to meet on it says so, and what helps,
// and goes on by itself once there is one.
func (m *meeting) onNetwork(begin func() error) error {
	err := begin()
	for agent.CodeOf(err) == agent.NoNetwork {
		if err := m.tellRefusal(err); err != nil {
			return err
		}
		if err := m.awaitNetwork(); err != nil {
			return err
		}
		err = begin()
	}
	return err
}

// awaitNetwork waits for one, or until the person has enough of it.
func (m *meeting) awaitNetwork() error {
	ctx, stop := context.WithCancel(m.Ctx)
	defer stop()
	there := make(chan error, 1)
	go func() { there <- m.Agent.AwaitNetwork(ctx) }()
	for {
		select {
		case err := <-there:
			return err
		case line, ok := <-m.Input.Channel():
			if !ok || strings.TrimSpace(line) == "abort" {
				return &agent.Problem{Code: agent.Cancelled}
			}
		}
	}
}
