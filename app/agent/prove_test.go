package agent

import (
	"slices"
	"testing"

	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// TestEvidenceIsAboutWhatTheRowShows: a connected system that shows one entry and proves another is found out.
func TestEvidenceIsAboutWhatTheRowShows(t *testing.T) {
	h := newHouse(t)
	anna := h.enrolled("anna.lind")
	anna.sync()
	page, err := anna.Log(t.Context(), link.LogFilter{Kind: journal.Enrolled})
	ok(t, err)
	if len(page.Rows) == 0 {
		t.Fatal("nothing to prove")
	}
	row := page.Rows[0]
	proof, err := anna.Prove(t.Context(), row)
	ok(t, err)
	if len(proof.Problems) > 0 || proof.Size == 0 || proof.Newest < proof.Size || len(proof.Bundle) == 0 {
		t.Errorf("%+v", proof)
	}
	for name, lie := range map[string]func(*link.LogRow){
		"another entry's hash":  func(r *link.LogRow) { r.Hash = slices.Clone(r.Hash); r.Hash[0] ^= 1 },
		"another entry's place": func(r *link.LogRow) { r.ID-- },
	} {
		shown := row
		lie(&shown)
		if proof, err := anna.Prove(t.Context(), shown); err != nil || len(proof.Problems) == 0 {
			t.Errorf("%s: %+v %v", name, proof.Problems, err)
		}
	}
	for file, line := range map[string]string{
		"bevis-1.cbor": "handslagverify abc bevis-1.cbor", "Annas bevis.cbor": "handslagverify abc 'Annas bevis.cbor'", "x'; rm -r y": `handslagverify abc 'x'\''; rm -r y'`,
	} {
		if got := VerifyLine(identity.OrgID("abc"), file); got != line {
			t.Errorf("%s, not %s", got, line)
		}
	}
}
