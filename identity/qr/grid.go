package qr

import (
	"image"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// Versions tried by the search; ours end at MaxVersion, and a few more let a stranger's code be told from none.
const maxSoughtVersion = 10

// point is a place in the picture, in pixels.
type point struct{ x, y float64 }

func (p point) add(q point) point     { return point{p.x + q.x, p.y + q.y} }
func (p point) sub(q point) point     { return point{p.x - q.x, p.y - q.y} }
func (p point) times(k float64) point { return point{p.x * k, p.y * k} }
func (p point) cross(q point) float64 { return p.x*q.y - p.y*q.x }
func (p point) dot(q point) float64   { return p.x*q.x + p.y*q.y }

// grid lays a code's modules over a picture: where the middles of its three corner squares are, and where a fourth one
// would be.
type grid struct {
	corners [4]point // top left, top right, bottom left, bottom right
	size    int      // modules a side
}

// lens maps modules to pixels; it is the projection that takes the unit square to a grid's four corners.
type lens struct {
	a, b, c, d, e, f, g, h float64
	step                   float64 // one over the modules between two corners
}

func (g *grid) lens() lens {
	p0, p1, p3, p2 := g.corners[0], g.corners[1], g.corners[2], g.corners[3]
	l := lens{step: 1 / float64(g.size-7)}
	bent := p0.sub(p1).add(p2).sub(p3)
	d1, d2 := p1.sub(p2), p3.sub(p2)
	if den := d1.cross(d2); den != 0 {
		l.g, l.h = bent.cross(d2)/den, d1.cross(bent)/den
	}
	l.a, l.b, l.c = p1.x-p0.x+l.g*p1.x, p3.x-p0.x+l.h*p3.x, p0.x
	l.d, l.e, l.f = p1.y-p0.y+l.g*p1.y, p3.y-p0.y+l.h*p3.y, p0.y
	return l
}

// at is the pixel of a point in modules from the code's top left; the first module's middle is (0.5, 0.5).
func (l *lens) at(x, y float64) (float64, float64) {
	u, v := (x-3.5)*l.step, (y-3.5)*l.step
	w := l.g*u + l.h*v + 1
	return (l.a*u + l.b*v + l.c) / w, (l.d*u + l.e*v + l.f) / w
}

// mark is a module whose colour every code of a version shares.
type mark struct {
	x, y  float64
	black bool
}

// pattern is a version's marks.
type pattern struct {
	size   int
	all    []mark
	some   []mark // a third of them, for a quick look
	inner  []mark // timing lines and alignment squares: they tell how a code is tilted
	outer  []mark // the corner squares: they tell whether there is a code
	colour []int8 // of each module by row: 0 unknown, 1 black, -1 white
}

// patternOf lists the marks of a version: corner squares with their white rim, timing lines, alignment squares
// (ISO/IEC 18004, 6.3).
func patternOf(version int) (*pattern, error) {
	v, err := decoder.Version_GetVersionForNumber(version)
	if err != nil {
		return nil, err
	}
	n := v.GetDimensionForVersion()
	p := &pattern{size: n, colour: make([]int8, n*n)}
	put := func(to *[]mark, x, y int, black bool) {
		if x < 0 || y < 0 || x >= n || y >= n || p.colour[y*n+x] != 0 {
			return
		}
		p.colour[y*n+x] = -1
		if black {
			p.colour[y*n+x] = 1
		}
		*to = append(*to, mark{float64(x) + 0.5, float64(y) + 0.5, black})
	}
	for _, at := range [3][2]int{{3, 3}, {n - 4, 3}, {3, n - 4}} {
		for dy := -4; dy <= 4; dy++ {
			for dx := -4; dx <= 4; dx++ {
				ring := max(dx, -dx, dy, -dy)
				put(&p.outer, at[0]+dx, at[1]+dy, ring != 2 && ring != 4)
			}
		}
	}
	centres := v.GetAlignmentPatternCenters()
	for i, y := range centres {
		for j, x := range centres {
			if i == 0 && (j == 0 || j == len(centres)-1) || i == len(centres)-1 && j == 0 {
				continue // a corner square is there
			}
			for dy := -2; dy <= 2; dy++ {
				for dx := -2; dx <= 2; dx++ {
					put(&p.inner, x+dx, y+dy, max(dx, -dx, dy, -dy) != 1)
				}
			}
		}
	}
	for i := 8; i < n-8; i++ {
		put(&p.inner, i, 6, i%2 == 0)
		put(&p.inner, 6, i, i%2 == 0)
	}
	p.all = append(append(p.all, p.outer...), p.inner...)
	for i := 0; i < len(p.all); i += 3 { // 3 divides no side of a square, so that all kinds of marks are among them
		p.some = append(p.some, p.all[i])
	}
	return p, nil
}

// fit says how well marks lie on a flattened picture: the mean of white less the mean of black, negative for an
// inverted code.
func (g *grid) fit(flat *image.Gray, marks []mark) float64 {
	l := g.lens()
	var sums [2]float32
	var counts [2]float32
	for _, m := range marks {
		x, y := l.at(m.x, m.y)
		i := 0
		if m.black {
			i = 1
		}
		sums[i] += lightAt(flat, x, y)
		counts[i]++
	}
	return float64(sums[0]/max(counts[0], 1) - sums[1]/max(counts[1], 1))
}

// tiltTo looks for the fourth corner of a tilted code around where it would be without a tilt, first by the marks
// that feel a tilt most, then nearer by all.
func (g *grid) tiltTo(flat *image.Gray, p *pattern, sign float64) {
	const reach = 0.36 // of the side
	modules := float64(g.size - 7)
	g.fourth(flat, p.some, sign, reach*modules, 1.2)
	g.fourth(flat, p.all, sign, 1.6, 0.4)
}

// fourth moves the fourth corner to where marks lie best, up to reach modules away in steps of step modules.
func (g *grid) fourth(flat *image.Gray, marks []mark, sign, reach, step float64) {
	modules := float64(g.size - 7)
	right := g.corners[1].sub(g.corners[0]).times(step / modules)
	down := g.corners[2].sub(g.corners[0]).times(step / modules)
	from := g.corners[3]
	best, bestFit := from, sign*g.fit(flat, marks)
	n := int(reach / step)
	for i := -n; i <= n; i++ {
		for j := -n; j <= n; j++ {
			g.corners[3] = from.add(right.times(float64(i))).add(down.times(float64(j)))
			if fit := sign * g.fit(flat, marks); fit > bestFit {
				best, bestFit = g.corners[3], fit
			}
		}
	}
	g.corners[3] = best
}

// settle moves the corners by smaller and smaller steps as long as the marks lie better.
func (g *grid) settle(flat *image.Gray, p *pattern, sign float64, first float64) float64 {
	right, down := g.corners[1].sub(g.corners[0]), g.corners[2].sub(g.corners[0])
	module := 1 / float64(g.size-7)
	best := sign * g.fit(flat, p.all)
	for step := first; step > 0.04; step /= 2 {
		for range 3 {
			moved := false
			for i := range g.corners {
				reach := step * module
				if i == 3 {
					reach *= 1.5
				}
				for _, d := range [4]point{right.times(reach), right.times(-reach), down.times(reach), down.times(-reach)} {
					was := g.corners[i]
					g.corners[i] = was.add(d)
					if fit := sign * g.fit(flat, p.all); fit > best {
						best, moved = fit, true
					} else {
						g.corners[i] = was
					}
				}
			}
			if !moved {
				break
			}
		}
	}
	return best
}
