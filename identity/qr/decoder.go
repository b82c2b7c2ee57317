package qr

import (
	"image"
	"sync/atomic"
	"time"

	"github.com/liyue201/goqr"
	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// decode looks for codes in a picture and returns the texts found, none if there is none. It never panics.
type decode func(*image.Gray) []string

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

// goqrPatience is how long goqr may take; it needs some 10 ms for a camera's frame.
const goqrPatience = 5 * time.Second

// goqrAdrift counts goqr runs that were given up and still compute. Its search for the alignment square has no
// bound that a distorted picture could not push out of reach, and a goroutine cannot be ended from outside. So at
// most a few ever drift, and while one does the other decoder works alone.
var goqrAdrift atomic.Int32

// quirc decodes with goqr, which sees tilted and small codes that gozxing misses, and several in one picture.
func quirc(img *image.Gray) []string {
	if goqrAdrift.Load() > 0 {
		return nil
	}
	return patiently(func() []string { return recognise(img) }, goqrPatience, &goqrAdrift)
}

// patiently returns what work returns, or nothing when it takes longer than patience; work is then counted in
// adrift until it ends.
func patiently(work func() []string, patience time.Duration, adrift *atomic.Int32) []string {
	done := make(chan []string, 1)
	go func() { done <- work() }()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case texts := <-done:
		return texts
	case <-timer.C:
		adrift.Add(1)
		go func() {
			<-done
			adrift.Add(-1)
		}()
		return nil
	}
}

func recognise(img *image.Gray) (texts []string) {
	defer func() {
		if recover() != nil {
			texts = nil
		}
	}()
	w, h := img.Rect.Dx(), img.Rect.Dy()
	recogniser := goqr.NewRecognizer(w, h)
	recogniser.Begin()
	for y := range h {
		for x, v := range img.Pix[y*img.Stride:][:w] {
			recogniser.SetPixel(x, y, v)
		}
	}
	recogniser.End()
	for i := range recogniser.Count() {
		if text, ok := payloadOf(recogniser, i); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// payloadOf recovers for itself, so that one broken code in a picture does not hide the whole one beside it.
func payloadOf(recogniser goqr.Recognizer, index int) (text string, ok bool) {
	defer func() {
		if recover() != nil {
			text, ok = "", false
		}
	}()
	data, err := recogniser.Decode(index)
	if err != nil {
		return "", false
	}
	return string(data.Payload), true
}
