package vault

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/internal/blob"
	"handslag/vault/internal/folder"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
	"handslag/vault/record"
)

const photo = journal.AttachmentID("att-photo-0001")

// picture is two chunks and a bit, the same every time.
func picture() []byte {
	data := make([]byte, 2*record.ChunkSize+12345)
	rand.NewChaCha8([32]byte{1}).Read(data)
	copy(data, "\xff\xd8\xff PLANTERAD BILD")
	return data
}

// attach seals data as an attachment of rita's record; its chunks go to keep.
func (w *world) attach(id journal.AttachmentID, data []byte, keep func(record.ChunkHash, []byte) error) (record.Attachment, AttachmentCopy) {
	w.t.Helper()
	a, key, err := record.SealAttachment(record.Attachment{Org: w.org, ID: id, Record: rita, Subject: ritaS, Size: uint64(len(data))},
		record.Label{Name: "Planterad bild.jpg", Type: record.JPEG}, bytes.NewReader(data), keep)
	must(w.t, err)
	a.Issued = morning
	message, err := a.Sign(w.issuing)
	must(w.t, err)
	return a, AttachmentCopy{Signed: message, ContentKey: key}
}

// keeps puts record, attachment and chunks into the vault.
func (w *world) keeps(id journal.AttachmentID, data []byte) record.Attachment {
	w.t.Helper()
	blobs, err := w.vault.Blobs()
	must(w.t, err)
	defer blobs.Close()
	a, c := w.attach(id, data, blobs.Put)
	must(w.t, blobs.Sync())
	must(w.t, w.vault.Update(func(t *Tx) error {
		_, err := t.PutAttachment(c)
		return err
	}))
	return a
}

func (w *world) attached() (*world, record.Attachment) {
	w.t.Helper()
	w.put(w.copy(rita, ritaS, 1, morning))
	return w, w.keeps(photo, picture())
}

func openedAttachment(id journal.AttachmentID) journal.Entry {
	return journal.Entry{Kind: journal.AttachmentOpened, Record: rita, Subject: ritaS, Attachment: id}
}

