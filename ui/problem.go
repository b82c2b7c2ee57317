package ui

import (
	"errors"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// ProblemOf turns an error of the agent into sentences: the one place in this package that does. What needs no alarm, such as
// coverage that is away, is told calmly.
func ProblemOf(lang assets.Language, err error) part.Problem {
	code := agent.CodeOf(err)
	var args []any
	if p := (*agent.Problem)(nil); errors.As(err, &p) {
		for name, value := range p.Args {
			args = append(args, name, value)
		}
	}
	out := part.ProblemSentences(lang, string(code), args...)
	switch code {
	case agent.Restored, agent.EnrolledAnew:
		out.State = part.StateOK
	case agent.SubjectErased, agent.OtherDevice, agent.ServerAway, agent.NotOnline, agent.DirectoryAway, agent.Cancelled, agent.AlreadyDone, agent.VerPeerAbort:
		out.State = part.StateWaiting
	case agent.WrongPassphrase, agent.WrongPassword, agent.OrgIDSlip, agent.PassphraseShort, agent.PassphraseLong, agent.TextLong,
		agent.ReasonMissing, agent.NothingChosen, agent.NoNetwork, agent.NoCamera, agent.CodeMistyped, agent.BadFilter,
		agent.FactorAway, agent.FactorLocked, agent.JournalBehind, agent.VaultOlder, agent.ViewDamaged,
		agent.PictureUnreadable, agent.NotACode, agent.CodeDamaged, agent.VerExpired, agent.PeerUnreachable:
		out.State = part.StateWarning
	}
	return out
}
