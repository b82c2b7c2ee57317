package gate

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"handslag/app/connected/gate/internal/importline"
	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/vault/journal"
)

// change says what a line did.
type change int

const (
	unchanged change = iota
	added
	changed
)

// Import reads JSON Lines, one object a line with its kind in "type": unit, role, user,
// record, assignment, attachment; what a line refers to stands in an earlier one, or is here already.
// All of it is taken or nothing; the same lines again change nothing. An error names its line
// and repeats nothing of a protected part.
func (g *Gate) Import(ctx context.Context, lines io.Reader) (Imported, error) {
	return g.ImportFiles(ctx, lines, nil)
}

// ImportFiles is Import with the files that attachment lines name.
func (g *Gate) ImportFiles(ctx context.Context, lines io.Reader, files fs.FS) (Imported, error) {
	data, err := io.ReadAll(lines) // a transaction may be run twice, a stream can be read once
	if err != nil {
		return Imported{}, fmt.Errorf("import: %w", err)
	}
	var done Imported
	err = g.store.Do(ctx, func(tx *store.Tx) error {
		done = Imported{}
		in := importer{g: g, tx: tx, files: files, users: map[string]identity.PersonID{}}
		scan := bufio.NewScanner(bytes.NewReader(data))
		scan.Buffer(make([]byte, 0, 64<<10), importline.Limit)
		number := 0
		for scan.Scan() {
			number++
			text := bytes.TrimSpace(scan.Bytes())
			if len(text) == 0 {
				continue
			}
			did, err := in.take(ctx, text)
			if err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
			done.Lines++
			switch did {
			case added:
				done.Added++
			case changed:
				done.Changed++
			default:
				done.Unchanged++
			}
		}
		if err := scan.Err(); err != nil {
			if errors.Is(err, bufio.ErrTooLong) {
				err = fmt.Errorf("%w: longer than %d bytes", ErrInput, importline.Limit)
			}
			return fmt.Errorf("line %d: %w", number+1, err)
		}
		note := fmt.Sprintf("lines %d added %d changed %d", done.Lines, done.Added, done.Changed)
		return g.sayChanged(ctx, tx, "import", note, journal.Entry{Count: uint64(done.Added + done.Changed)})
	})
	if err != nil {
		return Imported{}, fmt.Errorf("import: %w", err)
	}
	return done, nil
}

// importer is one import under way.
type importer struct {
	g     *Gate
	tx    *store.Tx
	users map[string]identity.PersonID
	files fs.FS
	bytes int64 // of them so far
}

func (in *importer) take(ctx context.Context, data []byte) (change, error) {
	line, err := importline.Parse(data)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrInput, err)
	}
	switch line.Type {
	case "unit":
		return in.unit(ctx, line)
	case "role":
		return in.role(ctx, line)
	case "user":
		return in.user(ctx, line)
	case "record":
		return in.record(ctx, line)
	case "assignment":
		return in.assignment(ctx, line)
	case "attachment":
		return in.attachment(ctx, line)
	}
	return 0, fmt.Errorf("%w: unknown type", ErrInput)
}

func (in *importer) unit(ctx context.Context, line importline.Line) (change, error) {
	row, err := in.tx.Unit(ctx, line.ID)
	did := changed
	switch {
	case store.Missing(err):
		did = added
	case err != nil:
		return 0, err
	case row.Name == line.Name:
		return unchanged, nil
	}
	return did, putUnit(ctx, in.tx, identity.Unit{ID: identity.UnitID(line.ID), Name: line.Name})
}

func (in *importer) role(ctx context.Context, line importline.Line) (change, error) {
	row, err := in.tx.Role(ctx, line.ID)
	did := changed
	switch {
	case store.Missing(err):
		did = added
	case err != nil:
		return 0, err
	default:
		grants, err := in.tx.GrantsOfRole(ctx, line.ID)
		if err != nil {
			return 0, err
		}
		want := map[identity.Grant]bool{}
		for _, grant := range line.Grants {
			want[grant] = true
		}
		same := len(want) == len(grants) && row.Name == line.Name
		for _, have := range grants {
			same = same && want[identity.Grant{Right: identity.Right(have.RightName), Scope: identity.Scope(have.Scope)}]
		}
		if same {
			return unchanged, nil
		}
	}
	return did, putRole(ctx, in.tx, Role{ID: line.ID, Name: line.Name, Grants: line.Grants})
}

func (in *importer) user(ctx context.Context, line importline.Line) (change, error) {
	want := NewUser{Username: line.Username, First: line.First, Last: line.Last, Roles: line.Roles}
	if line.Unit != "" {
		want.Units = []identity.UnitID{identity.UnitID(line.Unit)}
	}
	row, err := in.tx.UserByName(ctx, line.Username)
	if store.Missing(err) {
		_, err := in.g.addUser(ctx, in.tx, want)
		return added, err
	}
	if err != nil {
		return 0, err
	}
	units, err := in.tx.UnitsOfUser(ctx, row.ID)
	if err != nil {
		return 0, err
	}
	roles, err := in.tx.RolesOfUser(ctx, row.ID)
	if err != nil {
		return 0, err
	}
	have := NewUser{Username: row.Username, First: row.FirstName, Last: row.LastName}
	for _, u := range units {
		have.Units = append(have.Units, identity.UnitID(u.ID))
	}
	for _, r := range roles {
		have.Roles = append(have.Roles, r.ID)
	}
	slices.Sort(want.Roles)
	want.Roles = slices.Compact(want.Roles)
	if have.First == want.First && have.Last == want.Last && slices.Equal(have.Units, want.Units) && slices.Equal(have.Roles, want.Roles) {
		return unchanged, nil
	}
	if err := checkUser(want); err != nil {
		return 0, err
	}
	if err := in.tx.RenameUser(ctx, sqlc.RenameUserParams{ID: row.ID, FirstName: want.First, LastName: want.Last}); err != nil {
		return 0, err
	}
	return changed, putPlaces(ctx, in.tx, identity.PersonID(row.ID), want)
}

// people looks usernames up.
func (in *importer) people(ctx context.Context, names []string) ([]identity.PersonID, error) {
	var ids []identity.PersonID
	for _, name := range names {
		id, ok := in.users[name]
		if !ok {
			row, err := in.tx.UserByName(ctx, name)
			if err != nil {
				return nil, known(err, "user", name)
			}
			id = identity.PersonID(row.ID)
			in.users[name] = id
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// mac tells whether a line says the same as the last time, without keeping it.
func (in *importer) mac(line importline.Line) ([]byte, error) {
	data, err := json.Marshal(line)
	if err != nil {
		return nil, err
	}
	return in.tx.MAC("import-line", data), nil
}
