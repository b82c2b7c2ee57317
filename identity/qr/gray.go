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

func mapped(src *image.Gray, to *[256]uint8) *image.Gray {
	out := image.NewGray(src.Rect)
	for i, v := range src.Pix {
		out.Pix[i] = to[v]
	}
	return out
}
