package testnet_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handslag/app/agent"
	"handslag/sync/link"
	"handslag/testnet"
	"handslag/vault/journal"
)

// The short form is for every test run, `make crash` plays the long one.
var killRounds = flag.Int("rounds", 12, "how often the program is killed")

// killed is a device whose program is killed over and over, and what it acknowledged.
type killed struct {
	*town
	random  *rand.Rand
	cards   []agent.Card
	open    []journal.AssignmentID // tasks that nobody has begun to sign
	said    map[string]bool        // words of openings and signatures: true once acknowledged
	signed  map[journal.AssignmentID]string
	unlock  time.Duration // what an unlock takes here
	entries int           // acknowledged
	kills   int
}

// Whatever a real program acknowledged before kill -9, of openings, signatures and syncs, is
// there afterwards: in the journal of the device or with the connected system, once, with its
// words. What it did not acknowledge is there once or not at all. The vault opens each time, with every row
// as it was.
func TestWhatAProgramAcknowledgedSurvivesKill9(t *testing.T) {
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("seed %d", s)
	rounds := *killRounds
	k := newKilled(t, s, rounds)
	round := 0
	for ; round < rounds || k.kills < rounds/2 || k.entries < rounds/2; round++ { // by chance and speed so many tested too little
		k.round(round)
		if round%25 == 24 {
			k.verify(round)
		}
		if t.Failed() {
			t.Fatalf("round %d of seed %d", round, s)
		}
	}
	k.verify(round)
	t.Logf("%d acknowledged entries survived %d kills in %d rounds of seed %d", k.entries, k.kills, round, s)
}

