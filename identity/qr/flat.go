package qr

import (
	"image"
	"math"
)

// flatMiddle is the luminance in a flattened picture of what is as bright as its surroundings.
const flatMiddle = 128

// cell is the side in pixels of the squares for which flatten takes stock of light; finer is not worth its time.
const cell = 4

// flatten evens out light and contrast: each pixel is measured against the mean and the spread of a square reaching
// radius pixels around it, so that shade, glare and a dim screen look alike. Values run from 0 to 255 about flatMiddle.
func flatten(src *image.Gray, radius int) *image.Gray {
	const (
		least = 3  // a spread below this is the sensor's noise and not to be blown up
		scale = 64 // what one spread becomes
	)
	w, h := src.Rect.Dx(), src.Rect.Dy()
	cols, rows := (w+cell-1)/cell, (h+cell-1)/cell
	// Summed area tables of luminances, their squares and the number of pixels in whole cells.
	stride := cols + 1
	sums, squares := make([]int64, stride*(rows+1)), make([]int64, stride*(rows+1))
	for cy := range rows {
		sum, square := sums[(cy+1)*stride:][:stride], squares[(cy+1)*stride:][:stride]
		for y := cy * cell; y < min(cy*cell+cell, h); y++ {
			line := src.Pix[y*src.Stride:][:w]
			for cx := range cols {
				var s, q int32
				for _, v := range line[cx*cell : min(cx*cell+cell, w)] {
					s, q = s+int32(v), q+int32(v)*int32(v)
				}
				sum[cx+1] += int64(s)
				square[cx+1] += int64(q)
			}
		}
		above, aboveSquare := sums[cy*stride:][:stride], squares[cy*stride:][:stride]
		var s, q int64
		for cx := range cols {
			s, q = s+sum[cx+1], q+square[cx+1]
			sum[cx+1], square[cx+1] = above[cx+1]+s, aboveSquare[cx+1]+q
		}
	}
	out := image.NewGray(src.Rect)
	reach := max(radius/cell, 1)
	for cy := range rows {
		top, bottom := max(cy-reach, 0), min(cy+reach+1, rows)
		for cx := range cols {
			left, right := max(cx-reach, 0), min(cx+reach+1, cols)
			tl, tr, bl, br := top*stride+left, top*stride+right, bottom*stride+left, bottom*stride+right
			n := float32((min(bottom*cell, h) - top*cell) * (min(right*cell, w) - left*cell))
			mean := float32(sums[br]-sums[tr]-sums[bl]+sums[tl]) / n
			spread := float32(squares[br]-squares[tr]-squares[bl]+squares[tl])/n - mean*mean
			gain := scale / float32(math.Sqrt(float64(max(spread, least*least))))
			base := flatMiddle - mean*gain
			for y := cy * cell; y < min(cy*cell+cell, h); y++ {
				from, to := src.Pix[y*src.Stride:][:w], out.Pix[y*out.Stride:][:w]
				for x := cx * cell; x < min(cx*cell+cell, w); x++ {
					to[x] = uint8(min(max(int32(base+float32(from[x])*gain), 0), 255))
				}
			}
		}
	}
	return out
}

// lifted is the logarithm of light, so that black and white differ as much in a shadow as outside it.
func lifted(src *image.Gray) *image.Gray {
	const dark = 8 // luminances that a sensor shows for none
	var to [256]uint8
	for v := range to {
		to[v] = uint8(255*math.Log1p(float64(v)/dark)/math.Log1p(255.0/dark) + 0.5)
	}
	return mapped(src, &to)
}

// smooth averages each pixel with its neighbours, weighing 1 2 1 in both directions: against the sensor's noise.
func smooth(src *image.Gray) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewGray(src.Rect)
	sums := make([]uint16, w)
	for y := range h {
		above, at, below := src.Pix[max(y-1, 0)*src.Stride:][:w], src.Pix[y*src.Stride:][:w], src.Pix[min(y+1, h-1)*src.Stride:][:w]
		for x := range w {
			sums[x] = uint16(above[x]) + 2*uint16(at[x]) + uint16(below[x])
		}
		to := out.Pix[y*out.Stride:][:w]
		for x := range w {
			to[x] = uint8((sums[max(x-1, 0)] + 2*sums[x] + sums[min(x+1, w-1)] + 8) / 16)
		}
	}
	return out
}

// double enlarges a picture to twice its size, bilinearly: runs of a pixel or two can then be measured.
func double(src *image.Gray) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, 2*w, 2*h))
	for y := range 2 * h {
		near := src.Pix[y/2*src.Stride:][:w]
		far := src.Pix[min(max(y/2+y%2*2-1, 0), h-1)*src.Stride:][:w]
		to := out.Pix[y*out.Stride:][: 2*w : 2*w]
		for x := range w {
			mid := 3*uint16(near[x]) + uint16(far[x])
			l, r := max(x-1, 0), min(x+1, w-1)
			to[2*x] = uint8((3*mid + 3*uint16(near[l]) + uint16(far[l]) + 8) / 16)
			to[2*x+1] = uint8((3*mid + 3*uint16(near[r]) + uint16(far[r]) + 8) / 16)
		}
	}
	return out
}

// lightAt is the luminance at a point, bilinearly; pixel (0, 0) has its middle at (0.5, 0.5). Outside it is that of
// the nearest pixel.
func lightAt(img *image.Gray, x, y float64) float32 {
	x, y = x-0.5, y-0.5
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if !(x >= 0 && y >= 0 && x < float64(w-1) && y < float64(h-1)) {
		x, y = min(max(x, 0), float64(w-1)-0.001), min(max(y, 0), float64(h-1)-0.001)
		if !(x >= 0 && y >= 0) { // not a number
			return flatMiddle
		}
	}
	ix, iy := int(x), int(y)
	fx, fy := float32(x-float64(ix)), float32(y-float64(iy))
	at := iy*img.Stride + ix
	p, q := img.Pix[at:at+2:at+2], img.Pix[at+img.Stride:at+img.Stride+2:at+img.Stride+2]
	upper := float32(p[0]) + fx*(float32(p[1])-float32(p[0]))
	lower := float32(q[0]) + fx*(float32(q[1])-float32(q[0]))
	return upper + fy*(lower-upper)
}
