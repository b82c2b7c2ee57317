package vault

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// A town is a vault with very many records, like those that the demo's organisation
// invents: every record with its subject, one in fifty with an assignment.

var (
	townFirst   = []string{"Anna", "Bo", "Maja", "Ali", "Karin", "Sven", "Fatima", "Lars-Erik", "Åsa", "Örjan", "Ingegerd", "Mohammed", "Elin", "Jonas", "Britt-Marie", "Ylva"}
	townFamily  = []string{"Lindqvist", "Berg", "Vintergrind", "Hassan", "Öberg", "Karlsson", "Nyström", "Åkerlund", "Sjögren", "Holmdahl", "Ek", "Fjällström"}
	townStreets = []string{"Lyktvårdarvägen", "Näverflätargatan", "Tröskloftsvägen", "Korgvidegatan", "Vantstickargränd", "Mjölpåsevägen", "Sländvingevägen", "Pilflöjtsgatan"}
	townAreas   = []string{"Sparvhagen", "Kvarnlyckan", "Tornängen", "Slussholmen", "Hamnkvarteret"}
	townNotes   = []string{
		"Hörselskadad: ring på länge, det finns en blinklampa i hallen.",
		"Reservnyckel finns hos grannen mittemot. Fråga alltid först.",
		"Svårt att gå: vänta, det tar en stund att komma till dörren.",
		"Hund i lägenheten. Skäller, men är snäll.",
		"Syrgas i hemmet: ingen öppen låga, inga gnistor.",
	}
)

type townsman struct {
	id       journal.RecordID
	subject  journal.SubjectID
	card     record.Card
	part     record.Protected
	unit     identity.UnitID
	officers []identity.PersonID
}

// townKey is the organisation's search key.
var townKey = []byte("the key that tokens are made under")

// inhabitant draws the n-th record, the same every time.
func inhabitant(n int) townsman {
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	pick := func(all []string) string { return all[rng.IntN(len(all))] }
	name := pick(townFirst) + " " + pick(townFamily)
	street := fmt.Sprintf("%s %d %c", pick(townStreets), 1+rng.IntN(120), 'A'+rng.IntN(4))
	return townsman{
		id: journal.RecordID(fmt.Sprintf("r-%010x", n)), subject: journal.SubjectID(fmt.Sprintf("s-%012x", n)),
		card: record.Card{Title: name, Street: street, Area: pick(townAreas), Tags: []string{"hiss", "portkod"}[:rng.IntN(3)]},
		part: record.Protected{Fields: []record.Field{
			{Name: "name", Value: name}, {Name: "birth_year", Value: fmt.Sprint(1934 + rng.IntN(72))},
			{Name: "street", Value: street}, {Name: "flat", Value: fmt.Sprint(1000 + rng.IntN(400))}, {Name: "town", Value: "Lindbrunna"},
			{Name: "phone", Value: fmt.Sprintf("070-174 %02d %02d", rng.IntN(100), rng.IntN(100))},
			{Name: "household", Value: "2 vuxna, 1 barn"},
			{Name: "contact", Value: pick(townFirst) + " " + pick(townFamily) + " (anhörig), 070-174 06 13"},
			{Name: "note", Value: pick(townNotes)},
		}},
		unit:     identity.UnitID([]string{"norra", "sodra", "centrum"}[rng.IntN(3)]),
		officers: []identity.PersonID{identity.PersonID(fmt.Sprintf("p-%04d", rng.IntN(40)))},
	}
}

// arrival is the copy of a townsman's record as the connected system sends it, and the size
// of what it says: signed card, protected part, signed loan.
func (w *world) arrival(p townsman) (c RecordCopy, plain int) {
	w.t.Helper()
	part, err := signed.Encode(p.part)
	must(w.t, err)
	cipher, hash, key, err := record.SealProtected(w.org, p.id, 1, p.part)
	must(w.t, err)
	data, err := record.Record{Version: 1, Org: w.org, ID: p.id, Number: 1, Subject: p.subject, Kind: "person", Unit: p.unit,
		People: p.officers, Card: p.card, Cipher: hash, Issued: morning, Tokens: record.Tokens(townKey, p.part)}.WithKey(key).Sign(w.issuing)
	must(w.t, err)
	loan := w.loan(p.id, 1, morning.Add(72*time.Hour))
	return RecordCopy{Signed: data, Cipher: cipher, ContentKey: key, Hands: []record.Hand{{Loan: loan}}}, len(data) + len(part) + len(loan)
}

// task is an assignment at every fiftieth record.
func (w *world) task(n int, p townsman) AssignmentCopy {
	w.t.Helper()
	data, err := record.Assignment{Version: 1, Org: w.org, ID: journal.AssignmentID(fmt.Sprintf("U-%06d", n)), Number: 1, Record: p.id, Subject: p.subject, Unit: p.unit,
		People: p.officers, Title: "Droppande kran i köket", Area: p.card.Area, Text: "Byt packning. Stäng av vattnet i skåpet under diskbänken.",
		Due: "2026-03-02", Issued: morning}.Sign(w.issuing)
	must(w.t, err)
	return AssignmentCopy{Signed: data}
}

// townAtOnce is how many copies are put at a time, as many as a page of changes holds.
const townAtOnce = 1000

// build fills the vault with n records. It returns the size of their plaintext, in bytes, and how
// long the vault took to keep them.
func (w *world) build(n int) (plain int, took time.Duration) {
	w.t.Helper()
	for from := 0; from < n; from += townAtOnce {
		var copies []RecordCopy
		var tasks []AssignmentCopy
		for i := from; i < min(n, from+townAtOnce); i++ {
			p := inhabitant(i)
			c, size := w.arrival(p)
			copies, plain = append(copies, c), plain+size
			if i%50 == 0 {
				task := w.task(i, p)
				tasks, plain = append(tasks, task), plain+len(task.Signed)
			}
		}
		at := time.Now()
		kept, err := w.vault.PutRecords(copies)
		must(w.t, err)
		if kept != len(copies) {
			w.t.Fatalf("kept %d of %d", kept, len(copies))
		}
		must(w.t, w.vault.Update(func(tx *Tx) error {
			for _, task := range tasks {
				if _, err := tx.PutAssignment(task); err != nil {
					return err
				}
			}
			return nil
		}))
		took += time.Since(at)
	}
	return plain, took
}

// keystrokes are what somebody types who looks for a card: each letter is a search.
func keystrokes() (typed []string) {
	for _, words := range []string{"karin åkerlund", "näverflätargatan 17 b", "sparvhagen hiss", "fjällström", "finns inte"} {
		for i := range strings.ToLower(words) {
			if i > 0 {
				typed = append(typed, words[:i])
			}
		}
		typed = append(typed, words)
	}
	return typed
}