func (w *world) files() (names []string) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(w.dir, blob.Folder))
	must(w.t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAnAttachmentOpensAgainstItsEntryOnly(t *testing.T) {
	w, a := newWorld(t).attached()
	w.keeps("att-other", []byte("annat"))
	w.reopen()
	rows, err := w.vault.Attachments(rita)
	must(t, err)
	if len(rows) != 2 || !rows[0].Whole() || !rows[1].Whole() {
		t.Fatalf("rows %+v", rows)
	}
	for what, entry := range map[string]journal.Entry{
		"another attachment's":    openedAttachment("att-other"),
		"the record's":            opened(rita, ritaS, 1),
		"its end":                 {Kind: journal.AttachmentClosed, Record: rita, Subject: ritaS, Attachment: photo},
		"its sharing":             {Kind: journal.ShareSent, Record: rita, Subject: ritaS, Attachment: photo},
		"another record's":        {Kind: journal.AttachmentOpened, Record: "rec-other", Subject: ritaS, Attachment: photo},
		"another subject's":       {Kind: journal.AttachmentOpened, Record: rita, Subject: "subject-other", Attachment: photo},
		"longer than the loan":    {Kind: journal.AttachmentOpened, Record: rita, Subject: ritaS, Attachment: photo, Until: morning + 1},
		"one that is over by now": {Kind: journal.AttachmentOpened, Record: rita, Subject: ritaS, Attachment: photo, Until: morning - 1},
	} {
		if o, err := w.vault.OpenAttachment(w.stamp(entry), photo, morning); !errors.Is(err, ErrNoStamp) || o != nil {
			t.Errorf("an entry of %s opened it: %v", what, err)
		}
	}
	if _, err := w.vault.OpenAttachment(newWorld(t).stamp(openedAttachment(photo)), photo, morning); !errors.Is(err, ErrNoStamp) {
		t.Errorf("another device's entry: %v", err)
	}
	if _, err := w.vault.OpenAttachment(nil, photo, morning); !errors.Is(err, ErrNoStamp) {
		t.Errorf("no entry: %v", err)
	}
	if _, err := w.vault.OpenAttachment(w.stamp(openedAttachment(photo)), photo, morning+1); !errors.Is(err, ErrLoan) {
		t.Errorf("after the loan: %v", err)
	}
	if part, err := w.open(w.stamp(opened(rita, ritaS, 1)), rita, morning); err != nil || len(part.Labels) != 2 || part.Labels[photo].Name != "Planterad bild.jpg" {
		t.Errorf("the record says of its attachments: %+v, %v", part.Labels, err)
	}
	if _, err := w.open(w.stamp(openedAttachment(photo)), rita, morning); !errors.Is(err, ErrNoStamp) {
		t.Errorf("it opened the record: %v", err)
	}
	stamp := w.stamp(openedAttachment(photo))
	o, err := w.vault.OpenAttachment(stamp, photo, morning)
	must(t, err)
	if _, err := w.vault.OpenAttachment(stamp, photo, morning); !errors.Is(err, ErrNoStamp) {
		t.Errorf("the same entry twice: %v", err)
	}
	got, err := io.ReadAll(o)
	if err != nil || !bytes.Equal(got, picture()) || o.Label.Name != "Planterad bild.jpg" || o.Size != int64(a.Size) {
		t.Errorf("%d bytes of %q: %v", len(got), o.Label.Name, err)
	}
	if _, err := o.Seek(-10, io.SeekEnd); err != nil {
		t.Error(err)
	}
	if end, err := io.ReadAll(o); err != nil || !bytes.Equal(end, picture()[a.Size-10:]) {
		t.Errorf("its end: %v", err)
	}
	must(t, o.Close())
	if _, err := o.Read(make([]byte, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// What an attachment is called is as protected as its record: whoever opens another learns nothing of it, whatever
// the list in memory says.
func TestARecordThatIsOpenedNamesItsOwnAttachmentsOnly(t *testing.T) {
	w, _ := newWorld(t).attached()
	w.put(w.copy(bosse, bosseS, 1, morning))
	l := w.vault.view.list
	l.files[w.vault.view.seal.key(rowAttachment, string(photo))] = bosse
	if part, err := w.open(w.stamp(opened(bosse, bosseS, 1)), bosse, morning); err != nil || len(part.Labels) > 0 {
		t.Errorf("it names %v, %v", part.Labels, err)
	}
}

// What lies in the folder opens for nobody, and says neither what it is nor what it is called.
func TestAnAttachmentLiesEncrypted(t *testing.T) {
	w, a := newWorld(t).attached()
	must(t, w.vault.Close())
	must(t, filepath.WalkDir(w.dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, secret := range []string{"PLANTERAD", "Planterad bild", string(photo), string(a.Chunks[:8])} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds %q", path, secret)
			}
		}
		return err
	}))
}

func TestADamagedChunkIsMissingAndComesAnew(t *testing.T) {
	w, a := newWorld(t).attached()
	var chunks [][]byte
	blobs, err := w.vault.Blobs()
	must(t, err)
	defer blobs.Close()
	for i := range a.Count() {
		chunk, err := blobs.Read(a.Chunk(i), make([]byte, BlobBuffer))
		must(t, err)
		chunks = append(chunks, slices.Clone(chunk))
	}
	o, err := w.vault.OpenAttachment(w.stamp(openedAttachment(photo)), photo, morning)
	must(t, err)
	flip(t, w.vault.blobs.Path(w.vault.blobs.Name(a.Chunk(1))), 4711)
	_, err = io.ReadAll(o)
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("it was served: %v", err)
	}
	row, _, err := w.vault.Attachment(photo)
	if err != nil || row.Whole() || row.Here != 2 {
		t.Errorf("its row says %d of %d: %v", row.Here, row.Count, err)
	}
	flip(t, w.vault.blobs.Path(w.vault.blobs.Name(a.Chunk(2))), 1)
	missing, err := blobs.Missing(a)
	if err != nil || !slices.Equal(missing, []int{1, 2}) {
		t.Errorf("missing %v: %v", missing, err)
	}
	for i, chunk := range chunks {
		must(t, blobs.Put(a.Chunk(i), chunk))
	}
	_, err = o.Seek(0, io.SeekStart)
	must(t, err)
	if got, err := io.ReadAll(o); err != nil || !bytes.Equal(got, picture()) {
		t.Errorf("fetched anew: %v", err)
	}
}

