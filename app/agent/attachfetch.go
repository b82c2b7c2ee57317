package agent

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// fetchAtOnce is how many chunks come down at the same time: on a long line one alone waits more than it moves.
const fetchAtOnce = 3

// down fetches the chunks that are missing, the smallest attachments first.
func (m *moving) down(ctx context.Context) error {
	v := m.session.vault
	rows, err := v.Attachments("")
	if err != nil && !errors.Is(err, vault.ErrView) {
		return err
	}
	err = nil
	rows = slices.DeleteFunc(rows, func(row vault.AttachmentRow) bool {
		return row.Draft || row.Whole() || m.session.attachment(row).Large || !row.Opens
	})
	slices.SortFunc(rows, func(x, y vault.AttachmentRow) int { return cmp.Compare(x.Size, y.Size) })
	f := &fetching{moving: m, places: make(chan struct{}, fetchAtOnce)}
	for _, row := range rows {
		// One that is refused is a colleague's, of what is not lent to this person; or it is about to go.
		if err = f.one(ctx, row.ID); refusalOfOne(err) != "" {
			err = nil
		}
		if err != nil {
			break
		}
	}
	f.under.Wait()
	err = cmp.Or(err, f.failed)
	if f.came { // it stays, whatever came of the others
		synced := m.blobs.Sync()
		err = cmp.Or(err, synced)
	}
	return err
}

// fetching is the fetching of chunks, some at the same time. What is under way when one fails comes to its end.
type fetching struct {
	*moving
	places chan struct{} // one for each chunk under way
	under  sync.WaitGroup

	mu     sync.Mutex // for what is told of the progress too
	failed error
	came   bool // a chunk
}

// one begins to fetch what is missing of an attachment.
func (f *fetching) one(ctx context.Context, id journal.AttachmentID) error {
	_, copy, err := f.session.vault.Attachment(id)
	if err != nil {
		return err
	}
	me := f.session.who()
	a, err := record.OpenAttachment(copy.Signed, me.profile.Org, me.statement.Issuing)
	if err != nil {
		return err
	}
	missing, err := f.blobs.Missing(a)
	if err != nil || len(missing) == 0 {
		return err
	}
	if err := f.blobs.Room(a.Size); err != nil {
		return err
	}
	f.changed = append(f.changed, RecordsChanged)
	f.mu.Lock()
	f.run.left = max(f.run.left, len(missing))
	f.mu.Unlock()
	refused := &atomic.Bool{}
	for _, number := range missing {
		if f.over() {
			continue
		}
		f.places <- struct{}{}
		if refused.Load() || f.err() != nil {
			<-f.places
			break
		}
		f.under.Go(func() {
			defer func() { <-f.places }()
			err := f.chunk(ctx, a, number)
			if refusalOfOne(err) != "" {
				refused.Store(true)
			} else if err != nil {
				f.fail(err)
			}
		})
	}
	return f.err()
}

func (f *fetching) chunk(ctx context.Context, a record.Attachment, number int) error {
	chunk, err := f.client.Chunk(ctx, a, number)
	if err == nil {
		err = f.blobs.Put(a.Chunk(number), chunk)
	}
	if err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.came = true
		f.moved(1)
	}
	return err
}

func (f *fetching) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failed = cmp.Or(f.failed, err)
}

func (f *fetching) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}
