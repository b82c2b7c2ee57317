package testnet_test

import (
	"bytes"
	"net/http"

	"github.com/rogpeppe/go-internal/testscript"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/testnet"
)

// stranger is a key that belongs to nobody in a story.
func stranger(seed byte) *signed.PrivateKey {
	key, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		panic(err) // 32 bytes are always a seed
	}
	return key
}

// otherOrganisation has a sound ID that no directory knows.
var otherOrganisation = string(identity.OrgIDOf(stranger(7).Public()))

// impostor: "impostor directory forged", "impostor directory garbage", "impostor connected".
func impostor(ts *testscript.TestScript, neg bool, args []string) {
	n := storyOf(ts).net
	answer := []byte("<html>Välkommen till gästnätet</html>")
	if len(args) == 2 && args[1] == "forged" {
		root := stranger(9)
		key := stranger(8).Public()
		forged, err := signed.Sign(signed.DomainStatement, root, identity.Statement{
			Version: 1, Number: 99, Root: root.Public(), Name: "Bostads AB Linden", URL: "https://127.0.0.1:1",
			TLS: []identity.Pin{make([]byte, 32)}, Issuing: []signed.Key{key}, Log: []signed.Key{key}, Issued: 1,
		})
		ts.Check(err)
		answer = forged
	}
	i, err := testnet.NewImpostor(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(answer) }), ts.MkAbs(args[0]+"-impostor.pem"), nil)
	ts.Check(err)
	ts.Defer(func() { i.Close() })
	if args[0] == "directory" {
		n.DirectoryIs(i)
	} else {
		n.ConnectedIs(i)
	}
}
