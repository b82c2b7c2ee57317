package part

import "handslag/assets"

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
