package gate

import (
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// hasAttachment reports whether the device has an attachment, on a loan as good as one that would be given now. It
// is lent with its record, and sent again with each new loan: a device drops both when a loan ends.
func (p *paging) hasAttachment(id string) bool {
	return p.has(sentAttachment, id, attachmentMark) && p.lasts(signed.Time(p.sent[[2]string{sentAttachment, id}].LoanUntil))
}

// attachmentMark is the same for ever: an attachment has one version.
const attachmentMark = "1"

// attachment sends one, and says so in the log.
func (p *paging) attachment(id string) error {
	row, err := p.tx.Attachment(p.ctx, id)
	if err != nil {
		return err
	}
	a, message, err := p.g.openAttachment(p.ctx, p.tx, row)
	if err != nil {
		return err
	}
	key, err := p.tx.Open(p.ctx, row.Subject, "attachments:content_key", row.ID, row.ContentKey)
	if err != nil {
		return err
	}
	device := identity.DeviceID(p.device.ID)
	sealed := p.key.Wrap(key, record.AttachmentKeyInfo(p.g.org, a.ID, device))
	clear(key)
	until := p.loanUntil()
	p.entries = append(p.entries, journal.Entry{Kind: journal.AttachmentSent, Person: p.Person.ID, Peer: device, Subject: a.Subject,
		Record: a.Record, Attachment: a.ID, Until: until, Route: p.route.Path})
	p.page.Attachments = append(p.page.Attachments, link.AttachmentCopy{Attachment: message, ContentKey: sealed})
	p.bytes += len(message) + len(sealed)
	p.put(sentAttachment, id, attachmentMark, until, false)
	return nil
}
