package record

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// MediaType is what an attachment is (RFC 6838): one of few, told by its content and never by
// its name.
type MediaType string

// The types that are taken.
const (
	JPEG MediaType = "image/jpeg"
	PNG  MediaType = "image/png"
	PDF  MediaType = "application/pdf"
	Text MediaType = "text/plain" // UTF-8
)

// Known reports whether the type is one of those taken.
func (m MediaType) Known() bool { return m == JPEG || m == PNG || m == PDF || m == Text }

// Short is the type in one word: jpeg, png, pdf or text.
func (m MediaType) Short() string {
	return map[MediaType]string{JPEG: "jpeg", PNG: "png", PDF: "pdf", Text: "text"}[m]
}

// Picture reports whether it is a picture.
func (m MediaType) Picture() bool { return m == JPEG || m == PNG }

// HeadSize is how much of a file MediaTypeOf wants to see, in bytes; of a shorter one, all.
const HeadSize = 4 << 10

// MediaTypeOf tells what begins with head: by the signature of JPEG, PNG and PDF, or as text,
// where head holds nothing but text. It returns ErrAttachment for everything else.
func MediaTypeOf(head []byte) (MediaType, error) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return JPEG, nil
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, nil
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return PDF, nil
	case len(head) > 0 && isText(head):
		return Text, nil
	}
	return "", fmt.Errorf("%w: neither JPEG, PNG, PDF nor text", ErrAttachment)
}

// isText reports whether head is UTF-8 without control characters but those that end and
// indent lines; its last letter may be cut.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && n <= 1:
			return !utf8.FullRune(head)
		case r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			return false
		}
		head = head[n:]
	}
	return true
}

// LabelOf says what a file of size bytes is called and what it is, by its content. It returns
// ErrAttachment for what is neither picture, PDF nor text, and ErrPicture for a picture that could not be shown.
func LabelOf(name string, file io.ReaderAt, size int64) (Label, error) {
	head := make([]byte, min(size, HeadSize))
	defer clear(head)
	if n, err := file.ReadAt(head, 0); n < len(head) {
		return Label{}, fmt.Errorf("read file: %w", err)
	}
	kind, err := MediaTypeOf(head)
	if err != nil {
		return Label{}, err
	}
	if kind.Picture() {
		if _, err := PictureOf(io.NewSectionReader(file, 0, size)); err != nil {
			return Label{}, err
		}
	}
	label := Label{Name: CleanName(name), Type: kind}
	return label, label.Check()
}
