package agent

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"handslag/identity/qr"
	"handslag/sync/peer"
)

// A meeting is prepared, then the vault is locked, and then the meeting would begin: it does not, and
// nothing listens any more.
func TestNoMeetingBeginsInAVaultThatLocksMeanwhile(t *testing.T) {
	h := newHouse(t)
	bo := h.enrolled("bo.ek")
	s, config, err := bo.meet(t.Context())
	ok(t, err)
	p, err := peer.Offer(t.Context(), config)
	ok(t, err)
	ok(t, bo.Lock())
	begun, err := bo.hold(s, p, VerifyStep{Stage: StageOffering}, Gift{})
	refused(t, err, Locked)
	if begun != nil || bo.meeting != nil {
		t.Error("it has begun")
	}
	<-p.Done()
	for range p.Events() { // ends only where all of it has ended
	}
	// Unlocked again it is another session; the old one's meeting is not taken for its own.
	ok(t, bo.Unlock(t.Context(), passphrase))
	_, err = bo.hold(s, p, VerifyStep{Stage: StageOffering}, Gift{})
	refused(t, err, Locked)
	var code *qr.Code
	other, code, err := bo.OfferVerification(t.Context(), false, Gift{})
	ok(t, err)
	if code == nil {
		t.Error("no code")
	}
	ok(t, bo.Lock()) // ends the one that is open
	<-other.Done()
}

// Who changes the view within a transaction asks that transaction and not the vault, which would wait
// for the transaction to end when somebody locks it meanwhile: a sync that waits for itself. Go can
// not forbid it, so this reads the source.
func TestNoTransactionAsksTheVault(t *testing.T) {
	files := token.NewFileSet()
	sources, err := filepath.Glob("*.go")
	ok(t, err)
	inside := 0
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, source, nil, 0)
		ok(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			var kind *ast.FuncType
			var body *ast.BlockStmt
			switch f := n.(type) {
			case *ast.FuncDecl:
				kind, body = f.Type, f.Body
			case *ast.FuncLit:
				kind, body = f.Type, f.Body
			}
			if body == nil || !takesTx(kind) {
				return true
			}
			inside++
			ast.Inspect(body, func(n ast.Node) bool {
				call, is := n.(*ast.CallExpr)
				if !is {
					return true
				}
				method, is := call.Fun.(*ast.SelectorExpr)
				if !is {
					return true
				}
				if of, is := method.X.(*ast.SelectorExpr); is && of.Sel.Name == "vault" {
					t.Errorf("%s: vault.%s within a transaction", files.Position(n.Pos()), method.Sel.Name)
				}
				return true
			})
			return true
		})
	}
	if inside < 20 {
		t.Errorf("only %d functions are handed a transaction", inside)
	}
}

// takesTx reports whether a function is handed a transaction by name.
func takesTx(kind *ast.FuncType) bool {
	for _, field := range kind.Params.List {
		star, is := field.Type.(*ast.StarExpr)
		if !is || len(field.Names) == 0 {
			continue
		}
		if name, is := star.X.(*ast.SelectorExpr); is && name.Sel.Name == "Tx" {
			return true
		}
	}
	return false
}
