package ui

import (
	"context"
	"slices"

	"handslag/app/agent"
	"handslag/ui/part"
)

// paged fills a list piece by piece: the first at once, the next when the last row comes into sight. So a list of a hundred
// thousand costs what is seen of it.
type paged[T any] struct {
	w    *Window
	list *part.RowList
	ask  asker[T]
	row  func(T) part.Row
	told func(error) // after each piece that was asked for; the list has it then

	things []T
	last   agent.Place
	more   bool
	asked  int  // how often
	came   bool // the first piece is there: until then nobody knows whether there is anything
	loads  Latest
}

// asker takes down what is asked for, on the main thread, and returns what fetches a piece of it.
type asker[T any] func() func(context.Context, agent.Page) (piece[T], error)

// piece is some of a list, where the last of it stands, and whether there is more.
type piece[T any] struct {
	things []T
	last   agent.Place
	more   bool
}

func newPaged[T any](w *Window, list *part.RowList, ask asker[T], row func(T) part.Row, told func(error)) *paged[T] {
	p := &paged[T]{w: w, list: list, ask: ask, row: row, told: told}
	list.OnEnd = p.next
	return p
}

// search asks for the first piece of another list, and shows it from its top.
func (p *paged[T]) search() {
	p.list.ScrollToTop()
	p.load(nil, agent.Page{Limit: agent.PageSize})
}

// again asks for all that has been in sight, after something changed.
func (p *paged[T]) again() {
	p.load(nil, agent.Page{Limit: max(agent.PageSize, len(p.things))})
}

// next asks for the piece that follows, once the list is done with the row that it draws.
func (p *paged[T]) next() {
	if !p.more {
		return
	}
	p.more = false
	asked := p.asked
	p.w.spawn(func() {
		p.w.config.Do(func() {
			if asked == p.asked {
				p.load(p.things, agent.Page{After: p.last, Limit: agent.PageSize})
			}
		})
	})
}

// load puts a piece behind what is kept of those before it.
func (p *paged[T]) load(kept []T, page agent.Page) {
	p.asked++
	fetch := p.ask()
	Load(p.loads.Next(p.w.life), p.w.spawn, func(ctx context.Context) (piece[T], error) {
		got, err := fetch(ctx, page)
		for err == nil && got.more && len(got.things) < page.Limit { // it is more than one piece may be
			var next piece[T]
			if next, err = fetch(ctx, agent.Page{After: got.last, Limit: page.Limit - len(got.things)}); len(next.things) == 0 {
				break
			}
			got = piece[T]{append(got.things, next.things...), next.last, next.more}
		}
		return got, err
	}, func(got piece[T], err error) {
		if err == nil {
			p.came = true
			p.things, p.last, p.more = append(slices.Clip(kept), got.things...), got.last, got.more
			p.show()
		}
		p.told(err)
	})
}

// show makes the rows that are seen anew.
func (p *paged[T]) show() {
	if !p.came {
		return
	}
	things := p.things
	p.list.SetLazily(len(things), func(i int) part.Row { return p.row(things[i]) })
}

func (p *paged[T]) stop() {
	p.asked++
	p.loads.Stop()
}
