package testnet_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"handslag/app/agent"
	"handslag/sync/link"
	"handslag/testnet"
)

// town is a running organisation in which Anna and Bo have enrolled and synced.
type town struct {
	*testing.T
	*testnet.Net
	ctx      context.Context
	anna, bo *testnet.Person
}

func newTown(t *testing.T) *town {
	t.Helper()
	return townOf(t, testnet.Options{Dir: t.TempDir(), Programs: programs}, func(*testnet.Net) {})
}

// townOf is a town that something is done to before its people come.
func townOf(t *testing.T, o testnet.Options, before func(*testnet.Net)) *town {
	t.Helper()
	w := &town{T: t, ctx: t.Context()}
	n, err := testnet.Start(w.ctx, o)
	w.must(err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(n.Account())
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Net, w.anna, w.bo = n, n.Person("anna", "anna.lind"), n.Person("bo", "bo.ek")
	before(n)
	for _, p := range []*testnet.Person{w.anna, w.bo} {
		w.must(n.SetPassword(w.ctx, p.Username, p.Password))
		w.must(p.Enrol(w.ctx))
		w.do(p, "sync")
	}
	return w
}

func (w *town) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// do is a command that must succeed; the first value it says is read into the result of value.
func (w *town) do(p *testnet.Person, args ...string) []json.RawMessage {
	w.Helper()
	values, err := p.Do(w.ctx, args...)
	w.must(err)
	return values
}

// refused is a command that must be refused by one of these codes.
func (w *town) refused(p *testnet.Person, args []string, codes ...agent.Code) {
	w.Helper()
	_, err := p.Do(w.ctx, args...)
	w.isRefusal(err, codes...)
}

func (w *town) isRefusal(err error, codes ...agent.Code) {
	w.Helper()
	var refused *testnet.Refused
	if !errors.As(err, &refused) {
		w.Errorf("not refused but: %v", err)
		return
	}
	for _, code := range codes {
		if refused.Code == code {
			if len(refused.Said) < 40 {
				w.Errorf("%s is told in these words: %q", code, refused.Said)
			}
			return
		}
	}
	w.Errorf("refused as %s, not as one of %v", refused.Code, codes)
}

func (w *town) me(p *testnet.Person) agent.Me {
	w.Helper()
	var me agent.Me
	w.must(json.Unmarshal(w.do(p, "me")[0], &me))
	return me
}

func (w *town) page(args ...string) link.LogPage {
	w.Helper()
	var page link.LogPage
	w.must(json.Unmarshal(w.do(w.anna, append([]string{"log"}, args...)...)[0], &page))
	return page
}

func (w *town) intact() testnet.Verification {
	w.Helper()
	v, err := w.Audit(w.ctx)
	w.must(err)
	return v
}

func (w *town) firstRecord(p *testnet.Person) string {
	w.Helper()
	var cards []agent.Card
	w.must(json.Unmarshal(w.do(p, "records")[0], &cards))
	if len(cards) == 0 {
		w.Fatal("the device holds no record")
	}
	return string(cards[0].ID)
}
