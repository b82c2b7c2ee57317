package identity_test

import (
	"bytes"
	"testing"

	"handslag/identity"
)

func TestWipingACopyOfASealingKeyLeavesTheKey(t *testing.T) {
	key, err := identity.NewSealPrivate()
	if err != nil {
		t.Fatal(err)
	}
	first, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Clone(first)
	clear(first)
	if again, err := key.Bytes(); err != nil || !bytes.Equal(again, want) {
		t.Errorf("the second copy is another: %v", err)
	}
}