func TestAnErasureTakesAttachmentsWithTheirFiles(t *testing.T) {
	w, _ := newWorld(t).attached()
	o, err := w.vault.OpenAttachment(w.stamp(openedAttachment(photo)), photo, morning)
	must(t, err)
	_, err = o.Read(make([]byte, 100))
	must(t, err)
	must(t, w.vault.Erase(ritaS))
	if _, err := o.Read(make([]byte, 100)); !errors.Is(err, ErrNotFound) {
		t.Errorf("an open one reads on: %v", err)
	}
	if _, _, err := w.vault.Attachment(photo); !errors.Is(err, ErrNotFound) {
		t.Errorf("its row: %v", err)
	}
	if rows, err := w.vault.Attachments(""); err != nil || len(rows) > 0 {
		t.Errorf("listed: %v, %v", rows, err)
	}
	if names := w.files(); len(names) > 0 {
		t.Errorf("files %v are left", names)
	}
	w.reopen()
	must(t, w.vault.Whole())
}

func TestAnAttachmentGoesWithItsRecord(t *testing.T) {
	w, _ := newWorld(t).attached()
	w.put(w.copy(rita, ritaS, 2, morning)) // a newer version keeps it
	if row, _, err := w.vault.Attachment(photo); err != nil || !row.Whole() {
		t.Errorf("after a newer version: %+v, %v", row, err)
	}
	must(t, w.vault.Update(func(t *Tx) error { return t.RemoveRecord(rita) }))
	if _, _, err := w.vault.Attachment(photo); !errors.Is(err, ErrNotFound) {
		t.Errorf("without its record: %v", err)
	}
	if names := w.files(); len(names) > 0 {
		t.Errorf("files %v are left", names)
	}
	w.reopen()
	if rows, err := w.vault.Attachments(rita); err != nil || len(rows) > 0 {
		t.Errorf("listed: %v, %v", rows, err)
	}
}

func TestALockEndsAnOpenAttachment(t *testing.T) {
	w, _ := newWorld(t).attached()
	o, err := w.vault.OpenAttachment(w.stamp(openedAttachment(photo)), photo, morning)
	must(t, err)
	_, err = o.Read(make([]byte, 1))
	must(t, err)
	plain := o.plain
	blobs, err := w.vault.Blobs()
	must(t, err)
	must(t, w.vault.Close())
	if _, err := o.Read(make([]byte, 1)); !errors.Is(err, ErrClosed) {
		t.Errorf("it reads on: %v", err)
	}
	if len(plain) == 0 || len(bytes.Trim(plain, "\x00")) > 0 {
		t.Errorf("%d bytes that were read are not wiped", len(plain))
	}
	data := []byte("late")
	hash := record.ChunkHashOf(data)
	if err := blobs.Put(hash, data); !errors.Is(err, ErrClosed) {
		t.Errorf("it keeps on: %v", err)
	}
	blobs.Close()
}

// Chunks may come before the key: then nothing opens, they are no garbage, and what came stays.
func TestAnAttachmentInTheMaking(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	chunks := map[record.ChunkHash][]byte{}
	a, c := w.attach(photo, picture(), func(hash record.ChunkHash, data []byte) error {
		chunks[hash] = slices.Clone(data)
		return nil
	})
	put := func(c AttachmentCopy) bool {
		t.Helper()
		var kept bool
		must(t, w.vault.Update(func(t *Tx) (err error) { kept, err = t.PutAttachment(c); return err }))
		return kept
	}
	keyless := c
	keyless.ContentKey = nil
	if !put(keyless) || put(keyless) {
		t.Error("kept the second time, or not the first")
	}
	blobs, err := w.vault.Blobs()
	must(t, err)
	must(t, blobs.Put(a.Chunk(0), chunks[a.Chunk(0)]))
	must(t, blobs.Sync())
	blobs.Close()
	w.reopen()
	if n, err := w.vault.SweepBlobs(); n != 0 || err != nil {
		t.Errorf("swept %d: %v", n, err)
	}
	if row, _, err := w.vault.Attachment(photo); err != nil || row.Here != 1 || row.Opens || row.Whole() {
		t.Errorf("row %+v: %v", row, err)
	}
	if _, err := w.vault.OpenAttachment(w.stamp(openedAttachment(photo)), photo, morning); !errors.Is(err, ErrNotFound) {
		t.Errorf("without a key: %v", err)
	}
	wrong := c
	wrong.ContentKey = make([]byte, identity.AEADKeySize)
	if err := w.vault.Update(func(t *Tx) error { _, err := t.PutAttachment(wrong); return err }); !errors.Is(err, record.ErrAttachment) {
		t.Errorf("another key: %v", err)
	}
	blobs, err = w.vault.Blobs()
	must(t, err)
	defer blobs.Close()
	missing, err := blobs.Missing(a)
	if err != nil || !slices.Equal(missing, []int{1, 2}) {
		t.Errorf("missing %v: %v", missing, err)
	}
	for _, i := range missing {
		must(t, blobs.Put(a.Chunk(i), chunks[a.Chunk(i)]))
	}
	sealed, err := identity.Seal(w.keys.Public().Sealing, "info", c.ContentKey)
	must(t, err)
	whole := c
	whole.ContentKey, whole.Sealed, whole.Info = nil, sealed, "info"
	if !put(whole) || put(keyless) {
		t.Error("the key was not kept, or went")
	}
	if row, _, err := w.vault.Attachment(photo); err != nil || !row.Whole() {
		t.Errorf("row %+v: %v", row, err)
	}
}

