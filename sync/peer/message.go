package peer

import (
	"handslag/identity"
	"handslag/sync/peer/internal/message"
)

// The kinds of messages of the verification are below 16.
const (
	kindClaim  message.Kind = 1
	kindAnswer message.Kind = 2
	kindProof  message.Kind = 3
	kindDone   message.Kind = 4
	kindAbort  message.Kind = 5
	kindCommit message.Kind = 6
)

// Most bytes of a message, by protocol.
const (
	verifyLimit = identity.CredentialLimit + 1024
	nonceSize   = 32
)

// commitment is D's first message where S has the code as a file: what D binds itself to
// anew, before S has said anything.
type commitment struct {
	_      struct{} `cbor:",toarray"`
	Commit []byte
}

// claim is S's first message.
type claim struct {
	_          struct{} `cbor:",toarray"`
	Form       Form
	Nonce      []byte
	Credential []byte
	Suspect    bool
	MAC        []byte
}

// answer is D's.
type answer struct {
	_          struct{} `cbor:",toarray"`
	Nonce      []byte
	Credential []byte
	Suspect    bool
}

// signature is either end's proof, COSE_Sign1.
type signature struct {
	_     struct{} `cbor:",toarray"`
	Proof []byte
}

// done says that the sender's entry is durable.
type done struct {
	_     struct{} `cbor:",toarray"`
	Entry bool
}

// abort ends the verification, with the sender's reason for the other's screen.
type abort struct {
	_      struct{} `cbor:",toarray"`
	Reason Reason
}

func (commitment) Kind() message.Kind { return kindCommit }
func (claim) Kind() message.Kind      { return kindClaim }
func (answer) Kind() message.Kind     { return kindAnswer }
func (signature) Kind() message.Kind  { return kindProof }
func (done) Kind() message.Kind       { return kindDone }
func (abort) Kind() message.Kind      { return kindAbort }

// readVerify reads a message of the verification, as a pointer to one of the above.
func readVerify(data []byte) (message.Body, error) {
	return message.Decode(data, verifyLimit, new(commitment), new(claim), new(answer), new(signature), new(done), new(abort))
}
