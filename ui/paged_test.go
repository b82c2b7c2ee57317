package ui

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// TestWhoScrollsToTheEndGetsTheNextPiece, and a list reads no more than what somebody has come to.
func TestWhoScrollsToTheEndGetsTheNextPiece(t *testing.T) {
	var queued []func()
	run := func() {
		for len(queued) > 0 {
			work := queued[0]
			queued = queued[1:]
			work()
		}
	}
	w := &Window{lang: assets.Swedish, now: time.Now, life: t.Context(), spawn: AtOnce,
		config: Config{Do: func(work func()) { queued = append(queued, work) }}}
	list := part.NewRowList(part.NewText("none"))
	windowWith(t, list, 400, 600)
	prefix, asked := "a", 0
	reached := map[agent.Place]int{}
	place := func(n int) agent.Place {
		at := vault.RecordRow{Record: record.Record{ID: journal.RecordID(fmt.Sprint(n))}}.Place()
		reached[at] = n
		return at
	}
	p := newPaged(w, list, func() func(context.Context, agent.Page) (piece[string], error) {
		prefix := prefix
		return func(_ context.Context, page agent.Page) (got piece[string], err error) {
			asked++
			const all, most = 2*agent.PageSize + 20, 2 * agent.PageSize
			from := reached[page.After]
			to := min(all, from+min(page.Limit, most))
			for n := from; n < to; n++ {
				got.things = append(got.things, fmt.Sprint(prefix, n))
			}
			got.last, got.more = place(to), to < all
			return got, nil
		}
	}, func(name string) part.Row { return part.Row{ID: name, Title: name} }, func(error) {})
	shows := func(when string, count int) {
		t.Helper()
		run()
		rows := list.Rows()
		if len(rows) != count {
			t.Fatalf("%s: %d rows, not %d; asked %d times", when, len(rows), count, asked)
		}
		for n, row := range rows {
			if row.ID != fmt.Sprint(prefix, n) {
				t.Fatalf("%s: row %d is %q", when, n, row.ID)
			}
		}
	}
	p.search()
	shows("at first", agent.PageSize)
	for _, want := range []int{2 * agent.PageSize, 2*agent.PageSize + 20, 2*agent.PageSize + 20} {
		toTheEnd(list)
		shows("at the end", want)
	}
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
	p.again()
	shows("after something changed", 2*agent.PageSize+20)
	p.search()
	shows("another list", agent.PageSize)
	toTheEnd(list) // asks for more, and before that comes somebody types
	prefix = "b"
	p.search()
	shows("after a letter", agent.PageSize)
	if last := list.Rows()[0].ID; !strings.HasPrefix(last, "b") {
		t.Errorf("an old answer covers a newer: %q", last)
	}
}

// toTheEnd scrolls a list as far as it goes.
func toTheEnd(list *part.RowList) {
	for _, o := range test.LaidOutObjects(list) {
		if inner, is := o.(interface{ ScrollToBottom() }); is {
			inner.ScrollToBottom()
		}
	}
}
