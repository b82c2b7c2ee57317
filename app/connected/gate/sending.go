package gate

import (
	"context"
	"fmt"
	"strconv"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

func assignmentMark(row sqlc.Assignment) string {
	return fmt.Sprintf("%d/%d", row.Number, row.Operations)
}

func (p *paging) hasAssignment(row sqlc.Assignment) bool {
	return p.has(sentAssignment, row.ID, assignmentMark(row))
}

func (p *paging) assignment(row sqlc.Assignment) error {
	_, raw, err := p.g.assignment(p.ctx, p.tx, row, row.Number)
	if err != nil {
		return err
	}
	work, err := p.said(row)
	if err != nil {
		return err
	}
	p.page.Assignments = append(p.page.Assignments, link.AssignmentCopy{Assignment: raw, Work: work})
	p.bytes += len(raw)
	for _, said := range work {
		p.bytes += len(said.Entry) + journal.PayloadLimit
	}
	p.put(sentAssignment, row.ID, assignmentMark(row), 0, false)
	return nil
}

func recordMark(row store.RecordHead) string { return strconv.FormatInt(row.Number, 10) }

// loanUntil is how long a copy that is sent now is lent for.
func (p *paging) loanUntil() signed.Time {
	return min(p.Now.Add(p.g.config.Loan), signed.Time(p.device.ExpiresAt))
}

// hasRecord reports whether the device has the record as it is, on a loan that a new one would
// not much outlast. A loan beyond what is lent was made by a clock that ran ahead: by that clock the copy
// may be gone.
func (p *paging) hasRecord(row store.RecordHead) bool {
	lent := signed.Time(p.sent[[2]string{sentRecord, row.ID}].LoanUntil)
	return p.has(sentRecord, row.ID, recordMark(row)) && p.lasts(lent)
}

// lasts reports whether a loan that ends at lent is as good as one that would be given now.
func (p *paging) lasts(lent signed.Time) bool {
	return p.loanUntil() < lent.Add(relendAfter) && lent <= p.Now.Add(p.g.config.Loan+futureness)
}

// assignment reads one version of an assignment.
func (g *Gate) assignment(ctx context.Context, tx *store.Tx, row sqlc.Assignment, number int64) (record.Assignment, []byte, error) {
	version, err := tx.AssignmentVersion(ctx, sqlc.AssignmentVersionParams{AssignmentID: row.ID, Number: number})
	if err != nil {
		return record.Assignment{}, nil, fmt.Errorf("read assignment: %w", err)
	}
	raw, err := tx.Open(ctx, row.Subject, "assignment_versions:body", versionRow(row.ID, number), version.Body)
	if err != nil {
		return record.Assignment{}, nil, err
	}
	a, err := record.OpenAssignment(raw, g.org, g.keys().Parsed.Issuing)
	return a, raw, err
}
