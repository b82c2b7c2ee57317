package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
)

var day = time.Date(2026, time.November, 23, 7, 30, 0, 0, time.UTC) // a Monday

// golden is the SHA-256 of the default organisation on that day. A change here
// means that every demo folder out there no longer matches its import.
const golden = "4606c8e0a0f485070aac62b4c00fb0bd7420b984083ef6811e539ca610f1f429"

func jsonl(t *testing.T, o Org) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := o.WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSameSeedSameBytes(t *testing.T) {
	sum := sha256.Sum256(jsonl(t, Organisation(DefaultSeed, day)))
	if got := hex.EncodeToString(sum[:]); got != golden {
		t.Errorf("default organisation hashes to %s, want %s", got, golden)
	}
	later := time.Date(2026, time.November, 23, 23, 59, 0, 0, time.UTC)
	if !bytes.Equal(jsonl(t, Organisation(7, day)), jsonl(t, Organisation(7, later))) {
		t.Error("the hour of the day changes the bytes")
	}
	if bytes.Equal(jsonl(t, Organisation(7, day)), jsonl(t, Organisation(8, day))) {
		t.Error("two seeds give the same organisation")
	}
}

func TestAnotherDayMovesOnlyDueDates(t *testing.T) {
	monday, thursday := Organisation(7, day), Organisation(7, day.AddDate(1, 2, 3))
	moved := 0
	for i := range monday.Assignments {
		if monday.Assignments[i].Due != thursday.Assignments[i].Due {
			moved++
		}
		monday.Assignments[i].Due, thursday.Assignments[i].Due = "", ""
	}
	if moved != len(monday.Assignments) {
		t.Errorf("%d of %d due dates moved", moved, len(monday.Assignments))
	}
	if !bytes.Equal(jsonl(t, monday), jsonl(t, thursday)) {
		t.Error("something besides due dates depends on the day")
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestAFullDiskIsSaid(t *testing.T) {
	for _, o := range []Org{Organisation(7, day), {Units: units()}} {
		if err := o.WriteJSONL(fullDisk{}); !errors.Is(err, errFull) {
			t.Errorf("wrote to a full disk: %v", err)
		}
	}
}

// eachSeed runs a check on the default organisation and a few others, since
// the properties hold by construction and not by luck of one seed.
func eachSeed(t *testing.T, check func(t *testing.T, o Org)) {
	t.Helper()
	for _, seed := range []uint64{DefaultSeed, 0, 1, 2, 3, 1 << 63} {
		check(t, Organisation(seed, day))
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func TestCounts(t *testing.T) {
	eachSeed(t, func(t *testing.T, o Org) {
		hidden := 0
		for _, r := range o.Records {
			if r.ProtectedIdentity {
				hidden++
			}
		}
		for _, c := range []struct {
			what      string
			got, want int
		}{
			{"units", len(o.Units), 4},
			{"users", len(o.Users), 40},
			{"records", len(o.Records), 600},
			{"records with protected identity", hidden, 25},
			{"assignments", len(o.Assignments), 300},
		} {
			if c.got != c.want {
				t.Errorf("%d %s, want %d", c.got, c.what, c.want)
			}
		}
	})
}

func TestReferencesResolve(t *testing.T) {
	eachSeed(t, func(t *testing.T, o Org) {
		unit, role, record := map[string]bool{}, map[string]bool{}, map[string]Record{}
		user := map[string]User{}
		for _, u := range o.Units {
			unit[u.ID] = true
		}
		for _, r := range o.Roles {
			role[r.ID] = true
		}
		for _, u := range o.Users {
			user[u.Username] = u
			if !unit[u.Unit] || len(u.Roles) == 0 {
				t.Errorf("user %s: unit %q, roles %v", u.Username, u.Unit, u.Roles)
			}
			for _, r := range u.Roles {
				if !role[r] {
					t.Errorf("user %s has unknown role %q", u.Username, r)
				}
			}
		}
		people := func(of, unit string, names []string) {
			if len(names) == 0 {
				t.Errorf("%s has no people", of)
			}
			for _, n := range names {
				if user[n].Unit != unit {
					t.Errorf("%s of unit %s names %q of unit %q", of, unit, n, user[n].Unit)
				}
			}
		}
		for _, r := range o.Records {
			record[r.ID] = r
			if !unit[r.Unit] {
				t.Errorf("record %s: unknown unit %q", r.ID, r.Unit)
			}
			people(r.ID, r.Unit, r.People)
			if r.HeldBy != nil {
				people(r.ID, r.Unit, r.HeldBy)
			}
		}
		for _, a := range o.Assignments {
			r := record[a.Record]
			if r.ID == "" || r.Unit != a.Unit || r.Card.Area != a.Area {
				t.Errorf("assignment %s (%s, %s) names record %q (%s, %s)", a.ID, a.Unit, a.Area, r.ID, r.Unit, r.Card.Area)
			}
			people(a.ID, a.Unit, a.People)
			if _, err := time.Parse(time.DateOnly, a.Due); err != nil {
				t.Errorf("assignment %s: %v", a.ID, err)
			}
		}
	})
}

func TestNothingTwice(t *testing.T) {
	eachSeed(t, func(t *testing.T, o Org) {
		seen := map[string]bool{}
		once := func(kind, v string) {
			if v == "" || seen[kind+"\x00"+v] {
				t.Errorf("%s %q is empty or comes twice", kind, v)
			}
			seen[kind+"\x00"+v] = true
		}
		for _, u := range o.Users {
			once("username", u.Username)
			once("name", u.First+" "+u.Last)
			if !regexp.MustCompile(`^[a-z]+\.[a-z]+$`).MatchString(u.Username) {
				t.Errorf("username %q is not plain", u.Username)
			}
		}
		for _, r := range o.Records {
			once("id", r.ID)
			once("id", r.Subject)
			once("name", r.Protected.Name)
			if strings.Contains(r.Protected.Name, "ggg") || strings.Contains(r.Protected.Name, "sss") {
				t.Errorf("%q has a letter three times", r.Protected.Name)
			}
			once("flat", r.Protected.Street+" "+r.Protected.Flat)
		}
		for _, a := range o.Assignments {
			once("id", a.ID)
		}
	})
}
