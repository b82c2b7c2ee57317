package vault

import (
	"bytes"
	"errors"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// made is a draft of this device with its chunks.
func (w *world) made(data []byte) record.Attachment {
	w.t.Helper()
	blobs, err := w.vault.Blobs()
	must(w.t, err)
	defer blobs.Close()
	a, key, err := record.SealAttachment(record.Attachment{Org: w.org, ID: photo, Record: rita, Subject: ritaS, Device: w.vault.keys.Device(), Size: uint64(len(data))},
		record.Label{Name: "Planterad bild.jpg", Type: record.JPEG}, bytes.NewReader(data), blobs.Put)
	must(w.t, err)
	must(w.t, blobs.Sync())
	draft, err := a.EncodeDraft()
	must(w.t, err)
	must(w.t, w.vault.Update(func(t *Tx) error {
		_, err := t.PutAttachment(AttachmentCopy{Draft: draft, ContentKey: key})
		return err
	}))
	return a
}

// What was made here is nowhere else: it outlives its record's loan, a sweep and a lock.
func TestADraftOutlivesItsRecord(t *testing.T) {
	for name, held := range map[string]bool{"of a record that goes": true, "of a record that never was here": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if held {
				w.put(w.copy(rita, ritaS, 1, morning))
			}
			a := w.made(picture())
			must(t, w.vault.Update(func(t *Tx) error { return t.RemoveRecord(rita) }))
			if _, err := w.vault.SweepBlobs(); err != nil {
				t.Fatal(err)
			}
			w.reopen()
			drafts, err := w.vault.Drafts()
			if err != nil || len(drafts) != 1 || drafts[0].ID != photo || !drafts[0].Whole() {
				t.Fatalf("drafts %+v: %v", drafts, err)
			}
			organisation, former := sealing(t), sealing(t)
			w.hears(w.issuing, organisation, former)
			draft, sealed, err := w.vault.SealDraft(photo)
			must(t, err)
			if got, err := record.DecodeDraft(draft); err != nil || !got.Same(a) {
				t.Errorf("the draft: %v", err)
			}
			key, err := organisation.Open(record.MadeKeyInfo(w.org, photo, w.vault.keys.Device()), sealed)
			if err != nil || a.CheckKey(key) != nil {
				t.Errorf("its key: %v", err)
			}
			must(t, w.vault.Erase(ritaS))
			if drafts, err := w.vault.Drafts(); err != nil || len(drafts) != 0 || len(w.files()) != 0 {
				t.Errorf("after an erasure: %+v, %v, %v", drafts, w.files(), err)
			}
		})
	}
}

// What the organisation has signed goes with its record, and is no draft to be sent.
func TestWhatIsSignedIsNoDraft(t *testing.T) {
	w, _ := newWorld(t).attached()
	w.hears(w.issuing, sealing(t))
	if drafts, err := w.vault.Drafts(); err != nil || len(drafts) != 0 {
		t.Errorf("%+v %v", drafts, err)
	}
	for _, id := range []journal.AttachmentID{photo, "att-none"} {
		if _, _, err := w.vault.SealDraft(id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// A draft's key leaves the device without an entry of its own, so it leaves for its organisation alone.
func TestADraftIsSealedToItsOrganisationAlone(t *testing.T) {
	other, err := signed.PrivateKeyFromSeed([]byte("root key of another organisation"))
	must(t, err)
	for what, put := range map[string]func(w *world){
		"without a statement":             func(*world) {},
		"a statement that another signed": func(w *world) { w.hears(other, sealing(t)) },
		"another organisation's device": func(w *world) {
			w.org = identity.OrgIDOf(other.Public())
			w.hears(other, sealing(t))
		},
	} {
		w := newWorld(t)
		w.put(w.copy(rita, ritaS, 1, morning))
		w.made([]byte("ett ord"))
		put(w)
		if draft, sealed, err := w.vault.SealDraft(photo); err == nil || draft != nil || sealed != nil {
			t.Errorf("%s: it was sealed", what)
		}
	}
}

func sealing(t *testing.T) *identity.SealPrivate {
	t.Helper()
	key, err := identity.NewSealPrivate()
	must(t, err)
	return key
}

// hears keeps a statement of the world's organisation, with these keys to seal to, as root has signed it.
func (w *world) hears(root *signed.PrivateKey, to ...*identity.SealPrivate) {
	w.t.Helper()
	s := identity.Statement{Version: 1, Number: 1, Root: root.Public(), Name: "Bostads AB Linden", URL: "https://linden.example:8443",
		TLS: []identity.Pin{bytes.Repeat([]byte{7}, 32)}, Issuing: []signed.Key{root.Public()}, Log: []signed.Key{root.Public()}, Issued: morning}
	for _, key := range to {
		s.Sealing = append(s.Sealing, key.Public())
	}
	data, err := signed.Sign(signed.DomainStatement, root, s)
	must(w.t, err)
	p, err := w.vault.Profile()
	must(w.t, err)
	p.Org, p.Statement = w.org, data
	must(w.t, w.vault.SaveProfile(p, nil))
}
