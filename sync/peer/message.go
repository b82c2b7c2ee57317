package peer

import (
	"errors"
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
)

// message is one message of either protocol: a version, a kind and the kind's own body.
// testdata/peer.cddl writes it down.
type message struct {
	_       struct{} `cbor:",toarray"`
	Version uint64
	Kind    kind
	Body    []byte
}

type kind uint64

// The kinds. Those of the verification are below 16.
const (
	kindClaim  kind = 1
	kindAnswer kind = 2
	kindProof  kind = 3
	kindDone   kind = 4
	kindAbort  kind = 5
	kindCommit kind = 6

	kindManifest kind = 16
	kindWant     kind = 17
	kindItem     kind = 18
	kindAcks     kind = 19
	kindTask     kind = 20
	kindFile     kind = 21
	kindLacks    kind = 22
	kindStop     kind = 23

	kindNews   kind = 32
	kindOffers kind = 33
	kindSealed kind = 34
	kindTaken  kind = 35

	kindShelf     kind = 48
	kindOperation kind = 49
	kindAnswered  kind = 50
	kindHere      kind = 51
)

// messageVersion is the version of both protocols' messages.
const messageVersion = 1

// Most bytes of a message, by protocol.
const (
	verifyLimit = identity.CredentialLimit + 1024
	nonceSize   = 32
)

// errMessage says that bytes are not a message of this protocol.
var errMessage = errors.New("message is not of this protocol")

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

func kindOf(body any) kind {
	switch body.(type) {
	case commitment, *commitment:
		return kindCommit
	case claim, *claim:
		return kindClaim
	case answer, *answer:
		return kindAnswer
	case signature, *signature:
		return kindProof
	case done, *done:
		return kindDone
	case abort, *abort:
		return kindAbort
	case manifestMessage, *manifestMessage:
		return kindManifest
	case want, *want:
		return kindWant
	case itemMessage, *itemMessage:
		return kindItem
	case acks, *acks:
		return kindAcks
	case taskMessage, *taskMessage:
		return kindTask
	case fileMessage, *fileMessage:
		return kindFile
	case lacks, *lacks:
		return kindLacks
	case stop, *stop:
		return kindStop
	case News, *News:
		return kindNews
	case offersMessage, *offersMessage:
		return kindOffers
	case sealedMessage, *sealedMessage:
		return kindSealed
	case taken, *taken:
		return kindTaken
	case shelf, *shelf:
		return kindShelf
	case operationMessage, *operationMessage:
		return kindOperation
	case operationAck, *operationAck:
		return kindAnswered
	case here, *here:
		return kindHere
	}
	return 0
}

func encodeMessage(body any) ([]byte, error) {
	data, err := signed.Encode(body)
	if err != nil {
		return nil, err
	}
	return signed.Encode(message{Version: messageVersion, Kind: kindOf(body), Body: data})
}

// decodeMessage reads a message of at most limit bytes that must be of body's kind.
func decodeMessage(data []byte, limit int, body any) error {
	m, err := openMessage(data, limit)
	if err != nil {
		return err
	}
	if m.Kind != kindOf(body) {
		return fmt.Errorf("read message: kind %d is not expected: %w", m.Kind, errMessage)
	}
	if err := signed.Decode(m.Body, limit, body); err != nil {
		return fmt.Errorf("read message: %w: %w", errMessage, err)
	}
	return nil
}

// readOneOf reads a message that must be of the kind of one of bodies, and returns that one.
func readOneOf(data []byte, limit int, bodies ...any) (any, error) {
	m, err := openMessage(data, limit)
	if err != nil {
		return nil, err
	}
	for _, body := range bodies {
		if m.Kind != kindOf(body) {
			continue
		}
		if err := signed.Decode(m.Body, limit, body); err != nil {
			return nil, fmt.Errorf("read message: %w: %w", errMessage, err)
		}
		return body, nil
	}
	return nil, fmt.Errorf("read message: kind %d is not expected: %w", m.Kind, errMessage)
}

func openMessage(data []byte, limit int) (message, error) {
	var m message
	if err := signed.Decode(data, limit, &m); err != nil {
		return message{}, fmt.Errorf("read message: %w: %w", errMessage, err)
	}
	if m.Version != messageVersion {
		return message{}, fmt.Errorf("read message: version %d is not known: %w", m.Version, errMessage)
	}
	return m, nil
}

// readVerify reads a message of the verification: *commitment, *claim, *answer, *signature, *done or *abort.
func readVerify(data []byte) (any, error) {
	m, err := openMessage(data, verifyLimit)
	if err != nil {
		return nil, err
	}
	var body any
	switch m.Kind {
	case kindCommit:
		body = new(commitment)
	case kindClaim:
		body = new(claim)
	case kindAnswer:
		body = new(answer)
	case kindProof:
		body = new(signature)
	case kindDone:
		body = new(done)
	case kindAbort:
		body = new(abort)
	default:
		return nil, fmt.Errorf("read message: kind %d is not expected: %w", m.Kind, errMessage)
	}
	if err := signed.Decode(m.Body, verifyLimit, body); err != nil {
		return nil, fmt.Errorf("read message: %w: %w", errMessage, err)
	}
	return body, nil
}
