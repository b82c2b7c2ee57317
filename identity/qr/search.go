package qr

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// search is one picture's: it finds corner squares in differently prepared pictures, lays grids over them, and hands
// what it measures to the decoder. What a picture may cost is counted in steps and not in time, so that the same
// picture always ends the same.
type search struct {
	gray     *image.Gray
	flat     *image.Gray
	lifted   *image.Gray
	left     int // steps
	corners  cornerSet
	tried    map[[7]int]bool
	patterns [maxSoughtVersion + 1]*pattern
	accept   func(text string, at Outline) (enough bool)
	done     bool
}

// A search may cost baseSteps, and pixelSteps for each pixel; a step is a pixel passed over or a point measured, some
// nanoseconds. A camera's 1280 by 720 come to 39 million.
const (
	baseSteps  = 24_000_000
	pixelSteps = 16
)

// guess is a grid that may lie on a code.
type guess struct {
	grid    grid
	pattern *pattern
	sign    float64
	fit     float64
	rank    float64 // a steep code fits badly before its tilt is known, so how often its squares were hit counts too
}

const (
	leastOuterFit = 18 // of corner squares alone, on an untilted grid; a sharp code has about 120
	leastFit      = 24 // of all marks, before it is worth decoding
	sureFit       = 80 // enough to decode at once
	mostGuesses   = 20 // laid in one look
	mostRead      = 5  // of them, the best
)

// looks are the ways to find corner squares, cheapest and most often right first.
var looks = []func(gray *image.Gray) (flat *image.Gray, scale float64){
	func(g *image.Gray) (*image.Gray, float64) { h := shrink(g, 2); return flatten(h, windowOf(h, 20)), 2 },
	func(g *image.Gray) (*image.Gray, float64) { return flatten(g, windowOf(g, 32)), 1 },
	func(g *image.Gray) (*image.Gray, float64) { return flatten(smooth(smooth(g)), windowOf(g, 50)), 1 },
	func(g *image.Gray) (*image.Gray, float64) { return double(flatten(g, windowOf(g, 110))), 0.5 },
	func(g *image.Gray) (*image.Gray, float64) { return flatten(lifted(g), windowOf(g, 100)), 1 },
}

// pairsAfter is the look after which a third corner is given up for lost; the ones behind it cost most and find what is
// small or in shadow.
const pairsAfter = 2

func windowOf(g *image.Gray, share int) int { return max(max(g.Rect.Dx(), g.Rect.Dy())/share, 8) }

// find tells accept every text that it finds, until that has enough or the steps are used up.
func find(gray *image.Gray, accept func(text string, at Outline) (enough bool)) {
	newSearch(gray, accept).run()
}

func newSearch(gray *image.Gray, accept func(text string, at Outline) (enough bool)) *search {
	return &search{
		gray: gray, tried: map[[7]int]bool{}, accept: accept,
		left: baseSteps + pixelSteps*gray.Rect.Dx()*gray.Rect.Dy(),
	}
}

func (s *search) run() {
	s.flat = flatten(s.gray, windowOf(s.gray, 32))
	for i, look := range looks {
		if !s.pay(2 * len(s.gray.Pix)) {
			return
		}
		flat, scale := look(s.gray)
		if s.corners.look(flat, scale, s.pay); !s.going() {
			return
		}
		s.follow(append(s.triples(s.corners.likeliest(true)), s.triples(s.corners.likeliest(false))...), false)
		if i == pairsAfter || i == len(looks)-1 {
			s.follow(append(s.pairs(s.corners.likeliest(true)), s.pairs(s.corners.likeliest(false))...), true)
		}
		if !s.going() {
			return
		}
	}
}

// pay takes steps from what is left and says whether to go on.
func (s *search) pay(steps int) bool {
	s.left -= steps
	return s.going()
}

func (s *search) going() bool { return s.left > 0 && !s.done }

