package feed

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Format is a way to write an entry as one JSON object.
type Format string

// The formats.
const (
	Lines Format = "json" // our own: all that an entry says, and the signed entry itself
	OCSF  Format = "ocsf" // an event of the Open Cybersecurity Schema Framework, OCSFVersion
)

// ErrFormat says that no format has this name.
var ErrFormat = errors.New("no such format: it is json or ocsf")

// ParseFormat reads a format's name; empty is Lines.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case "", Lines:
		return Lines, nil
	case OCSF:
		return OCSF, nil
	}
	return "", ErrFormat
}

// Line is an entry in our own format. Times are RFC 3339 in UTC; hashes are hexadecimal.
type Line struct {
	Cursor     string               `json:"cursor"` // what to ask after to go on behind it
	Place      int64                `json:"place"`  // in the audit log, from 1, without gaps
	ID         string               `json:"id"`     // hash of the entry: two lines with the same are the same
	Kind       journal.Kind         `json:"kind"`
	Time       string               `json:"time"`     // as its device knew
	Earliest   string               `json:"earliest"` // server time that the device had heard
	Received   string               `json:"received"`
	System     bool                 `json:"system,omitempty"` // the connected system's own
	Person     identity.PersonID    `json:"person,omitempty"`
	Device     identity.DeviceID    `json:"device"`
	Generation uint64               `json:"generation"` // of the device's journal
	Seq        uint64               `json:"seq"`        // in it
	Prev       string               `json:"prev"`       // hash of the one before in that journal
	Subject    journal.SubjectID    `json:"subject,omitempty"`
	Record     journal.RecordID     `json:"record,omitempty"`
	RecordNo   uint64               `json:"record_version,omitempty"`
	Assignment journal.AssignmentID `json:"assignment,omitempty"`
	WorkNo     uint64               `json:"assignment_version,omitempty"`
	Attachment journal.AttachmentID `json:"attachment,omitempty"`
	Content    string               `json:"content,omitempty"` // digest of the attachment
	Peer       identity.DeviceID    `json:"peer,omitempty"`    // the other device
	Pair       string               `json:"pair,omitempty"`    // what both halves of a double entry share
	Ref        string               `json:"ref,omitempty"`     // hash of the entry that it answers
	Until      string               `json:"until,omitempty"`
	Code       string               `json:"code,omitempty"`
	Count      uint64               `json:"count,omitempty"`
	Route      string               `json:"route,omitempty"`
	Entry      []byte               `json:"entry,omitempty"` // signed, base64: vault/journal/testdata/journal.cddl
}

// lineOf is the entry in our own format.
func lineOf(e Entry) Line {
	s := e.Said
	return Line{
		Cursor: e.Cursor.String(), Place: e.Place, ID: e.ID(), Kind: s.Kind, Time: written(s.Time()), Earliest: written(e.Earliest), Received: written(e.Received),
		System: e.System, Person: e.Person, Device: s.Device, Generation: s.Generation, Seq: s.Seq, Prev: hex.EncodeToString(s.Prev),
		Subject: s.Subject, Record: s.Record, RecordNo: s.RecordVersion, Assignment: s.Assignment, WorkNo: s.AssignmentVersion,
		Attachment: s.Attachment, Content: hex.EncodeToString(s.Content), Peer: s.Peer, Pair: hex.EncodeToString(s.Pair), Ref: hex.EncodeToString(s.Ref),
		Until: written(s.Until), Code: s.Code, Count: s.Count, Route: s.Route, Entry: e.Raw,
	}
}

// written is a time as every format here writes it; nothing for one that is not known.
func written(t signed.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Time().Format("2006-01-02T15:04:05.000000Z")
}

// Write is the entry in a format, on one line without its end. org is the organisation whose log it is.
func (f Format) Write(e Entry, org identity.OrgID) ([]byte, error) {
	var v any = lineOf(e)
	if f == OCSF {
		v = eventOf(e, org)
	}
	line, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write entry %d: %w", e.Place, err)
	}
	return line, nil
}

// WriteAll is JSON Lines.
func (f Format) WriteAll(entries []Entry, org identity.OrgID) ([]byte, error) {
	var b bytes.Buffer
	for _, e := range entries {
		line, err := f.Write(e, org)
		if err != nil {
			return nil, err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// millis is a time as OCSF has it: milliseconds since 1970.
func millis(t signed.Time) int64 { return time.UnixMicro(int64(t)).UnixMilli() }
