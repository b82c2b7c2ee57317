package testnet_test

import (
	"go/ast"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What is read from a disk or from others, and the fuzz test that throws anything at its parser.
var fuzzed = map[string]string{
	"the vault's header":                 "vault/internal/header.FuzzHeader",
	"the header's body":                  "vault/internal/header.FuzzHeaderBody",
	"the keybag":                         "vault/internal/keybag.FuzzKeys",
	"the sealed log of both":             "vault/internal/sealedlog.FuzzLog",
	"the catalogue":                      "vault.FuzzCatalogue",
	"the profile":                        "vault.FuzzProfile",
	"a row":                              "vault.FuzzRow",
	"an entry":                           "vault/journal.FuzzOpenEntry",
	"a payload":                          "vault/journal.FuzzOpenPayload",
	"a batch":                            "vault/journal.FuzzDecodeBatch",
	"a receipt":                          "vault/journal.FuzzOpenReceipt",
	"a segment that others carry":        "vault/journal.FuzzSealed",
	"cosignatures of a checkpoint":       "vault/journal/audit.FuzzSplitCosigned",
	"a checkpoint":                       "vault/journal/audit.FuzzOpenCheckpoint",
	"a tile's name":                      "vault/journal/audit.FuzzParseTile",
	"leaves of the log":                  "vault/journal/audit.FuzzReadBundle",
	"a bundle of evidence":               "vault/journal/evidence.FuzzVerify",
	"a segment's header":                 "vault/journalfile.FuzzHeader",
	"a segment's frames":                 "vault/journalfile.FuzzFrames",
	"a segment":                          "vault/journalfile.FuzzSegment",
	"how far receipts reach":             "vault/journalfile.FuzzCursor",
	"what a factor keeps":                "vault/factor.FuzzSealedNote",
	"how far a device's sync has come":   "app/connected/gate.FuzzPlace",
	"a line of an import":                "app/connected/gate/internal/importline.FuzzLine",
	"a password's hash":                  "app/connected/gate.FuzzPasswordHash",
	"erasure orders":                     "app/connected/gate.FuzzReadOrders",
	"where an export goes on":            "app/connected/feed.FuzzCursor",
	"a file of a backup":                 "app/connected/backup.FuzzCheck",
	"the recovery file":                  "app/connected/organisation.FuzzRecoveryFile",
	"the connected system's keys":        "app/connected/organisation.FuzzKeys",
	"a device's clock, kept outside":     "app/agent/clock.FuzzClock",
	"a statement":                        "identity.FuzzOpenStatement",
	"an ID that somebody types":          "identity.FuzzParseDeviceID",
	"revocations":                        "identity.FuzzRevocations",
	"a signed message":                   "identity/signed.FuzzOpen",
	"a code's text":                      "identity/qr.FuzzParse",
	"a picture of a code":                "identity/qr.FuzzReadPicture",
	"a call's proof and a server's time": "sync/link.FuzzReadProof",
	"an offer of a handshake":            "sync/peer.FuzzParseOffer",
	"a handshake's frames":               "sync/peer/internal/road.FuzzReadFrame",
	"a handshake's messages":             "sync/peer.FuzzMessages",
	"a share's manifest":                 "sync/peer.FuzzManifest",
	"evidence of a verification":         "sync/peer.FuzzEvidence",
	"a record":                           "vault/record.FuzzOpenRecord",
	"an attachment":                      "vault/record.FuzzOpenAttachment",
	"a chunk of one":                     "vault/record.FuzzOpenChunk",
	"what a file is":                     "vault/record.FuzzMediaType",
	"how large a picture is":             "vault/record.FuzzPicture",
	"the journal's head, kept outside":   "app/agent/anchor.FuzzReadAnchor",
	"connected.toml":                     "app/connected/command.FuzzSettings",
	"a setting that a flag says":         "app/connected/command.FuzzSetting",
	"a call's query and body":            "app/connected.FuzzCall",
	"where a browser goes on":            "app/connected/oidc.FuzzRedirect",
	"checkpoints in a file":              "app/verify.FuzzSplit",
	"a credential":                       "identity.FuzzOpenCredential",
	"what is sealed to a device":         "identity.FuzzOpenSealed",
	"an organisation's ID":               "identity.FuzzParseOrgID",
	"what a colleague or a page brings":  "vault/record.FuzzRead",
	"what is signed out of work":         "vault/record.FuzzOpenEvidence",
	"what a device was shown of another": "vault/journal.FuzzOpenHead",
	"a system's messages for syslog":     "app/connected/feed.FuzzMessage",
}

func TestEveryParserIsFuzzedFromSeeds(t *testing.T) {
	found := map[string]bool{}
	for path := range sources(t) {
		if !strings.HasSuffix(path, "_test.go") {
			continue
		}
		for _, d := range parsed(t, path).Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Fuzz") || f.Recv != nil {
				continue
			}
			name := filepath.ToSlash(filepath.Dir(path)) + "." + f.Name.Name
			found[name] = true
			if !mentions(f.Body, "Add") {
				t.Errorf("%s has no seed", name)
			}
		}
	}
	for what, name := range fuzzed {
		if !found[name] {
			t.Errorf("%s: there is no %s", what, name)
		}
	}
}

// Whatever reads bytes or text that somebody else wrote, so that others may call it, is called by a fuzz test: who adds a
// parser is told that it lacks one.
func TestNoParserIsForgotten(t *testing.T) {
	reads := regexp.MustCompile(`^(Parse|Decode|Read|Open|Split)([A-Z]|$)`)
	parsers, tried := map[string]string{}, map[string]bool{}
	for path := range sources(t) {
		test := strings.HasSuffix(path, "_test.go")
		for _, d := range parsed(t, path).Decls {
			f, ok := d.(*ast.FuncDecl)
			switch {
			case !ok:
			case test && strings.HasPrefix(f.Name.Name, "Fuzz"):
				ast.Inspect(f.Body, func(n ast.Node) bool {
					if name, ok := n.(*ast.Ident); ok {
						tried[name.Name] = true
					}
					return true
				})
			case !test && f.Recv == nil && reads.MatchString(f.Name.Name) && takesStrange(f) && !strings.HasPrefix(path, "testnet/"):
				parsers[f.Name.Name] = path
			}
		}
	}
	if len(parsers) < 30 {
		t.Errorf("only %d parsers found", len(parsers))
	}
	for name, path := range parsers {
		if !tried[name] {
			t.Errorf("%s in %s: no fuzz test calls it", name, path)
		}
	}
}

// takesStrange reports whether a function's first parameter is what somebody wrote, and not where it lies.
func takesStrange(f *ast.FuncDecl) bool {
	if len(f.Type.Params.List) == 0 || f.Type.Results == nil {
		return false
	}
	first := f.Type.Params.List[0]
	switch of := first.Type.(type) {
	case *ast.ArrayType:
		element, ok := of.Elt.(*ast.Ident)
		return ok && element.Name == "byte"
	case *ast.Ident:
		return of.Name == "string" && (first.Names[0].Name == "text" || first.Names[0].Name == "header")
	}
	return false
}

// mentions reports whether a method of this name is called.
func mentions(body ast.Node, method string) bool {
	called := false
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if f, ok := call.Fun.(*ast.SelectorExpr); ok {
				called = called || f.Sel.Name == method
			}
		}
		return true
	})
	return called
}
