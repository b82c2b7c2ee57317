package qr

import (
	"cmp"
	"image"
	"slices"
)

// corner is what may be one of a code's three corner squares: stone, ring and what is between them.
type corner struct {
	x, y  float64 // its middle, in pixels of the whole picture
	width float64 // of the ring along a row and
	tall  float64 // along a column
	hits  int     // rows that cross it
	dark  bool    // ring and stone are darker than what is between them
}

// Bounds on what a stranger's picture can make the search do.
const (
	maxCorners  = 12000 // in one picture
	keptCorners = 14    // of each polarity, the most often hit
)

// cornerSet is the corners found, so kept that one hit again is found at once.
type cornerSet struct {
	all   []corner
	cells map[[2]int][]int // indexes by place
}

const cornerCell = 32 // pixels

// look goes along every row of a flattened picture for runs in the proportion 1:1:3:1:1, in either polarity, and adds
// those that a column confirms. scale is the whole picture's size over this one's. It ends early when pay has no more
// steps for it.
func (s *cornerSet) look(flat *image.Gray, scale float64, pay func(steps int) bool) {
	w, h := flat.Rect.Dx(), flat.Rect.Dy()
	ends := make([]int, 0, w+1) // where each run of the row ends
	for y := range h {
		row := flat.Pix[y*flat.Stride:][:w]
		ends = ends[:0]
		for x := 1; x < w; x++ {
			if (row[x]^row[x-1])&flatMiddle != 0 {
				ends = append(ends, x)
			}
		}
		first := row[0] < flatMiddle
		for i := 5; i < len(ends); i++ { // the run before the ring must begin within the row
			e := ends[i-5:]
			if !proportioned(e[1]-e[0], e[2]-e[1], e[3]-e[2], e[4]-e[3], e[5]-e[4]) {
				continue
			}
			dark := first != (i%2 == 1)
			middle := (e[2] + e[3]) / 2
			top, bottom, ok := across(flat, middle, y, e[5]-e[0], dark)
			if !pay(4 * (e[5] - e[0])) {
				return
			}
			if !ok {
				continue
			}
			compared := s.add(corner{
				x: float64(e[2]+e[3]) / 2 * scale, y: float64(top+bottom) / 2 * scale,
				width: float64(e[5]-e[0]) * scale, tall: float64(bottom-top) * scale, hits: 1, dark: dark,
			})
			if !pay(4*compared) || len(s.all) >= maxCorners {
				return
			}
		}
	}
}

// proportioned says whether five runs are near 1:1:3:1:1. Blur, bloom and pixels move edges by up to half a module.
func proportioned(a, b, c, d, e int) bool {
	total := a + b + c + d + e
	if total < 7 {
		return false
	}
	// In fourteenths of the total a module is 2.
	const most = 14
	near := func(run, modules int) bool {
		off := run*most - modules*total*2
		return max(off, -off)*10 <= total*13
	}
	return near(a, 1) && near(b, 1) && near(d, 1) && near(e, 1) && near(c, 3)
}

// across measures the five runs up and down through (x, y), from the ring's one outer edge to the other.
func across(flat *image.Gray, x, y, width int, dark bool) (top, bottom int, ok bool) {
	h := flat.Rect.Dy()
	is := func(y int) bool { return (flat.Pix[y*flat.Stride+x] < flatMiddle) == dark }
	var runs [5]int
	if !is(y) {
		return 0, 0, false
	}
	at := y
	for i := 2; i >= 0; i-- {
		for at >= 0 && is(at) == (i%2 == 0) && runs[i] <= 2*width {
			runs[i]++
			at--
		}
	}
	top = at + 1
	at = y + 1
	for i := 2; i <= 4; i++ {
		for at < h && is(at) == (i%2 == 0) && runs[i] <= 2*width {
			runs[i]++
			at++
		}
	}
	bottom = at
	tall := bottom - top
	if tall*5 < width*2 || width*5 < tall*2 {
		return 0, 0, false
	}
	return top, bottom, proportioned(runs[0], runs[1], runs[2], runs[3], runs[4])
}

// add adds a corner, or counts it as another hit of one whose middle is as good as the same. It returns with how many it
// was compared.
func (s *cornerSet) add(c corner) (compared int) {
	cx, cy := int(c.x)/cornerCell, int(c.y)/cornerCell
	for y := cy - 1; y <= cy+1; y++ {
		for x := cx - 1; x <= cx+1; x++ {
			for _, i := range s.cells[[2]int{x, y}] {
				if compared++; s.all[i].join(c) {
					return compared
				}
			}
		}
	}
	if s.cells == nil {
		s.cells = map[[2]int][]int{}
	}
	s.cells[[2]int{cx, cy}] = append(s.cells[[2]int{cx, cy}], len(s.all))
	s.all = append(s.all, c)
	return compared
}

func (c *corner) join(other corner) bool {
	near := (c.width + c.tall) / 9
	if c.dark != other.dark || max(c.x-other.x, other.x-c.x) > near || max(c.y-other.y, other.y-c.y) > near ||
		other.width > 1.6*c.width || c.width > 1.6*other.width {
		return false
	}
	n, m := float64(c.hits), float64(other.hits)
	c.x, c.y = (c.x*n+other.x*m)/(n+m), (c.y*n+other.y*m)/(n+m)
	c.width, c.tall = (c.width*n+other.width*m)/(n+m), (c.tall*n+other.tall*m)/(n+m)
	c.hits += other.hits
	return true
}

// likeliest is those hit by most rows, which chance is not.
func (s *cornerSet) likeliest(dark bool) []corner {
	var kept []corner
	for _, c := range s.all {
		if c.dark == dark {
			kept = append(kept, c)
		}
	}
	slices.SortStableFunc(kept, func(a, b corner) int { return cmp.Compare(b.weight(), a.weight()) })
	return kept[:min(len(kept), keptCorners)]
}

// weight keeps what is very large from winning by its size alone.
func (c *corner) weight() float64 { return float64(c.hits) * min(1, 60/c.tall) }
