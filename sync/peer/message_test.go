package peer

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"

	"handslag/identity/signed"
	"handslag/sync/peer/internal/message"
	"handslag/vault/record"
)

// TestFormatsStandStill holds the bytes that two devices of different age must agree on.
func TestFormatsStandStill(t *testing.T) {
	fill := func(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }
	payload, err := sample().Encode()
	if err != nil {
		t.Fatal(err)
	}
	s := partyOf(peer.ID(fill(1, 38)), fill(2, 100), fill(3, nonceSize), false)
	d := partyOf(peer.ID(fill(4, 38)), fill(5, 100), fill(6, nonceSize), true)
	tr := transcript{Version: 1, Org: "org", Form: OneCamera, Purpose: HandOver, Session: sessionOf(payload), Scanner: s, Displayer: d}
	raw, err := signed.Encode(tr)
	if err != nil {
		t.Fatal(err)
	}
	hash, _ := tr.hash()
	mac, err := claimMAC([16]byte(fill(7, 16)), sessionOf(payload), fill(4, 38), OneCamera, s)
	if err != nil {
		t.Fatal(err)
	}
	commit := commitTo(fill(6, nonceSize))
	key, _ := signed.PrivateKeyFromSeed(fill(8, 32))
	proofS, err := signed.Sign(signed.DomainTranscript, key, proof{Version: 1, Role: Scanner, Transcript: hash[:]})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := signed.Sign(signed.DomainManifest, key, Manifest{Version: 1, Org: "org", Sharer: "s", Recipient: "d", Transcript: hash[:], Purpose: "lås",
		Items: []Line{{Record: "r-1", Number: 2, Until: noon, Pair: fill(9, 32), Entry: fill(10, 32), Sum: fill(11, 32)}},
		Tasks: []TaskLine{{Assignment: "U-1", Number: 1, Pair: fill(12, 32), Entry: fill(13, 32), Sum: fill(14, 32)}},
		Files: []FileLine{{Attachment: "B-1", Record: "r-1", Pair: fill(15, 32), Entry: fill(16, 32), Sum: fill(17, 32)}}, Key: []byte("sealed")})
	if err != nil {
		t.Fatal(err)
	}
	item := itemMessage{Line: 0, Record: []byte("record"), Cipher: []byte("cipher"), Key: []byte("wrapped"), Hands: []record.Hand{{Loan: []byte("loan")}}}
	sum, err := item.sum()
	if err != nil {
		t.Fatal(err)
	}
	lines := [][2]string{
		{"session", hex.EncodeToString(sessionOf(payload))},
		{"commitment", hex.EncodeToString(commit[:])},
		{"claim-mac", hex.EncodeToString(mac)},
		{"transcript", hex.EncodeToString(raw)},
		{"transcript-hash", hex.EncodeToString(hash[:])},
		{"code-of-S", codeOf(hash, Scanner)},
		{"code-of-D", codeOf(hash, Displayer)},
		{"proof-of-S", hex.EncodeToString(proofS)},
		{"manifest", hex.EncodeToString(manifest)},
		{"item-sum", hex.EncodeToString(sum)},
	}
	for _, m := range messages() {
		data, err := message.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, [2]string{"message", hex.EncodeToString(data)})
	}
	golden(t, "vectors.golden", lines)
}

// messages is one of each kind.
func messages() []message.Body {
	return []message.Body{
		commitment{Commit: make([]byte, 16)},
		claim{Form: OneCamera, Nonce: make([]byte, 32), Credential: []byte("c"), MAC: make([]byte, 32)},
		answer{Nonce: make([]byte, 32), Credential: []byte("c"), Suspect: true},
		signature{Proof: []byte("p")}, done{Entry: true}, abort{Reason: CodeWrong},
		manifestMessage{Manifest: []byte("m")}, want{Lines: []uint64{0, 2}},
		itemMessage{Line: 1, Record: []byte("r"), Cipher: []byte("c"), Key: []byte("k"), Hands: []record.Hand{{Loan: []byte("l"), Credential: []byte("c")}}},
		taskMessage{Line: 0, Signed: []byte("a")}, fileMessage{Line: 2, Signed: []byte("f"), Key: []byte("k")},
		acks{Acks: []ack{{Line: 1, Entry: make([]byte, 32)}, {Line: 2, Refused: Stopped}}}, lacks{Files: []lack{lackOf(2, []int{0, 9})}}, stop{Stop: true},
		News{Revocations: []byte("r"), Erasures: [][]byte{[]byte("e")}, Checkpoint: []byte("c"), Head: []byte("h"), Seen: []byte("s"), Receipts: [][]byte{[]byte("r")}},
		offersMessage{Offers: []Sealed{{Device: "d", Generation: 1, First: 2, Entries: 3, Size: 4, Sum: make([]byte, 32)}}},
		sealedMessage{Line: 1, Bytes: []byte("s")}, taken{Count: 1},
		shelf{Items: []shelfItem{{Assignment: "U-1", Had: [][]byte{make([]byte, 32)}}}},
		operationMessage{Entry: []byte("e"), Box: []byte("b"), Sealed: []byte("s")},
		operationAck{Operation: make([]byte, 32), Refused: NotShared}, here{Assignment: "U-1"},
	}
}

