package qr

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeSamples makes the committed samples anew, after the kinds have changed:
// go test ./identity/qr -run Samples -write-samples
var writeSamples = flag.Bool("write-samples", false, "write testdata/samples anew")

const sampleDir = "testdata/samples"

// samples are a handful of the tuning set's pictures, to look at and to read as files.
var samples = []struct {
	kind   string
	number int
}{
	{"perspective", 10}, {"motion", 3}, {"moiré", 5}, {"glare", 3}, {"partial shade", 8},
	{"finger", 3}, {"small", 11}, {"combined", 7},
}

func TestSamplesAreRead(t *testing.T) {
	if *writeSamples {
		saveSamples(t)
	}
	list, err := os.ReadFile(filepath.Join(sampleDir, "texts"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(list)), "\n")
	if len(lines) != len(samples) {
		t.Fatalf("%d samples, want %d", len(lines), len(samples))
	}
	for _, line := range lines {
		name, text, _ := strings.Cut(line, " ")
		file, err := os.ReadFile(filepath.Join(sampleDir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ReadPicture(bytes.NewReader(file)); err != nil || got != text {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func saveSamples(t *testing.T) {
	if err := os.MkdirAll(sampleDir, 0o755); err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	for _, sample := range samples {
		for k := range kinds {
			if kinds[k].name != sample.kind {
				continue
			}
			picture, text := pictureOf(tuningSet, k, sample.number)
			part := image.NewGray(image.Rect(0, 0, 800, 640))
			draw.Draw(part, part.Rect, picture, image.Pt((shotWidth-800)/2, (shotHeight-640)/2), draw.Src)
			var file bytes.Buffer
			if err := jpeg.Encode(&file, part, &jpeg.Options{Quality: 60}); err != nil {
				t.Fatal(err)
			}
			name := strings.ReplaceAll(strings.ReplaceAll(sample.kind, " ", "-"), "é", "e") + ".jpg"
			if err := os.WriteFile(filepath.Join(sampleDir, name), file.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&list, "%s %s\n", name, text)
		}
	}
	if err := os.WriteFile(filepath.Join(sampleDir, "texts"), []byte(list.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
