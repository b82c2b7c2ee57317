package gate

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/sync/link"
	"handslag/testnet/postgres"
)

// crowd is journals that wait at the same time: the store is held while they come.
type crowd struct {
	t     *testing.T
	store *store.Store
	*together
	mu    sync.Mutex
	order []string // whose turn it was, in every run
	in    map[string]*store.Tx
	shut  map[string]func(run int) error // who is refused before anything is written, by how often they were heard
	heard map[string]int
	back  atomic.Int64 // how many have had an answer
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	s, err := store.Open(t.Context(), store.Place{Path: filepath.Join(t.TempDir(), "x.db"), URL: postgres.Database(t)}, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for range 2 { // statements are known from the second time on
		if err := s.Do(t.Context(), func(tx *store.Tx) error { _, err := tx.NextCounter(t.Context(), "before"); return err }); err != nil {
			t.Fatal(err)
		}
	}
	return &crowd{t: t, store: s, together: &together{store: s, longest: time.Hour}, in: map[string]*store.Tx{}, heard: map[string]int{}}
}

// stores lets all come while somebody else writes, one after the other, and says what each was told.
func (c *crowd) stores(names []string, act func(name string, tx *store.Tx) error, ctx func(name string) context.Context) map[string]error {
	c.t.Helper()
	told := map[string]error{}
	var all sync.WaitGroup
	err := c.store.Do(c.t.Context(), func(*store.Tx) error {
		for i, name := range names {
			all.Go(func() {
				err := c.do(ctx(name), func(tx *store.Tx) error {
					c.mu.Lock()
					c.order, c.in[name] = append(c.order, name), tx
					c.heard[name]++
					shut, run := c.shut[name], c.heard[name]
					c.mu.Unlock()
					if _, err := tx.Device(context.Background(), name); !store.Missing(err) {
						return err
					}
					if shut != nil {
						if err := shut(run); err != nil {
							return err
						}
					}
					if _, err := tx.NextCounter(context.Background(), name); err != nil {
						return err
					}
					return act(name, tx)
				})
				c.back.Add(1)
				c.mu.Lock()
				told[name] = err
				c.mu.Unlock()
			})
			for c.waits() <= i {
				runtime.Gosched()
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	all.Wait()
	return told
}

func (c *crowd) waits() int {
	c.together.mu.Lock()
	defer c.together.mu.Unlock()
	return len(c.waiting)
}

// kept is how often something of name is in the database.
func (c *crowd) kept(name string) (n int64) {
	c.t.Helper()
	err := c.store.Read(c.t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.CounterValue(c.t.Context(), name)
		if store.Missing(err) {
			err = nil
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

func patient(string) context.Context { return context.Background() }

// Journals that wait at the same time are one transaction, in their order, and nobody has an answer before all are durable.
func TestJournalsThatWaitAreStoredTogether(t *testing.T) {
	c := newCrowd(t)
	names := []string{"anna", "bo", "carl", "dora"}
	told := c.stores(names, func(name string, _ *store.Tx) error {
		if n := c.back.Load(); n > 0 {
			return fmt.Errorf("%d have an answer while %s is being stored", n, name)
		}
		return nil
	}, patient)
	for _, name := range names {
		if told[name] != nil || c.kept(name) != 1 || c.in[name] != c.in["anna"] {
			t.Errorf("%s: %v, kept %d times, in the same transaction: %v", name, told[name], c.kept(name), c.in[name] == c.in["anna"])
		}
	}
	if !slices.Equal(c.order, names) {
		t.Errorf("in this order: %q", c.order)
	}
}

// One that fails, in any way, has no answer but that, and nothing of it is kept; nobody else's journal hangs on it, and
// none is kept twice.
func TestOnePoisonedJournalIsNobodyElsesFault(t *testing.T) {
	errOwn := errors.New("its own fault")
	for what, poison := range map[string]func(tx *store.Tx) error{
		"refused":                             func(*store.Tx) error { return errOwn },
		"refused after something was written": func(*store.Tx) error { return Refuse(link.CodeTooMany) },
		"a fault":                             func(*store.Tx) error { panic("a fault") },
		"the database refuses": func(tx *store.Tx) error {
			return tx.AddOperations(context.Background(), []sqlc.Operation{{AssignmentID: "none"}})
		},
		"it fails only later": func(tx *store.Tx) error { tx.AddEntry(sqlc.Entry{ID: 1}); return nil }, // no column may be NULL
	} {
		for _, bad := range []string{"anna", "carl", "erik"} {
			t.Run(what+" of "+bad, func(t *testing.T) {
				c := newCrowd(t)
				names := []string{"anna", "bo", "carl", "dora", "erik"}
				told := c.stores(names, func(name string, tx *store.Tx) error {
					if name == bad {
						return poison(tx)
					}
					return nil
				}, patient)
				for _, name := range names {
					want := int64(1)
					if name == bad {
						want = 0
					}
					if got := c.kept(name); got != want || (told[name] == nil) != (name != bad) {
						t.Errorf("%s is kept %d times and told %v", name, got, told[name])
					}
				}
			})
		}
	}
}

// Who is refused before anything of theirs was written is told so, and nobody is stored anew for that.
func TestWhoIsRefusedSpoilsNobodysTransaction(t *testing.T) {
	c := newCrowd(t)
	stale := func(int) error { return Refuse(link.CodeStaleProof) }
	c.shut = map[string]func(int) error{"anna": stale, "carl": stale, "erik": stale}
	names := []string{"anna", "bo", "carl", "dora", "erik"}
	told := c.stores(names, func(string, *store.Tx) error { return nil }, patient)
	for _, name := range names {
		var refused *link.Problem
		if c.shut[name] != nil {
			if !errors.As(told[name], &refused) || c.kept(name) != 0 {
				t.Errorf("%s is kept %d times and told %v", name, c.kept(name), told[name])
			}
		} else if told[name] != nil || c.kept(name) != 1 || c.in[name] != c.in["bo"] {
			t.Errorf("%s: %v, kept %d times, in the same transaction: %v", name, told[name], c.kept(name), c.in[name] == c.in["bo"])
		}
	}
	if !slices.Equal(c.order, names) {
		t.Errorf("in this order: %q", c.order)
	}
}

// Who is refused only when a transaction begins anew is not told that something is kept, and the others are.
func TestWhoIsRefusedTheSecondTimeIsNotKept(t *testing.T) {
	c := newCrowd(t)
	c.shut = map[string]func(int) error{
		"anna": func(run int) error {
			if run == 2 {
				return Refuse(link.CodeStaleProof)
			}
			return nil
		},
		"carl": func(run int) error {
			if run == 1 {
				return &pgconn.PgError{Code: "40001"} // serialization_failure
			}
			return nil
		},
	}
	told := c.stores([]string{"anna", "bo", "carl"}, func(string, *store.Tx) error { return nil }, patient)
	var refused *link.Problem
	if !errors.As(told["anna"], &refused) || c.kept("anna") != 0 {
		t.Errorf("anna is kept %d times and told %v", c.kept("anna"), told["anna"])
	}
	for _, name := range []string{"bo", "carl"} {
		if told[name] != nil || c.kept(name) != 1 {
			t.Errorf("%s is kept %d times and told %v", name, c.kept(name), told[name])
		}
	}
}

// Where one fails while a transaction begins anew, whoever was in it behind has an answer too.
func TestWhoFailsTheSecondTimeTakesNobodyAlong(t *testing.T) {
	c := newCrowd(t)
	c.shut = map[string]func(int) error{
		"bo": func(run int) error {
			if run == 2 {
				return errors.New("its own fault")
			}
			return nil
		},
		"carl": func(run int) error {
			if run == 1 {
				return &pgconn.PgError{Code: "40001"} // serialization_failure
			}
			return nil
		},
	}
	names := []string{"anna", "bo", "carl"}
	told := c.stores(names, func(string, *store.Tx) error { return nil }, patient)
	for _, name := range names {
		if told[name] != nil || c.kept(name) != 1 {
			t.Errorf("%s is kept %d times and told %v", name, c.kept(name), told[name])
		}
	}
}

// A transaction that the database gives up for another's sake begins anew, with everybody who was in it: nobody is
// told that something is kept which went with the first.
func TestATransactionGivenUpForAnothersSakeKeepsAll(t *testing.T) {
	c := newCrowd(t)
	names := []string{"anna", "bo", "carl", "dora"}
	given := false
	told := c.stores(names, func(name string, _ *store.Tx) error {
		if name == "carl" && !given {
			given = true
			return &pgconn.PgError{Code: "40001"} // serialization_failure
		}
		return nil
	}, patient)
	for _, name := range names {
		if told[name] != nil || c.kept(name) != 1 || c.in[name] != c.in["anna"] {
			t.Errorf("%s: %v, kept %d times, in the same transaction: %v", name, told[name], c.kept(name), c.in[name] == c.in["anna"])
		}
	}
	if want := []string{"anna", "bo", "carl", "anna", "bo", "carl", "dora"}; !slices.Equal(c.order, want) {
		t.Errorf("in this order: %q", c.order)
	}
}

// Who hangs up before the turn comes is not stored; who does so while it is being stored disturbs nobody.
func TestWhoHangsUpDisturbsNobody(t *testing.T) {
	c := newCrowd(t)
	early, hangsUp := context.WithCancel(t.Context())
	hangsUp()
	late, hangsUpLate := context.WithCancel(t.Context())
	told := c.stores([]string{"anna", "bo", "carl", "dora"}, func(name string, _ *store.Tx) error {
		if name == "carl" {
			hangsUpLate()
		}
		return nil
	}, func(name string) context.Context {
		return map[string]context.Context{"anna": t.Context(), "bo": early, "carl": late, "dora": t.Context()}[name]
	})
	if told["anna"] != nil || told["dora"] != nil || c.kept("anna") != 1 || c.kept("dora") != 1 {
		t.Errorf("others: %v", told)
	}
	if !errors.Is(told["bo"], context.Canceled) || c.kept("bo") != 0 {
		t.Errorf("who hung up before: %v, kept %d times", told["bo"], c.kept("bo"))
	}
	if told["carl"] != nil || c.kept("carl") != 1 {
		t.Errorf("who hung up meanwhile: %v, kept %d times", told["carl"], c.kept("carl"))
	}
}

// Somebody who writes something else waits for the journal that is being stored and its commit, not for all that wait.
func TestPeopleDoNotWaitForThousandsOfJournals(t *testing.T) {
	c := newCrowd(t)
	person := make(chan error, 1)
	told := c.stores([]string{"anna", "bo", "carl"}, func(name string, _ *store.Tx) error {
		if name != "anna" {
			return nil
		}
		go func() {
			person <- c.store.Do(context.Background(), func(*store.Tx) error {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.order = append(c.order, "a person")
				return nil
			})
		}()
		for !c.store.Awaited() {
			runtime.Gosched()
		}
		return nil
	}, patient)
	if err := <-person; err != nil || told["bo"] != nil || told["carl"] != nil {
		t.Fatal(err, told)
	}
	// The database decides whose turn it is next; whoever comes before the person is stored alone.
	before := slices.Index(c.order, "a person")
	alone := map[*store.Tx]bool{}
	for _, name := range c.order[:before] {
		alone[c.in[name]] = true
	}
	if before < 1 || len(alone) != before || len(c.order) != 4 {
		t.Errorf("before the person, of %q, came %d transactions", c.order, len(alone))
	}
}

// Nor for thousands who are refused: who comes after somebody waits comes in another transaction.
func TestPeopleDoNotWaitForThousandsOfRefusals(t *testing.T) {
	c := newCrowd(t)
	person := make(chan error, 1)
	c.shut = map[string]func(int) error{"anna": func(int) error {
		go func() {
			person <- c.store.Do(context.Background(), func(*store.Tx) error { return nil })
		}()
		for !c.store.Awaited() {
			runtime.Gosched()
		}
		return Refuse(link.CodeStaleProof)
	}}
	told := c.stores([]string{"anna", "bo"}, func(string, *store.Tx) error { return nil }, patient)
	if err := <-person; err != nil || told["anna"] == nil || told["bo"] != nil {
		t.Fatal(err, told)
	}
	if c.in["bo"] == c.in["anna"] {
		t.Error("somebody waited, and the transaction went on")
	}
}

// Where the database is away no transaction begins: who waits is told so, and is not kept.
func TestWhereNoTransactionBeginsEverybodyIsTold(t *testing.T) {
	c := newCrowd(t)
	c.store.Close()
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if err := c.do(context.Background(), func(*store.Tx) error { return nil }); err == nil {
				t.Error("something is stored without a database")
			}
		})
	}
	all.Wait()
}
