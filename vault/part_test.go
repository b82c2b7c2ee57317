package vault

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"reflect"
	"slices"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

func TestAProtectedPartOpensAgainstADurableEntryOnly(t *testing.T) {
	w := newWorld(t)
	until := morning + 100
	w.put(w.copy(rita, ritaS, 2, until))
	w.put(w.copy("rec-other", "subject-other", 2, until))

	part, err := w.open(w.stamp(opened(rita, ritaS, 2)), rita, until)
	must(t, err)
	if part.Fields[0].Value != "070-PLANTERAD" {
		t.Fatalf("the part: %+v", part)
	}
	extended := opened(rita, ritaS, 2)
	extended.Kind = journal.RecordExtended
	if _, err := w.open(w.stamp(extended), rita, until); err != nil {
		t.Errorf("an entry that extends: %v", err)
	}

	used := w.stamp(opened(rita, ritaS, 2))
	_, err = w.open(used, rita, until)
	must(t, err)
	copied := *used
	refused := opened(rita, ritaS, 2)
	refused.Kind = journal.RecordRefused
	short, long := opened(rita, ritaS, 2), opened(rita, ritaS, 2)
	short.Until, long.Until = until-1, until+1
	for what, stamp := range map[string]*journalfile.Stamp{
		"no stamp":                  nil,
		"a stamp out of thin air":   {},
		"a used stamp":              used,
		"a copy of a used stamp":    &copied,
		"a stamp of version 1":      w.stamp(opened(rita, ritaS, 1)),
		"a stamp of version 3":      w.stamp(opened(rita, ritaS, 3)),
		"a stamp of another record": w.stamp(opened("rec-other", ritaS, 2)),
		"one that names another":    w.stamp(opened(rita, "subject-other", 2)),
		"a stamp of a refusal":      w.stamp(refused),
		"a stamp kept too long":     w.stamp(short),
		"one for after the loan":    w.stamp(long),
		"another device's stamp":    newWorld(t).stamp(opened(rita, ritaS, 2)),
	} {
		if part, err := w.open(stamp, rita, until); !errors.Is(err, ErrNoStamp) || part.Fields != nil {
			t.Errorf("%s: %v, %+v", what, err, part)
		}
	}

	fresh := w.stamp(opened(rita, ritaS, 2))
	if part, err := w.open(fresh, rita, until+1); !errors.Is(err, ErrLoan) || part.Fields != nil {
		t.Errorf("after the loan: %v", err)
	}
	if _, err := w.open(fresh, "rec-none", until); !errors.Is(err, ErrNotFound) {
		t.Errorf("no such record: %v", err)
	}
	must(t, w.journal.Close())
	if _, err := w.open(fresh, rita, until); !errors.Is(err, ErrNoStamp) {
		t.Errorf("a stamp whose journal is closed: %v", err)
	}
}

func TestAPartWithoutItsOwnCardStaysShut(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 2, morning+100))
	other := w.copy(rita, ritaS, 2, morning+100)
	var card cardRow
	var part partRow
	putPart := func(row partRow) {
		t.Helper()
		must(t, w.vault.Update(func(tx *Tx) error {
			return errors.Join(tx.put(rowCard, string(rita), ritaS, card), tx.put(rowPart, string(rita), ritaS, row))
		}))
	}
	must(t, w.vault.read(func(tx *Tx) error {
		_, err := tx.get(rowCard, string(rita), &card)
		_, err2 := tx.get(rowPart, string(rita), &part)
		return errors.Join(err, err2)
	}))
	stamp := w.stamp(opened(rita, ritaS, 2))
	for what, spoil := range map[string]func(*partRow){ // as if half of a write had come through, or an old row come back
		"another ciphertext": func(p *partRow) { p.Cipher = other.Cipher },
		"an older version's": func(p *partRow) { p.Number = 1 },
		"without a loan":     func(p *partRow) { p.Hands = nil },
		"through more hands": func(p *partRow) { p.Hands = append([]record.Hand{{}}, p.Hands...) },
	} {
		spoiled := part
		spoil(&spoiled)
		putPart(spoiled)
		if _, err := w.open(stamp, rita, morning); !errors.Is(err, ErrView) {
			t.Errorf("a part %s: %v", what, err)
		}
		if _, err := w.vault.Copy(rita); !errors.Is(err, ErrView) {
			t.Errorf("a copy of a part %s: %v", what, err)
		}
	}
	putPart(part)
	if _, err := w.open(stamp, rita, morning); err != nil {
		t.Errorf("what was never tried has not used the stamp up: %v", err)
	}
	stamp = w.stamp(opened(rita, ritaS, 2))
	w.put(w.copy(rita, ritaS, 3, morning+100))
	if _, err := w.open(stamp, rita, morning); !errors.Is(err, ErrNoStamp) {
		t.Errorf("the version moved on between entry and opening: %v", err)
	}
}

