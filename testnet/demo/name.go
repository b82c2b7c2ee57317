package demo

import (
	"math/rand/v2"
	"strings"
)

var firstNames = strings.Fields(`
Agnes Ahmed Alexander Alice Alva Amina Amira Anders Anita Arvid Asta Astrid Axel Barbro Bengt Birgitta
Britt Carl Cecilia Christer Daniel David Ebba Edvin Elin Elsa Emelie Emil Emma Erik Eva Fatima Filip
Folke Frida Gerd Göran Greta Gunilla Gustav Hanna Hassan Hedvig Helena Henrik Hilda Hugo Håkan Ida
Inger Ingrid Irina Ivar Jakob Jan Jasmin Johan Johanna Josef Julia Jörgen Kajsa Karin Karl Katarina
Kerstin Kjell Klara Lars Leila Lena Lennart Linnea Linus Lova Ludvig Magnus Maj Maja Malin Margareta
Maria Marianne Markus Martin Matilda Mehmet Mikael Milad Moa Mona Nadia Nils Nora Olle Olof Omar Oskar
Ove Patrik Per Peter Petra Pia Ragnar Rebecka Robin Roland Rut Sara Signe Sigrid Siv Sofia Solveig
Stefan Stig Sven Svea Tekla Thomas Tilda Tore Tove Tuva Ulf Ulla Vera Viktor Vilhelm Viveka Wilma
Yusuf Zahra Åke Åsa Örjan`)

// Family names are two halves that Swedish families seldom or never join.
var (
	familyHeads = strings.Fields(`
Alm Asp Björk Dagg Fager Furu Gran Gull Hassel Humle Hägg Klöver Lav Ljung Lärk Mån Oxel Rip Råg Rönn
Silver Sipp Sol Sten Svan Säv Tall Tran Vass Vide Vinter Åker Ängs Ärt Örn`)
	familyTails = strings.Fields(`
vret tuva mosse grind kvarn källa gärde fäll udd sele`)
)

// nameBook deals full names, each once.
type nameBook struct {
	rng  *rand.Rand
	used map[string]bool
}

func newNameBook(rng *rand.Rand) *nameBook {
	return &nameBook{rng: rng, used: map[string]bool{}}
}

// keep takes a name out of the book.
func (b *nameBook) keep(first, last string) { b.used[first+" "+last] = true }

// take deals a name that has not been dealt. The book holds tens of thousands,
// so it never runs dry for an organisation of this size.
func (b *nameBook) take() (first, last string) {
	for {
		first, last = pick(b.rng, firstNames), b.family()
		if !b.used[first+" "+last] {
			b.keep(first, last)
			return first, last
		}
	}
}

// family joins two halves. Swedish spelling never writes a letter three times:
// Dagg and gärde make Daggärde.
func (b *nameBook) family() string {
	head, tail := pick(b.rng, familyHeads), pick(b.rng, familyTails)
	if strings.HasSuffix(head, tail[:1]+tail[:1]) {
		tail = tail[1:]
	}
	return head + tail
}

// username folds a name to `first.last` in ASCII, as Swedish IT departments do.
func username(first, last string) string {
	return fold.Replace(strings.ToLower(first + "." + last))
}

var fold = strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "é", "e")

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }
