package peer

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
)

func TestNewsGoBothWays(t *testing.T) {
	org := newOrganisation(t, 1)
	_, _, s, d := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
	heard := make(chan News, 1)
	go func() {
		news, err := d.Exchange(t.Context(), News{Erasures: [][]byte{[]byte("order")}})
		if err != nil {
			t.Error(err)
		}
		heard <- news
	}()
	news, err := s.Exchange(t.Context(), News{Revocations: []byte("list")})
	if err != nil {
		t.Fatal(err)
	}
	if len(news.Revocations) != 0 || len(news.Erasures) != 1 || string(news.Erasures[0]) != "order" {
		t.Errorf("S heard %+v", news)
	}
	if news := await(t, "D's news", heard); string(news.Revocations) != "list" || len(news.Erasures) != 0 {
		t.Errorf("D heard %+v", news)
	}
}

func TestNewsWithoutEndAreNotHeard(t *testing.T) {
	for what, flood := range map[string]News{
		"a list too long":   {Revocations: bytes.Repeat([]byte{1}, identity.RevocationsLimit+1)},
		"too many orders":   {Erasures: make([][]byte, NewsErasures+1)},
		"an order too long": {Erasures: [][]byte{make([]byte, newsErasure+1)}},
		"all of it":         {Revocations: make([]byte, newsLimit)},
	} {
		org := newOrganisation(t, 1)
		_, _, s, d := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
		failed := make(chan error, 1)
		go func() {
			_, err := d.Exchange(t.Context(), News{})
			failed <- err
		}()
		_, _ = s.Exchange(t.Context(), flood)
		if err := await(t, "D's refusal", failed); !errors.Is(err, signed.ErrTooLarge) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestNewsNeedAVerification(t *testing.T) {
	if _, err := (&Verified{}).Exchange(t.Context(), News{}); !errors.Is(err, ErrNotVerified) {
		t.Errorf("a right that nobody minted: %v", err)
	}
	org := newOrganisation(t, 1)
	sw, _, s, d := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
	ended := make(chan error, 1)
	go func() {
		_, err := d.Exchange(context.Background(), News{}) // S never says anything
		ended <- err
	}()
	sw.session.Close()
	if err := await(t, "the end of the wait", ended); err == nil {
		t.Error("news after the end")
	}
	if _, err := s.Exchange(t.Context(), News{}); !errors.Is(err, ErrNotVerified) {
		t.Errorf("after the end: %v", err)
	}
}
