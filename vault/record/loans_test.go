package record_test

import (
	"fmt"
	"slices"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/vault/journal"
	"handslag/vault/record"
)

var someLent = []record.Lent{{Record: "r-0", Number: 1}, {Record: "r-1", Number: 2}, {Record: "r-2", Number: 1}}

func lendMany(t testing.TB, by byte, to identity.DeviceID, until signed.Time) []byte {
	t.Helper()
	data, err := record.Lend(signedtest.Key(t, by), org(t), to, until, someLent)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func oneOf(t testing.TB, to identity.DeviceID) [][]byte {
	t.Helper()
	_, loans, err := record.OpenLoans(lendMany(t, 2, to, now), org(t), issuing(t), to, someLent)
	if err != nil {
		t.Fatal(err)
	}
	return loans
}

// One of many passes on from hand to hand like any loan, whatever their number.
func TestALoanOfManyStandsAlone(t *testing.T) {
	anna, bo := device(t, 10), device(t, 20)
	for _, size := range []int{1, 2, 3, 256, 500, record.LoansMost} {
		var all []record.Lent
		for i := range size {
			all = append(all, record.Lent{Record: journal.RecordID(fmt.Sprintf("r-%d", i)), Number: uint64(i + 1)})
		}
		data, err := record.Lend(signedtest.Key(t, 2), org(t), anna, now, all)
		if err != nil {
			t.Fatal(err)
		}
		until, loans, err := record.OpenLoans(data, org(t), issuing(t), anna, all)
		if err != nil || until != now {
			t.Fatalf("%d: until %v, %v", size, until, err)
		}
		for _, i := range []int{0, size / 2, size - 1} {
			if len(loans[i]) > record.LoanLimit {
				t.Errorf("%d: a loan has %d bytes", size, len(loans[i]))
			}
			last, err := record.OpenHands([]record.Hand{{Loan: loans[i]}}, org(t), issuing(t), anna)
			if err != nil || last.Record != all[i].Record || last.Number != all[i].Number || last.Until != now || last.To != anna {
				t.Errorf("%d: loan %d says %+v, %v", size, i, last, err)
			}
			if read, err := record.ReadLoan(loans[i]); err != nil || read != last {
				t.Errorf("%d: loan %d reads %+v, %v", size, i, read, err)
			}
		}
	}
	on := record.Hand{Loan: lend(t, anna, 10, bo, now-1), Credential: credentialOf(t, 10)} // of r-1, version 2
	loans := oneOf(t, anna)
	if got, err := record.OpenHands([]record.Hand{{Loan: loans[1]}, on}, org(t), issuing(t), bo); err != nil || got.From != anna {
		t.Errorf("lent on: %+v, %v", got, err)
	}
	if _, err := record.OpenHands([]record.Hand{{Loan: loans[0]}, on}, org(t), issuing(t), bo); err == nil {
		t.Error("one that was lent another of them lends this one on")
	}
	if _, err := record.OpenHands([]record.Hand{{Loan: loans[1]}, {Loan: oneOf(t, bo)[1], Credential: credentialOf(t, 10)}}, org(t), issuing(t), bo); err == nil {
		t.Error("what the connected system lends stands for what a device lends on")
	}
}

func TestALoanOfManyIsNotAnothers(t *testing.T) {
	anna, bo := device(t, 10), device(t, 20)
	good := lendMany(t, 2, anna, now)
	for what, open := range map[string]func() error{
		"a stranger's":      func() error { return opens(t, lendMany(t, 3, anna, now), anna, someLent) },
		"to another device": func() error { return opens(t, good, bo, someLent) },
		"of one less":       func() error { return opens(t, good, anna, someLent[:2]) },
		"of none":           func() error { return opens(t, good, anna, nil) },
		"of another version": func() error {
			return opens(t, good, anna, []record.Lent{someLent[0], {Record: "r-1", Number: 3}, someLent[2]})
		},
		"in another order": func() error { return opens(t, good, anna, []record.Lent{someLent[1], someLent[0], someLent[2]}) },
		"of another organisation": func() error {
			_, _, err := record.OpenLoans(good, identity.OrgIDOf(signedtest.Key(t, 9).Public()), issuing(t), anna, someLent)
			return err
		},
		"a single loan": func() error { return opens(t, lend(t, "", 2, anna, now), anna, someLent) },
	} {
		if open() == nil {
			t.Errorf("%s: it opens", what)
		}
	}
	one := oneOf(t, anna)[1]
	for i := range one { // whichever byte is another
		bad := slices.Clone(one)
		bad[i] ^= 1
		if got, err := record.OpenHands([]record.Hand{{Loan: bad}}, org(t), issuing(t), anna); err == nil {
			t.Errorf("with byte %d another it says %+v", i, got)
		}
	}
	if _, err := record.Lend(signedtest.Key(t, 2), org(t), anna, now, make([]record.Lent, record.LoansMost+1)); err == nil {
		t.Error("more is lent at once than may be")
	}
}

func opens(t *testing.T, data []byte, to identity.DeviceID, all []record.Lent) error {
	_, _, err := record.OpenLoans(data, org(t), issuing(t), to, all)
	return err
}
