package gate

import (
	"fmt"

	"handslag/app/connected/gate/internal/store"
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// record puts one record on the page, whose rows are read when the page is full: signed version, ciphertext as it is,
// content key wrapped under the page's key, a loan; and an entry that says so.
func (p *paging) record(may store.RecordHead) {
	until := p.loanUntil()
	p.due = append(p.due, may)
	p.entries = append(p.entries, journal.Entry{Kind: journal.RecordSent, Person: p.Person.ID, Peer: identity.DeviceID(p.device.ID),
		Subject: journal.SubjectID(may.Subject), Record: journal.RecordID(may.ID), RecordVersion: uint64(may.Number), Until: until, Route: p.route.Path})
	p.bytes += may.Size
	p.put(sentRecord, may.ID, recordMark(may), until, false)
}

// send makes what was put on the page ready to leave, and says so in the log. All of it is in the transaction in which
// it was judged: nobody else writes meanwhile.
func (p *paging) send() error {
	if p.things == 0 {
		return nil
	}
	if err := p.copyRecords(); err != nil {
		return fmt.Errorf("send records: %w", err)
	}
	if len(p.page.Records)+len(p.page.Attachments) > 0 {
		if err := p.key.Close(&p.page, p.g.org, p.keys, identity.DeviceID(p.device.ID)); err != nil {
			return err
		}
	}
	if len(p.page.Records) > 0 {
		if err := p.page.Sign(p.g.keys().Issuing, p.g.org, identity.DeviceID(p.device.ID)); err != nil {
			return err
		}
		name := p.page.Name()
		for i := range p.entries {
			if p.entries[i].Kind == journal.RecordSent {
				p.entries[i].Pair = name
			}
		}
	}
	if err := p.g.sayAll(p.ctx, p.tx, p.entries); err != nil {
		return err
	}
	if err := p.tx.PutSents(p.ctx, p.marks); err != nil {
		return err
	}
	return p.tx.SetPage(p.ctx, sqlc.SetPageParams{ID: p.device.ID, Page: p.number})
}

// copyRecords reads those that are due at once, and makes their copies on all cores.
func (p *paging) copyRecords() error {
	ids, subjects := make([]string, len(p.due)), make([]string, len(p.due))
	for i, r := range p.due {
		ids[i], subjects[i] = r.ID, r.Subject
	}
	rows, err := p.tx.WholeRecords(p.ctx, ids)
	if err != nil {
		return err
	}
	if err := p.tx.LearnKeys(p.ctx, subjects); err != nil {
		return err
	}
	columns := make([]store.Columns, len(p.due))
	for i, subject := range subjects {
		if columns[i], err = p.tx.Columns(p.ctx, subject); err != nil {
			return err
		}
	}
	p.page.Records = make([]link.RecordCopy, len(p.due))
	lent := make([]record.Lent, len(p.due))
	for i, r := range p.due {
		lent[i] = record.Lent{Record: journal.RecordID(r.ID), Number: uint64(r.Number)}
	}
	if len(lent) > 0 {
		if p.page.Loans, err = record.Lend(p.g.keys().Issuing, p.g.org, identity.DeviceID(p.device.ID), p.loanUntil(), lent); err != nil {
			return err
		}
	}
	return signed.SideBySide(len(p.due), func(i int) (err error) {
		p.page.Records[i], err = p.copyRecord(rows[ids[i]], columns[i])
		return err
	})
}

func (p *paging) copyRecord(row sqlc.Record, of store.Columns) (c link.RecordCopy, err error) {
	id, number, device := journal.RecordID(row.ID), uint64(row.Number), identity.DeviceID(p.device.ID)
	c.Cipher = row.Cipher
	if c.Record, err = of.Open("records:body", versionRow(row.ID, row.Number), row.Body); err != nil {
		return c, err
	}
	key, err := of.Open("records:content_key", versionRow(row.ID, row.Number), row.ContentKey)
	if err != nil {
		return c, err
	}
	c.ContentKey = p.key.Wrap(key, record.ContentKeyInfo(p.g.org, id, number, device))
	clear(key)
	return c, nil
}
