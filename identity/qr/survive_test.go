package qr

import (
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The decoder was tuned on one set and is held to its floors on the other. Whoever tunes it must not look there.
const (
	tuningSet  = 41
	heldOutSet = 97

	floorOverAll = 97 // percent
	floorOfKind  = 90
)

// tally is how many pictures of each kind were read, and what went wrong.
type tally struct {
	taken, read, alone []int // by kind; alone is what gozxing reads without help
	wrong              []string
}

// try reads a set, so many pictures of each kind, on all cores. No clock has a say, so the same comes out each time.
func try(seed uint64, each int) *tally {
	sum := &tally{make([]int, len(kinds)), make([]int, len(kinds)), make([]int, len(kinds)), nil}
	jobs := make(chan [2]int)
	var mu sync.Mutex
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for job := range jobs {
				k, number := job[0], job[1]
				picture, text := pictureOf(seed, k, number)
				found, err := Read(picture)
				gray, grayErr := luminanceOf(picture)
				alone := grayErr == nil && slices.Contains(zxing(gray), text)
				mu.Lock()
				sum.taken[k]++
				if alone {
					sum.alone[k]++
				}
				switch {
				case err == nil && found == text:
					sum.read[k]++
				case err == nil:
					sum.wrong = append(sum.wrong, fmt.Sprintf("%s, picture %d: a wrong text", kinds[k].name, number))
				case !errors.Is(err, ErrNoCode):
					sum.wrong = append(sum.wrong, fmt.Sprintf("%s, picture %d: %v", kinds[k].name, number, err))
				}
				mu.Unlock()
			}
		})
	}
	for k := range kinds {
		for number := range each {
			jobs <- [2]int{k, number}
		}
	}
	close(jobs)
	group.Wait()
	return sum
}

// pictureOf is the picture of that number of a kind in the set of that seed, and what it shows.
func pictureOf(seed uint64, k, number int) (image.Image, string) {
	s, payload, random := shotOf(seed, k, number)
	text, err := Encode(payload)
	if err != nil {
		panic(err)
	}
	code, err := Draw(text)
	if err != nil {
		panic(err)
	}
	return s.take(code, random), text
}

// overAll sums what is held to floors.
func (s *tally) overAll() (taken, read, alone int) {
	for k := range kinds {
		if !kinds[k].apart {
			taken, read, alone = taken+s.taken[k], read+s.read[k], alone+s.alone[k]
		}
	}
	return taken, read, alone
}

func (s *tally) table() string {
	var b strings.Builder
	line := func(name string, taken, read, alone int) {
		fmt.Fprintf(&b, "%s%s %3d of %3d  %5.1f %%   %5.1f %%\n", name, strings.Repeat(" ", 24-len([]rune(name))),
			read, taken, 100*float64(read)/float64(taken), 100*float64(alone)/float64(taken))
	}
	fmt.Fprintf(&b, "%-24s %10s  %7s   %s\n", "kind", "", "read", "by gozxing alone")
	for k, kind := range kinds {
		name := kind.name
		if kind.apart {
			name += " (apart)"
		}
		line(name, s.taken[k], s.read[k], s.alone[k])
	}
	taken, read, alone := s.overAll()
	line("all but those apart", taken, read, alone)
	return b.String()
}

func TestBadPicturesAreReadOrNotAtAll(t *testing.T) {
	sum := try(heldOutSet, eachKind)
	t.Logf("\n%s", sum.table())
	for _, wrong := range sum.wrong {
		t.Error(wrong)
	}
	for k, kind := range kinds {
		lost := sum.taken[k] - sum.read[k]
		// A sample of a few cannot tell 90 % from less: it may lose one.
		if !kind.apart && lost > max(sum.taken[k]*(100-floorOfKind)/100, 1) {
			t.Errorf("%s: %d of %d lost, at least %d %% are to be read", kind.name, lost, sum.taken[k], floorOfKind)
		}
	}
	taken, read, alone := sum.overAll()
	if read*100 < taken*floorOverAll {
		t.Errorf("%d of %d read, at least %d %% are to be", read, taken, floorOverAll)
	}
	if alone*100 > taken*75 {
		t.Errorf("gozxing alone reads %d of %d: these pictures try nothing", alone, taken)
	}
}

