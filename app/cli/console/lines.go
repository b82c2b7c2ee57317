package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

const lineLimit = 64 << 10 // bytes

// Lines reads a stream line by line on a goroutine of its own, so that waiting for a person
// can end for other reasons. It starts with the first line that is asked for, after secrets were read.
type Lines struct {
	source io.Reader
	once   sync.Once
	out    chan string
	failed error // set before out closes
}

func newLines(source io.Reader) *Lines { return &Lines{source: source, out: make(chan string)} }

// Channel gives the lines; it is closed at the end of the stream.
func (l *Lines) Channel() <-chan string {
	l.once.Do(func() { go l.read() })
	return l.out
}

func (l *Lines) read() {
	defer close(l.out)
	scanner := bufio.NewScanner(l.source)
	scanner.Buffer(nil, lineLimit)
	for scanner.Scan() {
		line := scanner.Text()
		clear(scanner.Bytes()) // or reasons and notes would stay for as long as nothing is said after them
		l.out <- line
	}
	l.failed = scanner.Err()
}

// Next waits for a line; io.EOF after the last.
func (l *Lines) Next(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case line, ok := <-l.Channel():
		switch {
		case ok:
			return line, nil
		case l.failed != nil:
			return "", fmt.Errorf("read line: %w", l.failed)
		}
		return "", io.EOF
	}
}

var ErrQuote = errors.New("a quotation mark is not closed")

// Words splits a session's line at blanks; single and double quotation marks keep blanks
// together, and nothing else is special.
func Words(line string) ([]string, error) {
	var all []string
	var word strings.Builder
	var quote rune
	open := false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, open = r, true
		case r == ' ' || r == '\t':
			if open {
				all = append(all, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if quote != 0 {
		return nil, ErrQuote
	}
	if open {
		all = append(all, word.String())
	}
	return all, nil
}
