package machine

import (
	"errors"
	"path/filepath"

	"handslag/identity"
	"handslag/vault/journalfile"
)

// Folders of segments that no journal of this machine writes.
const (
	broughtName = "brought" // on a stick, from other machines
	carriedName = "carried" // for colleagues, since a meeting
)

// Journals are the folders of all devices' segments that this machine's profiles write.
func (p Folder) Journals() ([]string, error) {
	return journalfile.Outboxes(filepath.Join(p.outbox, journalsName))
}

// MakeJournals makes the folder in which journals lie, where it is missing.
func (p Folder) MakeJournals() error {
	_, err := p.folder(journalsName)
	return err
}

// Journal is the folder of a device's segments.
func (p Folder) Journal(device identity.DeviceID) string {
	return filepath.Join(p.outbox, journalsName, string(device))
}

// Brought is where segments of other machines lie: never in a folder that a journal writes to,
// for whose order a foreign file would count.
func (p Folder) Brought() string { return filepath.Join(p.outbox, broughtName) }

// Sealed are the segment files of the outbox: those of every device on this machine but
// except, those that were brought, and those that are carried since a meeting.
func (p Folder) Sealed(except identity.DeviceID) ([]string, error) {
	dirs, err := p.Journals()
	if err != nil {
		return nil, err
	}
	var paths []string
	var unread error
	for _, dir := range append(dirs, p.Fetched()...) {
		if filepath.Base(dir) == string(except) {
			continue
		}
		files, err := journalfile.SealedFiles(dir)
		unread = errors.Join(unread, err) // another's folder may be closed to us; the rest is not
		paths = append(paths, files...)
	}
	if len(paths) > 0 {
		return paths, nil
	}
	return nil, unread
}

// Carried is where segments lie that were taken at meetings.
func (p Folder) Carried() string { return filepath.Join(p.outbox, carriedName) }

// Fetched are the folders of segments that no journal of this machine writes.
func (p Folder) Fetched() []string { return []string{p.Brought(), p.Carried()} }
