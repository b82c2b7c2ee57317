package vault

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"

	"handslag/identity/signed"
)

// shelf holds the text of all cards one behind the other, in the order in which lists show them. A
// search is one run through memory, which leaves nothing to collect; and there is no pointer for
// each card that the garbage collector would follow while somebody types.
type shelf struct {
	text  []byte // of each card, in small letters, its title first; each ends with a line feed
	cards []shelved
	at    map[rowKey]uint32 // where in cards; those that were taken away are not in it
}

// shelved is a card's place: text[from:to], which is empty where it was taken away.
type shelved struct {
	key      rowKey
	until    signed.Time
	from, to uint32
}

// shelfLimit bounds the text of all cards, in bytes: what shelved can point into.
const shelfLimit = 1<<32 - 1

// text is what a search for cards looks through; the title comes first, so that it orders them too.
func (c cardRow) text() []byte {
	card := c.Record.Card
	return []byte(strings.ToLower(strings.Join(append([]string{card.Title, card.Street, card.Area}, card.Tags...), "\n")) + "\n")
}

func (s *shelf) textOf(c shelved) []byte { return s.text[c.from:c.to] }

// add puts a card last.
func (s *shelf) add(key rowKey, until signed.Time, text []byte) error {
	if len(s.text)+len(text) > shelfLimit {
		return ErrTooLarge
	}
	from := uint32(len(s.text))
	s.text = append(s.text, text...)
	s.cards = append(s.cards, shelved{key: key, until: until, from: from, to: uint32(len(s.text))})
	return nil
}

// sort orders the cards by text; the text itself stays where it is.
func (s *shelf) sort() {
	slices.SortFunc(s.cards, func(x, y shelved) int { return s.compare(x, s, y) })
}

func (s *shelf) compare(x shelved, other *shelf, y shelved) int {
	return cmp.Or(bytes.Compare(s.textOf(x), other.textOf(y)), bytes.Compare(x.key[:], y.key[:]))
}

// merge is a new shelf with the cards of sorted ones, which it wipes.
func merge(parts ...*shelf) *shelf {
	letters, cards := 0, 0
	left := make([][]shelved, len(parts))
	for n, part := range parts {
		letters, cards, left[n] = letters+len(part.text), cards+len(part.cards), part.cards
	}
	all := &shelf{text: make([]byte, 0, letters), cards: make([]shelved, 0, cards), at: make(map[rowKey]uint32, cards)}
	for {
		first := -1
		for n, part := range parts {
			for len(left[n]) > 0 && left[n][0].from == left[n][0].to { // taken away
				left[n] = left[n][1:]
			}
			if len(left[n]) > 0 && (first < 0 || part.compare(left[n][0], parts[first], left[first][0]) < 0) {
				first = n
			}
		}
		if first < 0 {
			break
		}
		c := left[first][0]
		left[first] = left[first][1:]
		all.at[c.key] = uint32(len(all.cards))
		_ = all.add(c.key, c.until, parts[first].textOf(c)) // the parts' sizes were checked together
	}
	for _, part := range parts {
		part.wipe()
	}
	return all
}

// remove wipes a card's text, and says whether there was one.
func (s *shelf) remove(key rowKey) bool {
	n, there := s.at[key]
	if there {
		c := &s.cards[n]
		clear(s.textOf(*c))
		c.to = c.from
		delete(s.at, key)
	}
	return there
}

func (s *shelf) wipe() {
	clear(s.text)
	s.text, s.cards, s.at = nil, nil, nil
}

// behind is the first card behind where text and key would stand, on a shelf from which none was taken away.
func (s *shelf) behind(text []byte, key rowKey) int {
	return sort.Search(len(s.cards), func(n int) bool {
		c := s.cards[n]
		return cmp.Or(bytes.Compare(s.textOf(c), text), bytes.Compare(c.key[:], key[:])) > 0
	})
}

// all are the cards that are there, in order, from the one at first on.
func (s *shelf) all(first int) iter.Seq[shelved] {
	return func(yield func(shelved) bool) {
		for _, c := range s.cards[first:] {
			if c.from < c.to && !yield(c) {
				return
			}
		}
	}
}

// matching are the cards in which each word of query stands, in order, from the one at first on. It looks for the longest word
// through all text at once, and for the others where that stands. No word holds a space or line feed,
// so none reaches from one card into the next.
func (s *shelf) matching(query string, first int) iter.Seq[shelved] {
	words := wordsOf(query)
	if len(words) == 0 || first == len(s.cards) {
		return s.all(first)
	}
	slices.SortStableFunc(words, func(x, y []byte) int { return len(y) - len(x) })
	return func(yield func(shelved) bool) {
		for at, cards := int(s.cards[first].from), s.cards[first:]; ; {
			hit := bytes.Index(s.text[at:], words[0])
			if hit < 0 {
				return
			}
			at += hit
			cards = cards[sort.Search(len(cards), func(n int) bool { return int(cards[n].to) > at }):]
			if len(cards) == 0 {
				return
			}
			c := cards[0]
			if at < int(c.from) { // in what was wiped
				at = int(c.from)
				continue
			}
			at, cards = int(c.to), cards[1:]
			if has(s.textOf(c), words) && !yield(c) {
				return
			}
		}
	}
}

// wordsOf are the words of a search, in small letters.
func wordsOf(query string) (words [][]byte) {
	for word := range strings.FieldsSeq(strings.ToLower(query)) {
		words = append(words, []byte(word))
	}
	return words
}

func has(text []byte, words [][]byte) bool {
	for _, word := range words {
		if !bytes.Contains(text, word) {
			return false
		}
	}
	return true
}
