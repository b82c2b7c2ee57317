package testnet

import (
	"context"
	"encoding/json"
	"fmt"

	"handslag/app/agent"
)

// Work has a person say something about an assignment within the meeting, as a command of the headless agent, and is what their
// device shows of it then. What is refused is a *Refused.
func (m *Meeting) Work(ctx context.Context, who *Person, args ...string) (json.RawMessage, error) {
	if err := who.tell(args[0] + " " + quoted(args[1:])); err != nil { // the meeting knows its words by the first
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		value, ended, err := who.hear(ctx)
		if err != nil {
			return nil, err
		}
		if ended {
			return nil, fmt.Errorf("%s's meeting ended early", who.Name)
		}
		var told struct {
			Seen    string         `json:"seen"`
			Problem *agent.Problem `json:"problem"`
		}
		switch err := json.Unmarshal(value, &told); {
		case err != nil:
			return nil, fmt.Errorf("read what %s's device said: %w", who.Name, err)
		case told.Seen != "":
			return value, nil
		case told.Problem != nil:
			return nil, &Refused{Code: told.Problem.Code}
		}
	}
}

// Leave ends the meeting for one person, whose colleague is gone without a word.
func (m *Meeting) Leave(ctx context.Context, who *Person) error {
	if err := who.tell("end"); err != nil {
		return err
	}
	return who.leave(ctx)
}
