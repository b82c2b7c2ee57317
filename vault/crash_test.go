package vault

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"handslag/identity"
	"handslag/vault/journal"
)

const crashEnv = "HANDSLAG_TEST_CRASH"

// TestMain runs what a test needs in a process of its own, where the environment asks for it.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashEnv); dir != "" {
		writeForEver(dir)
	}
	if dir := os.Getenv(crashPhraseEnv); dir != "" {
		rewrapForEver(dir, os.Getenv(crashFromEnv))
	}
	if dir := os.Getenv(residentEnv); dir != "" {
		reside(dir)
	}
	os.Exit(m.Run())
}

func crashID(n int) journal.RecordID { return journal.RecordID(fmt.Sprintf("rec-%d", n)) }

// writeForEver opens the vault and writes step after step; each line that it prints is a
// step that is durable.
func writeForEver(dir string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	v, err := Open(dir, passphrase, cheap)
	fail(err)
	keys, err := v.Keys()
	fail(err)
	w := bareWorld(nopTB{}, dir)
	w.keys = keys
	at, err := v.Position()
	fail(err)
	for n := int(at.Seq) + 1; ; n++ {
		p, err := v.Profile()
		fail(err)
		p.Person.Username = strconv.Itoa(n)
		fail(v.SaveProfile(p, nil))
		fmt.Println("profile", n)
		c := w.copy(crashID(n), journal.SubjectID(fmt.Sprintf("subject-%d", n)), 1, morning)
		fail(v.Apply(Run{1, uint64(n), uint64(n)}, func(tx *Tx) error {
			_, err := tx.PutRecord(c)
			return err
		}))
		fmt.Println("record", n)
	}
}

// nopTB lets the writer use world outside a test; an error ends the process.
type nopTB struct{ testing.TB }

func (nopTB) Helper()           {}
func (nopTB) Fatal(args ...any) { fmt.Println(append([]any{"error:"}, args...)...); os.Exit(1) }

func TestKilledAtAnyMomentItOpensWithTheOldOrTheNew(t *testing.T) {
	w := newWorld(t)
	p, err := w.vault.Profile()
	must(t, err)
	p.Person = identity.Person{ID: "p1", Username: "0"}
	must(t, w.vault.SaveProfile(p, nil))
	must(t, w.vault.Close())
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	profile, rec := 0, 0 // the last that were said to be durable
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashEnv+"="+w.dir)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for said := 0; lines.Scan(); said++ {
			if said == 1+round%7 {
				must(t, cmd.Process.Kill()) // and whatever it is in the middle of; what it still said counts too
			}
			var what string
			var n int
			if _, err := fmt.Sscan(lines.Text(), &what, &n); err != nil {
				t.Fatalf("the writer says: %s", lines.Text())
			}
			switch what {
			case "profile":
				profile = n
			case "record":
				rec = n
			}
		}
		cmd.Wait()

		v, err := Open(w.dir, passphrase, cheap)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		p, err := v.Profile()
		must(t, err)
		if n, err := strconv.Atoi(p.Person.Username); err != nil || n != profile && n != profile+1 {
			t.Errorf("round %d: profile %d was durable, now it is %q", round, profile, p.Person.Username)
		} else {
			profile = n
		}
		at, err := v.Position()
		must(t, err)
		rows, err := v.Records(RecordFilter{})
		must(t, err)
		if n := int(at.Seq); n != rec && n != rec+1 || len(rows) != n {
			t.Errorf("round %d: record %d was durable; position %d, %d rows", round, rec, at.Seq, len(rows))
		} else {
			rec = n
		}
		for _, row := range rows {
			must(t, v.read(func(tx *Tx) error {
				o, err := tx.stored(row.ID)
				if err != nil {
					t.Errorf("round %d: %s has no part: %v", round, row.ID, err)
					return nil
				}
				_, err = tx.contentKey(o)
				return err
			}))
		}
		must(t, v.Close())
	}
	if rec < rounds {
		t.Fatalf("only %d records in %d rounds", rec, rounds)
	}
}
