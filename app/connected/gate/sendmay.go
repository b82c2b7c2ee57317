package gate

import (
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
)

// mayRecords are those of the records that concern the person and that the decision allows, each judged
// by itself, without what they hold: that is read of those on the page alone. Of a record's people only the
// person matters to it; ties say how.
func (p *paging) mayRecords(ids []string, ties map[string]store.Tie) (map[string]store.RecordHead, error) {
	rows, err := p.tx.RecordHeads(p.ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	may := map[string]store.RecordHead{}
	for _, row := range rows {
		tie := ties[row.ID]
		named := tie.Named || tie.Works
		concerns := named
		if row.Held == 1 {
			concerns = tie.Holds
		}
		thing := access.Thing{Unit: identity.UnitID(row.UnitID), Restricted: row.Restricted != 0}
		if named {
			thing.People = []identity.PersonID{p.Person.ID}
		}
		if concerns && p.g.config.Decide(p.who, rightRead, thing).Allowed {
			may[row.ID] = row
		}
	}
	return may, nil
}

// mayAssignments are those of the assignments that name the person and that the decision allows.
func (p *paging) mayAssignments(ids []string) (map[string]sqlc.Assignment, error) {
	rows, err := p.tx.AssignmentsFor(p.ctx, p.user.ID, ids)
	if err != nil {
		return nil, fmt.Errorf("read assignments: %w", err)
	}
	may := map[string]sqlc.Assignment{}
	for _, row := range rows {
		thing := access.Thing{Unit: identity.UnitID(row.UnitID), People: []identity.PersonID{p.Person.ID}}
		if p.g.config.Decide(p.who, rightWork, thing).Allowed {
			may[row.ID] = row
		}
	}
	return may, nil
}
