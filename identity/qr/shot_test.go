package qr

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
)

// shot is how a camera sees a code on a screen: a generator of bad pictures, the same ones for the same numbers.
type shot struct {
	pixels       float64 // camera pixels a module
	turn         float64 // degrees in the picture's plane
	tilt, about  float64 // degrees out of it, and the direction of the axis
	blur         float64 // standard deviation in pixels
	motion, to   float64 // length in pixels and direction in degrees
	moire, beat  float64 // amplitude, 0 to 1 of the light, and period in pixels
	glare        float64 // what a lamp's reflection adds in its middle, 1 is a white screen's light
	spot         float64 // the reflection's radius in modules
	dark, bright float64 // luminance of black and of white, 0 to 255
	noise        float64 // standard deviation in luminances
	shade        float64 // how much light a shadow takes from its side of the code, 0 to 1
	finger       float64 // how far a fingertip reaches over the code from a corner, in modules
	quality      int     // of JPEG, 0 for none
	inverted     bool
}

const (
	shotWidth, shotHeight = 1280, 720
	screenMargin          = 5 // modules of screen around the quiet zone
	fingerWidth           = 5 // half of a fingertip, in modules
)

// plane is the light that falls on the sensor.
type plane struct {
	w, h  int
	light []float32
	box   image.Rectangle // where the screen is
}

// take is the picture of a code, or of the bare table.
func (s shot) take(code *Code, random *rand.Rand) image.Image {
	p := &plane{w: shotWidth, h: shotHeight, light: make([]float32, shotWidth*shotHeight)}
	p.clutter(random)
	if code != nil {
		s.show(p, code, random)
	}
	if s.blur > 0 {
		p.soften(s.blur)
	}
	if s.motion > 0 {
		p.smear(s.motion, s.to)
	}
	img := s.expose(p, random)
	if s.quality == 0 {
		return img
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: s.quality}); err != nil {
		panic(err)
	}
	again, err := jpeg.Decode(&file)
	if err != nil {
		panic(err)
	}
	return again
}

// clutter is the table beneath: papers, keys, edges.
func (p *plane) clutter(random *rand.Rand) {
	fill := func(r image.Rectangle, v float32) {
		r = r.Intersect(image.Rect(0, 0, p.w, p.h))
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				p.light[y*p.w+x] = v
			}
		}
	}
	fill(image.Rect(0, 0, p.w, p.h), 0.3+0.3*random.Float32())
	for range 40 {
		at := image.Pt(random.IntN(p.w), random.IntN(p.h))
		fill(image.Rectangle{at, at.Add(image.Pt(4+random.IntN(120), 4+random.IntN(60)))}, random.Float32())
	}
}

// show puts the screen with the code into the picture, and what lies between it and the camera.
func (s shot) show(p *plane, code *Code, random *rand.Rand) {
	side := float64(code.Size() + 2*QuietZone)
	sin, cos := math.Sincos(s.turn * math.Pi / 180)
	sinTilt, cosTilt := math.Sincos(s.tilt * math.Pi / 180)
	sinAbout, cosAbout := math.Sincos(s.about * math.Pi / 180)
	distance := 2.5 * side // of the camera, in modules
	middleX := float64(p.w)/2 + (random.Float64()-0.5)*0.1*float64(p.w)
	middleY := float64(p.h)/2 + (random.Float64()-0.5)*0.06*float64(p.h)
	theme := float32(0.1 + 0.8*float64(random.IntN(2)))

	corner := random.IntN(4)
	cornerX, cornerY := float64(corner%2)*side, float64(corner/2)*side
	inX, inY := 1-2*float64(corner%2), 1-2*float64(corner/2)
	// The fingertip's middle: on the diagonal, so that its end lies finger modules inside the code's own corner.
	over := QuietZone + s.finger - fingerWidth*0.7
	tipX, tipY := cornerX+inX*over, cornerY+inY*over
	spotX, spotY := side*(0.2+0.6*random.Float64()), side*(0.2+0.6*random.Float64())
	phaseU, phaseV := random.Float64()*7, random.Float64()*7
	slant := random.Float64() * 2 * math.Pi
	sinSlant, cosSlant := math.Sincos(slant)
	edge := (random.Float64() - 0.5) * 0.4 * side

	light := func(x, y float64) (float32, bool) {
		// The ray through the pixel, cut with the code's tilted plane.
		px, py := (x-middleX)/s.pixels, (y-middleY)/s.pixels
		px, py = px*cosAbout+py*sinAbout, py*cosAbout-px*sinAbout
		along := distance / (distance*cosTilt - px*sinTilt)
		u, v := px*along, py*(1+px*along*sinTilt/distance)
		u, v = u*cosAbout-v*sinAbout, v*cosAbout+u*sinAbout
		u, v = u*cos+v*sin+side/2, v*cos-u*sin+side/2
		if min(u, v) < -screenMargin || max(u, v) >= side+screenMargin {
			return 0, false
		}
		lit := theme
		if min(u, v) >= 0 && max(u, v) < side {
			lit = 1
			if code.At(int(u)-QuietZone, int(v)-QuietZone) != s.inverted {
				lit = 0
			}
		}
		if s.moire > 0 {
			wave := math.Sin(2*math.Pi*(x*cosSlant+y*sinSlant)/s.beat+phaseU) + 0.6*math.Sin(2*math.Pi*(y*cosSlant-x*sinSlant)/(1.3*s.beat)+phaseV)
			lit *= float32(1 - s.moire*(0.5+wave/3.2))
		}
		if s.shade > 0 {
			// A shadow's edge is a module or two wide.
			across := (u-side/2)*cosSlant + (v-side/2)*sinSlant - edge
			lit = (lit + 0.1) * float32(1-s.shade*min(max(across/2+0.5, 0), 1))
		}
		if s.glare > 0 {
			d2 := ((u-spotX)*(u-spotX) + (v-spotY)*(v-spotY)) / (s.spot * s.spot)
			lit += float32(s.glare * math.Exp(-d2))
		}
		if s.finger > 0 {
			// A capsule from outside to its tip.
			fx, fy := u-tipX, v-tipY
			back := min((fx*inX+fy*inY)/math.Sqrt2, 0)
			fx, fy = fx-back*inX/math.Sqrt2, fy-back*inY/math.Sqrt2
			if d := math.Hypot(fx, fy); d < fingerWidth {
				lit = float32(0.55 - 0.3*d/fingerWidth)
			}
		}
		return lit, true
	}
	// Even turned and tilted the screen stays within this of its middle.
	reach := (side + 2*screenMargin) * s.pixels * 1.3
	for y := max(int(middleY-reach), 0); y < min(int(middleY+reach), p.h); y++ {
		for x := max(int(middleX-reach), 0); x < min(int(middleX+reach), p.w); x++ {
			if _, inside := light(float64(x)+0.5, float64(y)+0.5); !inside {
				continue
			}
			p.box = p.box.Union(image.Rect(x, y, x+1, y+1))
			var sum, n float32
			for _, d := range [4][2]float64{{.25, .25}, {.75, .25}, {.25, .75}, {.75, .75}} {
				if v, inside := light(float64(x)+d[0], float64(y)+d[1]); inside {
					sum, n = sum+v, n+1
				}
			}
			if n > 0 {
				p.light[y*p.w+x] = sum / n
			}
		}
	}
}

