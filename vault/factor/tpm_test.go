package factor_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"

	"handslag/vault/factor"
	"handslag/vault/factor/factortest"
)

var (
	secret = bytes.Repeat([]byte{7}, 32)
	pin    = bytes.Repeat([]byte{8}, 32)
	wrong  = bytes.Repeat([]byte{9}, 32)
)

func TestASoftwareTPMKeepsItsWord(t *testing.T) {
	chip, _ := factortest.TPM(t)
	factorKeepsItsWord(t, chip, true)
}

func TestAnyAuthIsTakenWhereverItHasZeroes(t *testing.T) {
	chip, _ := factortest.TPM(t)
	for at := range len(pin) {
		auth := bytes.Clone(pin)
		auth[at] = 0
		note, err := chip.Seal(vaultID, secret, auth)
		must(t, err)
		if _, err := chip.Unseal(vaultID, note, auth); err != nil {
			t.Fatalf("zero at %d: %v", at, err)
		}
		place, err := chip.Place(vaultID, secret, auth)
		must(t, err)
		if _, err := chip.Read(vaultID, place, auth); err != nil {
			t.Fatalf("zero at %d: %v", at, err)
		}
	}
}

func TestWhatATPMKeepsOutlastsItsPower(t *testing.T) {
	chip, restart := factortest.TPM(t)
	note, err := chip.Seal(vaultID, secret, pin)
	must(t, err)
	place, err := chip.Place(vaultID, secret, pin)
	must(t, err)
	restart()
	if got, err := chip.Unseal(vaultID, note, pin); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("unseal: %v", err)
	}
	if got, err := chip.Read(vaultID, place, pin); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("read: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestATPMLocksAfterTooManyTriesAndTheRightPINDoesNotOpenItThen(t *testing.T) {
	chip, _ := factortest.TPM(t)
	note, err := chip.Seal(vaultID, secret, pin)
	must(t, err)
	place, err := chip.Place(vaultID, secret, pin)
	must(t, err)
	for range 20 { // the replaced secret's auth is no word to guess: it must not lock the owner out
		if _, err := chip.Read(vaultID, place, wrong); !errors.Is(err, factor.ErrRefused) {
			t.Fatal(err)
		}
	}
	must(t, chip.Ready())
	tries := 0
	for ; tries < 100; tries++ {
		if _, err = chip.Unseal(vaultID, note, wrong); !errors.Is(err, factor.ErrRefused) {
			break
		}
	}
	if !errors.Is(err, factor.ErrLocked) || tries == 0 {
		t.Fatalf("after %d wrong ones: %v", tries, err)
	}
	if _, err := chip.Unseal(vaultID, note, pin); !errors.Is(err, factor.ErrLocked) {
		t.Errorf("the right one in lockout: %v", err)
	}
	if err := chip.Ready(); !errors.Is(err, factor.ErrLocked) {
		t.Errorf("ready: %v", err)
	}
	if got, err := chip.Read(vaultID, place, pin); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("the replaced secret in lockout: %v", err)
	}
}

func TestAnotherTPMAndAClearedOneDoNotOpenWhatThisOneSealed(t *testing.T) {
	dial, _ := factortest.Chip(t)
	chip := factor.TPMAt(dial)
	other, _ := factortest.TPM(t)
	note, err := chip.Seal(vaultID, secret, pin)
	must(t, err)
	place, err := chip.Place(vaultID, secret, pin)
	must(t, err)
	gone := func(what string, f *factor.TPM) {
		t.Helper()
		if _, err := f.Unseal(vaultID, note, pin); !errors.Is(err, factor.ErrMissing) {
			t.Errorf("%s unseals: %v", what, err)
		}
		if _, err := f.Read(vaultID, place, pin); !errors.Is(err, factor.ErrMissing) {
			t.Errorf("%s reads: %v", what, err)
		}
	}
	gone("another TPM", other)
	for _, vault := range []string{"", vaultID[1:], "ff" + vaultID[2:]} {
		if _, err := chip.Read(vault, place, pin); !errors.Is(err, factor.ErrMissing) {
			t.Errorf("for another vault: %v", err)
		}
		must(t, chip.Forget(vault))
	}
	if _, err := chip.Read(vaultID, place, pin); err != nil {
		t.Fatalf("forgotten with another vault: %v", err)
	}
	command(t, dial, tpm2.Clear{AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHLockout, Auth: tpm2.PasswordAuth(nil)}})
	gone("the cleared TPM", chip)
}

