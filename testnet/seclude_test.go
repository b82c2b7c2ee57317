package testnet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Every main shuts others out of its memory before it does anything else.
func TestEveryMainSecludesItselfFirst(t *testing.T) {
	mains := 0
	for path := range sources(t) {
		file := parsed(t, path)
		if file.Name.Name != "main" {
			continue
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Name.Name != "main" || f.Recv != nil {
				continue
			}
			mains++
			if len(f.Body.List) == 0 || !isCall(f.Body.List[0], "process", "Seclude") {
				t.Errorf("%s does something before process.Seclude", path)
			}
		}
	}
	if mains < 5 {
		t.Fatalf("%d mains found: the test looks in the wrong place", mains)
	}
}

func isCall(s ast.Stmt, pkg, name string) bool {
	e, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := e.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	return ok && x.Name == pkg && f.Sel.Name == name
}

// What a panic says stands on standard error, in whoever's log that is. Go prints of arguments
// their words in hex, of strings where they lie and not what they say; the value of the panic is
// printed as it is. So each place of ours that panics stands here with what its value may be.
var panics = map[string]string{
	"identity/id.go":               "of an encoder, of 32 bytes that are a hash",
	"identity/qr/decoder.go":       "a constant, recovered at once",
	"identity/signed/canonical.go": "of settings of the encoder, at start",
	"assets/sentence.go":           "of files in the program",
	"app/connected/gate/route.go":  "names of routes, at start",
	"app/directory/directory.go":   "of an encoder, of a constant type",
	"vault/header.go":              "the size of a key",
	"vault/kdf.go":                 "the size of a key",
	"vault/row.go":                 "the size of a key",
	"sync/peer/ceremony.go":        "of an encoder, of our own types",
}

func TestNoPanicCarriesData(t *testing.T) {
	found := map[string]bool{}
	for path := range sources(t) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		ast.Inspect(parsed(t, path), func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name, isIdent := call.Fun.(*ast.Ident)
			logged := isStmtCall(call, "log", "Fatal") || isStmtCall(call, "log", "Panic")
			if isIdent && name.Name == "panic" || logged {
				found[path] = true
				if panics[path] == "" {
					t.Errorf("%s panics, and no row of this test says what its value may be", path)
				}
			}
			return true
		})
	}
	for path := range panics {
		if !found[path] {
			t.Errorf("%s panics no more: take its row out", path)
		}
	}
}

func isStmtCall(call *ast.CallExpr, pkg, prefix string) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	return ok && x.Name == pkg && strings.HasPrefix(f.Sel.Name, prefix)
}

func parsed(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
