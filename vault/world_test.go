package vault

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/internal/folder"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

var (
	passphrase = []byte("korrekt häst batteri")
	cheap      = Options{CheapForTests: true}
	morning    = signed.At(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC))
)

const (
	rita  = journal.RecordID("rec-rita-4711")
	ritaS = journal.SubjectID("subject-rita-0815")
)

// must ends the test at an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is an organisation and one device of it.
type world struct {
	t       testing.TB
	dir     string
	options Options
	vault   *Vault
	keys    *identity.KeySet
	issuing *signed.PrivateKey
	org     identity.OrgID
	journal *journalfile.File
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := bareWorld(t, filepath.Join(t.TempDir(), "vault"))
	w.begin()
	return w
}

// begin enrols.
func (w *world) begin() {
	w.t.Helper()
	v, err := Create(w.dir, passphrase, w.options)
	must(w.t, err)
	w.vault = v
	w.t.Cleanup(func() { w.vault.Close() })
	w.keys, err = identity.NewKeySet()
	must(w.t, err)
	must(w.t, v.SaveProfile(Profile{Org: w.org, Person: identity.Person{ID: "p1", Username: "anna", First: "Anna", Last: "Lindqvist"}, Credential: []byte("credential")}, w.keys))
}

func bareWorld(t testing.TB, dir string) *world {
	t.Helper()
	issuing, err := signed.PrivateKeyFromSeed([]byte("issuing key, the same every time"))
	must(t, err)
	return &world{t: t, dir: dir, options: cheap, issuing: issuing, org: identity.OrgIDOf(issuing.Public())}
}

// reopen locks and unlocks.
func (w *world) reopen() {
	w.t.Helper()
	must(w.t, w.vault.Close())
	v, err := Open(w.dir, passphrase, w.options)
	must(w.t, err)
	w.vault = v
	w.keys, err = v.Keys()
	must(w.t, err)
}

// copy is version number of a record as the connected system lends it until then.
func (w *world) copy(id journal.RecordID, subject journal.SubjectID, number uint64, until signed.Time) RecordCopy {
	w.t.Helper()
	cipher, hash, key, err := record.SealProtected(w.org, id, number, record.Protected{Fields: []record.Field{
		{Name: "phone", Value: "070-PLANTERAD"}, {Name: "street", Value: "Planterade gatan 7"},
	}})
	must(w.t, err)
	data, err := record.Record{Version: 1, Org: w.org, ID: id, Number: number, Subject: subject, Kind: "person", Unit: "u1",
		Card: record.Card{Title: "Rita Planterad", Area: "Ekbacken"}, Cipher: hash, Issued: morning}.WithKey(key).Sign(w.issuing)
	must(w.t, err)
	return RecordCopy{Signed: data, Cipher: cipher, ContentKey: key, Hands: []record.Hand{{Loan: w.loan(id, number, until)}}}
}

func (w *world) loan(id journal.RecordID, number uint64, until signed.Time) []byte {
	w.t.Helper()
	data, err := signed.Sign(signed.DomainLoan, w.issuing, record.Loan{Version: 1, Org: w.org, Record: id, Number: number, To: w.device(), Until: until})
	must(w.t, err)
	return data
}

func (w *world) device() identity.DeviceID {
	if w.keys == nil {
		return "device"
	}
	return w.keys.Device()
}

func (w *world) put(c RecordCopy) bool {
	w.t.Helper()
	kept, err := w.vault.PutRecords([]RecordCopy{c})
	must(w.t, err)
	return kept == 1
}

// stamp writes a real entry to a real journal.
func (w *world) stamp(e journal.Entry) *journalfile.Stamp {
	w.t.Helper()
	if w.journal == nil {
		root, err := w.vault.SegmentKeys()
		must(w.t, err)
		seal, err := identity.NewSealPrivate()
		must(w.t, err)
		w.journal, err = journalfile.Open(journalfile.Config{Dir: filepath.Join(w.t.TempDir(), "outbox"), Device: w.keys.Device(),
			Sign: w.keys.SignContent, Verify: w.keys.Public().Signing, Root: root, Seal: seal.Public(),
			Clock: func() (signed.Time, int64, signed.Time) { return morning, 0, morning }})
		must(w.t, err)
		file := w.journal
		w.t.Cleanup(func() { file.Close() })
	}
	stamps, err := w.journal.Append(journalfile.Draft{Entry: e})
	must(w.t, err)
	return stamps[0]
}

func opened(id journal.RecordID, subject journal.SubjectID, number uint64) journal.Entry {
	return journal.Entry{Kind: journal.RecordOpened, Record: id, Subject: subject, RecordVersion: number}
}

// flip changes one bit of a file.
func flip(t testing.TB, path string, at int) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	data[at] ^= 1
	must(t, os.WriteFile(path, data, folder.FileMode))
}

// open is an opening against stamp, from the first look at the record on.
func (w *world) open(stamp *journalfile.Stamp, id journal.RecordID, now signed.Time) (Part, error) {
	p, err := w.vault.Prepare(id)
	if err != nil {
		return Part{}, err
	}
	return p.OpenPart(stamp, now)
}
