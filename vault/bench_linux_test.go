package vault

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"handslag/vault/disk"
	"handslag/vault/record"
)

// What the vault promises of 100,000 records. Each figure stands beside its limit, as a share
// of it: under 1 it holds. The costs of a record show from size to size that they do not grow.
const (
	unlockLimit   = time.Second           // beyond Argon2id, to a list on the screen and a search
	searchLimit   = 16 * time.Millisecond // a keystroke
	residentLimit = 150 << 20             // bytes
	sizeLimit     = 1.5                   // of the plaintext as delivered
	openLimit     = 1.3                   // of a bare write and sync of as many bytes
)

// settled is a town in a vault of its own.
type settled struct {
	*world
	records int
	plain   int // bytes
	rebuild time.Duration
}

func settle(b *testing.B, n int) settled {
	b.Helper()
	s := settled{world: newWorld(b), records: n}
	s.plain, s.rebuild = s.build(n)
	return s
}

// share reports a figure as a share of its limit.
func share(b *testing.B, what string, figure, limit float64) { b.ReportMetric(figure/limit, what) }

func BenchmarkTown(b *testing.B) {
	sizes := []int{1000, 10_000, 100_000}
	if os.Getenv("HANDSLAG_BENCH_LONG") != "" { // a million take minutes to build
		sizes = append(sizes, 1_000_000)
	}
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			town := settle(b, n)
			each := func(b *testing.B, all time.Duration) {
				b.ReportMetric(float64(all.Nanoseconds())/1e3/float64(n), "µs/record")
			}
			b.Run("rebuild", func(b *testing.B) { // timed while it was built
				for b.Loop() {
				}
				b.ReportMetric(0, "ns/op")
				each(b, town.rebuild)
			})
			b.Run("search", town.benchmarkSearch)
			b.Run("search protected", town.benchmarkFindProtected)
			b.Run("expiry", func(b *testing.B) {
				for b.Loop() {
					if rows, err := town.vault.Expired(morning); err != nil || len(rows) > 0 {
						b.Fatalf("%d rows, %v", len(rows), err)
					}
				}
			})
			b.Run("open a part", town.benchmarkOpen)
			b.Run("unlock", func(b *testing.B) {
				var all, cpu time.Duration
				for b.Loop() {
					b.StopTimer()
					must(b, town.vault.Close())
					runtime.GC()
					b.StartTimer()
					at, worked := time.Now(), busy(b)
					v, err := Open(town.dir, passphrase, cheap)
					must(b, err)
					rows, err := v.Records(RecordFilter{Limit: screenful})
					must(b, err)
					all, cpu = all+time.Since(at), cpu+busy(b)-worked
					if town.vault = v; len(rows) != screenful {
						b.Fatalf("%d rows", len(rows))
					}
				}
				each(b, all/time.Duration(b.N))
				b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms")
				if n == 100_000 {
					share(b, "of-1s", float64(all)/float64(b.N), float64(unlockLimit))
				}
			})
			must(b, town.vault.Close())
			b.Run("size", func(b *testing.B) {
				for b.Loop() {
				}
				blocks, length := occupied(b, town.dir)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(town.plain)/float64(n), "plain-B/record")
				b.ReportMetric(float64(blocks)/float64(town.plain), "blocks/plain")
				share(b, "of-1.5×plain", float64(max(blocks, length))/float64(town.plain), sizeLimit)
			})
			b.Run("resident", func(b *testing.B) { town.benchmarkResident(b) })
		})
	}
}

// searchRounds makes so many keystrokes that the slowest of a hundred is more than chance: over a thousand.
const searchRounds = 20

