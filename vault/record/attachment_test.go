package record_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
	"handslag/vault/record"
)

// sealedAttachment is an attachment with all that belongs to it, as a vector keeps it.
type sealedAttachment struct {
	_      struct{} `cbor:",toarray"`
	Draft  []byte
	Key    []byte
	Chunks [][]byte
	Plain  []byte
}

func seal(t testing.TB, id string, plain []byte) (record.Attachment, []byte, [][]byte) {
	t.Helper()
	var chunks [][]byte
	a, key, err := record.SealAttachment(record.Attachment{Org: org(t), ID: "b-1", Record: "r-1", Subject: "s-1", Assignment: "U-1042", Device: device(t, 3),
		Size: uint64(len(plain))}, record.Label{Name: id, Type: record.Text}, bytes.NewReader(plain), func(hash record.ChunkHash, cipher []byte) error {
		if hash != record.ChunkHashOf(cipher) {
			t.Error("a chunk is named by something else than its hash")
		}
		chunks = append(chunks, bytes.Clone(cipher))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, key, chunks
}

func anAttachment(t testing.TB) record.Attachment {
	one, two := sha256.Sum256([]byte("one")), sha256.Sum256([]byte("two"))
	return record.Attachment{Version: 1, Org: org(t), ID: "b-1", Record: "r-1", Subject: "s-1", Assignment: "U-1042", Device: device(t, 3),
		Size: record.ChunkSize + 5, Chunks: append(one[:], two[:]...), Label: bytes.Repeat([]byte{1}, 40), Commitment: bytes.Repeat([]byte{2}, 32), Issued: now}
}

func TestAnAttachmentsFormStandsStill(t *testing.T) {
	signedtest.Golden(t, "attachment", sign(t, signed.DomainAttachment, 2, anAttachment(t)))
	signedtest.Rule(t, "record.cddl", "attachment", record.Attachment{})
	signedtest.Rule(t, "record.cddl", "label", record.Label{})
	var kept sealedAttachment
	data := signedtest.Kept(t, "attachment_sealed", func() []byte {
		a, key, chunks := seal(t, "Trapphus B.txt", []byte("Nyckeln ligger hos grannen."))
		draft, err := a.EncodeDraft()
		if err != nil {
			t.Fatal(err)
		}
		data, err := signed.Encode(sealedAttachment{Draft: draft, Key: key, Chunks: chunks, Plain: []byte("Nyckeln ligger hos grannen.")})
		if err != nil {
			t.Fatal(err)
		}
		return data
	})
	if err := signed.Decode(data, 1<<16, &kept); err != nil {
		t.Fatal(err)
	}
	a, err := record.DecodeDraft(kept.Draft)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := record.OpenChunk(kept.Key, a, 0, kept.Chunks[0])
	if err != nil || !bytes.Equal(plain, kept.Plain) {
		t.Errorf("what was sealed once no longer opens: %v", err)
	}
	if label, err := record.OpenLabel(kept.Key, a); err != nil || label.Name != "Trapphus B.txt" {
		t.Errorf("its label no longer opens: %v", err)
	}
}

func TestAnAttachmentIsTheOrganisationsOwn(t *testing.T) {
	good := sign(t, signed.DomainAttachment, 2, anAttachment(t))
	if _, err := record.OpenAttachment(good, org(t), issuing(t)); err != nil {
		t.Fatal(err)
	}
	spoilt := func(spoil func(*record.Attachment)) []byte {
		a := anAttachment(t)
		spoil(&a)
		return sign(t, signed.DomainAttachment, 2, a)
	}
	for what, c := range map[string]struct {
		data []byte
		want error
	}{
		"signed by a device":        {sign(t, signed.DomainAttachment, 3, anAttachment(t)), signed.ErrSignature},
		"signed as something else":  {sign(t, signed.DomainRecord, 2, anAttachment(t)), signed.ErrSignature},
		"of an unknown version":     {spoilt(func(a *record.Attachment) { a.Version = 2 }), record.ErrAttachment},
		"without a time":            {spoilt(func(a *record.Attachment) { a.Issued = 0 }), record.ErrAttachment},
		"without a record":          {spoilt(func(a *record.Attachment) { a.Record = "" }), record.ErrAttachment},
		"about nobody":              {spoilt(func(a *record.Attachment) { a.Subject = "" }), record.ErrAttachment},
		"with an ID like a path":    {spoilt(func(a *record.Attachment) { a.ID = "../b" }), record.ErrAttachment},
		"without content":           {spoilt(func(a *record.Attachment) { a.Size, a.Chunks = 0, nil }), record.ErrAttachment},
		"with a chunk too few":      {spoilt(func(a *record.Attachment) { a.Chunks = a.Chunks[:32] }), record.ErrAttachment},
		"with a chunk too many":     {spoilt(func(a *record.Attachment) { a.Size = record.ChunkSize }), record.ErrAttachment},
		"with half a chunk's name":  {spoilt(func(a *record.Attachment) { a.Chunks = a.Chunks[:48] }), record.ErrAttachment},
		"larger than can be":        {spoilt(func(a *record.Attachment) { a.Size = 1<<32 + 1 }), record.ErrAttachment},
		"without a label":           {spoilt(func(a *record.Attachment) { a.Label = nil }), record.ErrAttachment},
		"with a label without end":  {spoilt(func(a *record.Attachment) { a.Label = make([]byte, 513) }), record.ErrAttachment},
		"with half a commitment":    {spoilt(func(a *record.Attachment) { a.Commitment = a.Commitment[:16] }), record.ErrAttachment},
		"made by no device":         {spoilt(func(a *record.Attachment) { a.Device = "anna" }), record.ErrAttachment},
		"for an assignment's path":  {spoilt(func(a *record.Attachment) { a.Assignment = "../u" }), record.ErrAttachment},
		"of another organisation's": {spoilt(func(a *record.Attachment) { a.Org = identity.OrgIDOf(signedtest.Key(t, 9).Public()) }), record.ErrAttachment},
	} {
		if _, err := record.OpenAttachment(c.data, org(t), issuing(t)); !errors.Is(err, c.want) {
			t.Errorf("an attachment %s: %v", what, err)
		}
	}
	if _, err := (record.Attachment{}).Sign(signedtest.Key(t, 2)); !errors.Is(err, record.ErrAttachment) {
		t.Errorf("an empty attachment is signed: %v", err)
	}
}

func TestTheLargestAttachmentFitsItsBounds(t *testing.T) {
	a := anAttachment(t)
	a.Size, a.Chunks, a.Label = record.MaxChunks*record.ChunkSize, make([]byte, 32*record.MaxChunks), make([]byte, 512)
	a.ID, a.Record, a.Subject, a.Assignment = "b-"+a.ID[:0]+"1234567890123456789012345678901234567890123456789012345678", "r-1", "s-1", "u-1"
	if _, err := record.OpenAttachment(sign(t, signed.DomainAttachment, 2, a), org(t), issuing(t)); err != nil {
		t.Fatal(err)
	}
}

// What an entry says of an attachment is what the organisation signs: nothing changes between.
func TestADraftKeepsItsDigestWhenItIsSigned(t *testing.T) {
	draft, _, _ := seal(t, "a.txt", []byte("a"))
	said, err := draft.Digest()
	if err != nil {
		t.Fatal(err)
	}
	signedOne := draft
	signedOne.Issued = now
	if !signedOne.Same(draft) {
		t.Error("signing changes the digest")
	}
	other := draft
	other.Record = "r-2"
	if digest, err := other.Digest(); err != nil || bytes.Equal(digest, said) || other.Same(draft) {
		t.Error("an attachment of another record has the same digest", err)
	}
	data, err := draft.EncodeDraft()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := record.DecodeDraft(data); err != nil || !again.Same(draft) {
		t.Error(err)
	}
	data, err = signed.Encode(signedOne)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := record.DecodeDraft(data); !errors.Is(err, record.ErrAttachment) {
		t.Errorf("a draft that gives itself a time: %v", err)
	}
}

// A chunk opens at its place in its attachment under its key, and nowhere else.
func TestAChunkIsBoundToItsPlace(t *testing.T) {
	plain := bytes.Repeat([]byte("0123456789abcdef"), record.ChunkSize/16*2+1)
	a, key, chunks := seal(t, "a.txt", plain)
	b, otherKey, others := seal(t, "a.txt", plain)
	if a.Count() != 3 || len(chunks) != 3 || len(chunks[0]) != record.ChunkLimit || a.ChunkLen(2) != 16 {
		t.Fatalf("%d chunks", a.Count())
	}
	var got []byte
	for i, chunk := range chunks {
		part, err := record.OpenChunk(key, a, i, chunk)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, part...)
	}
	if !bytes.Equal(got, plain) {
		t.Fatal("it is not what was sealed")
	}
	// Who signs in the organisation's name (or breaks its signature) could name other chunks; the
	// key's holder is not deceived even so.
	swapped := a
	swapped.Chunks = bytes.Clone(a.Chunks)
	copy(swapped.Chunks, a.Chunks[32:64])
	copy(swapped.Chunks[32:], a.Chunks[:32])
	shorter := a
	shorter.Size, shorter.Chunks = 2*record.ChunkSize, a.Chunks[:64]
	foreign := a
	foreign.Chunks = b.Chunks
	cut := a
	cutHash := record.ChunkHashOf(chunks[2][:len(chunks[2])-1])
	cut.Chunks = append(bytes.Clone(a.Chunks[:64]), cutHash[:]...)
	lastAsFull := a
	lastAsFull.Size = 2*record.ChunkSize + 17
	moved := a
	moved.ID = "b-2"
	another := a
	another.Commitment = b.Commitment
	for what, err := range map[string]error{
		"in another's place":           fails(record.OpenChunk(key, a, 1, chunks[0])),
		"named in another order":       fails(record.OpenChunk(key, swapped, 0, chunks[1])),
		"as the last of a shorter one": fails(record.OpenChunk(key, shorter, 1, chunks[1])),
		"of another attachment":        fails(record.OpenChunk(key, foreign, 0, others[0])),
		"cut":                          fails(record.OpenChunk(key, a, 2, chunks[2][:len(chunks[2])-1])),
		"cut and named so":             fails(record.OpenChunk(key, cut, 2, chunks[2][:len(chunks[2])-1])),
		"shorter than is said":         fails(record.OpenChunk(key, lastAsFull, 2, chunks[2])),
		"as another attachment's":      fails(record.OpenChunk(key, moved, 0, chunks[0])),
		"under another key":            fails(record.OpenChunk(otherKey, a, 0, chunks[0])),
		"under a key that is not said": fails(record.OpenChunk(key, another, 0, chunks[0])),
		"under half a key":             fails(record.OpenChunk(key[:16], a, 0, chunks[0])),
		"before the first":             fails(record.OpenChunk(key, a, -1, chunks[0])),
		"behind the last":              fails(record.OpenChunk(key, a, 3, chunks[2])),
		"flipped":                      fails(record.OpenChunk(key, a, 0, append(bytes.Clone(chunks[0][:9]), chunks[0][10:]...))),
	} {
		if !errors.Is(err, record.ErrAttachment) {
			t.Errorf("a chunk %s: %v", what, err)
		}
	}
	if _, err := record.OpenLabel(otherKey, a); !errors.Is(err, record.ErrAttachment) {
		t.Errorf("a label under another key: %v", err)
	}
	relabelled := a
	relabelled.Label = b.Label
	if _, err := record.OpenLabel(key, relabelled); !errors.Is(err, record.ErrAttachment) {
		t.Errorf("another's label: %v", err)
	}
}

func fails(plain []byte, err error) error {
	if err == nil && plain != nil {
		return errors.New("it opens")
	}
	return err
}

func TestWhatCanNotBeSealedIsNot(t *testing.T) {
	text := record.Label{Name: "a.txt", Type: record.Text}
	whose := record.Attachment{Org: org(t), ID: "b-1", Record: "r-1", Subject: "s-1"}
	keep := func(record.ChunkHash, []byte) error { return nil }
	full := errors.New("disk is full")
	for what, c := range map[string]struct {
		size  uint64
		label record.Label
		r     io.Reader
		keep  func(record.ChunkHash, []byte) error
		want  error
	}{
		"nothing":                    {0, text, strings.NewReader(""), keep, record.ErrAttachment},
		"too much":                   {1<<32 + 1, text, strings.NewReader("a"), keep, record.ErrAttachment},
		"more than was said":         {1, text, strings.NewReader("ab"), keep, record.ErrAttachment},
		"less than was said":         {2, text, strings.NewReader("a"), keep, io.ErrUnexpectedEOF},
		"without a name":             {1, record.Label{Type: record.Text}, strings.NewReader("a"), keep, record.ErrAttachment},
		"with a path":                {1, record.Label{Name: "../a", Type: record.Text}, strings.NewReader("a"), keep, record.ErrAttachment},
		"of another type":            {1, record.Label{Name: "a", Type: "text/html"}, strings.NewReader("a"), keep, record.ErrAttachment},
		"where nothing can be kept":  {1, text, strings.NewReader("a"), func(record.ChunkHash, []byte) error { return full }, full},
		"from what can not be read":  {1, text, io.MultiReader(strings.NewReader("a"), broken{}), keep, errBroken},
		"from what can not be begun": {1, text, broken{}, keep, errBroken},
	} {
		a := whose
		a.Size = c.size
		if _, key, err := record.SealAttachment(a, c.label, c.r, c.keep); !errors.Is(err, c.want) || key != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

func TestAFileIsWhatItHolds(t *testing.T) {
	for _, c := range []struct {
		head string
		want record.MediaType
	}{
		{"\xff\xd8\xff\xe0", record.JPEG},
		{"\x89PNG\r\n\x1a\n\x00", record.PNG},
		{"%PDF-1.7\n", record.PDF},
		{"Hej på dig\n", record.Text},
		{"Hej p\xc3", record.Text}, // cut in a letter
		{"Hej p\xe5 dig", ""},
		{"a\x00b", ""},
		{"MZ\x90\x00", ""},
		{"GIF89a\x01", ""},
		{"", ""},
	} {
		got, err := record.MediaTypeOf([]byte(c.head))
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q is %q: %v", c.head, got, err)
		}
	}
	for name, want := range map[string]string{
		"bild.jpg":                "bild.jpg",
		"/home/anna/bild.jpg":     "bild.jpg",
		`C:\bilder\bild.jpg`:      "bild.jpg",
		"..":                      "",
		".profile":                "profile",
		"bild\u202egpj.exe":       "bildgpj.exe",
		"två\nrader":              "tvårader",
		"  a  ":                   "a",
		"\xff\xfe":                "",
		strings.Repeat("å", 200):  strings.Repeat("å", 127),
		"con:aux?.txt":            "conaux.txt",
		"Trapphus B, hissen.jpeg": "Trapphus B, hissen.jpeg",
	} {
		if got := record.CleanName(name); got != want {
			t.Errorf("%q becomes %q", name, got)
		}
	}
}

func FuzzOpenAttachment(f *testing.F) {
	f.Add(signedtest.Load(f, "attachment"))
	f.Add(signedtest.Load(f, "record"))
	f.Add(signedtest.Load(f, "attachment_sealed"))
	good := signedtest.Load(f, "attachment")
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := record.OpenAttachment(data, org(t), issuing(t)); err == nil && !bytes.Equal(data, good) {
			t.Fatal("an attachment that nobody signed opens")
		}
		if a, err := record.DecodeDraft(data); err == nil {
			if again, err := a.EncodeDraft(); err != nil || !bytes.Equal(again, data) {
				t.Fatal("a draft has two forms", err)
			}
			for i := range a.Count() {
				a.Chunk(i)
				if n := a.ChunkLen(i); n <= 0 || n > record.ChunkSize {
					t.Fatalf("chunk %d of %d has %d bytes", i, a.Count(), n)
				}
			}
		}
	})
}

