package agent

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"handslag/vault/disk"
	"handslag/vault/journal"
)

const filmSize = 2<<20 + 4711 // three chunks

// film is what holdsAttachment seals.
func film(size int) []byte {
	data := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(size >> 20)}).Read(data)
	return data
}

// shared are the entries about an attachment, by kind.
func (d *tablet) shared(t *testing.T, id journal.AttachmentID) map[journal.Kind]journal.Entry {
	t.Helper()
	s, err := d.current()
	ok(t, err)
	kinds := map[journal.Kind]journal.Entry{}
	for st, err := range s.journal.Entries(0, 0) {
		ok(t, err)
		if st.Entry.Attachment == id {
			kinds[st.Entry.Kind] = st.Entry
		}
	}
	return kinds
}

func (d *tablet) looksAt(t *testing.T, id journal.AttachmentID) ([]byte, error) {
	t.Helper()
	o, err := d.OpenAttachment(t.Context(), id, Reason{Text: "ser efter"})
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return io.ReadAll(o)
}

func TestAnAttachmentGoesAlongWithItsRecord(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	h.stop()
	anna.holdsAttachment(t, "a-film", filmSize)
	mine, theirs := anna.meets(bo)
	result, err := mine.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja"}, Along: true})
	ok(t, err)
	if len(result.Given) != 1 || len(result.Attachments) != 1 || len(result.Refused) != 0 {
		t.Fatalf("result %+v", result)
	}
	if p := mine.Progress(); p.Done != 2 || p.Total != 2 || p.Bytes != p.OfBytes || p.Bytes < filmSize {
		t.Errorf("the giver's progress %+v", p)
	}
	eventually(t, theirs, func() bool { p := theirs.Progress(); return p.Attachment == "a-film" && p.State == ShareIsReceived })
	got, err := bo.looksAt(t, "a-film")
	if err != nil || !bytes.Equal(got, film(filmSize)) {
		t.Errorf("Bo reads %d bytes: %v", len(got), unwrapped(err))
	}
	here, there := anna.shared(t, "a-film"), bo.shared(t, "a-film")
	sent, received, confirmed := here[journal.ShareSent], there[journal.ShareReceived], here[journal.ShareConfirmed]
	if !bytes.Equal(sent.Pair, received.Pair) || len(sent.Pair) == 0 || sent.Record != "r-maja" || received.Record != "r-maja" ||
		len(confirmed.Ref) == 0 || sent.Until == 0 || sent.Until != received.Until {
		t.Errorf("the halves: %+v, %+v, %+v", sent, received, confirmed)
	}
	// Once more nothing of it goes, and both say so again.
	result, err = mine.Give(t.Context(), Gift{Attachments: []journal.AttachmentID{"a-film"}})
	ok(t, err)
	if p := mine.Progress(); len(result.Attachments) != 1 || p.OfBytes != 0 {
		t.Errorf("again: %+v, %+v", result, p)
	}
}

func TestWhatIsNotWholeHereIsNotHandedOver(t *testing.T) {
	h := newHouse(t)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	anna.sync()
	bo.sync()
	h.stop()
	anna.holdsAttachment(t, "a-film", filmSize)
	s, err := anna.current()
	ok(t, err)
	entries, err := os.ReadDir(filepath.Join(anna.cfg.Vault, "blobs"))
	ok(t, err)
	ok(t, os.WriteFile(filepath.Join(anna.cfg.Vault, "blobs", entries[0].Name()), []byte("another"), 0o600))
	mine, _ := anna.meets(bo)
	result, err := mine.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja"}, Attachments: []journal.AttachmentID{"a-film"}})
	ok(t, err)
	if len(result.Given) != 1 || len(result.Refused) != 1 || result.Refused[0].Problem.Code != ShareStopped {
		t.Errorf("a chunk that is not what it was: %+v", result)
	}
	row, _, err := s.vault.Attachment("a-film")
	ok(t, err)
	if row.Whole() {
		t.Error("it counts as whole")
	}
	result, err = mine.Give(t.Context(), Gift{Attachments: []journal.AttachmentID{"a-film", "a-nowhere"}})
	if CodeOf(err) != ShareRefused && err != nil {
		t.Error(err)
	}
	if len(result.Refused) != 2 {
		t.Errorf("again: %+v", result)
	}
}