func TestADraftIsReplacedByWhatTheOrganisationSigned(t *testing.T) {
	w := newWorld(t)
	w.put(w.copy(rita, ritaS, 1, morning))
	a, c := w.attach(photo, []byte("ett ord"), func(record.ChunkHash, []byte) error { return nil })
	draft := a
	draft.Issued = 0
	data, err := draft.EncodeDraft()
	must(t, err)
	put := func(c AttachmentCopy) {
		t.Helper()
		must(t, w.vault.Update(func(t *Tx) error { _, err := t.PutAttachment(c); return err }))
	}
	put(AttachmentCopy{Draft: data, ContentKey: c.ContentKey})
	row, kept, err := w.vault.Attachment(photo)
	if err != nil || !row.Draft || !row.Opens || len(kept.Draft) == 0 || len(kept.Signed) > 0 {
		t.Fatalf("row %+v: %v", row, err)
	}
	put(AttachmentCopy{Signed: c.Signed})
	put(AttachmentCopy{Draft: data})
	row, kept, err = w.vault.Attachment(photo)
	if err != nil || row.Draft || !row.Opens || row.Issued != morning || !bytes.Equal(kept.Signed, c.Signed) {
		t.Errorf("row %+v: %v", row, err)
	}
	other, cOther := w.attach(photo, []byte("ett annat ord"), func(record.ChunkHash, []byte) error { return nil })
	if err := w.vault.Update(func(t *Tx) error { _, err := t.PutAttachment(cOther); return err }); !errors.Is(err, record.ErrAttachment) || other.ID != photo {
		t.Errorf("another attachment with the same ID: %v", err)
	}
}

func TestAnAttachmentWithoutItsRecordIsNotKept(t *testing.T) {
	w := newWorld(t)
	_, c := w.attach(photo, []byte("x"), func(record.ChunkHash, []byte) error { return nil })
	put := func() error {
		return w.vault.Update(func(t *Tx) error { _, err := t.PutAttachment(c); return err })
	}
	if err := put(); !errors.Is(err, ErrNotFound) {
		t.Errorf("without a record: %v", err)
	}
	w.put(w.copy(rita, "subject-of-another", 1, morning))
	if err := put(); !errors.Is(err, record.ErrAttachment) {
		t.Errorf("with another subject's: %v", err)
	}
}

