package vault

import (
	"sync/atomic"
	"testing"
	"time"

	"handslag/vault/factor"
	"handslag/vault/internal/keybag"
	"handslag/vault/internal/seal"
)

// slowKeyring takes its time to put something away, once it is told to.
type slowKeyring struct {
	factor.Keyring
	slow           atomic.Bool
	asked, answers chan struct{}
}

func (k *slowKeyring) Set(name string, data []byte) error {
	if k.slow.Load() {
		close(k.asked)
		<-k.answers
	}
	return k.Keyring.Set(name, data)
}

// While a keyring makes up its mind about an erasure, people go on reading what is about others, and
// what they do becomes durable before anything says that it is.
func TestNobodyWhoReadsWaitsForAKeyring(t *testing.T) {
	m := plainMachine()
	ring := &slowKeyring{Keyring: m.keyring, asked: make(chan struct{}), answers: make(chan struct{})}
	w := bareWorld(t, t.TempDir()+"/vault")
	w.options = m.options(keyring)
	w.options.Keyring = ring
	w.begin()
	w.put(w.copy(rita, ritaS, 1, morning))
	w.put(w.copy(bosse, bosseS, 1, morning))
	before, err := w.vault.SubjectKey(bosseS)
	must(t, err)
	box := before.Seal(nil, nil, []byte("payload key"), nil)
	stamp := w.stamp(opened(bosse, bosseS, 1))
	profile, err := w.vault.Profile()
	must(t, err)

	ring.slow.Store(true)
	erased := make(chan error, 1)
	go func() { erased <- w.vault.Erase(ritaS) }()
	<-ring.asked
	saved, fresh := make(chan error, 1), make(chan error, 1)
	go func() { saved <- w.vault.SaveProfile(profile, nil) }()
	var newcomer []byte
	go func() {
		key, err := w.vault.SubjectKey("subject-new")
		if err == nil {
			newcomer = key.Seal(nil, nil, []byte("payload key"), nil)
		}
		fresh <- err
	}()
	read := make(chan struct{})
	go func() {
		defer close(read)
		for range 100 { // also once those two have begun to wait
			if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != 1 {
				t.Errorf("the list: %d rows, %v", len(rows), err)
			}
		}
		if _, err := w.open(stamp, bosse, morning); err != nil {
			t.Errorf("a part: %v", err)
		}
		if key, err := w.vault.SubjectKey(bosseS); err != nil {
			t.Errorf("a key: %v", err)
		} else if _, err := key.Open(nil, nil, box, nil); err != nil {
			t.Errorf("what was sealed before: %v", err)
		}
	}()
	select {
	case <-read:
	case <-time.After(5 * time.Minute):
		t.Error("who reads waits for the keyring")
	}
	select {
	case err := <-fresh:
		t.Errorf("a new key is said to be durable while nobody knows under what: %v", err)
	case err := <-erased:
		t.Errorf("the erasure is over before the keyring has answered: %v", err)
	default:
	}
	close(ring.answers)
	must(t, <-erased)
	must(t, <-saved)
	must(t, <-fresh)
	ring.slow.Store(false)
	w.reopen()
	key, err := w.vault.SubjectKey("subject-new")
	must(t, err)
	if _, err := key.Open(nil, nil, newcomer, nil); err != nil {
		t.Errorf("a key that was made meanwhile: %v", err)
	}
	if w.vault.bag.Knows(map[keybag.ID]bool{w.vault.bag.IDOf(ritaS): true}) {
		t.Error("the erased one's key is there")
	}
}

// A key that is asked for anew while its subject is being erased goes with the others.
func TestNoKeyOutlivesItsErasure(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	b := w.vault.bag
	id := b.IDOf("subject-late")
	must(t, b.Rekey(keybag.Key(w.vault.root, seal.Random(seal.KeySize)), map[keybag.ID]bool{b.IDOf(ritaS): true, id: true}, func() error {
		_, _, err := b.Of("subject-late", keybag.Payload)
		return err
	}))
	must(t, b.Flush())
	if b.Knows(map[keybag.ID]bool{id: true, b.IDOf(ritaS): true}) {
		t.Error("it is there")
	}
}
