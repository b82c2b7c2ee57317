package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// area is a neighbourhood that one unit looks after. Its name is coarse enough
// for the card of someone in hiding, and no street is called after it.
type area struct {
	name    string
	streets []string
}

// areas are the neighbourhoods of Lindbrunna by unit. Town and streets are
// invented, so no address in them is anybody's.
var areas = map[string][]area{
	unitNorra: {
		{"Sparvhagen", []string{"Lyktvårdarvägen", "Näverflätargatan"}},
		{"Kvarnlyckan", []string{"Tröskloftsvägen", "Korgvidegatan"}},
		{"Tornängen", []string{"Vantstickargränd", "Mjölpåsevägen"}},
	},
	unitSodra: {
		{"Slussholmen", []string{"Sländvingevägen", "Pilflöjtsgatan"}},
		{"Vallmolyckan", []string{"Vinterapelvägen", "Blåfjärilsgränd"}},
		{"Rävgläntan", []string{"Rimsnårsvägen", "Tallbarrsgränd"}},
	},
	unitCentrum: {
		{"Klockkvarteret", []string{"Ljusstöpargränd", "Sigillvaxgatan"}},
		{"Hamnkvarteret", []string{"Bläckhornsgatan", "Lackstångsgränd"}},
		{"Torgkvarteret", []string{"Vågmästarplan", "Kardborstgatan"}},
	},
}

// home is one flat.
type home struct {
	area   string
	street string // with number and entrance
	flat   string
	tags   []string // what holds for everybody behind that entrance
}

// houses are the tags that an entrance can have.
var houses = [][]string{
	nil, {"hiss"}, {"ingen hiss"}, {"ingen hiss", "portkod"}, {"hiss", "portkod", "tvättstuga i huset"}, {"källarförråd"},
}

// homes lists a unit's flats in a random order: on every street six entrances
// of four floors with three doors each. Numbers follow Lantmäteriet's scheme,
// where 10 is the ground floor and the doors count from the left.
func homes(rng *rand.Rand, unit string) []home {
	var all []home
	for _, a := range areas[unit] {
		for _, street := range a.streets {
			for _, entrance := range []string{"2", "4", "6 A", "6 B", "14 A", "14 B"} {
				tags := pick(rng, houses)
				for floor := 10; floor < 14; floor++ {
					for door := 1; door <= 3; door++ {
						all = append(all, home{a.name, street + " " + entrance, fmt.Sprintf("%d%02d", floor, door), slices.Clone(tags)})
					}
				}
			}
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}
