package qr

import (
	"fmt"
	"image"
	"os"
	"slices"
	"testing"
	"time"
	"image/png"
)

func dump(s *score) {
	r, n := 0, 0
	for k := range kinds {
		if s.taken[k] == 0 { continue }
		fmt.Printf("%-16s %3d/%3d\n", kinds[k].name, s.read[k], s.taken[k])
		if !kinds[k].apart { r += s.read[k]; n += s.taken[k] }
	}
	pc := func(d []time.Duration, p int) time.Duration { if len(d)==0 {return 0}; slices.Sort(d); return d[min(len(d)*p/100,len(d)-1)] }
	fmt.Printf("all %.1f%% of %d; read med %v p95 %v max %v; lost med %v p95 %v max %v\n", 100*float64(r)/float64(n), n, pc(s.times,50), pc(s.times,95), pc(s.times,100), pc(s.lost,50), pc(s.lost,95), pc(s.lost,100))
	fmt.Println("wrong:", s.wrong)
	if os.Getenv("V") != "" { slices.Sort(s.missed); for _, m := range s.missed { fmt.Println(m) } }
}

func TestDevChain(t *testing.T) { dump(try(t, tuningSet, 20, Read)) }
func TestDevAlone(t *testing.T) {
	dump(try(t, tuningSet, 20, func(img image.Image) (string, error) {
		g, _ := luminanceOf(img)
		if x := zxing(g); len(x) > 0 { return x[0], nil }
		return "", ErrNoCode
	}))
}
func TestDevGen(t *testing.T) {
	start := time.Now()
	for k := range kinds {
		s, p, r := shotOf(tuningSet, k, 3)
		text, _ := Encode(p)
		c, _ := Draw(text)
		f, _ := os.Create(fmt.Sprintf("/tmp/qrpics/%02d.png", k))
		png.Encode(f, s.take(c, r))
		f.Close()
	}
	fmt.Println(time.Since(start)/time.Duration(len(kinds)))
}
