package peer

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/access"
	"handslag/sync/peer/internal/message"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// chest is where an end of a test keeps chunks.
type chest struct {
	mu      sync.Mutex
	chunks  map[record.ChunkHash][]byte
	kept    int // how often one was
	flushes int
}

func newChest() *chest { return &chest{chunks: map[record.ChunkHash][]byte{}} }

func (c *chest) keep(hash record.ChunkHash, cipher []byte) error {
	if record.ChunkHashOf(cipher) != hash {
		return record.ErrAttachment
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.chunks[hash] = bytes.Clone(cipher)
	c.kept++
	return nil
}

func (c *chest) read(hash record.ChunkHash, buffer []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.chunks[hash] == nil {
		return nil, errors.New("not here")
	}
	return buffer[:copy(buffer, c.chunks[hash])], nil
}

func (c *chest) missing(a record.Attachment) (missing []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range a.Count() {
		if c.chunks[a.Chunk(i)] == nil {
			missing = append(missing, i)
		}
	}
	return missing
}

// attaches is an attachment of the record, of so many chunks, as d holds it.
func (d *device) attaches(t tester, to string, name string, chunks int) (OutgoingFile, record.Attachment, *chest) {
	t.Helper()
	c := newChest()
	data := make([]byte, (chunks-1)*record.ChunkSize+4711)
	rand.NewChaCha8([32]byte{byte(chunks)}).Read(data)
	a, key, err := record.SealAttachment(record.Attachment{Org: d.org.id, ID: journal.AttachmentID(name), Record: journal.RecordID(to),
		Subject: journal.SubjectID("s-" + to), Size: uint64(len(data))}, record.Label{Name: "bild.jpg", Type: record.JPEG}, bytes.NewReader(data), c.keep)
	if err != nil {
		t.Fatal(err)
	}
	a.Issued = noon
	raw, err := a.Sign(d.org.key)
	if err != nil {
		t.Fatal(err)
	}
	return OutgoingFile{Signed: raw, Reseal: wraps(t, key), Chunk: c.read}, a, c
}

// takes is a receiver that keeps chunks in c.
func (b *books) takes(c *chest) Receiver {
	r := b.receiver()
	r.Begin = func(_ context.Context, in Incoming) ([]int, error) { return c.missing(in.File), nil }
	r.Keep, r.Flush = c.keep, func() error { c.flushes++; return nil }
	return r
}

// mayWork adds the right to work on assignments.
func mayWork(c *identity.Credential) {
	c.Grants = append(c.Grants, identity.Grant{Right: access.AssignmentWork, Scope: access.Unit})
}

func att(to, name string) Thing {
	return Thing{Record: journal.RecordID(to), Attachment: journal.AttachmentID(name)}
}

func TestAssignmentsRecordsAndAttachmentsAtOnce(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna", mayWork), org.enrol("bo", mayWork)
	_, _, sv, dv := meet(t, anna.config(), bo.config())
	one, _ := anna.holds(t, "r-1", noon.Add(time.Hour))
	two, _ := anna.holds(t, "r-2", noon.Add(time.Hour))
	photo, _, _ := anna.attaches(t, "r-2", "a-1", 3)
	small, _, _ := anna.attaches(t, "r-2", "a-2", 1)
	task, err := record.Assignment{Version: 1, Org: org.id, ID: "U-1", Number: 3, Record: "r-2", Subject: "s-r-2", Unit: "u-1", Title: "Droppande kran", Issued: noon}.Sign(org.key)
	if err != nil {
		t.Fatal(err)
	}
	b, c := newBooks(), newChest()
	result := receive(dv, b.takes(c))
	var last Progress
	var mu sync.Mutex
	sharer := b.sharer()
	sharer.Moved = func(p Progress) { mu.Lock(); last = p; mu.Unlock() }
	sent, err := sv.Send(t.Context(), Share{Tasks: []OutgoingTask{{task}}, Records: []Outgoing{one, two}, Files: []OutgoingFile{photo, small}}, sharer)
	if err != nil {
		t.Fatal(err)
	}
	if got := await(t, "the receiver", result); got.err != nil || len(got.got) != 5 {
		t.Fatalf("%d things came: %v", len(got.got), got.err)
	}
	for _, s := range sent {
		in, ok := b.received[s.Thing]
		if !ok || !s.Arrived() || b.confirmed[s.Thing] != s.Ref || !bytes.Equal(in.Pair, s.Pair) || in.Peer != anna.credential.Device() || in.Subject != s.Subject || in.Until != s.Until {
			t.Errorf("%s: sent %+v, came %+v", s.Thing, s, in.Handing)
		}
	}
	key, err := b.received[att("r-2", "a-1")].Unwrap.Open(nil, nil, b.received[att("r-2", "a-1")].Key, []byte(b.received[att("r-2", "a-1")].Context))
	if err != nil || b.received[att("r-2", "a-1")].File.CheckKey(key) != nil {
		t.Errorf("the attachment's key: %v", err)
	}
	if len(c.chunks) != 4 || c.flushes == 0 || last.Things != 5 || last.Bytes != last.OfBytes || last.Bytes == 0 {
		t.Errorf("%d chunks, progress %+v", len(c.chunks), last)
	}
}

func TestAnAttachmentGoesOnWhereItWasCut(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	item, _ := anna.holds(t, "r-1", noon.Add(time.Hour))
	file, a, _ := anna.attaches(t, "r-1", "a-1", 5)
	c := newChest()
	for name, cut := range map[string]func(sw, dw *watcher, r *Receiver, stop context.CancelFunc, refuse context.CancelFunc){
		"the link goes":   func(sw, dw *watcher, r *Receiver, _, _ context.CancelFunc) { sw.session.Close() },
		"the giver stops": func(_, _ *watcher, _ *Receiver, stop, _ context.CancelFunc) { stop() },
		"the taker stops": func(_, _ *watcher, _ *Receiver, _, refuse context.CancelFunc) { refuse() },
	} {
		t.Run(name, func(t *testing.T) {
			c.chunks = map[record.ChunkHash][]byte{}
			sw, dw, sv, dv := meet(t, anna.config(), bo.config())
			b := newBooks()
			r := b.takes(c)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			taking, refuse := context.WithCancel(t.Context())
			defer refuse()
			var heard sync.Once
			ending := make(chan struct{})
			gate := file
			calls := 0
			gate.Chunk = func(hash record.ChunkHash, buffer []byte) ([]byte, error) {
				if calls++; calls == 4 {
					deadline := time.After(patience)
					for len(c.missing(a)) > 2 { // three have been kept
						select {
						case <-deadline:
							return nil, errors.New("nothing was kept")
						case <-time.After(time.Millisecond):
						}
					}
					cut(sw, dw, &r, stop, refuse)
					if name == "the taker stops" { // and says so
						<-ending
					}
				}
				return file.Chunk(hash, buffer)
			}
			done := make(chan arrival, 1)
			go func() { got, err := dv.Receive(taking, r); done <- arrival{got, err} }()
			sharer := b.sharer()
			sharer.Moved = func(p Progress) {
				if p.Ending {
					heard.Do(func() { close(ending) })
				}
			}
			sent, err := sv.Send(ctx, Share{Records: []Outgoing{item}, Files: []OutgoingFile{gate}}, sharer)
			got := await(t, "the receiver", done)
			if !sent[0].Arrived() || sent[1].Arrived() || len(got.got) != 2 || got.got[0].Refused != nil || got.got[1].Refused == nil {
				t.Fatalf("sent %+v %v, got %+v %v", sent, err, got.got, got.err)
			}
			if why := b.declined[att("r-1", "a-1")]; why != Stopped && why != BrokenOff {
				t.Errorf("the receiver's journal says %q", why)
			}
			if len(c.missing(a)) == 0 || len(c.missing(a)) > 2 {
				t.Fatalf("%d chunks are missing", len(c.missing(a)))
			}
			left := len(c.missing(a))
			c.kept = 0

			_, _, sv, dv = meet(t, anna.config(), bo.config()) // another verification
			b = newBooks()
			result := receive(dv, b.takes(c))
			sent, err = sv.Send(t.Context(), Share{Records: []Outgoing{item}, Files: []OutgoingFile{file}}, b.sharer())
			if err != nil || !sent[1].Arrived() || len(c.missing(a)) != 0 || c.kept != left {
				t.Errorf("%d of %d chunks came: %+v %v", c.kept, left, sent[1], err)
			}
			await(t, "the receiver", result)
		})
	}
}

// What a modified sharer sends in place of chunks, and what lands of it.
func TestAReceiverOfChunksIsNotFooled(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	item, _ := anna.holds(t, "r-1", noon.Add(time.Hour))
	file, a, theirs := anna.attaches(t, "r-1", "a-1", 3)
	chunk := func(i int) []byte { return theirs.chunks[a.Chunk(i)] }
	framed := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(binary.BigEndian.AppendUint32(all, uint32(len(p))), p...)
		}
		return all
	}
	spoilt := bytes.Clone(chunk(1))
	spoilt[99] ^= 1
	brief := *unhurried()
	brief.answer, brief.item = 3*time.Second, 3*time.Second // for silence alone: what is said before comes well within
	for _, s := range []struct {
		name   string
		bytes  []byte
		most   int  // chunks that may be kept
		silent bool // then
	}{
		{name: "a chunk with a flipped bit", bytes: framed(chunk(0), spoilt, chunk(2)), most: 2},
		{name: "the same chunk twice", bytes: framed(chunk(0), chunk(0), chunk(2)), most: 2},
		{name: "chunks in another order", bytes: framed(chunk(1), chunk(0), chunk(2)), most: 1},
		{name: "a chunk that is cut short", bytes: framed(chunk(0), chunk(1)[:500]), most: 1},
		{name: "a chunk larger than any", bytes: append(framed(chunk(0)), 0x7f, 0xff, 0xff, 0xff), most: 1},
		{name: "chunks that never come", bytes: framed(chunk(0)), most: 1, silent: true},
		{name: "half a chunk, and then nothing", bytes: framed(chunk(0), chunk(1))[:record.ChunkLimit+4000], most: 1, silent: true},
	} {
		t.Run(s.name, func(t *testing.T) {
			c := bo.config()
			if s.silent {
				c.timing = &brief
			}
			_, _, sv, dv := meet(t, anna.config(), c)
			b, kept := newBooks(), newChest()
			result := receive(dv, b.takes(kept))
			h := Handing{Thing: rec("r-1"), Number: 1, Subject: "s-r-1", Peer: bo.credential.Device(), Until: noon.Add(time.Hour), Pair: random(32)}
			h2 := Handing{Thing: att("r-1", "a-1"), Subject: "s-r-1", Peer: bo.credential.Device(), Until: noon.Add(time.Hour), Pair: random(32)}
			p := sv.packs(t, b, Share{Records: []Outgoing{item}, Files: []OutgoingFile{file}}, h, h2)
			stream, err := sv.stream(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			talk := newTalk(t.Context(), stream, *unhurried())
			for _, m := range append([]message.Body{manifestMessage{Manifest: p.signed}}, p.messages...) {
				if err := talk.say(m); err != nil {
					t.Fatal(err)
				}
			}
			go stream.Write(s.bytes)
			got := await(t, "the receiver", result)
			if _, landed := b.received[att("r-1", "a-1")]; landed || got.err == nil || len(kept.chunks) > s.most {
				t.Errorf("it landed: %t, %d chunks kept: %v", landed, len(kept.chunks), got.err)
			}
			if why := b.declined[att("r-1", "a-1")]; why != BadRecord && why != BrokenOff {
				t.Errorf("the journal says %q", why)
			}
		})
	}
}

