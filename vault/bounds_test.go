package vault

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"handslag/vault/journal"
)

func TestWhatCouldNotBeReadAgainIsNotWritten(t *testing.T) {
	w := newWorld(t)
	p, err := w.vault.Profile()
	must(t, err)
	p.Username = "anna\xff"
	if err := w.vault.SaveProfile(p, nil); err == nil {
		t.Error("a profile with a broken letter is saved")
	}
	c := w.copy(rita, ritaS, 1, morning)
	c.Source = Source{Device: w.device(), Name: "Bo\xff"}
	if _, err := w.vault.PutRecords([]RecordCopy{c}); err == nil {
		t.Error("a colleague with a broken letter is kept")
	}
	c.Source = Source{}
	w.putAssignment(w.assignment(1))
	work := w.does(1, journal.AssignmentNoted, journal.Details{Note: "Planterad anteckning"})
	work.Said.Person.First = "Anna\xff"
	if err := w.vault.Update(func(tx *Tx) error { return tx.PutWork(lamp, work) }); err == nil {
		t.Error("a name with a broken letter is kept")
	}
	w.reopen()
	if rows, err := w.vault.Records(RecordFilter{}); err != nil || len(rows) != 0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if row, err := w.vault.Assignment(lamp); err != nil || len(row.Work) != 0 {
		t.Errorf("the assignment: %+v, %v", row.Work, err)
	}
}

func TestLockingWaitsForWhatIsUnderWay(t *testing.T) {
	w := newWorld(t)
	var copies []RecordCopy
	for i := range 20 {
		copies = append(copies, w.copy(journal.RecordID(fmt.Sprintf("rec-%d", i)), journal.SubjectID(fmt.Sprintf("subject-%d", i)), 1, morning))
	}
	stamp := w.stamp(opened("rec-0", "subject-0", 1))
	w.put(copies[0])
	first := make(chan struct{}, 1)
	var all sync.WaitGroup
	for _, deed := range []func(n int) error{
		func(n int) error { _, err := w.vault.PutRecords(copies[n%20 : n%20+1]); return err },
		func(int) error { _, err := w.vault.Records(RecordFilter{}); return err },
		func(n int) error {
			_, err := w.vault.SubjectKey(journal.SubjectID(fmt.Sprintf("new-%d", n)))
			return err
		},
		func(n int) error {
			return w.vault.Apply(Run{1, uint64(n + 1), uint64(n + 1)}, func(*Tx) error { return nil })
		},
		func(int) error {
			if _, err := w.open(stamp, "rec-0", morning); !errors.Is(err, ErrNoStamp) {
				return err
			}
			return nil
		},
	} {
		all.Go(func() {
			for n := 0; ; n++ {
				err := deed(n)
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil {
					t.Errorf("%v", err)
					return
				}
				select {
				case first <- struct{}{}:
				default:
				}
			}
		})
	}
	<-first
	must(t, w.vault.Close())
	all.Wait()
	v, err := Open(w.dir, passphrase, cheap)
	must(t, err)
	must(t, v.Close())
}
