package qr

import (
	"image"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// maxFinderCandidates bounds gozxing's search. It compares every three candidates for the corner squares, so a
// picture strewn with thousands of them, harmless to look at, would keep it busy for hours.
const maxFinderCandidates = 256

// zxing decodes with gozxing and its hybrid binariser, which copes with uneven light.
func zxing(img *image.Gray) (texts []string) {
	defer func() {
		if recover() != nil { // a bug of the decoder, or too many candidates: no code seen
			texts = nil
		}
	}()
	w, h := img.Rect.Dx(), img.Rect.Dy()
	source, err := gozxing.NewPlanarYUVLuminanceSource(img.Pix, w, h, 0, 0, w, h, false)
	if err != nil {
		return nil
	}
	bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(source))
	if err != nil {
		return nil
	}
	candidates := 0
	hints := map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: gozxing.ResultPointCallback(func(gozxing.ResultPoint) {
			if candidates++; candidates > maxFinderCandidates {
				panic("too many candidates") // the callback's only way out of the search
			}
		}),
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		return nil
	}
	return []string{result.GetText()}
}

// decodeModules decodes what was measured of a code, true for a black module, by rows of size. Error correction and
// parsing are gozxing's.
func decodeModules(black []bool, size int) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	bits, err := gozxing.NewSquareBitMatrix(size)
	if err != nil {
		return "", false
	}
	for i, b := range black {
		if b {
			bits.Set(i%size, i/size)
		}
	}
	result, err := decoder.NewDecoder().Decode(bits, nil)
	if err != nil {
		return "", false
	}
	return result.GetText(), true
}
