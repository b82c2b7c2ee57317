package gate

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/testnet/postgres"
)

func TestOnPostgreSQL(t *testing.T) { postgres.OnPostgreSQL(t) }

func TestATableThatDoesNotSayWhatItAsksForDoesNotStart(t *testing.T) {
	handler := func(*Call) (Answer, error) { return Answer{}, nil }
	thing := func(*Call) (access.Thing, error) { return access.Thing{}, nil }
	good := Route{Method: "GET", Path: "/x", Right: Needs(access.LogRead), Resource: thing, Handler: handler, Does: "x", Gives: InCOSE("x")}
	newTable([]Route{good})
	for name, routes := range map[string][]Route{
		"no right":                 {{Method: "GET", Path: "/x", Handler: handler}},
		"public without a why":     {{Method: "GET", Path: "/x", Right: Public(""), Handler: handler}},
		"own without a why":        {{Method: "GET", Path: "/x", Right: Own(""), Handler: handler}},
		"carried without a why":    {{Method: "GET", Path: "/x", Right: Carried(""), Handler: handler}},
		"a right to nothing":       {{Method: "GET", Path: "/x", Right: Needs(access.LogRead), Handler: handler}},
		"a right without a name":   {{Method: "GET", Path: "/x", Right: Needs(""), Resource: thing, Handler: handler}},
		"no handler":               {{Method: "GET", Path: "/x", Right: Public("y")}},
		"no method":                {{Path: "/x", Right: Public("y"), Handler: handler}},
		"a path without its slash": {{Method: "GET", Path: "x", Right: Public("y"), Handler: handler}},
		"no word what it does":     {{Method: "GET", Path: "/x", Right: Public("y"), Handler: handler, Gives: InCOSE("x")}},
		"no word what it gives":    {{Method: "GET", Path: "/x", Right: Public("y"), Handler: handler, Does: "x"}},
		"one route twice":          {good, good},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it starts")
				}
			}()
			newTable(routes)
		})
	}
}

func TestPasswordHashes(t *testing.T) {
	text, err := HashPassword("korrekt häst")
	if err != nil || !strings.HasPrefix(text, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Fatal(text, err)
	}
	p, err := parsePHC(text)
	if err != nil || !p.matches("korrekt häst") || p.matches("korrekt hast") {
		t.Errorf("it does not tell right from wrong: %v", err)
	}
	for _, password := range []string{"", strings.Repeat("x", maxPassword+1)} {
		if _, err := HashPassword(password); !errors.Is(err, ErrPassword) {
			t.Errorf("a password of %d bytes: %v", len(password), err)
		}
	}
	for _, bad := range []string{"", "hemligt", "$argon2i$" + text[10:], strings.Replace(text, "t=3", "t=0", 1), strings.Replace(text, "m=65536", "m=4194304", 1),
		strings.Replace(text, "m=65536", "m=262145", 1), strings.Replace(text, "m=65536", "m=4294967360", 1), strings.Replace(text, "m=65536", "m=-1", 1),
		strings.Replace(text, "t=3", "t=17", 1), strings.Replace(text, "t=3", "t=4294967295", 1), strings.Replace(text, "p=4", "p=256", 1), strings.Replace(text, "m=65536", "m=065536", 1),
		strings.Replace(text, "m=65536,t=3", "t=3,m=65536", 1), strings.Replace(text, "$m=", "$keyid=x,m=", 1),
		strings.Replace(text, "p=4", "p=0", 1), text + "$", strings.Replace(text, "v=19", "v=16", 1), text[:len(text)-4]} {
		if _, err := parsePHC(bad); !errors.Is(err, ErrInput) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// So many passwords are hashed at once, of 64 MiB each, whoever asks; the next waits for its turn, and gets it.
func TestSoManyPasswordsAreHashedAtOnce(t *testing.T) {
	g := newCrowded(t, postgres.Database(t)).g
	given := []func(){}
	for range 2 {
		done, err := g.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		given = append(given, done)
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // one that there is room for would be given half the time
		if _, err := g.turn(impatient); problemOf(err).Code != link.CodeBusy {
			t.Fatalf("a third one hashes: %v", err)
		}
	}
	for _, done := range given {
		done()
		again, err := g.turn(t.Context())
		if err != nil {
			t.Errorf("who gave it back keeps others out: %v", err)
		} else {
			defer again()
		}
	}
}

func FuzzPasswordHash(f *testing.F) {
	f.Add(phc{64, 1, 1, make([]byte, 16), make([]byte, 32)}.String())
	f.Add(nobody.String())
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := parsePHC(text); err == nil && (p.String() != text || p.memory > maxHashMemory || p.passes > maxHashPasses || p.passes == 0 || p.lanes == 0) {
			t.Errorf("%q reads as %q", text, p.String())
		}
	})
}

