package directory

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"handslag/identity"
)

const suffix = ".statement"

var errNone = errors.New("no statement of this organisation")

// shelf is the folder of statements. It is read at every call, so that a file put there
// is answered at once, and it remembers the newest statement of each organisation: an
// older file put in its place is not believed while the directory lives.
type shelf struct {
	folder string

	mutex  sync.Mutex
	newest map[identity.OrgID]held // only organisations that have a file: what strangers ask for does not grow it
}

type held struct {
	number  uint64
	message []byte
}

func newShelf(folder string) *shelf {
	return &shelf{folder: folder, newest: map[identity.OrgID]held{}}
}

// take is the newest statement of org, as it was signed. It returns errNone where there is
// no file, and another error where the file is not a statement of org and no sound one
// was seen before.
func (s *shelf) take(org identity.OrgID) ([]byte, error) {
	message, err := readStatement(filepath.Join(s.folder, string(org)+suffix))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNone
	}
	var found identity.Statement
	if err == nil {
		found, err = identity.OpenStatement(message, org)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known, seen := s.newest[org]
	switch {
	case err != nil && !seen:
		return nil, fmt.Errorf("read statement: %w", err)
	case err != nil, seen && found.Number <= known.number:
		return known.message, nil
	}
	s.newest[org] = held{found.Number, message}
	return message, nil
}

func readStatement(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	message, err := io.ReadAll(io.LimitReader(file, identity.StatementLimit+1))
	if err != nil {
		return nil, err
	}
	return message, nil
}

// Checked says what is on the shelf, for whoever starts a directory.
type Checked struct {
	Sound int      // statements that verify
	Bad   []string // names of files that do not, and why
}

// Check reads every statement in the folder, as calls will.
func (d *Directory) Check() (Checked, error) {
	entries, err := os.ReadDir(d.statements.folder)
	if err != nil {
		return Checked{}, fmt.Errorf("read statements: %w", err)
	}
	var c Checked
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), suffix)
		if !ok {
			continue
		}
		org, err := identity.ParseOrgID(name)
		if err == nil && string(org) != name {
			err = errors.New("the file is named by the ID in lower case, without groups")
		}
		if err == nil {
			_, err = d.statements.take(org)
		}
		if err != nil {
			c.Bad = append(c.Bad, fmt.Sprintf("%q: %v", entry.Name(), err))
			continue
		}
		c.Sound++
	}
	slices.Sort(c.Bad)
	return c, nil
}
