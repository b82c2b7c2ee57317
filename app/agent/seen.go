package agent

import "time"

// Seen is what this device has seen of the audit log, of which it is a witness.
type Seen struct {
	Size         uint64    `json:"size"`               // entries under the newest checkpoint that it has seen; 0: none yet
	Vouched      uint64    `json:"vouched"`            // entries that it has vouched for; 0: none yet
	At           time.Time `json:"at,omitzero"`        // when it did, by the connected system's clock
	Contradicted bool      `json:"contradicted"`       // it has seen two histories, and vouches for neither
	Restored     bool      `json:"restored,omitempty"` // the log has gone on from a backup, as its root key has told
}

// Seen tells how far this device has followed the audit log, and whether the log has ever contradicted itself.
func (a *Agent) Seen() (Seen, error) {
	s, err := a.current()
	if err != nil {
		return Seen{}, err
	}
	w, err := s.witnessed()
	if err != nil {
		return Seen{}, translate(err)
	}
	seen := Seen{Contradicted: len(w.Evidence) > 0, Restored: len(w.Former) > 0, At: w.VouchedAt.Time()}
	if c, err := s.remembered(w.Own); err == nil {
		seen.Size = uint64(c.Size)
	}
	if c, err := s.remembered(w.Vouched); err == nil {
		seen.Vouched = uint64(c.Size)
	}
	if w.VouchedAt.IsZero() {
		seen.At = time.Time{}
	}
	return seen, nil
}