func TestWaitsGrowAndEnd(t *testing.T) {
	now := signed.At(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	for failures, want := range map[int64]time.Duration{1: 0, 3: 0, 4: time.Second, 5: 2 * time.Second, 8: 16 * time.Second, 13: longestWait, 1 << 40: longestWait} {
		if got := waitAfter(failures, freeAttempts, now); got != now.Add(want) {
			t.Errorf("after %d failures: %v", failures, got.Time().Sub(now.Time()))
		}
	}
}

func TestAColumnOpensInItsOwnPlaceOnly(t *testing.T) {
	ctx := context.Background()
	key := make([]byte, 32)
	rand.Read(key)
	s, err := store.Open(ctx, store.Place{Path: filepath.Join(t.TempDir(), "x.db"), URL: postgres.Database(t)}, key)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var box []byte
	err = s.Do(ctx, func(tx *store.Tx) error {
		box, err = tx.Seal(ctx, "s-1", "records:body", "r-1/1", []byte("hemligt"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	try := func(subject, column, row string) (plain []byte, err error) {
		err = s.Do(ctx, func(tx *store.Tx) error {
			plain, err = tx.Open(ctx, subject, column, row, box)
			return err
		})
		return plain, err
	}
	if plain, err := try("s-1", "records:body", "r-1/1"); err != nil || string(plain) != "hemligt" {
		t.Errorf("in its place: %q, %v", plain, err)
	}
	for _, place := range [][3]string{{"s-1", "records:body", "r-1/2"}, {"s-1", "entries:payload", "r-1/1"}, {"s-2", "records:body", "r-1/1"}} {
		if _, err := try(place[0], place[1], place[2]); err == nil {
			t.Errorf("it opens at %v", place)
		}
	}
	err = s.Do(ctx, func(tx *store.Tx) error { return tx.Destroy(ctx, "s-1", 1) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := try("s-1", "records:body", "r-1/1"); !errors.Is(err, store.ErrErased) {
		t.Errorf("erased, it opens: %v", err)
	}
	err = s.Do(ctx, func(tx *store.Tx) error {
		_, err := tx.Seal(ctx, "s-1", "records:body", "r-1/1", []byte("nytt"))
		return err
	})
	if !errors.Is(err, store.ErrErased) {
		t.Errorf("a key is made anew for somebody erased: %v", err)
	}
}

// Whoever floods the sign-in makes others wait; their attempts are not counted as guesses.
func TestWhoIsSentAwayUnheardHasNotGuessed(t *testing.T) {
	st, err := store.Open(context.Background(), store.Place{Path: filepath.Join(t.TempDir(), "x.db"), URL: postgres.Database(t)}, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	keys, err := identity.NewKeySet()
	if err != nil {
		t.Fatal(err)
	}
	g := &Gate{store: st, org: identity.OrgIDOf(keys.Public().Signing), hashing: make(chan struct{})} // nobody's turn ever comes
	possession, err := keys.Sign(signed.DomainEnrolment, link.Enrolment{Version: 1, Org: g.org, RequestID: "r", Machine: "m", Keys: keys.Public()})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(link.EnrolRequest{RequestID: "r", Username: "bo.ek", Password: "lösen", Machine: "m", Possession: possession})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c := &Call{Body: body, ctx: ctx, g: g, Now: signed.At(time.Unix(1e9, 0))}
	if err := c.beginSignIn(); problemOf(err).Code != link.CodeBusy {
		t.Fatal(err)
	}
	err = st.Do(context.Background(), func(tx *store.Tx) error {
		if row, err := tx.Attempts(context.Background(), tx.MAC(countName, []byte("bo.ek"))); !store.Missing(err) {
			t.Errorf("%d attempts are counted: %v", row.Failures, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
