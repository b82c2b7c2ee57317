package qr

import (
	"image"
	"math"
	"math/rand/v2"
)

// shot is how a camera sees a code: a generator of bad pictures, the same ones for the same numbers.
type shot struct {
	width, height int
	pixels        float64 // camera pixels a module
	turn, tilt    float64 // degrees in the picture's plane and out of it
	blur          float64 // standard deviation in pixels
	dark, bright  float64 // luminance of black and of white, 0 to 255
	noise         float64 // standard deviation in luminances
	shade         float64 // how much darker one side is than the other, 0 to 1
	inverted      bool
}

func (s shot) take(code *Code, random *rand.Rand) *image.Gray {
	w, h := s.width, s.height
	light := make([]float64, w*h)
	side := float64(code.Size() + 2*QuietZone)
	sin, cos := math.Sincos(s.turn * math.Pi / 180)
	sinTilt, cosTilt := math.Sincos(s.tilt * math.Pi / 180)
	distance := 2.5 * side // of the camera, in modules
	offX, offY := (random.Float64()-0.5)*0.1*float64(w), (random.Float64()-0.5)*0.1*float64(h)
	lit := func(x, y float64) float64 {
		// The ray through the pixel, cut with the code's tilted plane.
		px, py := (x-float64(w)/2-offX)/s.pixels, (y-float64(h)/2-offY)/s.pixels
		along := distance / (distance*cosTilt - px*sinTilt)
		u, v := px*along, py*(1+px*along*sinTilt/distance)
		u, v = u*cos+v*sin+side/2, v*cos-u*sin+side/2
		if u < 0 || v < 0 || u >= side || v >= side {
			return 0.45 // the table beneath
		}
		if code.At(int(u)-QuietZone, int(v)-QuietZone) != s.inverted {
			return 0
		}
		return 1
	}
	for y := range h {
		for x := range w {
			sum := 0.0
			for _, d := range [4][2]float64{{.25, .25}, {.75, .25}, {.25, .75}, {.75, .75}} {
				sum += lit(float64(x)+d[0], float64(y)+d[1])
			}
			light[y*w+x] = sum / 4
		}
	}
	if s.blur > 0 {
		light = blurred(light, w, h, s.blur)
	}
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i, v := range light {
		v = s.dark + v*(s.bright-s.dark)
		v *= 1 - s.shade*float64(i%w)/float64(w)
		v += random.NormFloat64() * s.noise
		img.Pix[i] = uint8(min(max(v, 0), 255))
	}
	return img
}

func blurred(src []float64, w, h int, sigma float64) []float64 {
	radius := int(3*sigma) + 1
	kernel, sum := make([]float64, 2*radius+1), 0.0
	for i := range kernel {
		d := float64(i - radius)
		kernel[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += kernel[i]
	}
	pass := func(src []float64, n, step, lines, lineStep int) []float64 {
		out := make([]float64, len(src))
		for line := range lines {
			for i := range n {
				total := 0.0
				for k, weight := range kernel {
					at := min(max(i+k-radius, 0), n-1)
					total += weight * src[line*lineStep+at*step]
				}
				out[line*lineStep+i*step] = total / sum
			}
		}
		return out
	}
	return pass(pass(src, w, 1, h, w), h, w, w, 1)
}
