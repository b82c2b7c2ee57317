package evidence

import (
	"bytes"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// Report is what a bundle shows. It shows all of it where there are no Problems.
type Report struct {
	Organisation string             // its name, in the words of the statement
	Statement    identity.Statement // whose keys were used
	Checkpoints  []audit.Checkpoint // the smallest first, each beginning with the one before
	Notes        [][]byte           // the same, as the log signed them
	Entries      []Shown
	Witnesses    []Witness // the same device once: for the longest log that it vouches for
	Problems     []string
}

// Shown is one entry.
type Shown struct {
	journal.Entry
	Place    uint64
	Received signed.Time
	System   bool            // the connected system's own
	Person   identity.Person // whose device it is; empty for the connected system's own
	Receipt  bool            // the organisation's receipt ends with it
}

// Witness is a device that vouches for the log, so that the person can be asked.
type Witness struct {
	Device identity.DeviceID
	Person identity.Person
	Size   int64
	At     signed.Time // by the device's clock
}

// Sound reports whether nothing is wrong.
func (r Report) Sound() bool { return len(r.Problems) == 0 }

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Verify checks everything in a bundle, on the word of the organisation ID alone. An error says that it is no
// bundle of this organisation; what else is wrong stands in the report.
func Verify(data []byte, org identity.OrgID) (Report, error) {
	b, err := Decode(data)
	if err != nil {
		return Report{}, err
	}
	if b.Org != org {
		return Report{}, fmt.Errorf("verify evidence: %w: another organisation's", ErrBundle)
	}
	s, err := identity.OpenStatement(b.Statement, org)
	if err != nil {
		return Report{}, fmt.Errorf("verify evidence: %w", err)
	}
	v := verifier{b: b, report: Report{Organisation: s.Name, Statement: s}, people: map[identity.DeviceID]identity.Credential{}}
	v.credentials()
	v.trail()
	v.entries()
	v.receipts()
	return v.report, nil
}

type verifier struct {
	b      Bundle
	report Report
	people map[identity.DeviceID]identity.Credential
}

// credentials are those that an issuing key of the statement has signed; of one device any will do, because
// its ID is its key's, and the witness key is taken from the one that the cosignature fits.
func (v *verifier) credentials() {
	for i, raw := range v.b.Credentials {
		c, err := identity.OpenCredential(raw, v.b.Org, v.report.Statement.Issuing)
		if err != nil {
			v.report.problem("credential %d is not the organisation's: %v", i+1, err)
			continue
		}
		if have, ok := v.people[c.Device()]; !ok || have.Epoch < c.Epoch {
			v.people[c.Device()] = c
		}
	}
}

func (v *verifier) trail() {
	r := &v.report
	for i, seen := range v.b.Trail {
		note, words, err := audit.SplitCosigned(seen.Note)
		var c audit.Checkpoint
		if err == nil {
			c, err = audit.OpenCheckpoint(note, v.b.Org, r.Statement.Log)
		}
		if err != nil {
			r.problem("checkpoint %d is not the log's: %v", i+1, err)
			return
		}
		if i > 0 {
			before := r.Checkpoints[i-1]
			if before.Size >= c.Size {
				r.problem("checkpoint %d is over %d entries, after one over %d", i+1, c.Size, before.Size)
				return
			}
			if err := audit.Consistent(before, c, seen.Growth); err != nil {
				r.problem("checkpoint %d, over %d entries, does not begin with the one over %d: the log was rewritten, or the bundle was", i+1, c.Size, before.Size)
				return
			}
		}
		r.Checkpoints, r.Notes = append(r.Checkpoints, c), append(r.Notes, note)
		for _, word := range words {
			v.witness(word, c)
		}
	}
}

func (v *verifier) witness(word audit.Cosignature, c audit.Checkpoint) {
	r := &v.report
	who, ok := v.people[word.Device]
	if !ok {
		r.problem("the witness %s of %d entries: its credential is missing", word.Device.Grouped(), c.Size)
		return
	}
	if err := word.Check(c, who.Keys.Witness); err != nil {
		r.problem("the witness %s of %d entries: its signature does not hold", word.Device.Grouped(), c.Size)
		return
	}
	r.Witnesses = slices.DeleteFunc(r.Witnesses, func(w Witness) bool { return w.Device == word.Device })
	r.Witnesses = append(r.Witnesses, Witness{Device: word.Device, Person: who.Person, Size: c.Size, At: word.Time()})
}

func (v *verifier) entries() {
	r := &v.report
	if len(r.Checkpoints) == 0 {
		return // what is wrong with the first is told
	}
	for _, e := range v.b.Entries {
		shown := Shown{Place: e.Place, Received: e.Received}
		key, err := v.key(e.Signed, &shown)
		if err == nil {
			shown.Entry, err = journal.OpenEntry(e.Signed, key)
		}
		if err != nil {
			r.problem("entry %d: nobody of the organisation has signed it: %v", e.Place, err)
			continue
		}
		if audit.Included(r.Checkpoints[0], audit.NewLeaf(e.Signed, e.Received), int64(e.Place)-1, e.Proof) != nil {
			r.problem("entry %d: the log does not have it there, so, at that time", e.Place)
			continue
		}
		r.Entries = append(r.Entries, shown)
	}
}

// key is the one that an entry says it is signed with, if it is somebody's of the organisation.
func (v *verifier) key(raw []byte, shown *Shown) (signed.Key, error) {
	var claim journal.Entry
	if err := signed.Unverified(raw, journal.EntryLimit, &claim); err != nil {
		return signed.Key{}, err
	}
	for _, key := range v.report.Statement.Log {
		if identity.DeviceIDOf(key) == claim.Device {
			shown.System = true
			return key, nil
		}
	}
	c, ok := v.people[claim.Device]
	if !ok {
		return signed.Key{}, fmt.Errorf("the credential of its device is missing: %w", identity.ErrCredential)
	}
	shown.Person = c.Person
	return c.Keys.Signing, nil
}

func (v *verifier) receipts() {
	r := &v.report
	for i, raw := range v.b.Receipts {
		var claim journal.Receipt
		err := signed.Unverified(raw, journal.ReceiptLimit, &claim)
		if err == nil {
			claim, err = journal.OpenReceipt(raw, v.b.Org, claim.Device, r.Statement.Log)
		}
		if err != nil {
			r.problem("receipt %d is not the organisation's: %v", i+1, err)
			continue
		}
		for _, rng := range slices.Concat(claim.Ranges, claim.Held) {
			if !v.ends(claim, rng) {
				r.problem("receipt %d: it ends with an entry that is not here", i+1)
			}
		}
	}
}

// ends marks the entry that a range of a receipt ends with.
func (v *verifier) ends(receipt journal.Receipt, rng journal.Range) bool {
	for i := range v.report.Entries {
		e := &v.report.Entries[i]
		at := slices.IndexFunc(v.b.Entries, func(one Entry) bool { return one.Place == e.Place })
		hash := journal.HashOf(v.b.Entries[at].Signed)
		if e.Device == receipt.Device && e.Generation == rng.Generation && e.Seq == rng.To && bytes.Equal(hash[:], rng.Hash) {
			e.Receipt = true
			return true
		}
	}
	return false
}
