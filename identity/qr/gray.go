package qr

import (
	"image"
	"image/color"
)

// toGray copies any picture into luminance with its top left corner at (0, 0), transparency over white. The common
// kinds are read from their own arrays: At on every pixel of a phone's picture costs seconds.
func toGray(img image.Image) *image.Gray {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	gray := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		row := gray.Pix[y*gray.Stride:][:w]
		switch src := img.(type) {
		case *image.Gray:
			copy(row, src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):][:w])
		case *image.YCbCr:
			copy(row, src.Y[src.YOffset(b.Min.X, b.Min.Y+y):][:w])
		case *image.RGBA:
			line := src.Pix[src.PixOffset(b.Min.X, b.Min.Y+y):]
			for x := range row {
				p := line[4*x : 4*x+4 : 4*x+4]
				row[x] = uint8(min(255, luminance(uint32(p[0]), uint32(p[1]), uint32(p[2]))+255-uint32(p[3])))
			}
		default:
			for x := range row {
				row[x] = grayOf(img.At(b.Min.X+x, b.Min.Y+y))
			}
		}
	}
	return gray
}

// luminance weighs red, green and blue as ITU-R BT.601 does.
func luminance(r, g, b uint32) uint32 { return (299*r + 587*g + 114*b + 500) / 1000 }

func grayOf(c color.Color) uint8 {
	r, g, b, a := c.RGBA() // premultiplied, so white shines through by what alpha leaves
	return uint8(min(0xffff, luminance(r, g, b)+0xffff-a) >> 8)
}

// shrink averages squares of factor by factor pixels into one; what is left over at the right and bottom is dropped.
func shrink(src *image.Gray, factor int) *image.Gray {
	w, h := src.Rect.Dx()/factor, src.Rect.Dy()/factor
	out := image.NewGray(image.Rect(0, 0, w, h))
	area := factor * factor
	for y := range h {
		for x := range w {
			sum := area / 2
			for dy := range factor {
				for _, v := range src.Pix[(y*factor+dy)*src.Stride+x*factor:][:factor] {
					sum += int(v)
				}
			}
			out.Pix[y*out.Stride+x] = uint8(sum / area)
		}
	}
	return out
}

// enlarge repeats each pixel factor times in both directions.
func enlarge(src *image.Gray, factor int) *image.Gray {
	w, h := src.Rect.Dx()*factor, src.Rect.Dy()*factor
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.Pix[y*out.Stride+x] = src.Pix[(y/factor)*src.Stride+x/factor]
		}
	}
	return out
}

// stretch spreads the luminances between the darkest and the brightest hundredth over the whole range.
func stretch(src *image.Gray) *image.Gray {
	var count [256]int
	for _, v := range src.Pix {
		count[v]++
	}
	hundredth := len(src.Pix) / 100
	low, high := 0, 255
	for n := count[low]; n <= hundredth && low < 255; n += count[low] {
		low++
	}
	for n := count[high]; n <= hundredth && high > 0; n += count[high] {
		high--
	}
	if high <= low {
		return src
	}
	var to [256]uint8
	for v := range to {
		to[v] = uint8(min(max((v-low)*255/(high-low), 0), 255))
	}
	return mapped(src, &to)
}

// inverted swaps dark and bright: a screen with a dark theme, or a negative.
func inverted(src *image.Gray) *image.Gray {
	var to [256]uint8
	for v := range to {
		to[v] = uint8(255 - v)
	}
	return mapped(src, &to)
}

func mapped(src *image.Gray, to *[256]uint8) *image.Gray {
	out := image.NewGray(src.Rect)
	for i, v := range src.Pix {
		out.Pix[i] = to[v]
	}
	return out
}

// centre cuts out the middle and enlarges it by num/den to the size of the whole, bilinearly: people aim at the
// middle, and decoders want more pixels a module than a code held too far away has.
func centre(src *image.Gray, num, den int) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, w, h))
	left, top := float64(w)*float64(num-den)/float64(2*num), float64(h)*float64(num-den)/float64(2*num)
	step := float64(den) / float64(num)
	for y := range h {
		sy := min(top+(float64(y)+0.5)*step-0.5, float64(h-1))
		y0 := max(int(sy), 0)
		y1, fy := min(y0+1, h-1), max(sy-float64(y0), 0)
		for x := range w {
			sx := min(left+(float64(x)+0.5)*step-0.5, float64(w-1))
			x0 := max(int(sx), 0)
			x1, fx := min(x0+1, w-1), max(sx-float64(x0), 0)
			upper := float64(src.Pix[y0*src.Stride+x0])*(1-fx) + float64(src.Pix[y0*src.Stride+x1])*fx
			lower := float64(src.Pix[y1*src.Stride+x0])*(1-fx) + float64(src.Pix[y1*src.Stride+x1])*fx
			out.Pix[y*out.Stride+x] = uint8(upper*(1-fy) + lower*fy + 0.5)
		}
	}
	return out
}
