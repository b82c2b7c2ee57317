package peer

import (
	"context"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/protocol"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/peer/internal/message"
	"handslag/sync/peer/internal/road"
)

// What the attacker of the stories uses: the real parts, one by one, without what keeps them honest. It
// is in tests alone, and so in no program.

// Intruder is a connection to a device that shows a code, behind its door.
type Intruder struct {
	node  *road.Node
	keys  *identity.KeySet
	offer Payload
}

// Unhurried is a configuration with times that a busy machine does not miss.
func (c Config) Unhurried() Config {
	c.timing = unhurried()
	return c
}

// Intrude gets ready to reach the device that shows the payload; key is another's where at is not
// the device that the code names.
func Intrude(keys *identity.KeySet, payload []byte) (*Intruder, error) {
	offer, err := ParseOffer(payload)
	if err != nil {
		return nil, err
	}
	key, err := keys.Transport()
	if err != nil {
		return nil, err
	}
	defer key.Destroy()
	id, err := peerOf(offer.Key[:])
	if err != nil {
		return nil, err
	}
	n, err := road.NewDialler(key, id, road.Ways(offer.Addrs), offer.Secret, unhurried().road())
	if err != nil {
		return nil, err
	}
	return &Intruder{n, keys, offer}, nil
}

// Close ends it.
func (i *Intruder) Close() { i.node.End() }

// Stream opens a stream of the named protocol.
func (i *Intruder) Stream(ctx context.Context, name string) (io.ReadWriteCloser, error) {
	id, err := peerOf(i.offer.Key[:])
	if err != nil {
		return nil, err
	}
	return i.node.Reach(ctx, id, protocol.ID(name))
}

// Claim is S's first message with that credential, whoever's it is: the MAC is right for this connection.
func (i *Intruder) Claim(credential []byte) ([]byte, error) {
	self, err := peerOf(i.keys.Public().Transport.Bytes)
	if err != nil {
		return nil, err
	}
	displayer, err := peerOf(i.offer.Key[:])
	if err != nil {
		return nil, err
	}
	raw, err := i.offer.Encode()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, nonceSize)
	mac, err := claimMAC(i.offer.Secret, sessionOf(raw), []byte(displayer), i.offer.Form, partyOf(self, credential, nonce, false))
	if err != nil {
		return nil, err
	}
	return message.Encode(claim{Form: i.offer.Form, Nonce: nonce, Credential: credential, MAC: mac})
}

// Frame writes one message as a stream carries it.
func Frame(w io.Writer, message []byte) error { return road.WriteFrame(w, message) }

// Lure shows a code that names key, and answers at its address with keys and credential, whoever's those
// are. It plays D to whoever comes, until it is closed.
type Lure struct {
	Payload []byte
	session *Session
	node    *road.Node
}

// ShowAs makes a lure. named is the transport key in the code.
func ShowAs(config Config, named signed.Key, credential []byte) (*Lure, error) {
	self, timing, err := config.self()
	if err != nil {
		return nil, err
	}
	self.raw = credential
	addrs, err := road.LocalAddresses(config.Loopback)
	if err != nil {
		return nil, err
	}
	key, err := config.Keys.Transport()
	if err != nil {
		return nil, err
	}
	defer key.Destroy()
	nonce := make([]byte, nonceSize)
	offer := Payload{Purpose: HandOver, Form: OneCamera, Commit: commitTo(nonce), Key: [32]byte(named.Bytes), Secret: [16]byte{1, 2, 3}}
	offer.Tag = TagOf(config.Org, offer.Commit)
	node, open, err := road.NewListener(key, addrs, offer.Secret, timing.road())
	if err != nil {
		return nil, err
	}
	offer.Addrs = open
	payload, err := offer.Encode()
	if err != nil {
		return nil, err
	}
	machine, err := newDisplayer(self, timing, offer, nonce)
	if err != nil {
		return nil, err
	}
	l := &Lure{Payload: payload, node: node, session: newSession(context.Background(), config, timing, node, machine, payload)}
	go func() {
		for range l.session.Events() {
		}
	}()
	return l, nil
}

// Close takes it away.
func (l *Lure) Close() { l.session.Close() }

// Say opens a stream of a share to the verified device and writes frames on it as they are; it returns
// what comes back before the end.
func (v *Verified) Say(ctx context.Context, frames ...[]byte) ([]byte, error) {
	s, err := v.stream(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Reset()
	for _, frame := range frames {
		_ = s.SetWriteDeadline(time.Now().Add(v.session.timing.item))
		if _, err := s.Write(frame); err != nil {
			return nil, err
		}
	}
	if err := s.CloseWrite(); err != nil {
		return nil, err
	}
	_ = s.SetReadDeadline(time.Now().Add(v.session.timing.answer))
	return io.ReadAll(s)
}

// Manifested is a manifest message with the attacker's own signature over m.
func (v *Verified) Manifested(m Manifest) ([]byte, error) {
	data, err := v.self.signWith(signed.DomainManifest, m)
	if err != nil {
		return nil, err
	}
	return message.Encode(manifestMessage{Manifest: data})
}
