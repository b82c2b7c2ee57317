package qr

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// roll is a source of frames in memory, ended by io.EOF.
type roll struct {
	frames []image.Image
	given  int
}

func (r *roll) Next(context.Context) (image.Image, error) {
	if r.given == len(r.frames) {
		return nil, io.EOF
	}
	r.given++
	return r.frames[r.given-1], nil
}

func (r *roll) Close() error { return nil }

func frameOf(t testing.TB, text string) image.Image { return drawn(t, text).Image(4) }

func TestScanPassesOverWhatItCannotUse(t *testing.T) {
	ours, other := payloadText(t, 60, 1), payloadText(t, 60, 2)
	blank := image.NewGray(image.Rect(0, 0, 200, 200))
	source := &roll{frames: []image.Image{
		blank, frameOf(t, "HTTPS://EXAMPLE.ORG"), broken{image.Rect(0, 0, 90, 90)}, frameOf(t, other), frameOf(t, other),
		blank, frameOf(t, other), nil, frameOf(t, ours), frameOf(t, other),
	}}
	var seen []string
	got, err := Scan(t.Context(), source, func(text string) bool {
		seen = append(seen, text)
		return text == ours
	})
	if err != nil || got != ours {
		t.Errorf("got %.12q, %v", got, err)
	}
	if want := []string{"HTTPS://EXAMPLE.ORG", other, other, ours}; !slices.Equal(seen, want) {
		t.Errorf("%d texts were offered; equal frames in a row should be decoded once: %q", len(seen), seen)
	}
	if source.given != 9 {
		t.Errorf("%d frames taken", source.given)
	}
}

