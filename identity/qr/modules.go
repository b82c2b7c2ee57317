package qr

import (
	"image"
	"math"
)

// modules is what was measured of a code: how bright each module is, by row, larger is whiter.
type modules struct {
	size  int
	light []float32
}

// measure takes the mean of the middle of each module. sign is negative for an inverted code.
func (g *grid) measure(gray *image.Gray, sign float64) *modules {
	l := g.lens()
	m := &modules{size: g.size, light: make([]float32, g.size*g.size)}
	for y := range g.size {
		for x := range g.size {
			var sum float32
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					px, py := l.at(float64(x)+0.5+float64(dx)*0.24, float64(y)+0.5+float64(dy)*0.24)
					sum += lightAt(gray, px, py)
				}
			}
			m.light[y*g.size+x] = sum / 9 * float32(sign)
		}
	}
	return m
}

// evened is the light of each module against the mean and spread of the modules up to radius away.
func (m *modules) evened(radius int) []float32 {
	n := m.size
	stride := n + 1
	sums, squares := make([]float64, stride*stride), make([]float64, stride*stride) // summed area tables
	for y := range n {
		var sum, square float64
		for x := range n {
			v := float64(m.light[y*n+x])
			sum, square = sum+v, square+v*v
			at := (y+1)*stride + x + 1
			sums[at], squares[at] = sums[at-stride]+sum, squares[at-stride]+square
		}
	}
	out := make([]float32, n*n)
	for y := range n {
		top, bottom := max(y-radius, 0), min(y+radius+1, n)
		for x := range n {
			left, right := max(x-radius, 0), min(x+radius+1, n)
			tl, tr, bl, br := top*stride+left, top*stride+right, bottom*stride+left, bottom*stride+right
			count := float64((bottom - top) * (right - left))
			mean := (sums[br] - sums[tr] - sums[bl] + sums[tl]) / count
			spread := (squares[br]-squares[tr]-squares[bl]+squares[tl])/count - mean*mean
			out[y*n+x] = float32((float64(m.light[y*n+x]) - mean) / math.Sqrt(max(spread, 0.25)))
		}
	}
	return out
}

// black says of each module whether it is darker than its surroundings up to radius away.
func (m *modules) black(radius int) []bool {
	out := make([]bool, len(m.light))
	for i, v := range m.evened(radius) {
		out[i] = v < 0
	}
	return out
}

// spill is how a module's light spreads over its eight neighbours, and itself, by blur or a moving hand; the tenth
// number is what light there is without any.
type spill [10]float64

// restored undoes blur: light from the neighbours is estimated where the colours are known, and then those colours
// sought that explain all that was measured best.
func (m *modules) restored(p *pattern) []bool {
	const rounds = 3
	n := m.size
	seen := m.evened(6)
	colour := make([]float64, n*n) // 1 white, -1 black
	for i, v := range seen {
		switch {
		case p.colour[i] != 0:
			colour[i] = -float64(p.colour[i])
		case v < 0:
			colour[i] = -1
		default:
			colour[i] = 1
		}
	}
	for round := range rounds {
		k, ok := spillOf(seen, colour, p, round == 0)
		if !ok {
			break
		}
		explain(seen, colour, p, &k)
	}
	out := make([]bool, n*n)
	for i, c := range colour {
		out[i] = c < 0
	}
	return out
}

// around is the colour at (x, y), white in the quiet zone.
func around(colour []float64, n, x, y int) float64 {
	if x < 0 || y < 0 || x >= n || y >= n {
		return 1
	}
	return colour[y*n+x]
}

// spillOf finds the spill by least squares, from modules among known ones only or from all.
func spillOf(seen []float32, colour []float64, p *pattern, knownOnly bool) (k spill, ok bool) {
	n := p.size
	var sums [10][11]float64
	for y := range n {
		for x := range n {
			if knownOnly && !surrounded(p, x, y) {
				continue
			}
			var row [11]float64
			for i := range 9 {
				row[i] = around(colour, n, x+i%3-1, y+i/3-1)
			}
			row[9], row[10] = 1, float64(seen[y*n+x])
			for i := range 10 {
				for j := range row {
					sums[i][j] += row[i] * row[j]
				}
			}
		}
	}
	// Few corner squares, all alike, do not tell the nine apart by themselves: lean on no spill at all.
	const lean = 4
	for i := range 10 {
		sums[i][i] += lean
	}
	sums[4][10] += lean
	return solved(&sums)
}

func surrounded(p *pattern, x, y int) bool {
	for v := max(y-1, 0); v <= min(y+1, p.size-1); v++ {
		for u := max(x-1, 0); u <= min(x+1, p.size-1); u++ {
			if p.colour[v*p.size+u] == 0 {
				return false
			}
		}
	}
	return true
}

// solved is the solution of ten linear equations, by elimination.
func solved(rows *[10][11]float64) (k spill, ok bool) {
	for i := range 10 {
		top := i
		for j := i + 1; j < 10; j++ {
			if math.Abs(rows[j][i]) > math.Abs(rows[top][i]) {
				top = j
			}
		}
		rows[i], rows[top] = rows[top], rows[i]
		if math.Abs(rows[i][i]) < 1e-9 {
			return k, false
		}
		for j := range 10 {
			if j == i {
				continue
			}
			share := rows[j][i] / rows[i][i]
			for c := i; c < 11; c++ {
				rows[j][c] -= share * rows[i][c]
			}
		}
	}
	for i := range k {
		k[i] = rows[i][10] / rows[i][i]
	}
	return k, true
}

// explain turns modules over one by one as long as what was measured is explained better.
func explain(seen []float32, colour []float64, p *pattern, k *spill) {
	const sweeps = 6
	n := p.size
	rest := make([]float64, n*n)
	for y := range n {
		for x := range n {
			sum := k[9]
			for i := range 9 {
				sum += k[i] * around(colour, n, x+i%3-1, y+i/3-1)
			}
			rest[y*n+x] = float64(seen[y*n+x]) - sum
		}
	}
	for range sweeps {
		turned := false
		for y := range n {
			for x := range n {
				at := y*n + x
				if p.colour[at] != 0 {
					continue
				}
				change, gain := -2*colour[at], 0.0
				for i := range 9 {
					// Neighbour (u, v) sees this module as its i-th.
					u, v := x-(i%3-1), y-(i/3-1)
					if u < 0 || v < 0 || u >= n || v >= n {
						continue
					}
					r := rest[v*n+u]
					after := r - k[i]*change
					gain += r*r - after*after
				}
				if gain <= 1e-9 {
					continue
				}
				turned = true
				colour[at] += change
				for i := range 9 {
					u, v := x-(i%3-1), y-(i/3-1)
					if u >= 0 && v >= 0 && u < n && v < n {
						rest[v*n+u] -= k[i] * change
					}
				}
			}
		}
		if !turned {
			return
		}
	}
}
