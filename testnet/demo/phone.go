package demo

import (
	"fmt"
	"math/rand/v2"
)

// phoneBook deals telephone numbers out of the series that PTS, the Swedish
// Post and Telecom Authority, keeps free for books and films: 070-1740605 to
// 699, 08-46500400 to 499, 031-3900600 to 699, 040-6280400 to 499 and
// 0980-319200 to 299. They are 495 in all and ring nowhere.
type phoneBook struct {
	numbers []string
	next    int
	kept    int // numbers[:kept] have been dealt once and stay with one person
}

func newPhoneBook(rng *rand.Rand) *phoneBook {
	var b phoneBook
	for n := range 100 {
		if n >= 5 {
			b.numbers = append(b.numbers, fmt.Sprintf("070-174 06 %02d", n))
		}
		if stockholm := fmt.Sprintf("08-465 004 %02d", n); stockholm != morningOffice {
			b.numbers = append(b.numbers, stockholm)
		}
		b.numbers = append(b.numbers,
			fmt.Sprintf("031-390 06 %02d", n),
			fmt.Sprintf("040-628 04 %02d", n),
			fmt.Sprintf("0980-319 2%02d", n))
	}
	rng.Shuffle(len(b.numbers), func(i, j int) {
		b.numbers[i], b.numbers[j] = b.numbers[j], b.numbers[i]
	})
	return &b
}

// keep deals a number that nobody else gets. It must come before any deal, and
// it serves the few whose number must be told apart from all others.
func (b *phoneBook) keep() string {
	n := b.numbers[b.kept]
	b.kept++
	b.next = b.kept
	return n
}

// take deals a number. There are more people than numbers, so they come again,
// as they do in a household.
func (b *phoneBook) take() string {
	if b.next == len(b.numbers) {
		b.next = b.kept
	}
	n := b.numbers[b.next]
	b.next++
	return n
}
