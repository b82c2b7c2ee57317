package gate

import (
	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// attachments sends what belongs to records, each of which the decision allows: the signed
// attachment and its content key. It is lent with its record, and sent again with each new loan:
// a device drops both when a loan ends.
func (p *paging) attachments(records []sqlc.Record, still map[[2]string]bool) error {
	may := map[string]bool{}
	for _, row := range records {
		may[row.ID] = true
	}
	rows, err := p.tx.AttachmentsForUser(p.ctx, p.user.ID)
	if err != nil {
		return err
	}
	var want []string
	for _, row := range rows {
		if !may[row.RecordID] {
			continue
		}
		still[[2]string{sentAttachment, row.ID}] = true
		lent := signed.Time(p.sent[[2]string{sentAttachment, row.ID}].LoanUntil)
		if !p.has(sentAttachment, row.ID, attachmentMark) || !p.lasts(lent) {
			want = append(want, row.ID)
		}
	}
	p.files = want
	return nil
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
	sealed, err := identity.Seal(p.keys.Sealing, record.AttachmentKeyInfo(p.g.org, a.ID, device), key)
	clear(key)
	if err != nil {
		return err
	}
	until := p.loanUntil()
	_, err = p.g.say(p.ctx, p.tx, journal.Entry{Kind: journal.AttachmentSent, Person: p.Person.ID, Peer: device, Subject: a.Subject,
		Record: a.Record, Attachment: a.ID, Until: until, Route: p.route.Path}, nil)
	if err != nil {
		return err
	}
	p.page.Attachments = append(p.page.Attachments, link.AttachmentCopy{Attachment: message, ContentKey: sealed})
	p.bytes += len(message) + len(sealed)
	return p.put(sentAttachment, id, attachmentMark, until, false)
}
