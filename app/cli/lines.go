package cli

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

// lines reads a stream line by line on a goroutine of its own, so that waiting for a person
// can end for other reasons. It starts with the first call of next, after secrets were read.
type lines struct {
	source io.Reader
	once   sync.Once
	out    chan string
	failed error // set before out closes
}

func newLines(source io.Reader) *lines { return &lines{source: source, out: make(chan string)} }

// channel gives the lines; it is closed at the end of the stream.
func (l *lines) channel() <-chan string {
	l.once.Do(func() { go l.read() })
	return l.out
}

func (l *lines) read() {
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

// next waits for a line; io.EOF after the last.
func (l *lines) next(ctx context.Context) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case line, ok := <-l.channel():
		switch {
		case ok:
			return line, nil
		case l.failed != nil:
			return "", fmt.Errorf("read line: %w", l.failed)
		}
		return "", io.EOF
	}
}

var errQuote = errors.New("a quotation mark is not closed")

// words splits a session's line at blanks; single and double quotation marks keep blanks
// together, and nothing else is special.
func words(line string) ([]string, error) {
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
		return nil, errQuote
	}
	if open {
		all = append(all, word.String())
	}
	return all, nil
}
