package record_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/vault/journal"
	"handslag/vault/record"
)

const now = signed.Time(1_795_000_000_000_000)

var cipher = []byte("ciphertext")

func org(t testing.TB) identity.OrgID { return identity.OrgIDOf(signedtest.Key(t, 1).Public()) }

func issuing(t testing.TB) []signed.Key { return []signed.Key{signedtest.Key(t, 2).Public()} }

func device(t testing.TB, b byte) identity.DeviceID {
	return identity.DeviceIDOf(signedtest.Key(t, b).Public())
}

func sign(t testing.TB, domain signed.Domain, b byte, v any) []byte {
	t.Helper()
	data, err := signed.Sign(domain, signedtest.Key(t, b), v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func aRecord(t testing.TB) record.Record {
	return record.Record{Version: 1, Org: org(t), ID: "r-1", Number: 2, Subject: "s-1", Kind: "person", Unit: "norra",
		People: []identity.PersonID{"p-anna"}, ProtectedIdentity: true, Card: record.Card{Title: "Uppdrag 1042", Area: "Sparvhagen"},
		Cipher: hash(cipher), Issued: now, Tokens: record.NumberTokens(searchKey, record.Protected{Fields: []record.Field{{Name: "phone", Value: "070-174 06 41"}}})}.WithKey(contentKey)
}

var contentKey = bytes.Repeat([]byte{8}, identity.AEADKeySize)

var searchKey = bytes.Repeat([]byte{7}, 32)

func anErasure(t testing.TB) record.Erasure {
	return record.Erasure{Version: 1, Org: org(t), Number: 3, Subject: "s-1", At: now}
}

func anAssignment(t testing.TB) record.Assignment {
	return record.Assignment{Version: 1, Org: org(t), ID: "U-1042", Number: 1, Record: "r-1", Subject: "s-1", Unit: "norra",
		People: []identity.PersonID{"p-bo"}, Title: "Vattenläcka", Due: "2026-11-21", Issued: now}
}

func lend(t testing.TB, from identity.DeviceID, by byte, to identity.DeviceID, until signed.Time) []byte {
	return sign(t, signed.DomainLoan, by, record.Loan{Version: 1, Org: org(t), Record: "r-1", Number: 2, From: from, To: to, Until: until})
}

func credentialOf(t testing.TB, b byte) []byte {
	sealing, err := identity.SealPrivateFromBytes(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return sign(t, signed.DomainCredential, 2, identity.Credential{Version: 1, Org: org(t), Person: identity.Person{ID: "p-1", Username: "u"}, Machine: "m",
		Keys:  identity.PublicKeys{Signing: signedtest.Key(t, b).Public(), Transport: signedtest.Key(t, b+1).Public(), Sealing: sealing.Public(), Witness: signedtest.Key(t, b+2).Public()},
		Epoch: 1, Issued: now, Expires: now.Add(time.Hour)})
}

func evidence(t testing.TB) []byte {
	t.Helper()
	sealing, err := identity.SealPrivateFromBytes(bytes.Repeat([]byte{6}, 32))
	if err != nil {
		t.Fatal(err)
	}
	statement := sign(t, signed.DomainStatement, 1, identity.Statement{Version: 1, Number: 1, Root: signedtest.Key(t, 1).Public(), Name: "Linden",
		URL: "https://linden.example", TLS: []identity.Pin{make([]byte, 32)}, Issuing: issuing(t), Sealing: []identity.SealKey{sealing.Public()},
		Log: issuing(t), Issued: now})
	payload := journal.Payload{Version: 1, Salt: make([]byte, 32), Details: journal.Details{Note: "Stängt av vattnet"}}
	commit, err := payload.Commit()
	if err != nil {
		t.Fatal(err)
	}
	assignment := sign(t, signed.DomainAssignment, 2, anAssignment(t))
	work := sign(t, signed.DomainWork, 3, record.Work{Version: 1, Org: org(t), Assignment: "U-1042", Number: 1,
		Content: record.WorkContent(commit, assignment), Device: device(t, 3), State: record.StateOf(nil)})
	data, err := signed.Encode(record.Evidence{Version: 1, Statement: statement, Credential: credentialOf(t, 3), Assignment: assignment, Payload: payload, Work: work})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFormatsStandStill(t *testing.T) {
	signedtest.Golden(t, "record", sign(t, signed.DomainRecord, 2, aRecord(t)))
	signedtest.Golden(t, "assignment", sign(t, signed.DomainAssignment, 2, anAssignment(t)))
	signedtest.Golden(t, "loan", lend(t, "", 2, device(t, 3), now))
	signedtest.Golden(t, "loans", lendMany(t, 2, device(t, 3), now))
	signedtest.Golden(t, "loan_of_many", oneOf(t, device(t, 3))[1])
	signedtest.Golden(t, "erasure", sign(t, signed.DomainErasure, 2, anErasure(t)))
	signedtest.Golden(t, "evidence", evidence(t))
	signedtest.Golden(t, "work", sign(t, signed.DomainWork, 3, record.Work{Version: 1, Org: org(t), Assignment: "U-1042", Number: 1,
		Content: make([]byte, 32), Device: device(t, 3), State: record.StateOf(nil)}))
	for rule, v := range map[string]any{"record": record.Record{}, "card": record.Card{}, "protected": record.Protected{}, "field": record.Field{},
		"assignment": record.Assignment{}, "loan": record.Loan{}, "loans": record.Loans{}, "lent": record.Lent{}, "erasure": record.Erasure{}, "hand": record.Hand{}, "point": record.Point{}, "said": record.Said{}, "work": record.Work{}, "evidence": record.Evidence{}} {
		signedtest.Rule(t, "record.cddl", rule, v)
	}
}

func TestARecordIsTheOrganisationsAndWithItsOwnCiphertext(t *testing.T) {
	good := sign(t, signed.DomainRecord, 2, aRecord(t))
	if _, err := record.OpenRecord(good, cipher, org(t), issuing(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := record.OpenRecord(good, []byte("another"), org(t), issuing(t)); !errors.Is(err, record.ErrRecord) {
		t.Errorf("another ciphertext: %v", err)
	}
	if _, err := record.OpenRecord(sign(t, signed.DomainRecord, 3, aRecord(t)), cipher, org(t), issuing(t)); !errors.Is(err, signed.ErrSignature) {
		t.Errorf("forged: %v", err)
	}
	if _, err := record.OpenRecord(good, cipher, identity.OrgIDOf(signedtest.Key(t, 9).Public()), issuing(t)); !errors.Is(err, record.ErrRecord) {
		t.Errorf("another organisation's: %v", err)
	}
}

// What the organisation signs by mistake is refused too: these fields decide who may open what.
func TestAMalformedRecordOrAssignmentIsNeitherSignedNorOpened(t *testing.T) {
	for what, spoil := range map[string]func(*record.Record){
		"an unknown version":       func(r *record.Record) { r.Version = 2 },
		"no number":                func(r *record.Record) { r.Number = 0 },
		"no time":                  func(r *record.Record) { r.Issued = 0 },
		"half a hash":              func(r *record.Record) { r.Cipher = r.Cipher[:16] },
		"no word about its key":    func(r *record.Record) { r.Commitment = nil },
		"no ID":                    func(r *record.Record) { r.ID = "" },
		"an ID like a path":        func(r *record.Record) { r.ID = "r/../1" },
		"no subject":               func(r *record.Record) { r.Subject = "" },
		"no unit":                  func(r *record.Record) { r.Unit = "" },
		"no title":                 func(r *record.Record) { r.Card.Title = "" },
		"a card without end":       func(r *record.Record) { r.Card.Street = strings.Repeat("a", 4001) },
		"a town's worth of people": func(r *record.Record) { r.People = make([]identity.PersonID, 257) },
		"half a token":             func(r *record.Record) { r.Tokens = r.Tokens[:5] },
		"tokens out of order":      func(r *record.Record) { r.Tokens = append(r.Tokens, 0, 0, 0, 0, 0, 0) },
		"tokens without end":       func(r *record.Record) { r.Tokens = make([]byte, 513*record.TokenSize) },
	} {
		r := aRecord(t)
		spoil(&r)
		if _, err := r.Sign(signedtest.Key(t, 2)); !errors.Is(err, record.ErrRecord) {
			t.Errorf("a record with %s is signed: %v", what, err)
		}
		if _, err := record.OpenRecord(sign(t, signed.DomainRecord, 2, r), cipher, org(t), issuing(t)); !errors.Is(err, record.ErrRecord) {
			t.Errorf("a record with %s opens: %v", what, err)
		}
	}
	for what, spoil := range map[string]func(*record.Assignment){
		"an unknown version":   func(a *record.Assignment) { a.Version = 2 },
		"no number":            func(a *record.Assignment) { a.Number = 0 },
		"no title":             func(a *record.Assignment) { a.Title = "" },
		"a text without end":   func(a *record.Assignment) { a.Text = strings.Repeat("a", 4001) },
		"no day":               func(a *record.Assignment) { a.Due = "2026-11-21T08:00" },
		"no ID":                func(a *record.Assignment) { a.ID = "" },
		"no unit":              func(a *record.Assignment) { a.Unit = "" },
		"a record like a path": func(a *record.Assignment) { a.Record = "../r" },
		"another organisation": func(a *record.Assignment) { a.Org = identity.OrgIDOf(signedtest.Key(t, 9).Public()) },
	} {
		a := anAssignment(t)
		spoil(&a)
		if _, err := a.Sign(signedtest.Key(t, 2)); what != "another organisation" && !errors.Is(err, record.ErrAssignment) {
			t.Errorf("an assignment with %s is signed: %v", what, err)
		}
		if _, err := record.OpenAssignment(sign(t, signed.DomainAssignment, 2, a), org(t), issuing(t)); !errors.Is(err, record.ErrAssignment) {
			t.Errorf("an assignment with %s opens: %v", what, err)
		}
	}
	huge := make([]byte, record.CipherLimit+1)
	r := aRecord(t)
	r.Cipher = hash(huge)
	if _, err := record.OpenRecord(sign(t, signed.DomainRecord, 2, r), huge, org(t), issuing(t)); !errors.Is(err, record.ErrRecord) {
		t.Errorf("a ciphertext over its bound: %v", err)
	}
	if _, _, _, err := record.SealProtected(org(t), "r-1", 1, record.Protected{Fields: []record.Field{{Value: string(huge)}}}); !errors.Is(err, signed.ErrTooLarge) {
		t.Errorf("a part over its bound: %v", err)
	}
}

func TestALoanPassesFromHandToHandAndNeverGrows(t *testing.T) {
	anna, bo, carl := device(t, 10), device(t, 20), device(t, 30)
	fromSystem := record.Hand{Loan: lend(t, "", 2, anna, now)}
	toBo := record.Hand{Loan: lend(t, anna, 10, bo, now-1), Credential: credentialOf(t, 10)}
	for _, c := range []struct {
		sentence string
		hands    []record.Hand
		holder   identity.DeviceID
		ok       bool
	}{
		{"the connected system lends to Anna", []record.Hand{fromSystem}, anna, true},
		{"Anna lends on to Bo", []record.Hand{fromSystem, toBo}, bo, true},
		{"Carl shows Bo's loan", []record.Hand{fromSystem, toBo}, carl, false},
		{"nobody lent anything", nil, anna, false},
		{"Bo's loan without Anna's", []record.Hand{toBo}, bo, false},
		{"Anna lends for longer than she may", []record.Hand{fromSystem, {Loan: lend(t, anna, 10, bo, now+1), Credential: credentialOf(t, 10)}}, bo, false},
		{"Carl lends what Anna holds", []record.Hand{fromSystem, {Loan: lend(t, carl, 30, bo, now-1), Credential: credentialOf(t, 30)}}, bo, false},
		{"Carl signs in Anna's name", []record.Hand{fromSystem, {Loan: lend(t, anna, 30, bo, now-1), Credential: credentialOf(t, 10)}}, bo, false},
		{"Anna forges the system's loan", []record.Hand{{Loan: lend(t, "", 10, anna, now)}}, anna, false},
		{"Anna lends another version on", []record.Hand{fromSystem, {Loan: sign(t, signed.DomainLoan, 10, record.Loan{Version: 1, Org: org(t),
			Record: "r-1", Number: 3, From: anna, To: bo, Until: now - 1}), Credential: credentialOf(t, 10)}}, bo, false},
		{"Anna lends another record on", []record.Hand{fromSystem, {Loan: sign(t, signed.DomainLoan, 10, record.Loan{Version: 1, Org: org(t),
			Record: "r-2", Number: 2, From: anna, To: bo, Until: now - 1}), Credential: credentialOf(t, 10)}}, bo, false},
		{"Anna lends in another organisation's name", []record.Hand{fromSystem, {Loan: sign(t, signed.DomainLoan, 10, record.Loan{Version: 1,
			Org: identity.OrgIDOf(signedtest.Key(t, 9).Public()), Record: "r-1", Number: 2, From: anna, To: bo, Until: now - 1}), Credential: credentialOf(t, 10)}}, bo, false},
		{"Anna lends to nobody", []record.Hand{fromSystem, {Loan: lend(t, anna, 10, "", now-1), Credential: credentialOf(t, 10)}}, "", false},
		{"Anna signs something else than a loan", []record.Hand{fromSystem, {Loan: sign(t, signed.DomainManifest, 10, record.Loan{Version: 1, Org: org(t),
			Record: "r-1", Number: 2, From: anna, To: bo, Until: now - 1}), Credential: credentialOf(t, 10)}}, bo, false},
		{"a credential stands where the system lends", []record.Hand{{Loan: fromSystem.Loan, Credential: credentialOf(t, 10)}}, anna, false},
		{"too many hands", []record.Hand{fromSystem, toBo, toBo, toBo, toBo}, bo, false},
	} {
		loan, err := record.OpenHands(c.hands, org(t), issuing(t), c.holder)
		if (err == nil) != c.ok || c.ok && loan.To != c.holder {
			t.Errorf("%s: %v", c.sentence, err)
		}
	}
}

func TestEvidenceSaysWhoDidWhatAndTrustsNobody(t *testing.T) {
	f, err := record.OpenEvidence(evidence(t), org(t))
	if err != nil || f.Details.Note != "Stängt av vattnet" || f.Assignment.ID != "U-1042" {
		t.Fatalf("%v %+v", err, f.Details)
	}
	if _, err := record.OpenEvidence(evidence(t), identity.OrgIDOf(signedtest.Key(t, 9).Public())); err == nil {
		t.Error("it is believed for another organisation")
	}
	var e record.Evidence
	for name, spoil := range map[string]func(){
		"another note":       func() { e.Payload.Details.Note = "Bytte kran" },
		"another salt":       func() { e.Payload.Salt = bytes.Repeat([]byte{1}, 32) },
		"another assignment": func() { a := anAssignment(t); a.Number = 2; e.Assignment = sign(t, signed.DomainAssignment, 2, a) },
		"another device":     func() { e.Credential = credentialOf(t, 5) },
		"an unknown version": func() { e.Version = 2 },
		"work of another kind": func() {
			e.Work = sign(t, signed.DomainAssignment, 3, record.Work{Version: 1, Org: org(t), Assignment: "U-1042", Number: 1, Content: make([]byte, 32), Device: device(t, 3), State: record.StateOf(nil)})
		},
		"work that names another device": func() {
			var w record.Work
			if err := signed.Unverified(e.Work, record.WorkLimit, &w); err != nil {
				t.Fatal(err)
			}
			w.Device = device(t, 5)
			e.Work = sign(t, signed.DomainWork, 3, w)
		},
		"a statement of another root": func() { e.Statement = bytes.Clone(e.Statement); e.Statement[len(e.Statement)-1] ^= 1 },
	} {
		e = record.Evidence{}
		if err := signed.Decode(evidence(t), record.EvidenceLimit, &e); err != nil {
			t.Fatal(err)
		}
		spoil()
		data, _ := signed.Encode(e)
		if _, err := record.OpenEvidence(data, org(t)); err == nil {
			t.Errorf("%s is believed", name)
		}
	}
}

func TestAProtectedPartIsBoundToItsRecordAndVersion(t *testing.T) {
	part := record.Protected{Fields: []record.Field{{Name: "phone", Value: "070-1740605"}}}
	box, _, key, err := record.SealProtected(org(t), "r-1", 2, part)
	if err != nil || bytes.Contains(box, []byte("070")) {
		t.Fatal("not sealed", err)
	}
	aead, _ := identity.NewAEAD(key)
	if _, err := aead.Open(nil, nil, box, record.PartContext(org(t), "r-1", 2)); err != nil {
		t.Error(err)
	}
	if _, err := aead.Open(nil, nil, box, record.PartContext(org(t), "r-1", 3)); err == nil {
		t.Error("opens as another version")
	}
}

// A key commits to nothing but the record, the version and the organisation that it was made for.
func TestARecordKnowsItsContentKey(t *testing.T) {
	r := aRecord(t)
	if err := r.CheckKey(contentKey); err != nil {
		t.Fatal(err)
	}
	other := bytes.Clone(contentKey)
	other[31] ^= 1
	moved, newer, foreign := r, r, r
	moved.ID, newer.Number, foreign.Org = "r-2", 3, "other"
	for what, err := range map[string]error{
		"another key": r.CheckKey(other), "no key": r.CheckKey(nil), "a longer key": r.CheckKey(append(bytes.Clone(contentKey), 0)),
		"another record's": moved.CheckKey(contentKey), "another version's": newer.CheckKey(contentKey), "another organisation's": foreign.CheckKey(contentKey),
	} {
		if !errors.Is(err, record.ErrContentKey) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzOpenRecord(f *testing.F) {
	f.Add(signedtest.Load(f, "record"))
	f.Add(signedtest.Load(f, "assignment"))
	f.Add(signedtest.Load(f, "loan"))
	f.Add(signedtest.Load(f, "loans"))
	f.Add(signedtest.Load(f, "loan_of_many"))
	f.Add(signedtest.Load(f, "erasure"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := record.OpenRecord(data, cipher, org(t), issuing(t)); err == nil && r.Check() != nil {
			t.Fatal("an ill-formed record opens")
		}
		if a, err := record.OpenAssignment(data, org(t), issuing(t)); err == nil && a.Check() != nil {
			t.Fatal("an ill-formed assignment opens")
		}
		if e, err := record.OpenErasure(data, org(t), issuing(t)); err == nil && e.Check() != nil {
			t.Fatal("an ill-formed erasure order opens")
		}
		record.OpenLoan(data, org(t), issuing(t))
		record.ReadLoan(data)
		record.OpenLoans(data, org(t), issuing(t), device(t, 3), someLent)
	})
}

// FuzzRead throws anything at what is read before somebody's signature over a whole page says whose it is, and at the
// signature of somebody's work.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"record", "assignment", "loan", "loan_of_many", "loans", "erasure", "work"} {
		f.Add(signedtest.Load(f, name))
	}
	f.Add([]byte{0x84})
	const ofMany = 0x85 // an array of five
	key := signedtest.Key(f, 3).Public()
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := record.ReadRecord(data, cipher, org(t)); err == nil && (r.Check() != nil || r.Org != org(t)) {
			t.Fatal("an ill-formed record is read")
		}
		if l, err := record.ReadLoan(data); err == nil && data[0] == ofMany && (l.From != "" || l.Version != 1) {
			t.Fatal("an ill-formed loan is read")
		}
		if w, err := record.OpenWork(data, key); err == nil && w.Version != 1 {
			t.Fatal("an ill-formed signature opens")
		}
	})
}

func FuzzOpenEvidence(f *testing.F) {
	f.Add(signedtest.Load(f, "evidence"))
	f.Add([]byte{0xa0})
	id := org(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := record.OpenEvidence(data, id); err == nil && !bytes.Equal(data, signedtest.Load(t, "evidence")) {
			t.Fatal("evidence that nobody made is believed")
		}
	})
}