func TestScanEndsWithItsSourceAndItsContext(t *testing.T) {
	none := func(string) bool { return false }
	if _, err := Scan(t.Context(), &roll{frames: []image.Image{frameOf(t, "HS1:74")}}, none); !errors.Is(err, io.EOF) {
		t.Errorf("an ended source: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	source := &roll{frames: slices.Repeat([]image.Image{frameOf(t, "HS1:74"), frameOf(t, "HS1:AA")}, 50)}
	_, err := Scan(ctx, source, func(string) bool { cancel(); return false })
	if !errors.Is(err, context.Canceled) || source.given != 1 {
		t.Errorf("cancelled: %v after %d frames", err, source.given)
	}
}

func TestCamerasByName(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		none bool
	}{{"none", true}, {"frames:" + filepath.Join(dir, "nowhere"), true}, {"frames:" + file, true}, {"frames:", false}, {"", false}, {"0", false}} {
		frames, err := OpenCamera(c.name, Every(time.Second))
		if err == nil || frames != nil || errors.Is(err, ErrNoCamera) != c.none {
			t.Errorf("%q: %v, %v", c.name, frames, err)
		}
	}
	frames, err := OpenCamera("frames:"+dir, Every(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	frames.Close()
}

// watched is a folder source with ticks by hand, in a synctest bubble.
type watched struct {
	*testing.T
	dir     string
	ticks   chan time.Time
	stopped int
	frames  Frames
	told    chan answer // of a Next that still waits
}

type answer struct {
	img image.Image
	err error
}

func watch(t *testing.T) *watched {
	w := &watched{T: t, dir: t.TempDir(), ticks: make(chan time.Time)}
	frames, err := FramesFromDir(w.dir, func() (<-chan time.Time, func()) {
		return w.ticks, func() { w.stopped++ }
	})
	if err != nil {
		t.Fatal(err)
	}
	w.frames = frames
	t.Cleanup(func() { frames.Close() })
	return w
}

// look ticks once, lets the source look, and tells what it found.
func (w *watched) look() string {
	w.Helper()
	if w.told == nil {
		w.told = make(chan answer, 1)
		go func() {
			img, err := w.frames.Next(w.Context())
			w.told <- answer{img, err}
		}()
	} else {
		w.ticks <- time.Time{}
	}
	synctest.Wait()
	select {
	case got := <-w.told:
		return w.textOf(got)
	default:
		return ""
	}
}

func (w *watched) textOf(got answer) string {
	w.Helper()
	w.told = nil
	if got.err != nil {
		w.Fatal(got.err)
	}
	text, err := Read(got.img)
	if err != nil {
		w.Fatal(err)
	}
	return text
}

// put writes a file by temp and rename; later is its modification time in seconds after an hour past.
func (w *watched) put(name string, content []byte, later int) {
	w.Helper()
	temp := filepath.Join(w.dir, ".temp")
	if err := os.WriteFile(temp, content, 0o600); err != nil {
		w.Fatal(err)
	}
	at := time.Unix(1_700_000_000+int64(later), 0)
	if err := os.Chtimes(temp, at, at); err != nil {
		w.Fatal(err)
	}
	if err := os.Rename(temp, filepath.Join(w.dir, name)); err != nil {
		w.Fatal(err)
	}
}

func (w *watched) wants(want, when string) {
	w.Helper()
	if got := w.look(); got != want {
		w.Errorf("%s: %.16q, want %.16q", when, got, want)
	}
}

func TestAFolderYieldsItsNewestPictureWhenItChanges(t *testing.T) {
	synctest.Test(t, aFolderYieldsItsNewestPictureWhenItChanges)
}

func aFolderYieldsItsNewestPictureWhenItChanges(t *testing.T) {
	w := watch(t)
	a, b, c := "HS1:AA", "HS1:AE", "HS1:AI"
	w.wants("", "an empty folder")
	w.put("a.png", pngOf(t, a), 1)
	w.wants(a, "the first picture")
	w.wants("", "nothing new")
	w.put("b.JPG", jpegOf(t, b), 3)
	w.wants(b, "a newer picture")
	w.put("c.gif", gifOf(t, c), 2)
	w.wants("", "an older picture")
	w.put("b.JPG", jpegOf(t, a), 3)
	w.wants(a, "the same name and time with another content")
	w.put("b.JPG", jpegOf(t, a), 4)
	w.wants(a, "the same content written anew")
	if err := os.Remove(filepath.Join(w.dir, "b.JPG")); err != nil {
		t.Fatal(err)
	}
	w.wants(c, "the newest is gone, and the one before it counts")
}

func TestAFolderPassesOverWhatIsNoPicture(t *testing.T) {
	synctest.Test(t, aFolderPassesOverWhatIsNoPicture)
}

func aFolderPassesOverWhatIsNoPicture(t *testing.T) {
	w := watch(t)
	a, b := "HS1:AA", "HS1:AE"
	w.put("a.png", pngOf(t, a), 1)
	w.wants(a, "the first picture")
	whole := pngOf(t, b)
	w.put(".b.png", whole, 9)
	w.put("b.txt", whole, 9)
	w.put("b", whole, 9)
	w.put("large.png", append(bytes.Clone(whole), make([]byte, MaxPictureBytes)...), 9)
	w.put("claims.png", hugePNG(1<<20, 1<<20), 9)
	if err := os.Mkdir(filepath.Join(w.dir, "folder.png"), 0o700); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "outside.png")
	if err := os.WriteFile(outside, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(w.dir, "link.png")); err != nil {
		t.Log("no links here:", err)
	}
	w.wants("", "files that are no pictures")
	for i := range 6 {
		w.put("half"+string(rune('0'+i))+".png", whole[:len(whole)-1-i], 20+i)
	}
	w.put("b.png", whole, 10)
	w.wants("", "four half-written files hide it for a tick")
	w.wants(b, "a picture behind half-written ones")
	w.put("half0.png", pngOf(t, a), 30)
	w.wants(a, "a half-written one that is whole now")
}

func TestAFolderEndsCleanly(t *testing.T) {
	w := watch(t)
	told := make(chan error)
	go func() {
		_, err := w.frames.Next(context.Background())
		told <- err
	}()
	w.ticks <- time.Time{}
	for range 2 {
		if err := w.frames.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := <-told; !errors.Is(err, ErrClosed) {
		t.Errorf("closed while waiting: %v", err)
	}
	if _, err := w.frames.Next(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("closed before: %v", err)
	}
	if w.stopped != 1 {
		t.Errorf("the clock was stopped %d times", w.stopped)
	}

	gone := watch(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := gone.frames.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := os.Remove(gone.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := gone.frames.Next(t.Context()); !errors.Is(err, ErrNoCamera) {
		t.Errorf("the folder is gone: %v", err)
	}

	full := watch(t)
	for i := range maxFolderEntries + 1 {
		if err := os.WriteFile(filepath.Join(full.dir, strings.Repeat("x", 1+i%100)+string(rune('a'+i/100))), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := full.frames.Next(t.Context()); !errors.Is(err, ErrOversized) {
		t.Errorf("a folder of a thousand files: %v", err)
	}
}

func TestOneDevicesPictureIsTheOthersCamera(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		frames, err := OpenCamera("frames:"+dir, Every(200*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		defer frames.Close()
		wrong, right := payloadText(t, 105, 1), payloadText(t, 105, 2)
		go func() {
			for _, text := range []string{wrong, right} {
				time.Sleep(time.Second) // the bubble's clock, which costs no time
				if err := WritePicture(filepath.Join(dir, "bo.png"), drawn(t, text)); err != nil {
					t.Error(err)
				}
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		got, err := Scan(ctx, frames, func(text string) bool { return text == right })
		if err != nil || got != right {
			t.Errorf("got %.12q, %v", got, err)
		}
	})
}
