package vault

import (
	"errors"
	"testing"
)

func TestTheJournalIsAppliedInOrderAndOnce(t *testing.T) {
	w := newWorld(t)
	boom := errors.New("boom")
	for _, c := range []struct {
		what string
		run  Run
		fail error
		runs bool
		want error
		at   Position
	}{
		{"an empty view begins anywhere", Run{1, 40, 41}, nil, true, nil, Position{Generation: 1, Seq: 41}},
		{"the next entry", Run{1, 42, 42}, nil, true, nil, Position{Generation: 1, Seq: 42}},
		{"the same again", Run{1, 42, 42}, nil, false, nil, Position{Generation: 1, Seq: 42}},
		{"an older run", Run{1, 1, 12}, nil, false, nil, Position{Generation: 1, Seq: 42}},
		{"a run with a hole before it", Run{1, 44, 44}, nil, false, ErrOrder, Position{Generation: 1, Seq: 42}},
		{"a run that is half applied", Run{1, 42, 43}, nil, false, ErrOrder, Position{Generation: 1, Seq: 42}},
		{"a run backwards", Run{1, 44, 43}, nil, false, ErrOrder, Position{Generation: 1, Seq: 42}},
		{"a run of no generation", Run{0, 43, 43}, nil, false, ErrOrder, Position{Generation: 1, Seq: 42}},
		{"one that fails", Run{1, 43, 43}, boom, true, boom, Position{Generation: 1, Seq: 42}},
		{"the same, better", Run{1, 43, 50}, nil, true, nil, Position{Generation: 1, Seq: 50}},
		{"a new generation", Run{2, 1, 1}, nil, true, nil, Position{Generation: 2, Seq: 1}},
		{"the old generation", Run{1, 51, 51}, nil, false, nil, Position{Generation: 2, Seq: 1}},
	} {
		ran := false
		err := w.vault.Apply(c.run, func(tx *Tx) error {
			ran = true
			must(t, tx.SetSetting("last", []byte(c.what)))
			return c.fail
		})
		if !errors.Is(err, c.want) || ran != c.runs {
			t.Errorf("%s: ran %t, %v", c.what, ran, err)
		}
		at, err := w.vault.Position()
		must(t, err)
		if at != c.at {
			t.Errorf("%s: position %+v", c.what, at)
		}
		last, err := w.vault.Setting("last")
		must(t, err)
		if applied := c.runs && c.fail == nil; (string(last) == c.what) != applied {
			t.Errorf("%s: the view says %q", c.what, last)
		}
	}
}

func TestSettingsSurviveARestart(t *testing.T) {
	w := newWorld(t)
	sync := Sync{Cursor: "c9", Last: morning, Statement: 3}
	must(t, w.vault.Update(func(tx *Tx) error {
		return errors.Join(tx.SetSync(sync), tx.SetSetting("sync", []byte("not the sync")))
	}))
	if err := w.vault.Update(func(tx *Tx) error { return tx.SetSetting("big", make([]byte, settingLimit+1)) }); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a huge setting: %v", err)
	}
	w.reopen()
	if got, err := w.vault.Sync(); err != nil || got != sync {
		t.Errorf("sync: %+v, %v", got, err)
	}
	if got, err := w.vault.Setting("none"); err != nil || got != nil {
		t.Errorf("a setting that is not there: %q, %v", got, err)
	}
}

func TestTooMuchAtOnceIsSaid(t *testing.T) {
	w := newWorld(t)
	err := w.vault.Update(func(tx *Tx) error {
		for i := range 100 {
			if err := tx.SetSetting(string(rune('a'+i)), make([]byte, settingLimit)); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, ErrTooLarge) {
		t.Fatalf("%v", err)
	}
	if got, err := w.vault.Setting("a"); err != nil || got != nil {
		t.Errorf("a part of it stayed: %d bytes, %v", len(got), err)
	}
}