// unreadable are pictures in which nothing can be read: tables without a code, and codes out of any focus.
func unreadable(number int) image.Image {
	s, payload, random := shotOf(tuningSet, number%len(kinds), 1000+number)
	text, err := Encode(payload)
	if err != nil {
		panic(err)
	}
	code, err := Draw(text)
	if err != nil {
		panic(err)
	}
	if number%2 == 0 {
		code = nil
	} else {
		s.blur, s.motion, s.pixels = 7, 0, 6
	}
	return s.take(code, random)
}

func TestWhatCannotBeReadIsNot(t *testing.T) {
	for number := range min(2*eachKind, 16) {
		if text, err := Read(unreadable(number)); !errors.Is(err, ErrNoCode) || text != "" {
			t.Errorf("picture %d: %.8q, %v", number, text, err)
		}
	}
}

// The search is bounded in steps; what a stranger's picture can make it cost beyond them is one look's share.
func TestASearchCostsNoMoreThanItsSteps(t *testing.T) {
	const w, h = 1280, 720
	random := rand.New(rand.NewPCG(5, 5))
	for _, c := range []struct {
		name  string
		pixel func(x, y int) uint8
	}{
		{"noise", func(int, int) uint8 { return uint8(random.Uint32()) }},
		{"small corner squares", func(x, y int) uint8 { return squares(x, y, 2) }},
		{"tiny corner squares", func(x, y int) uint8 { return squares(x, y, 1) }},
		{"large corner squares", func(x, y int) uint8 { return squares(x, y, 6) }},
		{"stripes in proportion", func(x, _ int) uint8 { return []uint8{0, 255, 0, 0, 0, 255, 0, 255}[x%8] }},
		{"stripes across", func(_, y int) uint8 { return []uint8{0, 255, 0, 0, 0, 255, 0, 255}[y%8] }},
		{"a chessboard", func(x, y int) uint8 { return uint8((x/5 + y/5) % 2 * 255) }},
	} {
		img := image.NewGray(image.Rect(0, 0, w, h))
		for i := range img.Pix {
			img.Pix[i] = c.pixel(i%w, i/w)
		}
		s := newSearch(img, func(string, Outline) bool { t.Errorf("%s: a text", c.name); return true })
		granted := s.left
		s.run()
		t.Logf("%-24s %d of %d steps left, %d corners", c.name, s.left, granted, len(s.corners.all))
		if s.left < -granted/10 {
			t.Errorf("%s: %d steps over the %d granted", c.name, -s.left, granted)
		}
	}
}

// squares is a field of corner squares of module pixels a module.
func squares(x, y, module int) uint8 {
	x, y = x/module%8-3, y/module%8-3
	if ring := max(x, -x, y, -y); ring == 2 || ring == 4 {
		return 255
	}
	return 0
}

// BenchmarkDecoding prints both sets' success by kind, and what a frame costs one core.
func BenchmarkDecoding(b *testing.B) {
	b.Run("kinds", func(b *testing.B) {
		for range b.N {
			for _, set := range []struct {
				name string
				seed uint64
			}{{"tuning set", tuningSet}, {"held-out set", heldOutSet}} {
				sum := try(set.seed, eachKind)
				taken, read, _ := sum.overAll()
				fmt.Printf("%s\n%s\n", set.name, sum.table()) // a benchmark's log is cut after ten lines
				b.ReportMetric(100*float64(read)/float64(taken), "%read")
				if len(sum.wrong) > 0 {
					b.Error(sum.wrong)
				}
			}
		}
	})
	readable := func(i int) image.Image {
		picture, _ := pictureOf(tuningSet, i%len(kinds), i/len(kinds))
		return picture
	}
	for _, c := range []struct {
		name string
		take func(int) image.Image
	}{{"readable", readable}, {"unreadable", unreadable}} {
		b.Run(c.name, func(b *testing.B) {
			frames := make([]image.Image, 3*len(kinds))
			for i := range frames {
				frames[i] = c.take(i)
			}
			var times []time.Duration
			b.ResetTimer()
			for range b.N {
				times = times[:0]
				for _, frame := range frames {
					start := time.Now()
					_, err := Read(frame)
					took := time.Since(start)
					if (err == nil) == (c.name == "readable") {
						times = append(times, took)
					}
				}
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-median")
			b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "ms-p95")
		})
	}
}
