package record_test

import (
	"errors"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/vault/record"
)

func TestAnErasureOrderIsTheOrganisationsOwn(t *testing.T) {
	good := sign(t, signed.DomainErasure, 2, anErasure(t))
	if e, err := record.OpenErasure(good, org(t), issuing(t)); err != nil || e != anErasure(t) {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		data []byte
		want error
	}{
		"signed by a device":        {sign(t, signed.DomainErasure, 3, anErasure(t)), signed.ErrSignature},
		"signed as something else":  {sign(t, signed.DomainLoan, 2, anErasure(t)), signed.ErrSignature},
		"of an unknown version":     {spoilt(t, func(e *record.Erasure) { e.Version = 2 }), record.ErrErasure},
		"without a number":          {spoilt(t, func(e *record.Erasure) { e.Number = 0 }), record.ErrErasure},
		"without a time":            {spoilt(t, func(e *record.Erasure) { e.At = 0 }), record.ErrErasure},
		"about nobody":              {spoilt(t, func(e *record.Erasure) { e.Subject = "" }), record.ErrErasure},
		"about a path":              {spoilt(t, func(e *record.Erasure) { e.Subject = "../s" }), record.ErrErasure},
		"of another organisation's": {spoilt(t, func(e *record.Erasure) { e.Org = identity.OrgIDOf(signedtest.Key(t, 9).Public()) }), record.ErrErasure},
	} {
		if _, err := record.OpenErasure(c.data, org(t), issuing(t)); !errors.Is(err, c.want) {
			t.Errorf("an order %s: %v", what, err)
		}
	}
	if _, err := (record.Erasure{}).Sign(signedtest.Key(t, 2)); !errors.Is(err, record.ErrErasure) {
		t.Errorf("an empty order is signed: %v", err)
	}
}

func spoilt(t *testing.T, spoil func(*record.Erasure)) []byte {
	e := anErasure(t)
	spoil(&e)
	return sign(t, signed.DomainErasure, 2, e)
}
