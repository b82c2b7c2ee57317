package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Attachment is a file on a record. What it is called is protected, as its content is.
type Attachment struct {
	ID      string
	Record  string // Record.ID
	Name    string
	Content []byte
}

// Attachments are the files on the morning's record: a photograph, a PDF and a text, the same every
// time.
func Attachments() ([]Attachment, error) {
	photo, err := Photograph(morningAssignmentSeed, 1280, 960)
	if err != nil {
		return nil, fmt.Errorf("draw attachments: %w", err)
	}
	return []Attachment{
		{"b-4k7w2m-kran", MorningRecordID, "Huvudkranen i städskåpet.jpg", photo},
		{"b-4k7w2m-avtal", MorningRecordID, "Hyresavtal.pdf", page("Hyresavtal", "Lyktvardarvagen 14 B, lagenhet 1302", "Tre rum och kok, 71 kvadratmeter", "Uppsagningstid: tre manader")},
		{"b-4k7w2m-nycklar", MorningRecordID, "Nycklar och larm.txt", []byte("Nycklar och larm\n\n" +
			"Huvudnyckeln öppnar inte lägenheten: dörren har ett eget lås sedan i våras.\n" +
			"Ring på med tre korta signaler. Larmet har 30 sekunders fördröjning.\n" +
			"Fastighetsjouren har reservnyckeln i kuvert 14, kvitteras på kontoret.\n")},
	}, nil
}

const morningAssignmentSeed = 2300

// WriteAttachments writes the files of Attachments into dir, and a line of the import for each.
func WriteAttachments(lines io.Writer, dir string) error {
	files, err := Attachments()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "attachments"), 0o700); err != nil {
		return err
	}
	for _, a := range files {
		path := filepath.Join("attachments", a.ID)
		if err := os.WriteFile(filepath.Join(dir, path), a.Content, 0o600); err != nil {
			return err
		}
		line, err := json.Marshal(map[string]string{"type": "attachment", "id": a.ID, "record": a.Record, "name": a.Name, "file": filepath.ToSlash(path)})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(lines, "%s\n", line); err != nil {
			return err
		}
	}
	return nil
}

// Photograph draws what somebody might photograph in a cellar, as a JPEG: a rough wall in the light of a torch, a
// copper pipe with a red wheel on it, and the stain of a leak below.
func Photograph(seed uint64, width, height int) ([]byte, error) {
	rng := rand.New(rand.NewPCG(seed, stream))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	w, h := float64(width), float64(height)
	pipe := w * (0.4 + 0.2*rng.Float64())
	wheelY := h * (0.3 + 0.1*rng.Float64())
	rough := roughness(rng, 24)
	for y := range height {
		for x := range width {
			fx, fy := float64(x), float64(y)
			torch := 1.15 - 0.9*math.Hypot((fx-0.48*w)/w, (fy-0.45*h)/h)
			grain := rough(fx/w*9, fy/h*9)*18 + rng.Float64()*5
			r, g, b := 148+grain, 142+grain, 132+grain
			if math.Mod(fy+h*0.02*rough(fx/w*3, 0), h/6) < h*0.006 { // joints between blocks
				r, g, b = r-34, g-34, b-32
			}
			if d := math.Hypot((fx-pipe-w*0.06)/(0.17*w), (fy-0.82*h)/(0.2*h)) + 0.22*rough(fx/w*5, fy/h*5); d < 1 { // the stain
				k := math.Min(1, (1-d)*2.2)
				r, g, b = r-58*k, g-66*k, b-74*k
			}
			if d := (fx - pipe) / (0.028 * w); math.Abs(d) < 1 { // the pipe, with its light
				shine := math.Exp(-(d + 0.35) * (d + 0.35) * 9)
				r, g, b = 128+100*shine-40*d, 78+84*shine-26*d, 48+66*shine-18*d
			}
			ring := math.Hypot(fx-pipe, fy-wheelY) / (0.095 * w)
			spoke := math.Abs(math.Sin(2 * math.Atan2(fy-wheelY, fx-pipe)))
			if ring < 1 && (ring > 0.8 || ring < 0.2 || spoke < 0.12) { // the wheel
				r, g, b = 176-30*ring, 34, 30
			}
			img.SetRGBA(x, y, color.RGBA{level(r * torch), level(g * torch), level(b * torch), 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 82}); err != nil {
		return nil, fmt.Errorf("draw photograph: %w", err)
	}
	return out.Bytes(), nil
}

// roughness is smooth noise between -1 and 1 over a grid of size random heights.
func roughness(rng *rand.Rand, size int) func(x, y float64) float64 {
	heights := make([]float64, size*size)
	for i := range heights {
		heights[i] = 2*rng.Float64() - 1
	}
	at := func(x, y int) float64 { return heights[(y%size+size)%size*size+(x%size+size)%size] }
	return func(x, y float64) float64 {
		ix, iy := math.Floor(x), math.Floor(y)
		fx, fy := x-ix, y-iy
		fx, fy = fx*fx*(3-2*fx), fy*fy*(3-2*fy)
		i, j := int(ix), int(iy)
		top := at(i, j)*(1-fx) + at(i+1, j)*fx
		bottom := at(i, j+1)*(1-fx) + at(i+1, j+1)*fx
		return top*(1-fy) + bottom*fy
	}
}

func level(v float64) uint8 { return uint8(math.Max(0, math.Min(255, v))) }

// page is a PDF of one page with a few lines in Helvetica (ISO 32000-1 §7.5).
func page(title string, text ...string) []byte {
	var content bytes.Buffer
	fmt.Fprintf(&content, "BT /F1 24 Tf 72 760 Td (%s) Tj ET\n", title)
	for i, line := range text {
		fmt.Fprintf(&content, "BT /F1 12 Tf 72 %d Td (%s) Tj ET\n", 720-18*i, line)
	}
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", content.Len(), content.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, object := range objects {
		offsets[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, xref)
	return out.Bytes()
}
