package model

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var forms = []struct{ name, flag string }{
	{"two cameras", "-DFORM=1"},
	{"one camera", "-DFORM=2"},
	{"no camera", "-DFORM=3"},
}

func TestTheVerificationHoldsAgainstTheAttacker(t *testing.T) {
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, form.flag)
			if s.errors != 0 {
				t.Fatalf("an attack: %s\n%s", s.found, strings.Join(s.story, "\n"))
			}
			if s.states < 10000 {
				t.Fatalf("only %d states: the model has lost its attacker", s.states)
			}
			t.Logf("holds in all %d states", s.states)
		})
	}
}

func TestEveryRunEnds(t *testing.T) {
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, form.flag, "-DLIVENESS", "-DONLY=ENDS")
			if s.errors != 0 {
				t.Fatalf("a run without end: %s\n%s", s.found, strings.Join(s.story, "\n"))
			}
			t.Logf("every run ends, in all %d states", s.states)
		})
	}
}

// A model in which nobody ever meets would hold too.
func TestColleaguesDoMeet(t *testing.T) {
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			s := run(t, form.flag, "-DONLY=NOBODY_MEETS")
			if s.errors == 0 {
				t.Fatal("no run leads to VERIFIED at both ends")
			}
		})
	}
}

// Without cameras either person may be the slower one, and they meet all the same.
func TestTheSlowerPersonMayBeEither(t *testing.T) {
	s := run(t, "-DFORM=3", "-DONLY=NOBODY_LATE")
	if s.errors == 0 {
		t.Fatal("no run leads to VERIFIED where S's person types last")
	}
}

// The model's words are the code's: states, tries, forms and reasons.
func TestTheModelSpeaksOfTheCode(t *testing.T) {
	data, err := os.ReadFile("state.pml")
	if err != nil {
		t.Fatal(err)
	}
	pml := string(data)
	list := func(of string) string {
		found := regexp.MustCompile(`(?s)mtype:` + of + ` = \{(.*?)\}`).FindStringSubmatch(pml)
		if found == nil {
			t.Fatalf("no list of each %s in the model", of)
		}
		return " " + strings.Join(strings.FieldsFunc(found[1], func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }), " ") + " "
	}
	code := constants(t, "../state.go")
	var states []string
	for _, value := range code["State"] {
		states = append(states, strings.ToUpper(value))
	}
	if want := " " + strings.Join(states, " ") + " "; len(states) != 7 || list("state") != want {
		t.Errorf("states: the code has%s, the model%s", want, list("state"))
	}
	left := map[string]bool{"wrong_org": true, "revoked": true, "cred_expired": true, "too_soon": true} // see model.pml
	renamed := map[string]string{"peer_unreachable": "no_road"}                                         // an event has that name there
	modelled := len(strings.Fields(list("reason")))
	for _, reason := range code["Reason"] {
		if left[reason] {
			modelled++
			continue
		}
		if other, ok := renamed[reason]; ok {
			reason = other
		}
		if !strings.Contains(list("reason"), " "+strings.ToUpper(reason)+" ") {
			t.Errorf("reason %s is not in the model", reason)
		}
	}
	if len(code["Reason"]) == 0 || modelled != len(code["Reason"]) {
		t.Errorf("the code has %d reasons, the model and what it leaves out %d", len(code["Reason"]), modelled)
	}
	if tries := code[""]; len(tries) != 1 || !strings.Contains(pml, "#define TRIES "+tries[0]+"\n") {
		t.Errorf("tries: the code has %v", tries)
	}
	if got := strings.Join(code["Form"], " "); got != "1 2 3" {
		t.Errorf("forms in the code: %s", got)
	}
}

// constants is the values of a file's constants in their order, by the name of their type.
func constants(t *testing.T, path string) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			of := ""
			if ident, ok := value.Type.(*ast.Ident); ok {
				of = ident.Name
			}
			for _, v := range value.Values {
				literal, ok := v.(*ast.BasicLit)
				if !ok {
					continue
				}
				text := literal.Value
				if unquoted, err := strconv.Unquote(text); err == nil {
					text = unquoted
				}
				found[of] = append(found[of], text)
			}
		}
	}
	return found
}
