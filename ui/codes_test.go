package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"handslag/assets"
)

// TestEveryCodeThatScreensSayHasASentence reads the windows' source: a code given to Say or NewEmpty must be in assets.
func TestEveryCodeThatScreensSayHasASentence(t *testing.T) {
	var files []string
	for _, room := range []string{"", "part/", "program/"} {
		inIt, err := filepath.Glob(room + "*.go")
		if err != nil || len(inIt) < 5 {
			t.Fatalf("%d files in %q, %v", len(inIt), room, err)
		}
		files = append(files, inIt...)
	}
	seen := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), f, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			var said []string
			switch fun := call.Fun.(type) {
			case *ast.SelectorExpr:
				if fun.Sel.Name == "Say" && len(call.Args) > 0 {
					said = literals(call.Args[0])
				}
				if fun.Sel.Name == "NewEmpty" && len(call.Args) > 2 {
					for _, c := range literals(call.Args[2]) {
						said = append(said, c, c+"_hint")
					}
				}
			case *ast.Ident:
				if fun.Name == "pinned" {
					for _, c := range literals(call.Args[0]) {
						said = append(said, c, c+"_pin")
					}
				}
			}
			for _, code := range said {
				seen++
				if !assets.Swedish.Knows(code) {
					t.Errorf("%s says %q, which has no sentence", f, code)
				}
			}
			return true
		})
	}
	if seen < 10 {
		t.Errorf("only %d codes were seen: this test reads nothing", seen)
	}
}

// literals gives the string an expression is, when it is written out whole.
func literals(e ast.Expr) []string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return nil
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return nil
	}
	return []string{s}
}

// TestEveryKindOfEntryHasASentence reads the kinds where they are declared: a reviewer must never see that words are missing
// for what this version itself writes.
func TestEveryKindOfEntryHasASentence(t *testing.T) {
	tree, err := parser.ParseFile(token.NewFileSet(), "../vault/journal/kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range spec.Values {
			for _, kind := range literals(value) {
				kinds++
				for _, l := range assets.Languages() {
					if !l.Knows("did." + kind) {
						t.Errorf("%s: an entry of kind %s has no sentence", l, kind)
					}
				}
			}
		}
		return false
	})
	if kinds < 30 {
		t.Errorf("only %d kinds were seen: this test reads nothing", kinds)
	}
}
