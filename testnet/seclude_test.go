package testnet_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every program shuts others out of its memory before it does anything else; those of testnet
// are tools, and nobody's but the developer's.
func TestEveryMainSecludesItselfFirst(t *testing.T) {
	mains := 0
	for path := range sources(t) {
		file := parsed(t, path)
		if file.Name.Name != "main" || below(path, "testnet") {
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
// their words in hex, of strings where they lie and not what they say; but the value of the panic is
// printed as it is. So each place of ours that panics says a constant, or says beside it, in a
// comment on its line, what its value can be.
func TestNoPanicCarriesData(t *testing.T) {
	found := 0
	for path := range sources(t) {
		if strings.HasSuffix(path, "_test.go") || below(path, "testnet") || path == "app/connected/gate/route.go" { // names of routes, at start
			continue
		}
		source, err := os.ReadFile(filepath.Join("..", path))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(source), "\n")
		places := token.NewFileSet()
		file, err := parser.ParseFile(places, path, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !panics(call) {
				return true
			}
			found++
			line := places.Position(call.Pos()).Line
			_, constant := call.Args[0].(*ast.BasicLit)
			if _, why, _ := strings.Cut(lines[line-1], "//"); !constant && len(why) < 10 {
				t.Errorf("%s:%d panics with a value, and no comment on that line says what it can be", path, line)
			}
			return true
		})
	}
	if found < 8 {
		t.Fatalf("%d panics found: the test looks in the wrong place", found)
	}
}

// panics reports whether a call is panic, or ends the program with a message of package log.
func panics(call *ast.CallExpr) bool {
	if name, ok := call.Fun.(*ast.Ident); ok {
		return name.Name == "panic" && len(call.Args) == 1
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	return ok && x.Name == "log" && (strings.HasPrefix(f.Sel.Name, "Fatal") || strings.HasPrefix(f.Sel.Name, "Panic"))
}

func parsed(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
