package connected_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/record"
)

func TestManyRecordsComeOnPagesAndALostPageComesAgain(t *testing.T) {
	h := newHouse(t, live)
	var lines strings.Builder
	for i := range 2*link.PageRecords + 17 {
		fmt.Fprintf(&lines, `{"type":"record","id":"m-%d","kind":"place","subject":"p-%d","unit":"norra","people":["bo.ek"],"card":{"title":"Källare %d"},"protected":{"kod":"12%d"}}`+"\n", i, i, i, i)
	}
	must[gate.Imported](t)(h.gate.Import(context.Background(), strings.NewReader(lines.String())))
	bo := h.enrolled("bo.ek")
	seen, cursor, pages, left := map[string]int{}, "", 0, -1
	for {
		lost := bo.changes(cursor) // never arrives
		page := bo.changes(cursor)
		if len(lost.Records) != len(page.Records) || lost.More != page.More {
			t.Fatalf("page %d had %d records, asked again it has %d", pages, len(lost.Records), len(page.Records))
		}
		if n := len(page.Records) + len(page.Assignments); n > link.PageRecords {
			t.Fatalf("page %d holds %d things", pages, n)
		}
		n := len(page.Records) + len(page.Assignments)
		if left >= 0 && page.Left != left-n || page.More != (page.Left > 0) {
			t.Errorf("page %d of %d things leaves %d, and %d were left before it", pages, n, page.Left, left)
		}
		left = page.Left
		for _, r := range page.Records {
			rec := must[record.Record](t)(record.OpenRecord(r.Record, r.Cipher, h.statement.Org(), h.statement.Issuing))
			seen[string(rec.ID)]++
		}
		pages, cursor = pages+1, page.Cursor
		if !page.More {
			break
		}
		if pages > 10 {
			t.Fatal("no last page")
		}
	}
	if len(seen) != 2*link.PageRecords+18 || pages != 3 { // and Maj's
		t.Errorf("%d records on %d pages", len(seen), pages)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	if rest := bo.changes(cursor); len(rest.Records)+len(rest.Assignments) != 0 {
		t.Errorf("after the last page %d records come", len(rest.Records))
	}
	h.restart()
	if rest := bo.changes("99999999"); len(rest.Records) == 0 {
		t.Error("a cursor that nobody gave is taken for one that arrived")
	}
}

func TestANewerStatementComesAlong(t *testing.T) {
	h := newHouse(t, live)
	bo := h.enrolled("bo.ek")
	page := must[link.Page](t)(bo.client.Changes(context.Background(), "", link.Had{}))
	s := must[identity.Statement](t)(identity.OpenStatement(page.Statement, h.statement.Org()))
	if s.Number != 1 {
		t.Errorf("it is number %d", s.Number)
	}
	public := must[[]byte](t)(bo.client.Statement(context.Background()))
	if _, err := identity.OpenStatement(public, h.statement.Org()); err != nil {
		t.Error(err)
	}
	for _, cursor := range []string{"x", "-1", "1.5", strings.Repeat("9", 40)} {
		if _, err := bo.client.Changes(context.Background(), cursor, link.Had{Statement: 1}); code(t, err) != link.CodeBadRequest {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}
