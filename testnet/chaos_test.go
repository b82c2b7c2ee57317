package testnet_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"handslag/app/agent"
	"handslag/testnet"
	"handslag/vault/journal"
)

var seed = flag.Uint64("seed", 0, "of the faults; 0 plays those that have found something")

// Nothing said is lost: whatever is killed and cut in whatever order, each opening whose text
// was shown stands in the log once, with its words, and each that was not stands there at
// most once.
func TestNothingSaidIsLostUnderAnyFaults(t *testing.T) {
	seeds := []uint64{1, 7}
	if *seed != 0 {
		seeds = []uint64{*seed}
	}
	for _, s := range seeds {
		t.Run(fmt.Sprint(s), func(t *testing.T) { chaos(t, s) })
	}
}

func chaos(t *testing.T, seed uint64) {
	t.Logf("go test ./testnet -run TestNothingSaid -seed %d", seed)
	w := newTown(t)
	rng := rand.New(rand.NewPCG(seed, 0x6b616f73))
	record := w.firstRecord(w.bo)
	shown := map[string]bool{}
	dead := 0
	for i := range 40 {
		switch n := rng.IntN(20); {
		case n < 9:
			reason := fmt.Sprintf("ärende %d", i)
			_, err := w.bo.Do(w.ctx, "open", record, "-reason", reason)
			w.must(err)
			shown[reason] = true
		case n < 11: // in the middle of a deed, before its answer is heard
			reason := fmt.Sprintf("avbrutet %d", i)
			w.must(w.bo.Unlock(w.ctx))
			w.must(w.bo.Begin(w.ctx, "open", record, "-reason", reason))
			w.bo.Kill()
			dead++
		case n < 13:
			w.bo.Kill()
			dead++
		case n < 14: // in the middle of a sync
			w.must(w.bo.Unlock(w.ctx))
			w.must(w.bo.Begin(w.ctx, "sync"))
			w.bo.Kill()
			dead++
		case n < 15:
			w.KillConnected()
		case n < 17:
			w.must(w.StartConnected(w.ctx))
		default:
			w.Line.Break(&testnet.Fault{Connections: 3, Least: 500, Most: 20 << 10, Swallow: n == 19, Seed: rng.Uint64()})
			_, err := w.bo.Do(w.ctx, "sync") // may fail in any way but by a wrong word
			if err != nil {
				w.isRefusal(err, agent.ServerAway, agent.BadAnswer)
			}
			w.Line.Break(nil)
		}
	}
	if len(shown) < 5 || dead < 3 {
		t.Fatalf("%d openings and %d power cuts: this seed tests too little", len(shown), dead)
	}
	w.must(w.StartConnected(w.ctx))
	w.do(w.bo, "sync")
	if n := w.me(w.bo).Waiting; n != 0 {
		t.Errorf("%d entries wait", n)
	}
	times := map[string]int{}
	for _, value := range w.do(w.anna, "log", "-person", "bo.ek") {
		var page struct {
			Rows []struct {
				Kind   journal.Kind
				Reason string
				Device string
			}
		}
		w.must(json.Unmarshal(value, &page))
		for _, r := range page.Rows {
			if r.Kind == journal.RecordOpened {
				times[r.Reason]++
			}
		}
	}
	for reason := range shown {
		if times[reason] != 1 {
			t.Errorf("%q was shown and stands %d times in the log", reason, times[reason])
		}
	}
	for reason, n := range times {
		if n != 1 {
			t.Errorf("%q stands %d times in the log", reason, n)
		}
	}
	for _, f := range w.page().Found {
		if f.Code == "gap" && f.Open || f.Code == "fork" || f.Code == "bad_signature" {
			t.Errorf("an honest device is shown with %s", f.Code)
		}
	}
	w.intact()
}