// blank is an empty message of a kind, and its limit.
func blank(k message.Kind) (message.Body, int) {
	switch k {
	case kindManifest:
		return new(manifestMessage), manifestLimit
	case kindWant:
		return new(want), wantLimit
	case kindItem:
		return new(itemMessage), itemLimit
	case kindTask:
		return new(taskMessage), taskLimit
	case kindFile:
		return new(fileMessage), fileLimit
	case kindAcks:
		return new(acks), acksLimit
	case kindLacks:
		return new(lacks), lackLimit
	case kindStop:
		return new(stop), stopLimit
	case kindNews:
		return new(News), newsLimit
	case kindOffers:
		return new(offersMessage), offersLimit
	case kindSealed:
		return new(sealedMessage), sealedMsgLimit
	case kindTaken:
		return new(taken), takenLimit
	case kindShelf:
		return new(shelf), shelfLimit
	case kindOperation:
		return new(operationMessage), operationLimit
	case kindAnswered:
		return new(operationAck), answerLimit
	case kindHere:
		return new(here), answerLimit
	}
	return nil, 0
}

func FuzzMessages(f *testing.F) {
	for _, m := range messages() {
		data, err := message.Encode(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte{0x83, 0x02, 0x01, 0x40})
	f.Add([]byte{0x83, 0x18, 0x01, 0x01, 0x40})
	f.Fuzz(func(t *testing.T, in []byte) {
		outer, err := message.Open(in, itemLimit)
		if err != nil {
			return
		}
		body, limit := blank(outer.Kind)
		if body == nil {
			if body, err = readVerify(in); err != nil {
				return
			}
		} else if _, err := outer.Into(limit, body); err != nil {
			return
		}
		if again, err := message.Encode(body); err != nil || !bytes.Equal(again, in) {
			t.Errorf("read and written it is another: %x, %v", again, err)
		}
	})
}

func FuzzManifest(f *testing.F) {
	v := &Verified{}
	key, _ := signed.PrivateKeyFromSeed(make([]byte, 32))
	v.meeting.Peer.Keys.Signing = key.Public()
	v.meeting.Transcript = make([]byte, 32)
	m := Manifest{Version: 1, Sharer: v.meeting.Peer.Device(), Recipient: v.self.credential.Device(), Transcript: v.meeting.Transcript,
		Items: []Line{{Record: "r", Number: 1, Until: 1, Pair: make([]byte, 32), Entry: make([]byte, 32), Sum: make([]byte, 32)}}}
	good, err := signed.Encode(m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	m.Items = append(m.Items, m.Items[0])
	twice, _ := signed.Encode(m)
	f.Add(twice)
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, in []byte) {
		var body Manifest
		if signed.Decode(in, manifestLimit, &body) != nil {
			return
		}
		data, err := signed.Sign(signed.DomainManifest, key, body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.openManifest(data)
		if err != nil {
			return
		}
		if again, err := signed.Encode(got); err != nil || !bytes.Equal(again, in) {
			t.Errorf("read and written it is another: %x, %v", again, err)
		}
	})
}

func TestDigitsAreFair(t *testing.T) {
	var first [10]int
	for i := range 5000 {
		code := codeOf(digest("test", binary.BigEndian.AppendUint32(nil, uint32(i))), Scanner)
		if len(code) != 6 {
			t.Fatalf("%q", code)
		}
		first[code[0]-'0']++
	}
	for d, n := range first {
		if n < 400 || n > 600 {
			t.Errorf("%d codes of 5000 begin with %d", n, d)
		}
	}
	hash := digest("test", []byte("roles"))
	if codeOf(hash, Scanner) == codeOf(hash, Displayer) {
		t.Error("both roles show one code")
	}
}