// command says one thing to the TPM, as its owner's own tools would.
func command[R any](t *testing.T, dial func() (io.ReadWriteCloser, error), c interface {
	Execute(transport.TPM, ...tpm2.Session) (R, error)
}) {
	t.Helper()
	conn, err := dial()
	must(t, err)
	defer conn.Close()
	_, err = c.Execute(transport.FromReadWriter(conn))
	must(t, err)
}

func TestATPMGuardsAPINOnceItsLockoutHasAPassword(t *testing.T) {
	dial, _ := factortest.Chip(t)
	chip := factor.TPMAt(dial)
	guards := func(want bool, why string) {
		t.Helper()
		if got, err := chip.GuardsPIN(); err != nil || got != want {
			t.Errorf("%s: guards %v, %v", why, got, err)
		}
	}
	guards(false, "as it comes, its lockout reset by anybody")
	lockout := []byte("lockout")
	command(t, dial, tpm2.HierarchyChangeAuth{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHLockout, Auth: tpm2.PasswordAuth(nil)}, NewAuth: tpm2.TPM2BAuth{Buffer: lockout}})
	guards(true, "with a password")
	for _, c := range []struct {
		tries, pause uint32
		guards       bool
		why          string
	}{{32, 600, true, "as most are"}, {10_000, 600, false, "ten thousand tries"}, {3, 1, false, "a try a second"}, {3, 0, false, "no pause at all"}} {
		command(t, dial, attackParameters{password: lockout, tries: c.tries, pause: c.pause})
		guards(c.guards, c.why)
	}
}

// attackParameters is TPM2_DictionaryAttackParameters (part 3, §25.3), which the library lacks.
type attackParameters struct {
	password     []byte
	tries, pause uint32
}

func (a attackParameters) Execute(chip transport.TPM, _ ...tpm2.Session) ([]byte, error) {
	be := binary.BigEndian
	auth := append(be.AppendUint32(nil, uint32(tpm2.TPMRSPW)), 0, 0, 1)
	auth = append(be.AppendUint16(auth, uint16(len(a.password))), a.password...)
	body := be.AppendUint32(nil, uint32(tpm2.TPMCCDictionaryAttackParameters))
	body = be.AppendUint32(body, uint32(tpm2.TPMRHLockout))
	body = append(be.AppendUint32(body, uint32(len(auth))), auth...)
	for _, n := range []uint32{a.tries, a.pause, 1000} {
		body = be.AppendUint32(body, n)
	}
	head := be.AppendUint32(be.AppendUint16(nil, uint16(tpm2.TPMSTSessions)), uint32(6+len(body)))
	answer, err := chip.Send(append(head, body...))
	if err == nil && be.Uint32(answer[6:]) != 0 {
		err = tpm2.TPMRC(be.Uint32(answer[6:]))
	}
	return answer, err
}

func TestATPMWhoseOwnerKeepsItIsNotOffered(t *testing.T) {
	dial, _ := factortest.Chip(t)
	chip := factor.TPMAt(dial)
	note, err := chip.Seal(vaultID, secret, pin)
	must(t, err)
	command(t, dial, tpm2.HierarchyChangeAuth{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: tpm2.PasswordAuth(nil)}, NewAuth: tpm2.TPM2BAuth{Buffer: pin}})
	if err := chip.Ready(); !errors.Is(err, factor.ErrAway) {
		t.Errorf("ready: %v", err)
	}
	if _, err := chip.Unseal(vaultID, note, pin); !errors.Is(err, factor.ErrAway) {
		t.Errorf("unseal, which is for the owner to allow again: %v", err)
	}
}

