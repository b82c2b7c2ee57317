package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
)

// programs finds the folder of PostgreSQL's programs. Debian keeps them out of the PATH, a folder a
// version.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrNone
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// account is whom the server runs as: PostgreSQL refuses root.
type account struct{ uid, gid int }

// unprivileged is whoever runs the test, or in root's place the user that Debian makes for the
// server.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return &account{-1, -1}, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.Join(ErrNone, err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("find the server's user: %w", err)
	}
	return &account{uid, gid}, nil
}

func (a *account) owns(path string) error {
	if a.uid < 0 {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}
