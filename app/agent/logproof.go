package agent

import (
	"context"
	"errors"

	"handslag/sync/link"
)

// Evidence asks the connected system for evidence about entries of the audit log, by their places in it: the bytes of
// an evidence.Bundle, which handslagverify checks. Whether this person may, it alone decides, and writes down.
func (a *Agent) Evidence(ctx context.Context, places []int64) (bundle []byte, err error) {
	err = a.review(func(c *link.Client) error {
		bundle, err = c.Evidence(ctx, places)
		return err
	})
	return bundle, err
}

// Witnesses asks the connected system which devices vouch for the audit log, and for how much of it.
func (a *Agent) Witnesses(ctx context.Context) (told link.Witnesses, err error) {
	err = a.review(func(c *link.Client) error {
		told, err = c.Witnesses(ctx)
		return err
	})
	return told, err
}

// review asks something about the audit log.
func (a *Agent) review(ask func(*link.Client) error) error {
	s, err := a.current()
	if err != nil {
		return err
	}
	client := link.NewClient(s.who().statement, s.keys, link.ClientOptions{Time: s.clock.Server(), OnTime: s.clock.Hear})
	defer client.Close()
	err = ask(client)
	var refused *link.Problem
	switch {
	case errors.Is(err, link.ErrAway):
		a.setOnline(false)
		return problem(NotOnline, err)
	case errors.As(err, &refused) && (refused.Code == link.CodeBadRequest || refused.Code == link.CodeNotFound):
		return problem(BadFilter, err)
	}
	return translate(err)
}
