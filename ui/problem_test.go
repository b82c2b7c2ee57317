package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

func TestEveryProblemOfTheAgentHasItsSentences(t *testing.T) {
	if len(agent.Codes()) < 20 {
		t.Fatalf("only %d codes", len(agent.Codes()))
	}
	known := map[string]bool{}
	for _, code := range agent.Codes() {
		known[string(code)] = true
		for _, l := range assets.Languages() {
			for _, word := range []string{"what", "safe", "do"} {
				if !l.Knows("problem." + string(code) + "." + word) {
					t.Errorf("%s: %s has no sentence %s", l, code, word)
				}
			}
		}
	}
	for _, c := range assets.Swedish.Codes() {
		if code, ok := strings.CutPrefix(c, "problem."); ok && !known[code[:strings.LastIndex(code, ".")]] {
			t.Errorf("%s is no problem of the agent's any more", c)
		}
	}
}

func TestProblemsAreToldInWordsWithTheirNumbers(t *testing.T) {
	wrapped := fmt.Errorf("choose: %w", &agent.Problem{Code: agent.PassphraseShort, Args: map[string]string{"min": "12"}})
	if got := ProblemOf(assets.Swedish, wrapped); !strings.Contains(got.What, "12") || got.State != part.StateWarning {
		t.Errorf("told %+v", got)
	}
	if got := ProblemOf(assets.Swedish, &agent.Problem{Code: agent.NotOnline}); got.State != part.StateWaiting {
		t.Errorf("lost coverage alarms: %+v", got)
	}
	secret := errors.New("hunter2 in /home/anna")
	if got := ProblemOf(assets.English, secret); got != part.ProblemSentences(assets.English, "internal") {
		t.Errorf("an error from elsewhere became %+v", got)
	}
}
