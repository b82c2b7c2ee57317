package feed

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Entry is one of the audit log, as it stands there for good.
type Entry struct {
	Place    int64             // in the audit log, from 1, without gaps
	Hash     journal.Hash      // which names it wherever it goes
	Raw      []byte            // signed
	Said     journal.Entry     // what Raw says
	Person   identity.PersonID // whose device it is, or who called; empty where nobody did
	System   bool              // the connected system's own
	Earliest signed.Time       // no earlier than
	Received signed.Time       // and no later
	Cursor   Cursor            // what to ask after to go on behind it
}

// ID is the entry's name for whoever has to tell one that came twice: its hash in hexadecimal digits.
func (e Entry) ID() string { return hex.EncodeToString(e.Hash[:]) }

// Cursor says how far somebody has read the audit log. The zero value is its beginning.
type Cursor struct {
	Generation uint64 // of the log when it was read: after a restore it goes on from the backup
	Place      int64  // of the newest entry that was read
	Mark       string // the first bytes of its hash: what stands there now has to be what stood there
}

// markSize is how much of a hash a cursor has, in bytes.
const markSize = 8

// ErrCursor says that a text is no cursor.
var ErrCursor = errors.New("this is no cursor of the log's")

// CursorAt is the cursor behind an entry.
func CursorAt(generation uint64, place int64, hash journal.Hash) Cursor {
	return Cursor{Generation: generation, Place: place, Mark: hex.EncodeToString(hash[:markSize])}
}

// String is GENERATION-PLACE-MARK, or empty at the beginning.
func (c Cursor) String() string {
	if c.Place == 0 {
		return ""
	}
	return fmt.Sprintf("%d-%d-%s", c.Generation, c.Place, c.Mark)
}

// ParseCursor reads what String wrote, and nothing else.
func ParseCursor(text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	parts := strings.Split(text, "-")
	if len(parts) != 3 {
		return Cursor{}, ErrCursor
	}
	generation, err := strconv.ParseUint(parts[0], 10, 63)
	if err != nil {
		return Cursor{}, ErrCursor
	}
	place, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return Cursor{}, ErrCursor
	}
	c := Cursor{Generation: generation, Place: place, Mark: parts[2]}
	if mark, err := hex.DecodeString(c.Mark); err != nil || len(mark) != markSize || hex.EncodeToString(mark) != c.Mark || generation == 0 || place <= 0 || c.String() != text {
		return Cursor{}, ErrCursor
	}
	return c, nil
}
