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
)

const childVariable = "HANDSLAG_JOURNALFILE_CHILD"

// writeUntilKilled is the child: four writers append and say on standard output what was
// acknowledged.
func writeUntilKilled(dir string) {
	p := cast()
	f, err := Open(p.config(dir, nil))
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var out sync.Mutex
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for {
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
	acknowledged := map[uint64]string{}
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
			stored := map[uint64]string{}
			for _, s := range all(t, f, true) {
				stored[s.Entry.Seq] = fmt.Sprintf("%x", s.Hash)
			}
			for seq, hash := range acknowledged {
				if stored[seq] != hash {
					t.Fatalf("round %d: entry %d was acknowledged and is lost", round, seq)
				}
			}
			f.Close()
		}
	}
	if len(acknowledged) < rounds {
		t.Fatalf("only %d entries were acknowledged", len(acknowledged))
	}
	t.Logf("%d acknowledged entries survived %d kills", len(acknowledged), rounds)
}