// waitingDisk stands still at a chunk of an attachment, once, until it may go on.
type waitingDisk struct {
	disk.OS
	left     atomic.Int64 // chunks before that; 0: it does not
	held, on chan struct{}
}

func (d *waitingDisk) Fill(name string, into []byte) (int, error) {
	if filepath.Base(filepath.Dir(name)) == "blobs" && d.left.Add(-1) == 0 {
		close(d.held)
		<-d.on
	}
	return d.OS.Fill(name, into)
}

func TestARefusedAttachmentGoesOnAnotherTime(t *testing.T) {
	h := newHouse(t)
	annadisk := &waitingDisk{held: make(chan struct{}), on: make(chan struct{})}
	anna, bo := h.tablet("anna.lind"), h.enrolled("bo.ek")
	anna.cfg.Disk, anna.cfg.VaultOptions.Disk = annadisk, annadisk
	anna.begin()
	ok(t, anna.Enrol(t.Context(), Enrolment{Org: h.statement.Org(), Username: "anna.lind", Password: passwordOf("anna.lind"), Passphrase: passphrase}))
	anna.sync()
	bo.sync()
	h.stop()
	const size = 8 << 20
	anna.holdsAttachment(t, "a-film", size)
	mine, theirs := anna.meets(bo)
	annadisk.left.Store(5) // chunks
	gave := make(chan error, 1)
	var result ShareResult
	go func() {
		var err error
		result, err = mine.Give(t.Context(), Gift{Attachments: []journal.AttachmentID{"a-film"}})
		gave <- err
	}()
	<-annadisk.held
	theirs.Refuse()
	eventually(t, mine, func() bool { return mine.Progress().Ending })
	close(annadisk.on)
	err := <-gave
	if len(result.Refused) != 1 || result.Refused[0].Problem.Code != ShareStopped {
		t.Fatalf("refused: %+v %v", result, unwrapped(err))
	}
	if e := bo.shared(t, "a-film")[journal.ShareRefused]; e.Code != "stopped" {
		t.Errorf("Bo's half says %+v", e)
	}
	if _, err := bo.looksAt(t, "a-film"); err == nil {
		t.Error("half of it opens")
	}
	mine.Close()
	<-theirs.Done()
	mine, _ = anna.meets(bo)
	result, err = mine.Give(t.Context(), Gift{Attachments: []journal.AttachmentID{"a-film"}})
	ok(t, err)
	if p := mine.Progress(); len(result.Attachments) != 1 || p.OfBytes == 0 || p.OfBytes >= size {
		t.Errorf("another time %d bytes went: %+v", p.OfBytes, result)
	}
	if got, err := bo.looksAt(t, "a-film"); err != nil || !bytes.Equal(got, film(size)) {
		t.Errorf("Bo reads %d bytes: %v", len(got), unwrapped(err))
	}
}

