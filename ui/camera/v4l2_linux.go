package camera

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"syscall"

	"github.com/blackjack/webcam"

	"handslag/identity/qr"
)

// The formats that are read, as V4L2 numbers them (four characters, little endian).
const (
	yuyv  webcam.PixelFormat = 'Y' | 'U'<<8 | 'Y'<<16 | 'V'<<24
	mjpeg webcam.PixelFormat = 'M' | 'J'<<8 | 'P'<<16 | 'G'<<24
)

const (
	wishWidth, wishHeight = 1280, 720 // enough for a code at arm's length, quick to decode
	buffers               = 3
	silence               = 5 // seconds without a picture, after which there is none
)

// mode is a format and a size that the camera offers.
type mode struct {
	format        webcam.PixelFormat
	width, height uint32
}

// choose is the mode nearest to what is wished; of equals the compressed one, which more cameras
// give at full rate. Only sizes that the camera lists are chosen: the driver would change others
// without saying so.
func choose(cam *webcam.Webcam) (mode, bool) {
	var best mode
	found := false
	offered := cam.GetSupportedFormats()
	for _, format := range []webcam.PixelFormat{mjpeg, yuyv} {
		if _, ok := offered[format]; !ok {
			continue
		}
		for _, s := range cam.GetSupportedFrameSizes(format) {
			m := mode{format, fit(wishWidth, s.MinWidth, s.MaxWidth, s.StepWidth), fit(wishHeight, s.MinHeight, s.MaxHeight, s.StepHeight)}
			if m.width > maxSide || m.height > maxSide || m.width%2 != 0 {
				continue
			}
			if !found || m.distance() < best.distance() {
				best, found = m, true
			}
		}
	}
	return best, found
}

// fit is the value nearest to wish from least to most in steps.
func fit(wish, least, most, step uint32) uint32 {
	switch {
	case wish <= least:
		return least
	case wish >= most:
		return most
	case step > 1:
		return least + (wish-least)/step*step
	}
	return wish
}

func (m mode) distance() int64 {
	d := int64(m.width)*int64(m.height) - wishWidth*wishHeight
	return max(d, -d)
}

// source is an open camera.
type source struct {
	cam  *webcam.Webcam
	mode mode

	closing sync.Once
	closed  chan struct{}
	mu      sync.Mutex // one Next at a time, and Close after it
}

func open(path string) (qr.Frames, error) {
	cam, err := webcam.Open(path)
	if err != nil {
		return nil, named(err)
	}
	m, ok := choose(cam)
	if !ok {
		return nil, errors.Join(fmt.Errorf("open camera: it offers nothing that can be read: %w", qr.ErrNoCamera), cam.Close())
	}
	format, _, _, err := cam.SetImageFormat(m.format, m.width, m.height)
	if err == nil && format != m.format {
		err = fmt.Errorf("it gives another format than it offers: %w", qr.ErrNoCamera)
	}
	if err == nil {
		err = cam.SetBufferCount(buffers)
	}
	if err == nil {
		err = cam.StartStreaming()
	}
	if err != nil {
		return nil, errors.Join(named(err), cam.Close())
	}
	return &source{cam: cam, mode: m, closed: make(chan struct{})}, nil
}

// named says what an error of the driver means to the person.
func named(err error) error {
	switch {
	case errors.Is(err, syscall.EBUSY):
		return fmt.Errorf("open camera: %w: %w", qr.ErrCameraBusy, err)
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return fmt.Errorf("open camera: %w: %w", qr.ErrCameraForbidden, err)
	case errors.Is(err, qr.ErrNoCamera):
		return fmt.Errorf("open camera: %w", err)
	}
	return fmt.Errorf("open camera: %w: %w", qr.ErrNoCamera, err)
}

// Next waits for a frame and returns a copy of the newest. The driver is asked for a second at a
// time, so that a screen that is left waits no longer.
func (s *source) Next(ctx context.Context) (image.Image, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for silent := 0; ; {
		select {
		case <-s.closed:
			return nil, qr.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		default:
		}
		var timeout *webcam.Timeout
		switch err := s.cam.WaitForFrame(1); {
		case errors.As(err, &timeout):
			if silent++; silent == silence {
				return nil, fmt.Errorf("read camera: %w", qr.ErrCameraSilent)
			}
			continue
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return nil, named(err)
		}
		img, err := s.newest()
		if errors.Is(err, errPicture) {
			if silent++; silent == 60*silence {
				return nil, fmt.Errorf("read camera: %w: %w", qr.ErrCameraSilent, err)
			}
			continue
		}
		return img, err
	}
}

// newest takes what the driver has, and of that the last.
func (s *source) newest() (image.Image, error) {
	data, index, err := s.cam.GetFrame()
	if err != nil {
		return nil, named(err)
	}
	for range buffers { // a slow reader has older ones before it
		later, next, err := s.cam.GetFrame()
		if err != nil {
			break
		}
		if err := s.cam.ReleaseFrame(index); err != nil {
			return nil, named(err)
		}
		data, index = later, next
	}
	img, damaged := s.decode(data)
	if err := s.cam.ReleaseFrame(index); err != nil {
		return nil, named(err)
	}
	return img, damaged
}

func (s *source) decode(data []byte) (image.Image, error) {
	if s.mode.format == mjpeg {
		return decodeMJPEG(data)
	}
	return unpackYUYV(data, int(s.mode.width), int(s.mode.height))
}

// Close lets go of the camera; a Next under way ends within a second, and Close with it.
func (s *source) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.closed)
		s.mu.Lock()
		defer s.mu.Unlock()
		err = s.cam.Close()
	})
	return err
}
