package testnet

import (
	"context"
	"errors"
	"fmt"
	"os"

	"handslag/vault/journal"
)

// Interrupt is ctrl-C in a person's terminal.
func (p *Person) Interrupt() error {
	program, ok := p.session.(sessionProcess)
	if !ok {
		return errors.New("interrupt: the device is no program of its own")
	}
	if err := program.cmd.Process.Signal(os.Interrupt); err != nil {
		return fmt.Errorf("interrupt %s: %w", p.Name, err)
	}
	return nil
}

// GiveUntil hands a record over within the meeting until stops, either of the two, ends it, by ctrl-C or by the line, once bytes
// of an attachment are on their way. What the giver is told is an error.
func (m *Meeting) GiveUntil(ctx context.Context, giver, stops *Person, id journal.RecordID, line string) error {
	if err := giver.tell("give " + string(id)); err != nil {
		return err
	}
	if _, err := giver.until(ctx, func(h heard) bool { return h.Bytes > 0 && h.Bytes < h.OfBytes }); err != nil {
		return err
	}
	end := stops.Interrupt
	if line != "" {
		end = func() error { return stops.tell(line) }
	}
	if err := end(); err != nil {
		return err
	}
	if stops != giver {
		if _, err := stops.until(ctx, func(h heard) bool { return h.Stopped }); err != nil {
			return err
		}
	}
	told, err := giver.until(ctx, func(h heard) bool { return h.Problem != nil && h.Stage == "" && h.Total == 0 }) // its last word of it
	if err != nil {
		return err
	}
	return &Refused{Code: told.Problem.Code}
}

// InterruptAgain is ctrl-C where nothing is shared: the program ends, and the other's device sees it.
func (m *Meeting) InterruptAgain(ctx context.Context, who *Person) error {
	other := m.Shows
	if who == m.Shows {
		other = m.Reads
	}
	if err := who.Interrupt(); err != nil {
		return err
	}
	err := who.leave(ctx)
	var refused *Refused
	if err != nil && !errors.As(err, &refused) {
		return err
	}
	who.Kill() // it is gone already
	_ = other.leave(ctx)
	return err
}
