package peer

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// childVariable makes the test binary play Bo's device instead of running tests.
const childVariable = "HANDSLAG_PEER_TEST_DEVICE"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	if err := beBo(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// lent is what the other process needs to be Bo: test keys, and what Anna's screen shows.
type lent struct {
	Org, Issuing, AEAD, Keys, Credential, Payload []byte
}

// beBo scans, says the digits, receives one record and says its content key's hash.
func beBo(in io.Reader, out io.Writer) error {
	var l lent
	if err := json.NewDecoder(in).Decode(&l); err != nil {
		return err
	}
	aead, err := identity.NewAEAD(l.AEAD)
	if err != nil {
		return err
	}
	keys, err := identity.UnwrapKeySet(aead, nil, l.Keys)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := Scan(ctx, Config{Org: identity.OrgID(l.Org), Issuing: []signed.Key{{Alg: signed.EdDSA, Bytes: l.Issuing}}, Keys: keys,
		Credential: l.Credential, Loopback: true, Now: func() signed.Time { return noon }, timing: unhurried(),
		Append: func(context.Context, Meeting) error { return nil }}, l.Payload)
	if err != nil {
		return err
	}
	defer s.Close()
	for ev := range s.Events() {
		switch e := ev.(type) {
		case ShowCode:
			fmt.Fprintln(out, "digits", e.Digits)
		case Failed:
			return fmt.Errorf("failed: %s", e.Reason)
		case SessionVerified:
			_, err := e.Verified.Receive(ctx, Receiver{
				Received: func(_ context.Context, all []Incoming) ([]journal.Hash, error) {
					key, err := all[0].Unwrap.Open(nil, nil, all[0].Key, []byte(all[0].Context))
					sum := digest("test-key", key)
					fmt.Fprintln(out, "received", hex.EncodeToString(sum[:]))
					return []journal.Hash{sum}, err
				},
				Refused: func(context.Context, []Declined) error { return nil },
			})
			return err
		}
	}
	return io.ErrUnexpectedEOF
}

func TestTwoProcessesVerifyAndShare(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	session, err := Offer(t.Context(), anna.config())
	if err != nil {
		t.Fatal(err)
	}
	w := watch(t, session)
	secret := random(32)
	aead, err := identity.NewAEAD(secret)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := bo.keys.Wrap(aead, nil)
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(lent{[]byte(org.id), org.key.Public().Bytes, secret, wrapped, bo.raw, session.Payload()})
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=bo")
	child.Stdin, child.Stderr = strings.NewReader(string(input)), os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	word := func() string {
		if !lines.Scan() {
			t.Fatal("the other process said nothing")
		}
		_, after, _ := strings.Cut(lines.Text(), " ")
		return after
	}
	code := word()
	await(t, "the question for the digits", w.asked)
	if err := session.TypeCode(code); err != nil {
		t.Fatal(err)
	}
	v := await(t, "verified", w.verified)
	item, key := anna.holds(t, "r-1", noon.Add(time.Hour))
	sent, err := v.Send(t.Context(), Share{Purpose: "Byter lås", Records: []Outgoing{item}}, newBooks().sharer())
	if err != nil || !sent[0].Arrived() {
		t.Fatalf("%+v %v", sent, err)
	}
	if sum := digest("test-key", key); word() != hex.EncodeToString(sum[:]) {
		t.Error("another content key arrived")
	}
	if err := child.Wait(); err != nil {
		t.Error(err)
	}
	await(t, "the end of the session once the other process is gone", w.closed)
}