func (s *search) pattern(version int) *pattern {
	if version < 1 || version > maxSoughtVersion {
		return nil
	}
	if s.patterns[version] == nil {
		p, err := patternOf(version)
		if err != nil {
			return nil
		}
		s.patterns[version] = p
	}
	return s.patterns[version]
}

// follow lays the likeliest guesses well, straight or tilted, and reads those that lie best.
func (s *search) follow(guesses []guess, incomplete bool) {
	if !s.going() {
		return
	}
	slices.SortStableFunc(guesses, func(a, b guess) int { return cmp.Compare(b.rank, a.rank) })
	var laid []guess
	for _, g := range guesses {
		if len(laid) == mostGuesses {
			break
		}
		key := g.key()
		if s.tried[key] {
			continue
		}
		s.tried[key] = true
		if incomplete {
			s.complete(&g)
		}
		straight := g
		if !s.pay(len(g.pattern.all) * 80) {
			return
		}
		straight.fit = straight.grid.settle(s.flat, g.pattern, g.sign, 0.5)
		if straight.fit > sureFit {
			if s.read(&straight); s.done {
				return
			}
		}
		if !s.pay(len(g.pattern.all) * 300) {
			return
		}
		g.grid.tiltTo(s.flat, g.pattern, g.sign)
		g.fit = g.grid.settle(s.flat, g.pattern, g.sign, 0.5)
		laid = append(laid, g)
		if straight.fit > g.fit-5 && straight.fit <= sureFit {
			laid[len(laid)-1] = straight
		}
	}
	slices.SortStableFunc(laid, func(a, b guess) int { return cmp.Compare(b.fit, a.fit) })
	for i := range laid[:min(len(laid), mostRead)] {
		if laid[i].fit < leastFit {
			return
		}
		if s.read(&laid[i]); s.done {
			return
		}
	}
}

func (g *guess) key() (key [7]int) {
	for i, c := range g.grid.corners[:3] {
		key[2*i], key[2*i+1] = int(c.x/4), int(c.y/4)
	}
	key[6] = g.grid.size
	return key
}

// read measures a grid and decodes what it sees in different ways.
func (s *search) read(g *guess) {
	n := g.grid.size
	m := g.grid.measure(s.gray, g.sign)
	for _, look := range []func() []bool{
		func() []bool { return m.black(5) },
		func() []bool { return m.restored(g.pattern) },
		func() []bool { return m.black(2) },
		func() []bool { return m.black(60) },
		func() []bool { return s.lift(g).black(5) },
		func() []bool { return s.lift(g).black(2) },
		func() []bool { return s.lift(g).restored(g.pattern) },
	} {
		if !s.pay(n * n * 60) {
			return
		}
		if text, ok := decodeModules(look(), n); ok {
			s.done = s.accept(text, g.grid.outline())
			return
		}
	}
}

// lift measures a grid where shadows are lifted.
func (s *search) lift(g *guess) *modules {
	if s.lifted == nil {
		s.lifted = lifted(s.gray)
	}
	return g.grid.measure(s.lifted, g.sign)
}

// triples are the guesses from three corner squares each.
func (s *search) triples(corners []corner) []guess {
	var guesses []guess
	for i := range corners {
		for j := range i {
			for k := range j {
				three := [3]*corner{&corners[i], &corners[j], &corners[k]}
				if !alike(three[:]...) {
					continue
				}
				for apex := range 3 {
					guesses = s.guessed(guesses, three[apex], middle(three[(apex+1)%3]), middle(three[(apex+2)%3]), three[:])
				}
			}
		}
	}
	return guesses
}

func middle(c *corner) point { return point{c.x, c.y} }

func alike(corners ...*corner) bool {
	least, most := math.Inf(1), 0.0
	for _, c := range corners {
		side := c.width + c.tall
		least, most = min(least, side), max(most, side)
	}
	return most < 2.2*least
}