// benchmarkSearch types several searches, letter by letter, each many times.
func (s settled) benchmarkSearch(b *testing.B) {
	search := func(text string) time.Duration {
		at := time.Now()
		_, err := s.vault.Records(RecordFilter{Text: text, Limit: screenful})
		must(b, err)
		return time.Since(at)
	}
	search("") // the first after many changes puts all of them in order
	typed, took := keystrokes(), []time.Duration(nil)
	for b.Loop() {
		for range searchRounds {
			for _, text := range typed {
				took = append(took, search(text))
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(len(took)), "keystrokes")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1e3, "slowest-ms")
	p99 := took[len(took)*99/100]
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "median-ms")
	b.ReportMetric(float64(p99.Microseconds())/1e3, "p99-ms")
	share(b, "p99-of-16ms", float64(p99), float64(searchLimit))
}

func (s settled) benchmarkFindProtected(b *testing.B) {
	tokens := record.QueryTokens(townKey, inhabitant(7).part.Fields[5].Value)
	for b.Loop() {
		b.StopTimer()
		stamp := s.stamp(searched())
		b.StartTimer()
		if rows, _, err := s.vault.FindProtected(stamp, tokens, 20); err != nil || len(rows) == 0 {
			b.Fatalf("%d rows, %v", len(rows), err)
		}
	}
}

// benchmarkOpen is a whole opening, the entry and its sync first, beside the least that anything
// durable costs: as many bytes written into a file that has its length already, and synced.
func (s settled) benchmarkOpen(b *testing.B) {
	file, err := disk.OS{}.Create(filepath.Join(b.TempDir(), "bare"))
	must(b, err)
	defer file.Close()
	entry := make([]byte, 1<<10) // about what an opening adds to the journal
	for range 1 << 10 {
		_, err := file.Write(entry)
		must(b, err)
	}
	must(b, file.Sync())
	s.stamp(opened(inhabitant(0).id, inhabitant(0).subject, 1)) // the first makes the journal
	var entries, parts, deed, bare []time.Duration
	for n := 0; b.Loop(); n++ {
		p := inhabitant(n * 7919 % s.records)
		at := time.Now()
		stamp := s.stamp(opened(p.id, p.subject, 1))
		entries = append(entries, time.Since(at))
		if _, err := s.open(stamp, p.id, morning); err != nil {
			b.Fatal(err)
		}
		deed = append(deed, time.Since(at))
		parts = append(parts, deed[n]-entries[n])
		at = time.Now()
		_, err := file.WriteAt(entry, int64(n%(1<<10))<<10)
		must(b, err)
		must(b, file.Sync())
		bare = append(bare, time.Since(at))
	}
	median := func(took []time.Duration, what string) float64 {
		slices.Sort(took)
		half := float64(took[len(took)/2].Nanoseconds()) / 1e3
		b.ReportMetric(half, what)
		return half
	}
	median(entries, "entry-µs")
	median(parts, "part-µs")
	share(b, "of-1.3×bare", median(deed, "both-µs")/median(bare, "bare-µs"), openLimit)
}

// benchmarkResident asks a process of its own that unlocks, lists and searches.
func (s settled) benchmarkResident(b *testing.B) {
	var r resident
	for b.Loop() {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), residentEnv+"="+s.dir)
		out, err := cmd.Output()
		must(b, err)
		must(b, json.Unmarshal(out, &r))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(r.Own)/(1<<20), "own-MiB")
	b.ReportMetric(float64(r.All)/(1<<20), "MiB")
	b.ReportMetric(float64(r.Peak)/(1<<20), "peak-MiB")
	share(b, "of-150MiB", float64(r.All), residentLimit)
}

// occupied is what dir takes on disk: the blocks that its files hold, and the length that
// they claim, in bytes.
func occupied(t testing.TB, dir string) (blocks, length int64) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		must(t, err)
		info, err := d.Info()
		must(t, err)
		if !d.IsDir() {
			blocks += info.Sys().(*syscall.Stat_t).Blocks * 512
			length += info.Size()
		}
		return nil
	}))
	return blocks, length
}

// busy is the processor time of this process so far: unlike the clock it hardly minds what else the
// machine does.
func busy(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
