// Package message is the envelope of all that two devices say to each other: a version, a kind, and the kind's own body. Which
// kinds there are, and what is in them, is said by the protocols above; testdata/peer.cddl writes all of it down.
package message

import (
	"errors"
	"fmt"

	"handslag/identity/signed"
)

// Kind tells messages apart. One number means one thing in all protocols.
type Kind uint64

// Body is what a message of a kind says.
type Body interface{ Kind() Kind }

// Message is one message, whose body nobody has read yet.
type Message struct {
	_       struct{} `cbor:",toarray"`
	Version uint64
	Kind    Kind
	Body    []byte
}

const version = 1

// ErrMalformed says that bytes are not a message of this protocol.
var ErrMalformed = errors.New("message is not of this protocol")

// Encode is body as a message of its kind.
func Encode(body Body) ([]byte, error) {
	data, err := signed.Encode(body)
	if err != nil {
		return nil, err
	}
	return signed.Encode(Message{Version: version, Kind: body.Kind(), Body: data})
}

// Open reads the envelope of a message of at most limit bytes.
func Open(data []byte, limit int) (Message, error) {
	var m Message
	if err := signed.Decode(data, limit, &m); err != nil {
		return Message{}, fmt.Errorf("read message: %w: %w", ErrMalformed, err)
	}
	if m.Version != version {
		return Message{}, fmt.Errorf("read message: version %d is not known: %w", m.Version, ErrMalformed)
	}
	return m, nil
}

// Into reads what the message says, in at most limit bytes, into that one of bodies, which are pointers, that is of its kind.
func (m Message) Into(limit int, bodies ...Body) (Body, error) {
	for _, body := range bodies {
		if m.Kind != body.Kind() {
			continue
		}
		if err := signed.Decode(m.Body, limit, body); err != nil {
			return nil, fmt.Errorf("read message: %w: %w", ErrMalformed, err)
		}
		return body, nil
	}
	return nil, fmt.Errorf("read message: kind %d is not expected: %w", m.Kind, ErrMalformed)
}

// Decode reads a message of at most limit bytes that must be of the kind of one of bodies, and returns that one.
func Decode(data []byte, limit int, bodies ...Body) (Body, error) {
	m, err := Open(data, limit)
	if err != nil {
		return nil, err
	}
	return m.Into(limit, bodies...)
}
