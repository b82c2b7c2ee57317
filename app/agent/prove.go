package agent

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"handslag/identity"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/journal/evidence"
)

// Proof is what evidence shows about entries of the audit log, checked on this device on the word of the
// organisation ID alone.
type Proof struct {
	Bundle    []byte             `json:"-"`         // what handslagverify checks: vault/journal/evidence
	Size      uint64             `json:"size"`      // entries under the checkpoint that the entries are proved in
	Newest    uint64             `json:"newest"`    // and under the log's newest
	Witnesses []evidence.Witness `json:"witnesses"` // devices that vouch for a log with these entries in it
	Problems  []string           `json:"problems"`  // what does not hold; nothing where all of it does
}

// Prove asks for evidence about rows of the log, and checks it: that it holds, and that it is about what the rows show.
// One that does not hold is no error: it is evidence too.
func (a *Agent) Prove(ctx context.Context, rows ...link.LogRow) (Proof, error) {
	s, err := a.current()
	if err != nil {
		return Proof{}, err
	}
	var places []int64
	for _, r := range rows {
		places = append(places, r.ID)
	}
	data, err := a.Evidence(ctx, places)
	if err != nil {
		return Proof{}, err
	}
	report, err := evidence.Verify(data, s.who().profile.Org)
	if err != nil {
		return Proof{}, problem(BadAnswer, err)
	}
	p := Proof{Bundle: data, Witnesses: report.Witnesses, Problems: report.Problems}
	for i, c := range report.Checkpoints {
		if p.Newest = uint64(c.Size); i == 0 {
			p.Size = p.Newest
		}
	}
	b, err := evidence.Decode(data)
	if err != nil {
		return Proof{}, problem(BadAnswer, err)
	}
	for _, r := range rows {
		if !isAbout(b, r) {
			p.Problems = append(p.Problems, fmt.Sprintf("entry %d: the evidence is about another one", r.ID))
		}
	}
	return p, nil
}

// isAbout reports whether a bundle is about the entry that a row shows.
func isAbout(b evidence.Bundle, r link.LogRow) bool {
	for _, e := range b.Entries {
		hash := journal.HashOf(e.Signed)
		if e.Place == uint64(r.ID) && bytes.Equal(hash[:], r.Hash) {
			return true
		}
	}
	return false
}

// VerifyLine is what to type where evidence in a file is to be checked, without this program or any server.
func VerifyLine(org identity.OrgID, file string) string {
	odd := func(r rune) bool {
		return r < '0' && r != '.' && r != '-' && r != '/' || r > '9' && r < 'A' || r > 'Z' && r != '_' && r < 'a' || r > 'z'
	}
	if strings.ContainsFunc(file, odd) {
		file = "'" + strings.ReplaceAll(file, "'", `'\''`) + "'"
	}
	return "handslagverify " + string(org) + " " + file
}
