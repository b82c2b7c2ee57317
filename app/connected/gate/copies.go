package gate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// Erasure is how far an order has come: after when no copy opens, and what each device says.
type Erasure struct {
	Subject     journal.SubjectID `json:"subject"`
	Number      uint64            `json:"number"`
	At          signed.Time       `json:"at"`
	LentUntil   signed.Time       `json:"lent_until,omitempty"`
	NoCopyAfter signed.Time       `json:"no_copy_opens_after"`
	BackupUntil signed.Time       `json:"backup_until"` // when the last backup with the subject's key in it has to be gone
	Devices     []ErasureDevice   `json:"devices"`
}

// ErasureDevice is one device's part in an erasure.
type ErasureDevice struct {
	ID        identity.DeviceID `json:"id"`
	Person    identity.Person   `json:"person"`
	Held      bool              `json:"held"`                 // it was sent or handed a copy
	LentUntil signed.Time       `json:"lent_until,omitempty"` // of that copy
	Answered  signed.Time       `json:"answered,omitempty"`   // when its entry came that says it is done
	Promise   string            `json:"promise,omitempty"`    // about old copies of its files: full, best-effort, none
	RevokedAt signed.Time       `json:"revoked_at,omitempty"`
	Exported  int               `json:"exported,omitempty"` // attachments that its person saved in the clear, which no order reaches
}

// Promised reports whether the device has erased and can promise that no old copy of its files
// brings anything back.
func (d ErasureDevice) Promised() bool { return d.Answered != 0 && d.Promise == promiseFull }

const promiseFull = "full" // vault.PromiseFull

// Erasure reports on the order about subject; ErrUnknown where there is none.
func (g *Gate) Erasure(ctx context.Context, subject journal.SubjectID) (Erasure, error) {
	var report Erasure
	err := g.store.Read(ctx, func(tx *store.Tx) error {
		var err error
		report, err = g.erasure(ctx, tx, subject)
		return err
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("report erasure: %w", err)
	}
	return report, nil
}

// Erasure is the report for a caller with the right to it.
func (c *Call) Erasure(subject journal.SubjectID) (Erasure, error) {
	if identity.CheckOpaque(string(subject)) != nil {
		return Erasure{}, Refuse(link.CodeBadRequest)
	}
	if known, err := erased(c.ctx, c.tx, string(subject)); err != nil || !known {
		return Erasure{}, cmp.Or(err, Refuse(link.CodeNotFound))
	}
	return c.g.erasure(c.ctx, c.tx, subject)
}

func (g *Gate) erasure(ctx context.Context, tx *store.Tx, subject journal.SubjectID) (Erasure, error) {
	order, err := tx.Erasure(ctx, string(subject))
	if store.Missing(err) {
		return Erasure{}, fmt.Errorf("erasure order about %s: %w", subject, ErrUnknown)
	}
	if err != nil {
		return Erasure{}, err
	}
	copies, err := g.copies(ctx, tx, order)
	if err != nil {
		return Erasure{}, err
	}
	report := Erasure{Subject: subject, Number: uint64(order.Number), At: signed.Time(order.At),
		LentUntil: copies.lentUntil(), NoCopyAfter: copies.noneAfter(g.config.Backups),
		BackupUntil: signed.Time(order.At).Add(g.config.Backups), Devices: []ErasureDevice{}}
	devices, err := tx.Devices(ctx)
	if err != nil {
		return Erasure{}, err
	}
	since := signed.Time(order.At).Add(identity.MaxValidity)
	for _, d := range devices {
		row, told := copies.devices[d.ID]
		if !told && signed.Time(d.EnrolledAt) > since {
			continue // it does not get the order
		}
		row.ID, row.RevokedAt = identity.DeviceID(d.ID), signed.Time(d.RevokedAt)
		row.Person = identity.Person{ID: identity.PersonID(d.UserID), Username: d.Username, First: d.FirstName, Last: d.LastName}
		report.Devices = append(report.Devices, row)
		delete(copies.devices, d.ID)
	}
	for id, row := range copies.devices { // told of by others, not known here
		row.ID = identity.DeviceID(id)
		report.Devices = append(report.Devices, row)
	}
	slices.SortFunc(report.Devices, func(a, b ErasureDevice) int {
		return cmp.Or(rank(a)-rank(b), cmp.Compare(a.Person.Username, b.Person.Username), cmp.Compare(a.ID, b.ID))
	})
	return report, nil
}

// rank puts first who has to be looked after: a copy and no answer, no full promise, no answer.
func rank(d ErasureDevice) int {
	switch {
	case d.Held && d.Answered == 0:
		return 0
	case d.Held && !d.Promised():
		return 1
	case d.Answered == 0:
		return 2
	}
	return 3
}

// copies is what the log tells of copies of a subject's data.
type copies struct {
	at       signed.Time // of the order
	devices  map[string]ErasureDevice
	searches []search // that found the subject
}

type search struct {
	device string
	hash   []byte
}

// copies reads from the log who was sent, lent or handed what, and who has answered the order.
// The connected system's own entries tell of every loan that it gave; devices' entries tell of
// copies that passed from hand to hand. Their word for how long is taken as far as a loan can
// reach at all.
func (g *Gate) copies(ctx context.Context, tx *store.Tx, order sqlc.Erasure) (copies, error) {
	c := copies{at: signed.Time(order.At), devices: map[string]ErasureDevice{}}
	var last int64
	for {
		rows, err := tx.CopiesOf(ctx, sqlc.CopiesOfParams{Subject: order.Subject, ID: last})
		if err != nil {
			return c, fmt.Errorf("read copies: %w", err)
		}
		if len(rows) == 0 {
			return c, nil
		}
		for _, r := range rows {
			last = r.ID
			var e journal.Entry
			if err := signed.Unverified(r.Raw, journal.EntryLimit, &e); err != nil { // verified when it was stored
				return c, fmt.Errorf("read entry: %w", err)
			}
			received := signed.Time(r.ReceivedAt)
			until := min(e.Until, received.Add(identity.MaxValidity))
			switch e.Kind {
			case journal.RecordSent, journal.ShareSent:
				c.hold(r.Peer, until)
			case journal.RecordFetched, journal.ShareReceived:
				c.hold(r.DeviceID, until)
			case journal.AttachmentAdded: // its maker has it, whether or not it was lent the record
				c.hold(r.DeviceID, 0)
			case journal.AttachmentExported:
				d := c.devices[r.DeviceID]
				d.Held = true
				d.Exported++
				c.devices[r.DeviceID] = d
			case journal.RecordFound:
				c.searches = append(c.searches, search{r.DeviceID, e.Ref})
			case journal.SubjectErased:
				d := c.devices[r.DeviceID]
				if d.Answered == 0 {
					d.Answered = received
				}
				d.Promise = e.Code
				c.devices[r.DeviceID] = d
			}
		}
	}
}

func (c copies) hold(device string, until signed.Time) {
	if device == "" {
		return
	}
	d := c.devices[device]
	d.Held, d.LentUntil = true, max(d.LentUntil, until)
	c.devices[device] = d
}

func (c copies) lentUntil() signed.Time {
	var last signed.Time
	for _, d := range c.devices {
		last = max(last, d.LentUntil)
	}
	return last
}

// noneAfter is after when no copy opens: the last loan has ended, and the last backup is gone
// that the subject's key stands in.
func (c copies) noneAfter(backups time.Duration) signed.Time {
	return max(c.lentUntil(), c.at.Add(backups))
}
