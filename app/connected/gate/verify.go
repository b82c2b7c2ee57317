package gate

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// maxProblems bounds what a verification tells: after so many the answer is clear.
const maxProblems = 100

// VerifyAll recomputes the whole audit log from the signed bytes: credentials, signatures,
// hashes, chains, the tree over them, what receipts were given for, and the commitments of the words that are
// still there. Everything is read in one transaction, beside which the server goes on.
func (g *Gate) VerifyAll(ctx context.Context) (Verification, error) {
	var v Verification
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		v = Verification{}
		if err := v.readUnitSets(ctx, tx); err != nil {
			return err
		}
		journals, err := tx.Journals(ctx)
		if err != nil {
			return err
		}
		heads := map[string]journal.Chain{}
		for _, j := range journals {
			chain, err := g.verifyJournal(ctx, tx, &v, j.DeviceID, j.Generation)
			if err != nil {
				return err
			}
			v.Journals++
			if chain.Last > 0 {
				heads[fmt.Sprintf("%s/%d", j.DeviceID, j.Generation)] = chain
			}
		}
		chains, err := tx.AllChains(ctx)
		if err != nil {
			return err
		}
		for _, c := range chains {
			key := fmt.Sprintf("%s/%d", c.DeviceID, c.Generation)
			have := heads[key]
			if have.Last != uint64(c.LastSeq) || !bytes.Equal(have.Head[:], c.Head) {
				v.problem("journal %s: receipts were given to entry %d, the entries reach %d", key, c.LastSeq, have.Last)
			}
			delete(heads, key)
		}
		for key := range heads {
			v.problem("journal %s: no chain is kept for it", key)
		}
		if err := verifyCount(ctx, tx, &v); err != nil {
			return err
		}
		if err := g.verifyTree(ctx, tx, &v); err != nil {
			return err
		}
		if err := g.verifyAttachments(ctx, tx, &v); err != nil {
			return err
		}
		if err := verifyFindings(ctx, tx, &v); err != nil {
			return err
		}
		open, err := tx.OpenFindings(ctx)
		for _, of := range open {
			v.Findings += int(of.Open)
		}
		return err
	})
	if err != nil {
		return Verification{}, fmt.Errorf("verify: %w", err)
	}
	return v, nil
}

// verifyCount sees an entry that is gone without a chain to miss it: a held one.
func verifyCount(ctx context.Context, tx *store.Tx, v *Verification) error {
	given, err := tx.Places(ctx)
	if err != nil {
		return err
	}
	have, err := tx.CountEntries(ctx)
	if err == nil && have != given {
		v.problem("the log has %d entries, %d were stored", have, given)
	}
	return err
}

func (v *Verification) problem(format string, args ...any) {
	if len(v.Problems) < maxProblems {
		v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
	}
}

// verifyJournal walks one generation of one journal and returns how far it is contiguous.
func (g *Gate) verifyJournal(ctx context.Context, tx *store.Tx, v *Verification, device string, generation int64) (journal.Chain, error) {
	chain := journal.Chain{Generation: uint64(generation)}
	name := fmt.Sprintf("%s/%d", device, generation)
	key, err := g.journalKey(ctx, tx, device)
	if err != nil {
		return chain, err
	}
	if key != nil && !g.signsLog(*key) {
		v.Credentials++
	}
	if key == nil {
		v.problem("journal %s: no credential of its device holds", name)
		return chain, nil
	}
	says, err := g.whoseJournal(ctx, tx, device, *key)
	if err != nil {
		return chain, err
	}
	var seq, id int64
	var unsigned bool // the newest of the prefix, for which the next has to vouch
	for {
		rows, err := tx.AllEntries(ctx, sqlc.AllEntriesParams{DeviceID: device, Generation: generation, Seq: seq, ID: id})
		if err != nil {
			return chain, err
		}
		if len(rows) == 0 {
			if unsigned {
				v.problem("journal %s entry %d: its signature does not hold, and nothing vouches for it", name, chain.Last)
			}
			return chain, nil
		}
		for _, r := range rows {
			seq, id = r.Seq, r.ID
			e, err := journal.OpenEntry(r.Raw, *key)
			alone := err != nil
			if alone {
				if e, err = vouchedFor(ctx, tx, r, *key); err == nil {
					v.Unsigned++
				}
			}
			if err != nil || !columnsMatch(r, e) || !says.fits(r, v.unitSets) {
				v.problem("journal %s entry %d (log %d): its signature or a column does not hold", name, r.Seq, r.ID)
				continue
			}
			v.Entries++
			if g.signsLog(*key) {
				v.hears(e)
			}
			if r.Covered == 1 {
				if chain.Last == 0 && e.Generation > 1 {
					copy(chain.Head[:], e.Prev)
				}
				if chain.Judge(e) != journal.Follows {
					v.problem("journal %s entry %d (log %d): it does not follow the one before", name, r.Seq, r.ID)
					continue
				}
				chain, unsigned = chain.After(e, journal.Hash(r.Hash)), alone
				v.Covered++
			} else {
				v.Held++
			}
			g.verifyWords(ctx, tx, v, name, r, e)
		}
	}
}

// vouchedFor is an entry without a signature of its own that holds, of which a finding tells: what it says was
// signed with an entry after it, or the chain does not hold.
func vouchedFor(ctx context.Context, tx *store.Tx, r sqlc.Entry, key signed.Key) (journal.Entry, error) {
	found, err := tx.FindingCodes(ctx, [][]byte{r.Hash})
	if err != nil {
		return journal.Entry{}, err
	}
	if !slices.Contains(found[string(r.Hash)], foundSignature) {
		return journal.Entry{}, signed.ErrSignature
	}
	e, _, err := journal.ReadEntry(r.Raw, key)
	return e, err
}

// signsLog reports whether the key is the organisation's own.
func (g *Gate) signsLog(key signed.Key) bool {
	return slices.ContainsFunc(g.keys().Parsed.Log, key.Equal)
}

// columnsMatch compares what is searched for with what was signed, by the key of the device that the row is found under.
func columnsMatch(r sqlc.Entry, e journal.Entry) bool {
	want := rowOf(e, journal.HashOf(r.Raw), r.Raw)
	return bytes.Equal(r.Hash, want.Hash) && r.Generation == want.Generation && r.Seq == want.Seq &&
		r.Kind == want.Kind && r.Epoch == want.Epoch && r.NotBefore == min(want.NotBefore, r.ReceivedAt) && r.Subject == want.Subject &&
		r.RecordID == want.RecordID && r.AssignmentID == want.AssignmentID && r.Peer == want.Peer && bytes.Equal(r.Pair, want.Pair) &&
		(r.IsSystem == 0 || r.PersonID == string(e.Person))
}

// verifyWords checks the words that are there against what the entry commits to.
func (g *Gate) verifyWords(ctx context.Context, tx *store.Tx, v *Verification, name string, r sqlc.Entry, e journal.Entry) {
	if r.PayloadState == payloadErased {
		v.Erased++
		return
	}
	p, err := openPayload(ctx, tx, r)
	if err != nil {
		v.problem("journal %s entry %d (log %d): its words do not decrypt", name, r.Seq, r.ID)
		return
	}
	if p == nil {
		return
	}
	commit, err := p.Commit()
	if err != nil || !bytes.Equal(commit, e.Payload) {
		v.problem("journal %s entry %d (log %d): its words are not those it commits to", name, r.Seq, r.ID)
		return
	}
	v.Payloads++
}
