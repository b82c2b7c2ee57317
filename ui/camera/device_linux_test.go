package camera

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"handslag/identity/qr"
)

func TestNodesBearTheirMakersNames(t *testing.T) {
	sysfs := t.TempDir()
	for node, name := range map[string]string{"video10": "Second\n", "video2": "First Camera: HD\n", "v4l-subdev0": "Sensor\n", "video3": "\n"} {
		if err := os.MkdirAll(filepath.Join(sysfs, node), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(sysfs, node, "name"), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []Device{{"/dev/video2", "First Camera: HD"}, {"/dev/video3", "video3"}, {"/dev/video10", "Second"}}
	if got := nodes(sysfs, "/dev"); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := nodes(filepath.Join(sysfs, "none"), "/dev"); len(got) != 0 {
		t.Errorf("without the folder: %v", got)
	}
}

func TestWhatIsNoCamera(t *testing.T) {
	file := filepath.Join(t.TempDir(), "video0")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(t.TempDir(), "none"), "/dev/null"} {
		if _, err := Open(path); !errors.Is(err, qr.ErrNoCamera) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}

// A real V4L2 device: `make camera` boots a machine that has two, one that is fed by the test and one
// that makes pictures of its own, and runs these there.
func device(t *testing.T, variable string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skip("no camera to feed on this machine: `make camera` boots one that has it")
	}
	return path
}

func TestACodeHeldBeforeARealDeviceIsRead(t *testing.T) {
	path := device(t, "HANDSLAG_V4L2_FED")
	stop := feed(t, path, packed(still(t, text, 640, 480)), 640, 480)
	defer stop()
	if !slices.ContainsFunc(List(), func(d Device) bool { return d.Path == path && d.Name != "" }) {
		t.Errorf("the camera is not listed: %v", List())
	}
	frames, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer frames.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // the machine is emulated
	defer cancel()
	got, err := qr.Scan(ctx, frames, func(string) bool { return true })
	if err != nil || got != text {
		t.Fatalf("read %q, %v", got, err)
	}
	t.Logf("read through %s", path)
	if err := frames.Close(); err != nil {
		t.Error(err)
	}
	if _, err := frames.Next(t.Context()); !errors.Is(err, qr.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestACameraThatAnotherProgramHolds(t *testing.T) {
	path := device(t, "HANDSLAG_V4L2_OWN")
	first, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := first.Next(t.Context())
	if err != nil || img.Bounds().Dx() < 320 {
		t.Fatalf("its own picture: %v, %v", img, err)
	}
	t.Logf("pictures of %v", img.Bounds().Size())
	if _, err := Open(path); !errors.Is(err, qr.ErrCameraBusy) {
		t.Errorf("held by another: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(Auto)
	if err != nil {
		t.Fatalf("and free again: %v", err)
	}
	_ = again.Close()
}

// feed writes one picture again and again into a v4l2loopback device, as a camera would give it.
func feed(t *testing.T, path string, frame []byte, width, height uint32) (stop func()) {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	// struct v4l2_format (208 bytes): type, then struct v4l2_pix_format behind four bytes of padding.
	var format [52]uint32
	format[0] = 2 // V4L2_BUF_TYPE_VIDEO_OUTPUT
	copy(format[2:], []uint32{width, height, uint32(yuyv), 1, 2 * width, 2 * width * height, 8})
	const setFormat = 3<<30 | 208<<16 | 'V'<<8 | 5 // VIDIOC_S_FMT
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), setFormat, uintptr(unsafe.Pointer(&format))); errno != 0 {
		t.Fatalf("set the format to feed: %v", errno)
	}
	if _, err := unix.Write(fd, frame); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_, _ = unix.Write(fd, frame)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
		_ = unix.Close(fd)
	}
}
