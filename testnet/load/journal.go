package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// writer is a device's journal being written: two days of work without coverage.
type writer struct {
	*device
	segment  []byte // the segment's payload key
	previous journal.Hash
	at       time.Time
	items    []journal.Item
}

// write signs the journal and lays it ready as one batch. colleague is whom records are handed to.
func (d *device) write(o *org, colleague *device, entries int) error {
	w := &writer{device: d, segment: make([]byte, identity.AEADKeySize), at: d.outage.Time()}
	rand.Read(w.segment)
	id := make([]byte, journal.SegmentIDSize)
	rand.Read(id)
	sealed, err := identity.Seal(o.keys.Sealing[0].Public(), journal.SegmentKeyInfo(d.id, id), w.segment)
	if err != nil {
		return err
	}
	for n := range entries {
		if err := w.say(n, colleague); err != nil {
			return err
		}
	}
	d.head = w.previous
	batch := journal.Batch{Version: 1, Device: d.id, Credential: d.credential, Segments: []journal.SegmentKey{{ID: id, Sealed: sealed}}, Items: w.items}
	data, err := batch.Encode()
	if err != nil {
		return err
	}
	return os.WriteFile(d.file, data, 0o600)
}

// day is how many entries make a day: the vault unlocked, records opened and closed, a few notes on
// the assignment, a record handed over, the vault locked.
const day = 100

// opened is how many different records a device opens.
const opened = 40

// say is entry n of the journal, from 0.
func (w *writer) say(n int, colleague *device) error {
	w.at = w.at.Add(time.Minute)
	of := (w.index*7 + n/2%opened) % records
	e := journal.Entry{Version: 1, Device: w.id, Generation: 1, Seq: uint64(n) + 1, Prev: bytes.Clone(w.previous[:]), Epoch: 1,
		After: w.outage, Elapsed: w.at.Sub(w.outage.Time()).Microseconds(), Clock: signed.At(w.at)}
	var words *journal.Details
	switch k := n % day; {
	case k == 0:
		e.Kind = journal.Unlocked
	case k == day-1:
		e.Kind = journal.Locked
	case k == 40 || k == 41: // both halves, each in the journal of one of two
		e.Kind = journal.ShareSent
		if (w.index+n/day+k)%2 == 1 {
			e.Kind = journal.ShareReceived
		}
		pair := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%d", min(w.index, colleague.index), n/day, k))
		of := (w.index/2 + n) % records
		e.Record, e.RecordVersion, e.Subject, e.Peer, e.Pair = journal.RecordID(fmt.Sprintf("r-%d", of)), 1, journal.SubjectID(fmt.Sprintf("s-%d", of)), colleague.id, pair[:]
		e.Until = signed.At(w.at.Add(24 * time.Hour))
	case k == 60 || k == 80:
		e.Kind, e.Assignment, e.AssignmentVersion = journal.AssignmentNoted, journal.AssignmentID(fmt.Sprintf("a-%d", w.index)), 1
		e.Subject = journal.SubjectID(fmt.Sprintf("s-%d", w.index%records))
		words = &journal.Details{Note: fmt.Sprintf("Låset kärvar, kommer åter %s", w.at.Format(time.Kitchen))}
	case k%2 == 1:
		e.Kind = journal.RecordOpened
		e.Record, e.RecordVersion, e.Subject = journal.RecordID(fmt.Sprintf("r-%d", of)), 1, journal.SubjectID(fmt.Sprintf("s-%d", of))
		e.Until = signed.At(w.at.Add(2 * time.Minute))
		words = &journal.Details{Reason: "Byta lås hos hyresgästen enligt uppdrag"}
	default:
		of = (w.index*7 + (n-1)/2%opened) % records
		e.Kind = journal.RecordClosed
		e.Record, e.RecordVersion, e.Subject = journal.RecordID(fmt.Sprintf("r-%d", of)), 1, journal.SubjectID(fmt.Sprintf("s-%d", of))
	}
	item, err := w.item(&e, words)
	if err != nil {
		return err
	}
	w.items = append(w.items, item)
	return nil
}

func (w *writer) item(e *journal.Entry, words *journal.Details) (item journal.Item, err error) {
	if words != nil {
		p, err := journal.NewPayload(*words)
		if err != nil {
			return item, err
		}
		key := make([]byte, identity.AEADKeySize)
		rand.Read(key)
		if item.Box, e.Payload, err = p.Seal(key); err != nil {
			return item, err
		}
		if item.Key, err = journal.WrapPayloadKey(w.segment, key, e.Payload); err != nil {
			return item, err
		}
	}
	c, err := e.Unsigned()
	if err != nil {
		return item, err
	}
	w.previous = journal.HashOfContent(c)
	item.Entry, err = w.keys.SignContent(c)
	return item, err
}