// guessed adds the guesses for a code with its top left square at apex and two others at p and q.
func (s *search) guessed(guesses []guess, apex *corner, p, q point, measured []*corner) []guess {
	a := middle(apex)
	right, down := p.sub(a), q.sub(a)
	if right.cross(down) < 0 {
		right, down, p, q = down, right, q, p
	}
	r, d := math.Sqrt(right.dot(right)), math.Sqrt(down.dot(down))
	if r > 2.5*d || d > 2.5*r || right.cross(down) < 0.7*r*d {
		return guesses
	}
	// A row cuts a turned square slantwise.
	slant := max(math.Abs(right.x), math.Abs(right.y)) / r
	side, fewest := 0.0, math.Inf(1)
	for _, c := range measured {
		fewest = min(fewest, max(c.weight(), 1))
		side += (c.width + c.tall) / 2 * slant / float64(len(measured))
	}
	size := 7 + 7*(r+d)/2/side
	best, before := 0.0, len(guesses)
	near := (size - 17) / 4
	for version := int(math.Floor(near - 0.8)); version <= int(math.Ceil(near+0.8)); version++ {
		pattern := s.pattern(version)
		if pattern == nil {
			continue
		}
		if !s.pay(len(pattern.outer)) {
			return guesses
		}
		g := guess{pattern: pattern, sign: 1, grid: grid{size: pattern.size, corners: [4]point{a, p, q, p.add(q).sub(a)}}}
		if !apex.dark {
			g.sign = -1
		}
		g.fit = g.sign * g.grid.fit(s.flat, pattern.outer)
		best = max(best, g.fit)
		guesses = append(guesses, g)
	}
	if best < leastOuterFit {
		return guesses[:before]
	}
	// A steep code's right version may fit no better than its neighbours before the tilt is known: they stay together.
	for i := range guesses[before:] {
		g := &guesses[before+i]
		g.rank = best + (g.fit-best)/16 + 10*math.Log2(fewest)
	}
	return guesses
}

// pairs are the guesses from two squares each, for a code whose third lies under a finger.
func (s *search) pairs(corners []corner) []guess {
	var guesses []guess
	for i := range corners {
		for j := range i {
			two := []*corner{&corners[i], &corners[j]}
			if !alike(two...) {
				continue
			}
			a, b := middle(two[0]), middle(two[1])
			side := b.sub(a)
			turned := point{-side.y, side.x}
			for _, sign := range []float64{1, -1} {
				guesses = s.guessed(guesses, two[0], b, a.add(turned.times(sign)), two)
				guesses = s.guessed(guesses, two[1], a, b.add(turned.times(sign)), two)
				apex := *two[0]
				top := a.add(side.times(0.5)).add(turned.times(sign * 0.5))
				apex.x, apex.y = top.x, top.y
				guesses = s.guessed(guesses, &apex, a, b, two)
			}
		}
	}
	return guesses
}

// complete moves each corner in turn to where the marks lie best: one of them was guessed.
func (s *search) complete(g *guess) {
	const reach = 4 // modules
	if !s.pay(len(g.pattern.all) * 3 * 81) {
		return
	}
	right, down := g.grid.corners[1].sub(g.grid.corners[0]), g.grid.corners[2].sub(g.grid.corners[0])
	module := 1 / float64(g.grid.size-7)
	best, bestFit := g.grid, -1.0
	for i := range 3 {
		for u := -reach; u <= reach; u++ {
			for v := -reach; v <= reach; v++ {
				at := g.grid
				at.corners[i] = at.corners[i].add(right.times(float64(u) * module)).add(down.times(float64(v) * module))
				at.corners[3] = at.corners[1].add(at.corners[2]).sub(at.corners[0])
				if fit := g.sign * at.fit(s.flat, g.pattern.all); fit > bestFit {
					best, bestFit = at, fit
				}
			}
		}
	}
	g.grid = best
}
