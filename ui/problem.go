package ui

import (
	"errors"

	"handslag/app/agent"
	"handslag/assets"
)

// Problem is what a person needs to know when something went wrong, in the place where it did.
type Problem struct {
	State  State // StateDanger unless set
	What   string
	Safe   string
	Do     string
	Action string // the button's word; no button when empty
}

// ProblemSentences gives the sentences of a problem's code. A code that no sentence knows is told as an internal one: a
// person is never shown a code.
func ProblemSentences(lang assets.Language, code string, args ...any) Problem {
	if !lang.Knows("problem." + code + ".what") {
		code = "internal"
	}
	say := func(part string) string { return lang.Say("problem."+code+"."+part, args...) }
	return Problem{State: StateDanger, What: say("what"), Safe: say("safe"), Do: say("do")}
}

// ProblemOf turns an error of the agent into sentences: the one place in this package that does. What needs no alarm, such as
// coverage that is away, is told calmly.
func ProblemOf(lang assets.Language, err error) Problem {
	code := agent.CodeOf(err)
	var args []any
	if p := (*agent.Problem)(nil); errors.As(err, &p) {
		for name, value := range p.Args {
			args = append(args, name, value)
		}
	}
	out := ProblemSentences(lang, string(code), args...)
	switch code {
	case agent.Restored, agent.EnrolledAnew:
		out.State = StateOK
	case agent.SubjectErased, agent.OtherDevice, agent.ServerAway, agent.NotOnline, agent.DirectoryAway, agent.Cancelled, agent.AlreadyDone, agent.VerPeerAbort:
		out.State = StateWaiting
	case agent.WrongPassphrase, agent.WrongPassword, agent.OrgIDSlip, agent.PassphraseShort, agent.PassphraseLong, agent.TextLong,
		agent.ReasonMissing, agent.NothingChosen, agent.NoNetwork, agent.NoCamera, agent.CodeMistyped, agent.BadFilter,
		agent.FactorAway, agent.FactorLocked, agent.JournalBehind, agent.VaultOlder, agent.ViewDamaged,
		agent.PictureUnreadable, agent.NotACode, agent.CodeDamaged, agent.VerExpired, agent.PeerUnreachable:
		out.State = StateWarning
	}
	return out
}