func FuzzOpenChunk(f *testing.F) {
	var kept sealedAttachment
	if err := signed.Decode(signedtest.Load(f, "attachment_sealed"), 1<<16, &kept); err != nil {
		f.Fatal(err)
	}
	f.Add(kept.Draft, kept.Key, kept.Chunks[0], 0)
	f.Add(kept.Draft, kept.Key, []byte{}, 7)
	f.Fuzz(func(t *testing.T, draft, key, chunk []byte, i int) {
		a, err := record.DecodeDraft(draft)
		if err != nil {
			return
		}
		if plain, err := record.OpenChunk(key, a, i, chunk); err == nil && !bytes.Equal(plain, kept.Plain) {
			t.Fatal("a chunk that nobody sealed opens")
		}
		if label, err := record.OpenLabel(key, a); err == nil && label.Check() != nil {
			t.Fatal("an ill-formed label opens")
		}
	})
}

func FuzzMediaType(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff"), "bild.jpg")
	f.Add([]byte("text"), "../\u202e\x00.")
	f.Add([]byte("MZ"), ".\xae\u2000\x00.")
	f.Fuzz(func(t *testing.T, head []byte, name string) {
		if kind, err := record.MediaTypeOf(head); (err == nil) != kind.Known() {
			t.Fatalf("%q: %v", kind, err)
		}
		clean := record.CleanName(name)
		if clean != record.CleanName(clean) || len(clean) > 255 || strings.ContainsAny(clean, "/\\\n\x00") || strings.HasPrefix(clean, ".") {
			t.Fatalf("%q becomes %q", name, clean)
		}
	})
}
