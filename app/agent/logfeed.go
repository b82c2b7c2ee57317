package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"handslag/sync/link"
)

// FeedLog writes the entries of the audit log behind a cursor, oldest first, as JSON Lines in one of the
// connected system's formats, until there are no more. Whether this person may, it alone decides, and
// writes down. What is written when it fails is whole lines, behind whose last cursor it can go on.
func (a *Agent) FeedLog(ctx context.Context, after, format string, w io.Writer) error {
	s, err := a.current()
	if err != nil {
		return err
	}
	client := link.NewClient(s.who().statement, s.keys, link.ClientOptions{Time: s.clock.Server(), OnTime: s.clock.Hear})
	defer client.Close()
	for {
		page, err := client.ExportLog(ctx, after, format)
		var refused *link.Problem
		switch {
		case errors.Is(err, link.ErrAway):
			a.setOnline(false)
			return problem(NotOnline, err)
		case errors.As(err, &refused) && (refused.Code == link.CodeBadRequest || refused.Code == link.CodeCursor):
			return problem(BadFilter, err)
		case err != nil:
			return translate(err)
		case len(page) == 0:
			return nil
		}
		next, err := lastCursor(page)
		if err != nil {
			return translate(err)
		}
		if _, err := w.Write(page); err != nil {
			return translate(fmt.Errorf("feed log: %w", err))
		}
		after = next
	}
}

// lastCursor is the cursor of the last line, wherever its format has it.
func lastCursor(page []byte) (string, error) {
	lines := bytes.Split(bytes.TrimRight(page, "\n"), []byte("\n"))
	var last struct {
		Cursor   string `json:"cursor"`
		Unmapped struct {
			Cursor string `json:"cursor"`
		} `json:"unmapped"`
	}
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		return "", fmt.Errorf("feed log: %w: %w", link.ErrAnswer, err)
	}
	if last.Cursor == "" {
		last.Cursor = last.Unmapped.Cursor
	}
	if last.Cursor == "" {
		return "", fmt.Errorf("feed log: %w: a line without a cursor", link.ErrAnswer)
	}
	return last.Cursor, nil
}
