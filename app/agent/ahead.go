package agent

import (
	"context"

	"handslag/sync/link"
)

// ahead is a page that is asked for while the one before it goes into the view. The cursor on disk moves with the view
// alone: where this device does not come to take the page in, it comes again.
type ahead struct {
	done chan struct{}
	page link.Page
	err  error
}

func (r *run) askAhead(ctx context.Context, cursor string, had link.Had) *ahead {
	a, client := &ahead{done: make(chan struct{})}, r.client
	go func() {
		defer close(a.done)
		a.page, a.err = client.Changes(ctx, cursor, had)
	}()
	return a
}

// wait is the page, when it has come; nobody has asked for one where a is nil.
func (a *ahead) wait() (link.Page, error) {
	if a == nil {
		return link.Page{}, nil
	}
	<-a.done
	return a.page, a.err
}