func TestGarbageIsSwept(t *testing.T) {
	w, _ := newWorld(t).attached()
	data := []byte("nobody's")
	hash := record.ChunkHashOf(data)
	blobs, err := w.vault.Blobs()
	must(t, err)
	must(t, blobs.Put(hash, data))
	must(t, os.WriteFile(filepath.Join(w.dir, blob.Folder, "00112233445566778899aabbccddeeff"+folder.NewSuffix), data, folder.FileMode))
	if n, err := w.vault.SweepBlobs(); n != 0 || err != nil || len(w.files()) != 5 {
		t.Errorf("while they are in use: swept %d: %v, %v", n, err, w.files())
	}
	blobs.Close()
	blobs.Close()
	if n, err := w.vault.SweepBlobs(); n != 1 || err != nil || len(w.files()) != 3 {
		t.Errorf("swept %d: %v, %v", n, err, w.files())
	}
	if row, _, err := w.vault.Attachment(photo); err != nil || !row.Whole() {
		t.Errorf("what has a name: %+v, %v", row, err)
	}
	flipRow(t, w, rowMessage, string(photo))
	if n, err := w.vault.SweepBlobs(); n != 0 || !errors.Is(err, ErrView) || len(w.files()) != 3 {
		t.Errorf("where an attachment does not open: swept %d: %v", n, err)
	}
	if n, err := w.vault.MendView(); n != 2 || err != nil {
		t.Errorf("mended %d: %v", n, err)
	}
	if n, err := w.vault.SweepBlobs(); n != 3 || err != nil || len(w.files()) != 0 {
		t.Errorf("after mending: swept %d: %v, %v", n, err, w.files())
	}
}

// flipRow damages a row behind the vault's back.
func flipRow(t *testing.T, w *world, kind rowKind, id string) {
	t.Helper()
	key := w.vault.view.seal.key(kind, id)
	txn := w.vault.view.db.NewTransaction(true)
	defer txn.Discard()
	item, err := txn.Get(key[:])
	must(t, err)
	value, err := item.ValueCopy(nil)
	must(t, err)
	value[len(value)-1] ^= 1
	must(t, txn.Set(key[:], value))
	must(t, txn.Commit())
}

func TestADestroyedVaultHasNoChunks(t *testing.T) {
	w, _ := newWorld(t).attached()
	must(t, w.vault.Close())
	must(t, Destroy(w.dir, w.options))
	if _, err := os.Stat(filepath.Join(w.dir, blob.Folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

func TestAnAttachmentIsResealedForWhomItsEntryNames(t *testing.T) {
	w, a := newWorld(t).attached()
	keys, err := identity.NewKeySet()
	must(t, err)
	shared, err := w.vault.NewShareKey(identity.Credential{Keys: keys.Public()}, "a share")
	must(t, err)
	sent := journal.Entry{Kind: journal.ShareSent, Record: rita, Subject: ritaS, Attachment: photo, Peer: keys.Device()}
	reseal := func(stamp *journalfile.Stamp, now signed.Time) ([]byte, error) {
		return w.vault.ResealAttachment(stamp, photo, now, shared, "info")
	}
	if _, err := reseal(w.stamp(openedAttachment(photo)), morning); !errors.Is(err, ErrNoStamp) {
		t.Errorf("an opening's entry: %v", err)
	}
	to := sent
	to.Peer = w.keys.Device()
	if _, err := reseal(w.stamp(to), morning); !errors.Is(err, ErrNoStamp) {
		t.Errorf("an entry to another: %v", err)
	}
	whole := sent
	whole.Attachment, whole.RecordVersion = "", 1
	if _, err := reseal(w.stamp(whole), morning); !errors.Is(err, ErrNoStamp) {
		t.Errorf("its record's: %v", err)
	}
	if _, err := w.vault.Reseal(w.stamp(sent), rita, morning, shared, "info"); !errors.Is(err, ErrNoStamp) {
		t.Errorf("it resealed the record: %v", err)
	}
	if _, err := reseal(w.stamp(sent), morning+1); !errors.Is(err, ErrLoan) {
		t.Errorf("after the loan: %v", err)
	}
	wrapped, err := reseal(w.stamp(sent), morning)
	must(t, err)
	key, err := (&world{t: t, keys: keys}).unwraps("a share", shared.Sealed).Open(nil, nil, wrapped, []byte("info"))
	must(t, err)
	must(t, a.CheckKey(key))
}

// A use that is over keeps nothing: a sweep could take away what is being written.
func TestWhoIsDoneWithChunksKeepsNone(t *testing.T) {
	w := newWorld(t)
	blobs, err := w.vault.Blobs()
	must(t, err)
	blobs.Close()
	data := []byte("late")
	hash := record.ChunkHashOf(data)
	if err := blobs.Put(hash, data); !errors.Is(err, ErrClosed) {
		t.Errorf("it keeps on: %v", err)
	}
	if _, err := os.Stat(w.vault.blobs.Path(w.vault.blobs.Name(hash))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the chunk is there: %v", err)
	}
}