// TestNothingLandsWithoutTheOrganisationsSignature is what a modified sharer packs: each kind of thing with one bit of
// its signature changed, or signed by a stranger, in a manifest that fits.
func TestNothingLandsWithoutTheOrganisationsSignature(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna", mayWork), org.enrol("bo", mayWork)
	stranger := &device{org: organisation{t, org.id, newOrganisation(t, 9).key}, keys: anna.keys, credential: anna.credential, raw: anna.raw}
	flip := func(message []byte) []byte {
		message = bytes.Clone(message)
		message[len(message)-1] ^= 1
		return message
	}
	until := noon.Add(time.Hour)
	for name, by := range map[string]*device{"a bit of the signature": anna, "a stranger's signature": stranger, "as it was signed": nil} {
		sound := by == nil
		if sound {
			by = anna
		}
		task, err := record.Assignment{Version: 1, Org: org.id, ID: "U-1", Number: 1, Unit: "u-1", Title: "Droppande kran", Issued: noon}.Sign(by.org.key)
		if err != nil {
			t.Fatal(err)
		}
		item, _ := by.holds(t, "r-2", until)
		lent, _ := anna.holds(t, "r-2", until)
		item.Hands = lent.Hands
		whole, _ := anna.holds(t, "r-1", until)
		file, _, _ := by.attaches(t, "r-1", "a-1", 1)
		if by == anna && !sound {
			task, item.Record, file.Signed = flip(task), flip(item.Record), flip(file.Signed)
		}
		_, _, sv, dv := meet(t, anna.config(), bo.config())
		b := newBooks()
		result := receive(dv, b.takes(newChest()))
		to := bo.credential.Device()
		p := sv.packs(t, b, Share{Tasks: []OutgoingTask{{task}}, Records: []Outgoing{item, whole}, Files: []OutgoingFile{file}},
			Handing{Thing: Thing{Assignment: "U-1"}, Number: 1, Peer: to, Pair: random(32)},
			Handing{Thing: rec("r-2"), Number: 1, Subject: "s-r-2", Peer: to, Until: until, Pair: random(32)},
			Handing{Thing: rec("r-1"), Number: 1, Subject: "s-r-1", Peer: to, Until: until, Pair: random(32)},
			Handing{Thing: att("r-1", "a-1"), Subject: "s-r-1", Peer: to, Until: until, Pair: random(32)})
		if err := p.deliver(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if got := await(t, "the receiver", result); got.err != nil || len(got.got) != 4 {
			t.Fatalf("%s: %d things came: %v", name, len(got.got), got.err)
		}
		for thing, lands := range map[Thing]bool{{Assignment: "U-1"}: sound, rec("r-2"): sound, rec("r-1"): true, att("r-1", "a-1"): sound} {
			if _, landed := b.received[thing]; landed != lands || !lands && b.declined[thing] != BadRecord {
				t.Errorf("%s: %v landed: %t, declined as %q", name, thing, landed, b.declined[thing])
			}
		}
	}
}

func TestAnAttachmentStaysOrIsRefused(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	item, _ := anna.holds(t, "r-1", noon.Add(time.Hour))
	other, _ := anna.holds(t, "r-2", noon.Add(time.Hour))
	file, _, _ := anna.attaches(t, "r-1", "a-1", 1)
	for _, s := range []struct {
		name   string
		share  Share
		change func(r *Receiver)
		stays  Why // at the sharer
		why    Why // at the receiver
	}{
		{name: "without its record", share: Share{Records: []Outgoing{other}, Files: []OutgoingFile{file}}, stays: BadRecord},
		{name: "with a record that stays", share: Share{Records: []Outgoing{other, {Record: item.Record, Cipher: item.Cipher, Hands: item.Hands, Until: noon.Add(2 * time.Hour), Reseal: item.Reseal}},
			Files: []OutgoingFile{file}}, stays: LoanTooLong},
		{name: "to one whose disk is full", share: Share{Records: []Outgoing{item}, Files: []OutgoingFile{file}},
			change: func(r *Receiver) {
				r.Begin = func(context.Context, Incoming) ([]int, error) { return nil, errors.New("disk full") }
			}, why: NotStored},
		{name: "to one who has erased whom it is about", share: Share{Records: []Outgoing{item}, Files: []OutgoingFile{file}},
			change: func(r *Receiver) { r.Erased = func(journal.SubjectID) bool { return true } }, why: BadRecord},
		{name: "a chunk of which is gone at the sharer", share: Share{Records: []Outgoing{item}, Files: []OutgoingFile{{Signed: file.Signed, Reseal: file.Reseal,
			Chunk: func(record.ChunkHash, []byte) ([]byte, error) { return nil, errors.New("not here") }}}}, why: Stopped},
		{name: "with another's key", share: Share{Records: []Outgoing{item}, Files: []OutgoingFile{{Signed: file.Signed, Reseal: wraps(t, random(32)), Chunk: file.Chunk}}}, why: WrongKey},
	} {
		t.Run(s.name, func(t *testing.T) {
			_, _, sv, dv := meet(t, anna.config(), bo.config())
			b := newBooks()
			r := b.takes(newChest())
			if s.change != nil {
				s.change(&r)
			}
			result := receive(dv, r)
			sent, err := sv.Send(t.Context(), s.share, b.sharer())
			await(t, "the receiver", result)
			last := sent[len(sent)-1]
			if err != nil || last.Arrived() || last.Refused != s.why || (last.Stays == nil) != (s.stays == "") || last.Stays != nil && last.Stays.Why != s.stays {
				t.Errorf("%+v %+v: %v", last, last.Stays, err)
			}
			if _, landed := b.received[att("r-1", "a-1")]; landed {
				t.Error("it landed")
			}
			if s.stays != "" && slices.ContainsFunc(b.before, func(h Handing) bool { return h.Attachment != "" }) {
				t.Error("an entry says that it was sent")
			}
		})
	}
}

// A thousand records are stored in groups, each of them once.
func TestAThousandRecordsComeInGroups(t *testing.T) {
	org := newOrganisation(t, 1)
	_, _, sv, dv := meet(t, org.enrol("anna").config(), org.enrol("bo").config())
	giver := sv.device(t)
	giver.org = org
	var items []Outgoing
	for i := range MaxItems {
		item, _ := giver.holds(t, fmt.Sprint("r-", i), noon.Add(time.Hour))
		items = append(items, item)
	}
	b := newBooks()
	result := receive(dv, b.receiver())
	if _, err := sv.Send(t.Context(), sends(items...), b.sharer()); err != nil {
		t.Fatal(err)
	}
	if got := await(t, "the receiver", result); got.err != nil || len(b.received) != MaxItems || b.groups > MaxItems/2 {
		t.Errorf("%d landed in %d groups: %v", len(b.received), b.groups, got.err)
	}
}

func FuzzLacks(f *testing.F) {
	f.Add([]byte{1}, 1)
	f.Add([]byte{0xff, 1}, 9)
	f.Add([]byte{0}, 8)
	f.Add(bytes.Repeat([]byte{255}, lackSize+1), record.MaxChunks)
	f.Fuzz(func(t *testing.T, bits []byte, count int) {
		if count < 0 || count > record.MaxChunks || len(bits) > lackSize+8 {
			return
		}
		chunks, err := lack{Line: 1, Chunks: bits}.chunks(count)
		if err != nil {
			if !errors.Is(err, ErrShare) {
				t.Error(err)
			}
			return
		}
		if again := lackOf(1, chunks); !bytes.Equal(again.Chunks, bits) {
			t.Errorf("%x becomes %x", bits, again.Chunks)
		}
		for _, i := range chunks {
			if i >= count {
				t.Errorf("chunk %d of %d", i, count)
			}
		}
	})
}

// However large an attachment is, either end holds the same few chunks of it.
func TestFewChunksAreInMemoryAtOnce(t *testing.T) {
	org := newOrganisation(t, 1)
	anna, bo := org.enrol("anna"), org.enrol("bo")
	_, _, sv, dv := meet(t, anna.config(), bo.config())
	item, _ := anna.holds(t, "r-1", noon.Add(time.Hour))
	file, _, _ := anna.attaches(t, "r-1", "a-1", 40)
	var mu sync.Mutex
	read, kept := map[*byte]bool{}, map[*byte]bool{}
	notes := func(in map[*byte]bool, buffer []byte) {
		mu.Lock()
		defer mu.Unlock()
		in[&buffer[0]] = true
	}
	b, c := newBooks(), newChest()
	r := b.takes(c)
	r.Keep = func(hash record.ChunkHash, cipher []byte) error { notes(kept, cipher); return c.keep(hash, cipher) }
	inner := file.Chunk
	file.Chunk = func(hash record.ChunkHash, buffer []byte) ([]byte, error) {
		notes(read, buffer)
		return inner(hash, buffer)
	}
	result := receive(dv, r)
	sent, err := sv.Send(t.Context(), Share{Records: []Outgoing{item}, Files: []OutgoingFile{file}}, b.sharer())
	if err != nil || !sent[1].Arrived() {
		t.Fatalf("%+v %v", sent, err)
	}
	await(t, "the receiver", result)
	if len(read) > chunksRead || len(kept) > chunksHeld || len(read) == 0 || len(kept) == 0 {
		t.Errorf("%d chunks at the sharer, %d at the receiver", len(read), len(kept))
	}
}
