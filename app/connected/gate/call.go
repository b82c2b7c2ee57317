package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/identity/signed"
	"handslag/sync/link"
)

// Call is one request on its way through the gate, inside the transaction that ends it. Its
// methods are what handlers can do, and each of them judges and logs what it gives away.
type Call struct {
	Query   url.Values
	Rest    string // of the path, where the route has an open end
	Body    []byte
	Address string      // IP that it came from
	Now     signed.Time // one time for the whole call
	Person  identity.Person

	ctx     context.Context
	g       *Gate
	tx      *store.Tx
	route   *Route
	request request
	ahead   *readBatch           // what was read of a batch ahead of the transaction
	device  *sqlc.Device         // proven; nil where the route asks for no device
	asker   *sqlc.DevicesWaiting // proven, where it waits to become one
	user    *sqlc.User
	who     access.Subject
	reach   reach // of the right that the route asks for within units
	proof   *proven
	signIn  *attempt
	took    int    // entries of a journal that it stored
	pace    string // what rate they count for
	size    int64  // entries in the log when it was last judged
	waited  bool   // it has been judged before, and waited
	looks   bool   // only whether there is anything to tell: it writes nothing
	settle  bool   // once committed, nothing that was overwritten may be left in a file
}

// Read reads the body's JSON into v: one value, of names that v has. The refusal is a bad request.
func (c *Call) Read(v any) error {
	d := json.NewDecoder(bytes.NewReader(c.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return Refuse(link.CodeBadRequest)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Refuse(link.CodeBadRequest)
	}
	return nil
}

// subjectOf reads what the person may, now.
func (g *Gate) subjectOf(ctx context.Context, tx *store.Tx, user string) (access.Subject, error) {
	who := access.Subject{Person: identity.PersonID(user)}
	units, err := tx.UnitsOfUser(ctx, user)
	if err != nil {
		return who, fmt.Errorf("read units: %w", err)
	}
	for _, u := range units {
		who.Units = append(who.Units, identity.UnitID(u.ID))
	}
	grants, err := tx.GrantsOfUser(ctx, user)
	if err != nil {
		return who, fmt.Errorf("read grants: %w", err)
	}
	for _, grant := range grants {
		who.Grants = append(who.Grants, identity.Grant{Right: identity.Right(grant.RightName), Scope: identity.Scope(grant.Scope)})
	}
	return who, nil
}

// recordThing is a record as the decision is asked about it: its own people, and those whose
// assignments name it.
func recordThing(ctx context.Context, tx *store.Tx, row sqlc.Record) (access.Thing, error) {
	people, err := tx.RecordPeople(ctx, row.ID)
	if err != nil {
		return access.Thing{}, err
	}
	working, err := tx.PeopleByAssignment(ctx, row.ID)
	if err != nil {
		return access.Thing{}, err
	}
	thing := access.Thing{Unit: identity.UnitID(row.UnitID), Restricted: row.Restricted != 0}
	for _, id := range append(people, working...) {
		thing.People = append(thing.People, identity.PersonID(id))
	}
	return thing, nil
}

func assignmentThing(ctx context.Context, tx *store.Tx, row sqlc.Assignment) (access.Thing, error) {
	people, err := tx.AssignmentPeople(ctx, row.ID)
	if err != nil {
		return access.Thing{}, err
	}
	thing := access.Thing{Unit: identity.UnitID(row.UnitID)}
	for _, id := range people {
		thing.People = append(thing.People, identity.PersonID(id))
	}
	return thing, nil
}