func newKilled(t *testing.T, seed uint64, rounds int) *killed {
	t.Helper()
	k := &killed{random: rand.New(rand.NewPCG(seed, 0x6b696c6c)), said: map[string]bool{}, signed: map[journal.AssignmentID]string{}}
	k.town = townOf(t, testnet.Options{Dir: t.TempDir(), Programs: programs}, func(n *testnet.Net) {
		file := filepath.Join(t.TempDir(), "work.jsonl")
		if err := os.WriteFile(file, []byte(workFor(rounds)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := n.Admin(t.Context(), nil, "import", file); err != nil {
			t.Fatal(err)
		}
	})
	k.must(k.anna.Close(k.ctx))
	k.cards = k.list()
	for _, task := range k.tasks() {
		if task.Done == nil && strings.HasPrefix(string(task.ID), "K-") {
			k.open = append(k.open, task.ID)
		}
	}
	if len(k.cards) < 5 || len(k.open) < rounds {
		t.Fatalf("%d cards and %d tasks", len(k.cards), len(k.open))
	}
	k.must(k.bo.Close(k.ctx))
	began := time.Now()
	k.must(k.bo.Unlock(k.ctx))
	k.unlock = time.Since(began)
	return k
}

// workFor is assignments for Bo, enough to sign some in each round.
func workFor(rounds int) string {
	var lines strings.Builder
	for i := range 2*rounds + 10 {
		fmt.Fprintf(&lines, `{"type":"assignment","id":"K-%05d","record":"","unit":"norra","people":["bo.ek"],"title":"Prov %d","area":"Tornängen","due":"2026-11-23","text":"Ett prov."}`+"\n", i, i)
	}
	return lines.String()
}

func (k *killed) list() (cards []agent.Card) {
	k.Helper()
	k.must(json.Unmarshal(k.do(k.bo, "records")[0], &cards))
	for i := range cards {
		cards[i].Newer, cards[i].LoanSoon = false, false // what was opened here, and the time
		slices.Sort(cards[i].Assignments)
	}
	slices.SortFunc(cards, func(a, b agent.Card) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return cards
}

func (k *killed) tasks() (tasks []agent.Task) {
	k.Helper()
	k.must(json.Unmarshal(k.do(k.bo, "assignments")[0], &tasks))
	return tasks
}

// round lets the program do some deeds and kills it in the middle of the last, or while it
// unlocks or locks.
func (k *killed) round(round int) {
	k.Helper()
	if k.random.IntN(6) == 0 {
		k.bo.Kill()
		if k.within(k.random.Int64N(int64(k.unlock)), k.bo.Unlock) {
			return
		}
	}
	deeds := k.random.IntN(6)
	for i := range deeds + 1 {
		words := fmt.Sprintf("ord %d.%d", round, i)
		longest := time.Hour
		if i == deeds {
			longest = 12 * time.Millisecond // about what a deed takes
		}
		switch n := k.random.IntN(10); {
		case n < 5:
			record := k.cards[k.random.IntN(len(k.cards))].ID
			k.deed(longest, words, "open", string(record), "-reason", words)
		case n < 8 && len(k.open) > 0:
			task := k.open[0]
			k.open = k.open[1:]
			k.signed[task] = words
			k.deed(longest, words, "done", string(task), "-note", words)
		case n < 9:
			if i == deeds {
				longest = 80 * time.Millisecond
			}
			k.deed(longest, "", "sync")
		default:
			if i < deeds {
				continue
			}
			k.within(k.random.Int64N(int64(60*time.Millisecond)), k.bo.Close)
		}
	}
	if k.bo.PID() != 0 && k.random.IntN(3) > 0 { // the last was done in time: between two
		k.bo.Kill()
		k.kills++
	}
}

// deed begins one, and kills the program after a while that is drawn, if it is not done by then.
func (k *killed) deed(longest time.Duration, words string, args ...string) {
	k.Helper()
	k.must(k.bo.Unlock(k.ctx))
	if words != "" {
		k.said[words] = false
	}
	died := k.within(k.random.Int64N(int64(longest)), func(ctx context.Context) error {
		_, err := k.bo.Do(ctx, args...)
		return err
	})
	if !died && words != "" {
		k.said[words] = true
		k.entries++
	}
}

// within does something that is killed with -9 when its time is up, and reports whether it was.
func (k *killed) within(limit int64, do func(context.Context) error) (died bool) {
	k.Helper()
	ctx, cancel := context.WithTimeout(k.ctx, time.Duration(limit))
	defer cancel()
	err := do(ctx)
	var refused *testnet.Refused
	switch {
	case err == nil:
		return false
	case errors.As(err, &refused), ctx.Err() == nil:
		k.Fatal(err)
	}
	k.bo.Kill()
	k.kills++
	return true
}

// verify has the device sync and reads what is there.
func (k *killed) verify(round int) {
	k.Helper()
	var notices []agent.Notice
	k.must(json.Unmarshal(k.do(k.bo, "notices")[0], &notices))
	for _, n := range notices {
		if n.Code != agent.EnrolledAnew {
			k.Errorf("round %d: the person is told of %s: a kill is no damage and no older copy", round, n.Code)
		}
	}
	for _, task := range k.tasks() {
		words, begun := k.signed[task.ID]
		switch {
		case task.Done == nil && !k.said[words]:
		case task.Done == nil:
			k.Errorf("round %d: %s was signed and is not", round, task.ID)
		case strings.HasPrefix(string(task.ID), "K-") && (!begun || task.Done.Note != words):
			k.Errorf("round %d: %s is signed with %q, not with %q", round, task.ID, task.Done.Note, words)
		}
	}
	cards := k.list()
	if len(cards) != len(k.cards) {
		k.Fatalf("round %d: %d cards, and %d were there", round, len(cards), len(k.cards))
	}
	for i := range cards {
		if now, before := fmt.Sprintf("%+v", cards[i]), fmt.Sprintf("%+v", k.cards[i]); now != before {
			k.Errorf("round %d: a card is %s, and was %s", round, now, before)
		}
	}
	k.do(k.bo, "sync")
	if n := k.me(k.bo).Waiting; n != 0 {
		k.Errorf("round %d: %d entries wait", round, n)
	}
	times := map[string]int{}
	for _, value := range k.do(k.anna, "log", "-person", "bo.ek") {
		var page link.LogPage
		k.must(json.Unmarshal(value, &page))
		for _, r := range page.Rows {
			switch {
			case r.Kind == journal.RecordOpened:
				times[r.Reason]++
			case r.Kind == journal.AssignmentDone:
				times[r.Note]++
			}
		}
	}
	k.must(k.anna.Close(k.ctx))
	for words, acknowledged := range k.said {
		if n := times[words]; n > 1 || n == 0 && acknowledged {
			k.Errorf("round %d: %q was acknowledged: %v, and stands %d times in the log", round, words, acknowledged, n)
		}
	}
	for words, n := range times {
		if _, begun := k.said[words]; !begun {
			k.Errorf("round %d: %q stands %d times in the log, and nobody said it", round, words, n)
		}
	}
	for _, f := range k.page().Found {
		if f.Code == "gap" && f.Open || f.Code == "fork" || f.Code == "bad_signature" {
			k.Errorf("round %d: an honest device is shown with %s", round, f.Code)
		}
	}
	k.intact()
}
