package meeting

import (
	"bytes"
	"context"
	"image"
	"io"
	"slices"
	"testing"

	"handslag/app/agent"
	"handslag/app/cli/console"
	"handslag/identity/qr"
)

// reel is a camera before which two pictures lie, one after the other, each time that it is opened.
type reel struct{ pictures []image.Image }

func (r *reel) Next(ctx context.Context) (image.Image, error) {
	if len(r.pictures) == 0 {
		return nil, io.EOF
	}
	next := r.pictures[0]
	r.pictures = r.pictures[1:]
	return next, nil
}

func (r *reel) Close() error { return nil }

// A wrong picture that lies on before the camera is one try, not three.
func TestAPictureThatWasTriedIsPassedOver(t *testing.T) {
	var texts []string
	var pictures []image.Image
	for i := range 2 {
		text, err := qr.Encode(bytes.Repeat([]byte{byte(i)}, 50))
		if err != nil {
			t.Fatal(err)
		}
		code, err := qr.Draw(text)
		if err != nil {
			t.Fatal(err)
		}
		texts, pictures = append(texts, text), append(pictures, code.Image(6))
	}
	a, err := agent.New(agent.Config{Vault: t.TempDir(), Outbox: t.TempDir(), Camera: func() (qr.Frames, error) { return &reel{slices.Clone(pictures)}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	c := &console.Console{Agent: a}
	for except, want := range map[string]string{"": texts[0], texts[0]: texts[1], texts[1]: texts[0]} {
		if got, err := look(t.Context(), c, except); err != nil || got != want {
			t.Errorf("after %.12q: %.12q, %v", except, got, err)
		}
	}
}
