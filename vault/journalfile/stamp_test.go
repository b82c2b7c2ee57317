package journalfile

import (
	"errors"
	"testing"

	"handslag/vault/disk/faulty"
	"handslag/vault/journal"
)

func TestAStampOpensWhatItsEntryNamesAndNothingElse(t *testing.T) {
	p := cast()
	f := mustOpen(t, p.config("/o", faulty.New()))
	made := mustAppend(t, f, p.opening(1), p.opening(2), locked(), p.opening(4))
	id := made[0].Entry().Record
	for _, c := range []struct {
		what    string
		stamp   *Stamp
		kind    journal.Kind
		rec     journal.RecordID
		version uint64
		opens   bool
	}{
		{"no stamp", nil, journal.RecordOpened, id, 3, false},
		{"a zero stamp", &Stamp{}, journal.RecordOpened, id, 3, false},
		{"a zero stamp for nothing", &Stamp{}, "", "", 0, false},
		{"a forged stamp", &Stamp{entry: made[0].Entry()}, journal.RecordOpened, id, 3, false},
		{"another record", made[0], journal.RecordOpened, made[1].Entry().Record, 3, false},
		{"another version", made[0], journal.RecordOpened, id, 4, false},
		{"another deed", made[0], journal.RecordFetched, id, 3, false},
		{"an entry without a record", made[2], journal.Locked, "", 0, false},
		{"what it names, after all these", made[0], journal.RecordOpened, id, 3, true},
		{"the same again", made[0], journal.RecordOpened, id, 3, false},
	} {
		err := c.stamp.Redeem(c.kind, c.rec, c.version)
		if c.opens != (err == nil) {
			t.Errorf("%s: %v", c.what, err)
		}
		if err != nil {
			wants(t, err, ErrStamp)
		}
	}
	copied := *made[1]
	if made[1].Redeem(journal.RecordOpened, copied.Entry().Record, 3) != nil {
		t.Error("the original does not open")
	}
	wants(t, copied.Redeem(journal.RecordOpened, copied.Entry().Record, 3), ErrStamp)
	f.Close()
	wants(t, made[3].Redeem(journal.RecordOpened, made[3].Entry().Record, 3), ErrStamp)
}

func TestASearchIsRedeemedByItsOwnStampOnce(t *testing.T) {
	p := cast()
	f := mustOpen(t, p.config("/o", faulty.New()))
	search := Draft{Entry: journal.Entry{Kind: journal.RecordsSearched, Count: 20}}
	odd := Draft{Entry: journal.Entry{Kind: journal.RecordsSearched, Record: "r1", RecordVersion: 1}}
	made := mustAppend(t, f, search, p.opening(1), locked(), search, odd)
	for what, s := range map[string]*Stamp{
		"no stamp": nil, "a zero stamp": {}, "a forged one": {entry: made[0].Entry()},
		"a record's": made[1], "another deed's": made[2], "one that names a record": made[4],
	} {
		if err := s.RedeemSearch(); !errors.Is(err, ErrStamp) {
			t.Errorf("%s: %v", what, err)
		}
	}
	wants(t, made[0].Redeem(journal.RecordsSearched, "", 0), ErrStamp)
	if err := made[0].RedeemSearch(); err != nil {
		t.Fatal(err)
	}
	copied := *made[0]
	wants(t, made[0].RedeemSearch(), ErrStamp)
	wants(t, copied.RedeemSearch(), ErrStamp)
	f.Close()
	wants(t, made[3].RedeemSearch(), ErrStamp)
}
