package ui

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestAnOldLoadNeverCoversANewer(t *testing.T) {
	var latest Latest
	var held []func()
	hold := func(work func()) { held = append(held, work) }
	var shown []int
	for i := range 3 {
		Load(latest.Next(context.Background()), hold, func(context.Context) (int, error) { return i, nil }, func(n int, _ error) { shown = append(shown, n) })
	}
	for _, i := range []int{2, 0, 1} { // answers come in any order
		held[i]()
	}
	if fmt.Sprint(shown) != "[2]" {
		t.Errorf("shown %v", shown)
	}
	latest.Stop()
	wrong := errors.New("away")
	Load(latest.Next(context.Background()), AtOnce, func(context.Context) (int, error) { return 0, wrong }, func(_ int, err error) {
		if !errors.Is(err, wrong) {
			t.Errorf("the error became %v", err)
		}
		shown = nil
	})
	if shown != nil {
		t.Error("an error was not shown")
	}
}