func TestARecordIsHandedOnSealedToTheVerifiedDevice(t *testing.T) {
	anna := newWorld(t)
	bo := newWorld(t)
	came := anna.copy(rita, ritaS, 2, morning+100)
	anna.put(came)
	info := record.SharedKeyInfo([]byte("transcript"), rita, 2)
	to := identity.Credential{Keys: bo.keys.Public()}
	sent := opened(rita, ritaS, 2)
	sent.Kind, sent.Peer = journal.ShareSent, to.Device()
	elsewhere := sent
	elsewhere.Peer = newWorld(t).device()

	shared, err := anna.vault.NewShareKey(to, "a share")
	must(t, err)
	for what, stamp := range map[string]*journalfile.Stamp{
		"no stamp": nil, "a stamp for opening": anna.stamp(opened(rita, ritaS, 2)),
		"a stamp for sending it to somebody else": anna.stamp(elsewhere),
	} {
		if h, err := anna.vault.Reseal(stamp, rita, morning, shared, info); !errors.Is(err, ErrNoStamp) || h.Key != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := anna.vault.Reseal(anna.stamp(sent), rita, morning+101, shared, info); !errors.Is(err, ErrLoan) {
		t.Errorf("after the loan: %v", err)
	}
	if _, err := anna.vault.Reseal(anna.stamp(sent), rita, morning, nil, info); !errors.Is(err, ErrNoStamp) {
		t.Errorf("to nobody: %v", err)
	}
	if _, err := anna.vault.NewShareKey(identity.Credential{Keys: anna.keys.Public()}, "a share"); err == nil {
		t.Error("sealed to the device itself, which could then open it without an entry")
	}
	h, err := anna.vault.Reseal(anna.stamp(sent), rita, morning, shared, info)
	must(t, err)
	if h.Until != morning+100 || len(h.Hands) != 1 || !bytes.Equal(h.Signed, came.Signed) {
		t.Errorf("what goes with it: %+v", h)
	}
	c := RecordCopy{Signed: h.Signed, Cipher: h.Cipher, Sealed: h.Key, Info: "another verification", Unwrap: bo.unwraps("a share", shared.Sealed), Hands: h.Hands, Source: Source{Device: anna.device(), Name: "Anna", At: morning}}
	if _, err := bo.vault.PutRecords([]RecordCopy{c}); !errors.Is(err, identity.ErrSealed) {
		t.Errorf("in another verification: %v", err)
	}
	c.Info = info
	bo.put(c)
	part, err := bo.open(bo.stamp(opened(rita, ritaS, 2)), rita, morning)
	must(t, err)
	if part.Fields[1].Value != "Planterade gatan 7" {
		t.Errorf("what Bo sees: %+v", part)
	}
}

// unwraps is how a device opens what was wrapped for a share to it.
func (w *world) unwraps(info string, sealed []byte) cipher.AEAD {
	w.t.Helper()
	key, err := w.keys.OpenSealed(info, sealed)
	must(w.t, err)
	aead, err := identity.NewAEAD(key)
	must(w.t, err)
	return aead
}

// There is one way to plaintext. Whoever adds a method looks here first: no result may hold
// record.Protected, and none raw bytes that could be a content key.
func TestNothingElseGivesAProtectedPartOrAContentKey(t *testing.T) {
	bytesFrom := []string{ // each with what its bytes are
		"*vault.Prepared.OpenPart",      // the one way
		"*vault.Vault.Prepare",          // the card
		"*vault.Prepared.Row",           // the card
		"*vault.Vault.Reseal",           // wrapped for another device
		"*vault.Vault.Setting",          // the caller's own
		"*vault.Tx.Setting",             // the caller's own
		"*vault.Vault.Profile",          // signed statement and credential, request id
		"*vault.Vault.Record",           // the card
		"*vault.Vault.Records",          // cards
		"*vault.Vault.Expired",          // cards
		"*vault.Vault.Assignment",       // signed assignment, work, hashes
		"*vault.Vault.Assignments",      // the same
		"*vault.Vault.Copy",             // the ciphertext without its key
		"*vault.Vault.FindProtected",    // cards, for an entry
		"*vault.Vault.Attachment",       // signed attachment or a draft
		"*vault.Vault.Attachments",      // what lists need
		"*vault.Vault.OpenAttachment",   // for an entry of its own
		"*vault.Vault.ResealAttachment", // wrapped for another device
		"*vault.Vault.NewShareKey",      // random, sealed to another device
		"*vault.Vault.SealDraft",        // what this device made, and its key, sealed to the organisation
		"*vault.Blobs.Read",             // a chunk's ciphertext
		"*vault.Tx.Record",
		"*vault.Tx.Assignment",
	}
	keysFrom := []string{"*vault.Vault.SegmentKeys", "*vault.Vault.SubjectKey", "*vault.Vault.Keys"}
	protected := reflect.TypeFor[record.Protected]()
	readers := []string{"*vault.Prepared.OpenPart", "*vault.Vault.OpenAttachment"}
	label, opened := reflect.TypeFor[record.Label](), reflect.TypeFor[*OpenedAttachment]()
	seen := 0
	for _, on := range []reflect.Type{reflect.TypeFor[*Vault](), reflect.TypeFor[*Tx](), reflect.TypeFor[*Blobs](), reflect.TypeFor[*Prepared]()} {
		for m := range on.Methods() {
			name := on.String() + "." + m.Name
			for i := range m.Type.NumOut() {
				out := m.Type.Out(i)
				if holds(out, func(t reflect.Type) bool { return t == protected }) {
					seen++
					if name != "*vault.Prepared.OpenPart" || m.Type.In(1) != reflect.TypeFor[*journalfile.Stamp]() {
						t.Errorf("%s gives a protected part", name)
					}
				}
				if holds(out, func(t reflect.Type) bool { return t == label || t == opened }) && (!slices.Contains(readers, name) || m.Type.In(1) != reflect.TypeFor[*journalfile.Stamp]()) {
					t.Errorf("%s gives what an attachment is called, or holds", name)
				}
				if holds(out, func(t reflect.Type) bool { return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 }) && !slices.Contains(bytesFrom, name) {
					t.Errorf("%s gives bytes: what are they?", name)
				}
				if out.Kind() == reflect.Interface && out != reflect.TypeFor[error]() && !slices.Contains(keysFrom, name) {
					t.Errorf("%s gives %s: what can it open?", name, out)
				}
				if out == reflect.TypeFor[*identity.KeySet]() && !slices.Contains(keysFrom, name) {
					t.Errorf("%s gives keys", name)
				}
			}
		}
	}
	if seen != 1 {
		t.Errorf("%d ways to a protected part", seen)
	}
}

func holds(t reflect.Type, is func(reflect.Type) bool) bool {
	seen := map[reflect.Type]bool{}
	var look func(reflect.Type) bool
	look = func(t reflect.Type) bool {
		if seen[t] {
			return false
		}
		seen[t] = true
		if is(t) {
			return true
		}
		switch t.Kind() {
		case reflect.Struct:
			for f := range t.Fields() {
				if f.IsExported() && look(f.Type) {
					return true
				}
			}
		case reflect.Slice, reflect.Array, reflect.Map, reflect.Pointer:
			return look(t.Elem())
		}
		return false
	}
	return look(t)
}

func TestASubjectsPayloadKeyOpensNoContentKey(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	aead, err := w.vault.SubjectKey(ritaS)
	must(t, err)
	must(t, w.vault.read(func(tx *Tx) error {
		o, err := tx.stored(rita)
		must(t, err)
		if _, err := aead.Open(nil, nil, o.part.Key, tx.view.seal.contentContext(o.record.Org, o.record)); err == nil {
			t.Error("it does")
		}
		return nil
	}))
	box := aead.Seal(nil, nil, []byte("payload key"), []byte("commitment"))
	w.reopen()
	aead, err = w.vault.SubjectKey(ritaS)
	must(t, err)
	if _, err := aead.Open(nil, nil, box, []byte("commitment")); err != nil {
		t.Errorf("the same key after a restart: %v", err)
	}
}

// Between a first look and the stamp a record may get a new version, go, or be made anew with the whole
// view: what opens is what is there then.
func TestWhatIsPreparedIsNoOlderThanWhatOpens(t *testing.T) {
	for what, c := range map[string]struct {
		then    func(w *world)
		version uint64 // that the stamp names
		want    error
	}{
		"nothing happens":             {func(*world) {}, 1, nil},
		"another record is written":   {func(w *world) { w.put(w.copy("rec-other", "subject-other", 1, morning)) }, 1, nil},
		"a newer version comes":       {func(w *world) { w.put(w.copy(rita, ritaS, 2, morning)) }, 1, ErrNoStamp},
		"that version is meant":       {func(w *world) { w.put(w.copy(rita, ritaS, 2, morning)) }, 2, nil},
		"it is removed":               {func(w *world) { must(t, w.vault.Update(func(tx *Tx) error { return tx.RemoveRecord(rita) })) }, 1, ErrNotFound},
		"the view is begun anew":      {func(w *world) { must(t, w.vault.ResetView()) }, 1, ErrNotFound},
		"the device is locked":        {func(w *world) { must(t, w.vault.Close()) }, 1, ErrClosed},
		"its loan has been made less": {func(w *world) { w.shorten(rita, morning-1) }, 1, ErrLoan},
	} {
		w := newWorld(t)
		w.put(w.copy(rita, ritaS, 1, morning))
		p, err := w.vault.Prepare(rita)
		must(t, err)
		stamp := w.stamp(opened(rita, ritaS, c.version))
		c.then(w)
		part, err := p.OpenPart(stamp, morning)
		if !errors.Is(err, c.want) || (err == nil) != (part.Fields != nil) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Revisions are counted for each view: the same one in another view is another row.
func TestWhatIsPreparedIsOfItsOwnViewOnly(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy("rec-other", "subject-other", 1, morning))
	w.put(w.copy(rita, ritaS, 1, morning))
	p, err := w.vault.Prepare(rita)
	must(t, err)
	stamp := w.stamp(opened(rita, ritaS, 1))
	w.vault.mark.Store(0) // as if no number had been handed on
	must(t, w.vault.ResetView())
	w.put(w.copy(rita, ritaS, 2, morning))
	fresh, err := w.vault.Prepare(rita)
	must(t, err)
	if fresh.rows.revision != p.rows.revision {
		t.Fatalf("revision %d, not %d: nothing is shown by this", fresh.rows.revision, p.rows.revision)
	}
	if part, err := p.OpenPart(stamp, morning); !errors.Is(err, ErrNoStamp) || part.Fields != nil {
		t.Errorf("a part of a view that is no more: %v", err)
	}
}

// shorten writes a record's card with another end of its loan.
func (w *world) shorten(id journal.RecordID, until signed.Time) {
	w.t.Helper()
	must(w.t, w.vault.Update(func(tx *Tx) error {
		o, err := tx.stored(id)
		must(w.t, err)
		card, err := tx.card(id)
		must(w.t, err)
		card.Until = until
		return errors.Join(tx.put(rowCard, string(id), card.Record.Subject, card), tx.put(rowPart, string(id), card.Record.Subject, o.part))
	}))
}
