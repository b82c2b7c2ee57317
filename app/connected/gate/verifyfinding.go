package gate

import (
	"context"
	"math"
	"math/bits"
	"slices"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/vault/journal"
)

// toldFinding is what entries of the system's own say of one finding.
type toldFinding struct {
	code   string
	device string
	person string
	times  uint64
	closed bool
}

// closes are the codes of findings that something may settle later.
var closes = []string{foundGap, foundLoneHalf, foundHeadMissing, foundClone}

// hears remembers what an entry of the system's own tells of a finding.
func (v *Verification) hears(e journal.Entry) {
	if e.Kind != journal.FindingNoted && e.Kind != journal.FindingClosed {
		return
	}
	if v.told == nil {
		v.told = map[string]toldFinding{}
	}
	one := v.told[string(e.Pair)]
	one.code, one.device, one.person, one.times = e.Code, string(e.Peer), string(e.Person), max(one.times, e.Count)
	one.closed = one.closed || e.Kind == journal.FindingClosed
	v.told[string(e.Pair)] = one
}

// verifyFindings compares the findings that reviewers see with what the log tells of them: one that was taken away,
// or closed by hand, is missed.
func verifyFindings(ctx context.Context, tx *store.Tx, v *Verification) error {
	for before := int64(math.MaxInt64); ; {
		rows, err := tx.Findings(ctx, sqlc.FindingsParams{Before: before, Rows: stepsMost})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		for _, f := range rows {
			before = f.ID
			name := string(findingName(store.Noticed{Finding: f}))
			one, ok := v.told[name]
			delete(v.told, name)
			switch closed := f.ClosedAt != 0; {
			case !ok:
				v.problem("finding %d (%s): the log tells nothing of it", f.ID, f.Code)
			case one.person != f.PersonID:
				v.problem("finding %d (%s): the log tells of it about somebody else", f.ID, f.Code)
			case bits.Len64(one.times) != bits.Len64(uint64(f.Times)):
				v.problem("finding %d (%s): it was noticed %d times, the log tells of %d", f.ID, f.Code, f.Times, one.times)
			case slices.Contains(closes, f.Code) && closed != one.closed:
				v.problem("finding %d (%s): the log tells otherwise whether it is open", f.ID, f.Code)
			}
		}
	}
	for _, one := range v.told {
		v.problem("a finding (%s) about the journal of %s is told of and not there", one.code, one.device)
	}
	return nil
}