// wire hears all that passes the bus.
type wire struct {
	mu    sync.Mutex
	heard bytes.Buffer
}

type tapped struct {
	io.ReadWriteCloser
	wire *wire
}

func (c tapped) Read(p []byte) (int, error) {
	n, err := c.ReadWriteCloser.Read(p)
	c.wire.mu.Lock()
	defer c.wire.mu.Unlock()
	c.wire.heard.Write(p[:n])
	return n, err
}

func (c tapped) Write(p []byte) (int, error) {
	c.wire.mu.Lock()
	c.wire.heard.Write(p)
	c.wire.mu.Unlock()
	return c.ReadWriteCloser.Write(p)
}

func TestAProbeOnTheBusHearsNoSecret(t *testing.T) {
	dial, _ := factortest.Chip(t)
	var w wire
	chip := factor.TPMAt(func() (io.ReadWriteCloser, error) {
		conn, err := dial()
		return tapped{conn, &w}, err
	})
	note, err := chip.Seal(vaultID, secret, pin)
	must(t, err)
	if got, err := chip.Unseal(vaultID, note, pin); err != nil || !bytes.Equal(got, secret) {
		t.Fatal(err)
	}
	place, err := chip.Place(vaultID, secret, pin)
	must(t, err)
	must(t, chip.Replace(vaultID, place, secret, pin))
	_, err = chip.Read(vaultID, place, pin)
	must(t, err)
	if !bytes.Contains(w.heard.Bytes(), note[len(note)-40:]) {
		t.Fatal("the probe hears nothing")
	}
	for what, word := range map[string][]byte{"the secret": secret[:8], "the auth": pin[:8], "the word that it is": factor.Word(pin)[:8]} {
		if bytes.Contains(w.heard.Bytes(), word) {
			t.Errorf("the probe hears %s", what)
		}
	}
}

// The caller has given up and wiped what it handed over; what is written late is still that.
func TestALateDeedWritesWhatItWasGiven(t *testing.T) {
	dial, _ := factortest.Chip(t)
	chip := factor.TPMAt(dial)
	place, err := chip.Place(vaultID, secret, pin)
	must(t, err)
	release := make(chan struct{})
	slow := factor.TPMAt(func() (io.ReadWriteCloser, error) { <-release; return dial() })
	factor.Impatient(slow, time.Millisecond)
	fresh := bytes.Repeat([]byte{5}, 32)
	if err := slow.Replace(vaultID, place, fresh, pin); !errors.Is(err, factor.ErrAway) {
		t.Fatal(err)
	}
	clear(fresh)
	factor.Impatient(slow, time.Minute)
	close(release)
	if got, err := slow.Read(vaultID, place, pin); err != nil || !bytes.Equal(got, bytes.Repeat([]byte{5}, 32)) {
		t.Errorf("%x, %v", got, err)
	}
}

func TestWithoutATPMItIsAway(t *testing.T) {
	none := factor.TPMAt(func() (io.ReadWriteCloser, error) { return nil, errors.New("no such device") })
	if err := none.Ready(); !errors.Is(err, factor.ErrAway) {
		t.Error(err)
	}
	if _, err := none.GuardsPIN(); !errors.Is(err, factor.ErrAway) {
		t.Error(err)
	}
	mute := factor.TPMAt(func() (io.ReadWriteCloser, error) { return mute{}, nil })
	if _, err := mute.Place(vaultID, secret, pin); !errors.Is(err, factor.ErrAway) {
		t.Error(err)
	}
}

// mute is a device that says nothing sensible.
type mute struct{}

func (mute) Read(p []byte) (int, error)  { return copy(p, bytes.Repeat([]byte{0xff}, 9)), nil }
func (mute) Write(p []byte) (int, error) { return len(p), nil }
func (mute) Close() error                { return nil }