// expose turns light into luminances.
func (s shot) expose(p *plane, random *rand.Rand) *image.Gray {
	var grain [1 << 12]float32
	for i := range grain {
		grain[i] = float32(random.NormFloat64() * s.noise)
	}
	img := image.NewGray(image.Rect(0, 0, p.w, p.h))
	var bits uint64
	for i, v := range p.light {
		if i%5 == 0 {
			bits = random.Uint64()
		}
		lit := float32(s.dark) + v*float32(s.bright-s.dark) + grain[bits%(1<<12)]
		bits >>= 12
		img.Pix[i] = uint8(min(max(lit, 0), 255))
	}
	return img
}

func (p *plane) soften(sigma float64) {
	radius := int(3*sigma) + 1
	kernel, sum := make([]float32, 2*radius+1), float32(0)
	for i := range kernel {
		d := float64(i - radius)
		kernel[i] = float32(math.Exp(-d * d / (2 * sigma * sigma)))
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	for _, step := range []image.Point{{1, 0}, {0, 1}} {
		p.mix(func(out []float32, x0, y, n int) {
			for k, weight := range kernel {
				p.add(out, x0, y, n, (k-radius)*step.X, (k-radius)*step.Y, weight)
			}
		})
	}
}

// smear moves the camera along a line while the shutter is open.
func (p *plane) smear(length, degrees float64) {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	steps := int(2*length) + 1
	p.mix(func(out []float32, x0, y, n int) {
		for k := range steps {
			along := length * (float64(k)/float64(max(steps-1, 1)) - 0.5)
			dx, dy := along*cos, along*sin
			ix, iy := math.Floor(dx), math.Floor(dy)
			fx, fy := float32(dx-ix), float32(dy-iy)
			each := 1 / float32(steps)
			p.add(out, x0, y, n, int(ix), int(iy), each*(1-fx)*(1-fy))
			p.add(out, x0, y, n, int(ix)+1, int(iy), each*fx*(1-fy))
			p.add(out, x0, y, n, int(ix), int(iy)+1, each*(1-fx)*fy)
			p.add(out, x0, y, n, int(ix)+1, int(iy)+1, each*fx*fy)
		}
	})
}

// mix makes every row of the screen's part of the picture anew from the old picture.
func (p *plane) mix(row func(out []float32, x0, y, n int)) {
	const rim = 16
	box := p.box.Inset(-rim).Intersect(image.Rect(rim, 0, p.w-rim, p.h))
	fresh := make([]float32, len(p.light))
	copy(fresh, p.light)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		out := fresh[y*p.w+box.Min.X:][:box.Dx()]
		clear(out)
		row(out, box.Min.X, y, box.Dx())
	}
	p.light = fresh
}

func (p *plane) add(out []float32, x0, y, n, dx, dy int, weight float32) {
	if weight == 0 {
		return
	}
	row := min(max(y+dy, 0), p.h-1) * p.w
	for i, v := range p.light[row+x0+dx:][:n] {
		out[i] += v * weight
	}
}
