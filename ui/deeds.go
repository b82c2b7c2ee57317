package ui

import (
	"net/url"
	"strings"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/identity"
	"handslag/sync/link"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// rowSentence is an entry of the audit log as a sentence.
func rowSentence(lang assets.Language, r link.LogRow) string {
	who, what, peer, title := r.Told()
	return lang.Did(assets.Deed{Kind: string(r.Kind), Who: who, What: what, Peer: peer, Title: title, Thing: r.Thing(), Count: r.Count, Code: r.Code, System: r.System})
}

// subjectName is the person concerned: by the card's title, or where nothing is left of it by the opaque ID.
func subjectName(r link.LogRow) string {
	return or(r.SubjectName, or(string(r.Subject), string(r.Record)))
}

// noteWords are the words of an entry. Of a look at the log they are the filter, which the connected system wrote down as it
// came.
func noteWords(lang assets.Language, r link.LogRow) string {
	if r.Topic != "" {
		return lang.Change(r.Topic, r.Value)
	}
	if r.Kind != journal.LogRead {
		return r.Note
	}
	asked, err := url.ParseQuery(r.Note)
	if err != nil {
		return r.Note
	}
	var said []string
	for _, by := range []struct{ key, code string }{
		{"subject", "log.subject"}, {"record", "log.record"}, {"person", "log.staff"}, {"device", "log.device"}, {"day", "log.day"}, {"to", "log.to_day"},
		{"assignment", "log.assignment"}, {"unit", "log.unit"}, {"kind", "log.kind"}, {"entries", "log.evidence"}, {"leaves", "log.leaves"},
	} {
		value := asked.Get(by.key)
		if id, err := identity.ParseDeviceID(value); err == nil && by.key == "device" {
			value = id.Short()
		}
		switch {
		case by.key == "kind" && value != "":
			value = lang.Kind(value)
		case by.key == "subject" && value == string(r.Subject):
			value = or(r.SubjectName, value)
		}
		if value != "" {
			said = append(said, lang.Say(by.code)+": "+value)
		}
	}
	return strings.Join(said, ", ")
}

// attachmentWord tells attachments of one record apart, by the beginning of their IDs: what they are called is protected.
func attachmentWord(lang assets.Language, r link.LogRow) string {
	if r.Attachment == "" {
		return ""
	}
	return lang.Say("log.attachment") + " " + string(r.Attachment[:min(len(r.Attachment), 8)])
}

// eventSentence is an entry of this device as a sentence.
func eventSentence(lang assets.Language, e agent.Event) string {
	return lang.Did(assets.Deed{Kind: string(e.Kind), Who: lang.Say("did.you"), What: e.Title, Peer: e.Peer.Short(), Title: e.Title, Thing: e.Thing, Count: e.Count})
}

// foundSentence is what the connected system noticed, in words.
func foundSentence(lang assets.Language, code string) string {
	if !lang.Knows("found." + code) {
		code = "unknown"
	}
	return lang.Say("found." + code)
}

// deedIcon and deedState are an entry's look in a list.
func deedIcon(k journal.Kind) string {
	kind := string(k)
	switch {
	case strings.HasPrefix(kind, "share."), strings.HasPrefix(kind, "verification."):
		return assets.IconHandshake
	case strings.HasPrefix(kind, "assignment."):
		return assets.IconAssignment
	case k == journal.RecordOpened, k == journal.RecordExtended, k == journal.AttachmentOpened:
		return assets.IconEye
	case k == journal.RecordClosed, k == journal.RecordExpired, k == journal.AttachmentClosed:
		return assets.IconHidden
	case k == journal.AttachmentExported:
		return assets.IconExport
	case strings.HasPrefix(kind, "record."), strings.HasPrefix(kind, "attachment."), k == journal.RecordsFetched, k == journal.RecordSent, k == journal.AttachmentSent, k == journal.AttachmentTaken:
		return assets.IconRecord
	case k == journal.Locked:
		return assets.IconLock
	case k == journal.LogRead:
		return assets.IconLog
	case k == journal.RecordsSearched:
		return assets.IconSearch
	case k == journal.FactorsChanged, k == journal.SubjectErased:
		return assets.IconShield
	case k == journal.GenerationOpened, k == journal.ViewRebuilt, k == journal.LogRestored:
		return assets.IconSync
	case k == journal.Wiped, k == journal.LogInconsistent:
		return assets.IconWarning
	}
	return assets.IconKey
}

// deedState colours what was refused or went wrong.
func deedState(k journal.Kind) part.State {
	switch k {
	case journal.RecordRefused, journal.AttachmentRefused, journal.AttachmentExported, journal.ShareRefused, journal.ShareMalformed, journal.VerificationFailed, journal.VerificationDisturbed, journal.SignInRefused, journal.CallRefused,
		journal.PassphraseWrong, journal.GenerationOpened, journal.ViewRebuilt, journal.LogInconsistent:
		return part.StateWarning
	}
	return part.StateNeutral
}

// or is text, or otherwise where there is none.
func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
