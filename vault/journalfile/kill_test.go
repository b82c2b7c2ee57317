package journalfile

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"handslag/vault/journal"
)

const childVariable = "HANDSLAG_JOURNALFILE_CHILD"

// writeUntilKilled is the child: four writers append and say on standard output what was
// acknowledged. One of them gets receipts and drops what they cover, having said so before, so that
// the journal stays as long as a journal is, and its cursor and its segments' end are killed too.
func writeUntilKilled(dir string) {
	p := cast()
	cfg := p.config(dir, nil)
	cfg.segmentSize, cfg.step = 24<<10, 16<<10 // so that segments end often
	f, err := Open(cfg)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var out sync.Mutex
	var writers sync.WaitGroup
	for writer := range 4 {
		writers.Go(func() {
			for n := 1; ; n++ {
				if seq := f.Chain().Last; writer == 0 && n%3 == 1 && seq > 0 {
					out.Lock()
					fmt.Printf("receipt %d\n", seq)
					out.Unlock()
					_, err := f.Receipt(receiptTo(f, seq, 5))
					if err == nil {
						_, err = f.Drop(10)
					}
					if err != nil {
						fmt.Println("error", err)
						os.Exit(1)
					}
				}
				stamps, err := f.Append(p.opening(1), locked())
				out.Lock()
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				for _, s := range stamps {
					fmt.Printf("%d %x\n", s.Entry().Seq, s.Hash())
				}
				out.Unlock()
			}
		})
	}
	writers.Wait()
}

// The short form is for every test run, `make crash` plays the long one.
var (
	killRounds = flag.Int("rounds", 25, "how often the writing process is killed")
	killSeed   = flag.Uint64("seed", 0, "when it is killed; 0 draws a seed, which a failed run prints")
)

func TestAcknowledgedEntriesSurviveKill9(t *testing.T) {
	rounds, seed := *killRounds, *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	acknowledged, survived, received := map[uint64]string{}, 0, uint64(0)
	for round := range rounds {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childVariable+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		patience := 1 + random.IntN(60)
		for lines.Scan() {
			var seq uint64
			var hash string
			if n, _ := fmt.Sscanf(lines.Text(), "%d %s", &seq, &hash); n == 2 && len(hash) == 64 {
				acknowledged[seq] = hash
			} else if n, _ := fmt.Sscanf(lines.Text(), "receipt %d", &seq); n == 1 {
				received = max(received, seq)
			} else if patience > 0 {
				t.Errorf("the child says %q", lines.Text())
			}
			if patience--; patience == 0 { // what is still in the pipe was acknowledged too
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed
		if round%5 == 4 || round == rounds-1 {
			f := mustOpen(t, cast().config(dir, nil))
			if len(f.Damage()) > 0 {
				t.Fatalf("round %d: damage %+v", round, f.Damage())
			}
			stored, before := map[uint64]string{}, Stored{}
			for _, s := range all(t, f, false) {
				if before.Raw != nil && (s.Entry.Seq != before.Entry.Seq+1 || journal.Hash(s.Entry.Prev) != before.Hash) {
					t.Fatalf("round %d: entry %d does not follow entry %d", round, s.Entry.Seq, before.Entry.Seq)
				}
				stored[s.Entry.Seq], before = fmt.Sprintf("%x", s.Hash), s
			}
			for seq, hash := range acknowledged {
				got, there := stored[seq]
				if there && got != hash || !there && seq > received {
					t.Fatalf("round %d: entry %d was acknowledged and is lost", round, seq)
				}
			}
			survived += len(acknowledged)
			acknowledged = map[uint64]string{}
			f.Close()
		}
	}
	if survived < rounds || received == 0 {
		t.Fatalf("only %d entries were acknowledged, and %d received", survived, received)
	}
	t.Logf("%d acknowledged entries survived %d kills", survived, rounds)
}
