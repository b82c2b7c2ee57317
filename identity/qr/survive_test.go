package qr

import (
	"errors"
	"fmt"
	"image"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// The decoder was tuned on one set and is held to its floors on the other. Whoever tunes it must not look there.
const (
	tuningSet  = 41
	heldOutSet = 97

	eachKind = 20
)

// score is how many pictures of each kind were read, in how much time.
type score struct {
	read, alone, taken []int
	times              []time.Duration // of pictures that were read
	lost               []time.Duration
	wrong              []string
	missed             []string
}

// try reads the pictures of a set, each of a kind's, on all cores. Only the sums are told, so their order is free.
func try(t testing.TB, seed uint64, each int, read func(image.Image) (string, error)) *score {
	t.Helper()
	sum := &score{read: make([]int, len(kinds)), alone: make([]int, len(kinds)), taken: make([]int, len(kinds))}
	var mu sync.Mutex
	var group sync.WaitGroup
	jobs := make(chan [2]int)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for job := range jobs {
				k, number := job[0], job[1]
				s, payload, random := shotOf(seed, k, number)
				text, err := Encode(payload)
				if err != nil {
					panic(err)
				}
				code, err := Draw(text)
				if err != nil {
					panic(err)
				}
				picture := s.take(code, random)
				start := time.Now()
				found, err := read(picture)
				took := time.Since(start)
				mu.Lock()
				sum.taken[k]++
				switch {
				case err == nil && found == text:
					sum.read[k]++
					sum.times = append(sum.times, took)
				case err == nil:
					sum.wrong = append(sum.wrong, fmt.Sprintf("%s, picture %d", kinds[k].name, number))
				case errors.Is(err, ErrNoCode):
					sum.lost = append(sum.lost, took)
					sum.missed = append(sum.missed, fmt.Sprintf("%s %d %+v", kinds[k].name, number, s))
				default:
					sum.wrong = append(sum.wrong, fmt.Sprintf("%s, picture %d: %v", kinds[k].name, number, err))
				}
				mu.Unlock()
			}
		})
	}
	for k := range kinds {
		if only := os.Getenv("KIND"); only != "" && !strings.Contains(kinds[k].name, only) {
			continue
		}
		for number := range each {
			jobs <- [2]int{k, number}
		}
	}
	close(jobs)
	group.Wait()
	return sum
}
