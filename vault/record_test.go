package vault

import (
	"errors"
	"fmt"
	"testing"

	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

func TestWhichCopyStays(t *testing.T) {
	w := newWorld(t)
	peer := Source{Device: "colleague", Name: "Bo", At: morning}
	for _, c := range []struct {
		what   string
		number uint64
		until  int
		from   Source
		kept   bool
	}{
		{"the first copy", 2, 10, Source{}, true},
		{"the same again", 2, 10, Source{}, false},
		{"an older version with a longer loan", 1, 99, Source{}, false},
		{"a shorter loan, which is the connected system's newest word", 2, 5, Source{}, true},
		{"a longer loan from the connected system", 2, 20, Source{}, true},
		{"a longer loan from a colleague", 2, 30, peer, false},
		{"a newer version from a colleague, with a shorter loan", 3, 15, peer, true},
		{"a shorter loan from the connected system, after a colleague's", 3, 14, Source{}, false},
		{"a longer loan from a colleague, after a colleague's", 3, 16, peer, true},
		{"a longer loan from the connected system, after a colleague's", 3, 40, Source{}, true},
		{"an older version from a colleague", 2, 50, peer, false},
	} {
		copy := w.copy(rita, ritaS, c.number, morning+signed.Time(c.until))
		copy.Source = c.from
		if got := w.put(copy); got != c.kept {
			t.Errorf("%s: kept %t", c.what, got)
		}
		row, err := w.vault.Record(rita)
		must(t, err)
		if c.kept && (row.Number != c.number || row.Until != morning+signed.Time(c.until) || row.Source != c.from) {
			t.Errorf("%s: stands as %+v", c.what, row)
		}
	}
}

func TestMalformedCopiesAreRefused(t *testing.T) {
	w := newWorld(t)
	for what, spoil := range map[string]func(*RecordCopy){
		"nothing":                    func(c *RecordCopy) { *c = RecordCopy{} },
		"no loan":                    func(c *RecordCopy) { c.Hands = nil },
		"a loan of another record":   func(c *RecordCopy) { c.Hands[0].Loan = w.loan("rec-other", 1, morning) },
		"a loan of another version":  func(c *RecordCopy) { c.Hands[0].Loan = w.loan(rita, 2, morning) },
		"a short content key":        func(c *RecordCopy) { c.ContentKey = c.ContentKey[:31] },
		"no content key":             func(c *RecordCopy) { c.ContentKey = nil },
		"another content key":        func(c *RecordCopy) { c.ContentKey[0] ^= 1 },
		"a key that is sealed wrong": func(c *RecordCopy) { c.Sealed = []byte{1} },
		"a huge ciphertext":          func(c *RecordCopy) { c.Cipher = make([]byte, record.CipherLimit+1) },
		"too many hands":             func(c *RecordCopy) { c.Hands = make([]record.Hand, record.MaxHands+1) },
	} {
		c := w.copy(rita, ritaS, 1, morning)
		spoil(&c)
		if _, err := w.vault.PutRecords([]RecordCopy{c}); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != 0 {
		t.Errorf("something stayed: %v, %v", rows, err)
	}
}

func TestRecordsAreListedFilteredAndPurged(t *testing.T) {
	w := newWorld(t)
	var copies []RecordCopy
	for i := range 40 {
		copies = append(copies, w.copy(journal.RecordID(fmt.Sprintf("rec-%d", i)), journal.SubjectID(fmt.Sprintf("subject-%d", i)), 1, morning+signed.Time(i)))
	}
	kept, err := w.vault.PutRecords(copies)
	if err != nil || kept != 40 {
		t.Fatalf("kept %d, %v", kept, err)
	}
	w.reopen()
	count := func(f RecordFilter) int {
		t.Helper()
		rows, err := w.vault.Records(f)
		must(t, err)
		return len(rows)
	}
	for what, c := range map[string]struct {
		filter RecordFilter
		want   int
	}{
		"all":                        {RecordFilter{}, 40},
		"by text":                    {RecordFilter{Text: "PLANTERAD"}, 40},
		"by text, nobody":            {RecordFilter{Text: "070"}, 0},
		"by words, here and there":   {RecordFilter{Text: " ekbacken  rita "}, 40},
		"by words, one is not on it": {RecordFilter{Text: "ekbacken sven"}, 0},
		"the first few":              {RecordFilter{Text: "rita", Limit: 7}, 7},
	} {
		if got := count(c.filter); got != c.want {
			t.Errorf("%s: %d", what, got)
		}
	}
	ended, err := w.vault.Expired(morning + 10)
	must(t, err)
	if len(ended) != 10 {
		t.Fatalf("%d loans have ended", len(ended))
	}
	must(t, w.vault.Apply(Run{1, 1, 1}, func(tx *Tx) error {
		for _, row := range ended {
			must(t, tx.RemoveRecord(row.ID))
		}
		return tx.RemoveRecord("rec-none")
	}))
	if got := count(RecordFilter{}); got != 30 {
		t.Errorf("%d are left", got)
	}
	if _, err := w.vault.Record("rec-3"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a purged record: %v", err)
	}
}