// Bo is killed at every step of receiving an attachment with its record. Whenever his journal says that it came, it
// opens; whenever it does not, it does not open, and another share brings what is missing.
func TestAReceivedAttachmentSurvivesAKillAtEveryStep(t *testing.T) {
	h := newHouse(t)
	bodisk := &copyingDisk{}
	anna, bo := h.enrolled("anna.lind"), h.tablet("bo.ek")
	bo.cfg.Disk, bo.cfg.VaultOptions.Disk = bodisk, bodisk
	bo.begin()
	ok(t, bo.Enrol(t.Context(), Enrolment{Org: h.statement.Org(), Username: "bo.ek", Password: passwordOf("bo.ek"), Passphrase: passphrase}))
	anna.sync()
	bo.sync()
	h.stop()
	anna.holdsAttachment(t, "a-film", 1<<20+99)
	mine, theirs := anna.meets(bo)
	copies := bodisk.begin(t, bo.cfg)
	_, err := mine.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja"}, Along: true})
	ok(t, err)
	all := copies()
	mine.Close()
	<-theirs.Done()
	ok(t, bo.Lock())
	without, with := 0, 0
	for n, cfg := range all {
		again := &tablet{h: h, name: "bo.ek", m: bo.m, cfg: cfg}
		again.begin()
		if err := again.Unlock(context.Background(), passphrase); err != nil {
			t.Fatalf("copy %d of %d: unlock: %v", n, len(all), unwrapped(err))
		}
		_, said := again.shared(t, "a-film")[journal.ShareReceived]
		got, err := again.looksAt(t, "a-film")
		switch {
		case said && (err != nil || !bytes.Equal(got, film(1<<20+99))):
			t.Errorf("copy %d of %d: the journal says that it came, and: %v", n, len(all), unwrapped(err))
		case said:
			with++
		case err == nil:
			t.Errorf("copy %d of %d: it opens, and no entry says that it came", n, len(all))
		default:
			without++
		}
		ok(t, again.Close())
		ok(t, os.RemoveAll(filepath.Dir(cfg.Vault)))
	}
	if without < 10 || with < 2 {
		t.Errorf("%d copies without the entry, %d with it", without, with)
	}
}

// Anna is killed at every step of giving. Whenever Bo has anything, her journal says that she sent it; she has all that
// she had, and can give it again.
func TestAGiverIsKilledAtEveryStep(t *testing.T) {
	h := newHouse(t)
	annadisk := &copyingDisk{}
	anna, bo := h.tablet("anna.lind"), h.enrolled("bo.ek")
	anna.cfg.Disk, anna.cfg.VaultOptions.Disk = annadisk, annadisk
	anna.begin()
	ok(t, anna.Enrol(t.Context(), Enrolment{Org: h.statement.Org(), Username: "anna.lind", Password: passwordOf("anna.lind"), Passphrase: passphrase}))
	anna.sync()
	bo.sync()
	h.stop()
	anna.holdsAttachment(t, "a-film", 1<<20+99)
	mine, theirs := anna.meets(bo)
	copies := annadisk.begin(t, anna.cfg)
	var had []bool // what Bo had heard of when a copy was taken
	take := annadisk.copy
	annadisk.copy = func() { had = append(had, theirs.Progress().Total > 0); take() }
	_, err := mine.Give(t.Context(), Gift{Records: []journal.RecordID{"r-maja"}, Along: true})
	ok(t, err)
	all := copies()
	mine.Close()
	<-theirs.Done()
	ok(t, anna.Lock())
	before, after := 0, 0
	for n, cfg := range all {
		again := &tablet{h: h, name: "anna.lind", m: anna.m, cfg: cfg}
		again.begin()
		if err := again.Unlock(t.Context(), passphrase); err != nil {
			t.Fatalf("copy %d of %d: unlock: %v", n, len(all), unwrapped(err))
		}
		kinds := again.shared(t, "a-film")
		_, said := kinds[journal.ShareSent]
		if _, confirmed := kinds[journal.ShareConfirmed]; confirmed && !said || had[n] && !said {
			t.Errorf("copy %d of %d: Bo has heard of it %t, and the journal says that it was sent %t", n, len(all), had[n], said)
		}
		if said {
			after++
		} else {
			before++
		}
		if got, err := again.looksAt(t, "a-film"); err != nil || !bytes.Equal(got, film(1<<20+99)) {
			t.Errorf("copy %d of %d: what she gave opens no more: %v", n, len(all), unwrapped(err))
		}
		ok(t, again.Close())
		ok(t, os.RemoveAll(filepath.Dir(cfg.Vault)))
	}
	if before == 0 || after < 2 {
		t.Errorf("%d copies before the entry, %d after it", before, after)
	}
}
