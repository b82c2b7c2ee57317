package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxSecret bounds a password or passphrase, in bytes.
const maxSecret = 1024

// ask reads a secret from file descriptor fd, or, where fd is below 0, on the terminal;
// again asks twice there, for a new one.
func (c *call) ask(ctx context.Context, fd int, flagName, prompt string, again bool) ([]byte, error) {
	if fd == 0 {
		return readSecret(c.In, flagName)
	}
	if fd > 0 {
		file := os.NewFile(uintptr(fd), flagName)
		if file == nil {
			return nil, &usageError{"-" + flagName + " is not an open file descriptor", "for example: connected … -" + flagName + " 3 3<file"}
		}
		defer file.Close()
		return readSecret(file, flagName)
	}
	terminal, ok := c.In.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return nil, &hinted{errors.New("there is no terminal to ask for the " + prompt + " on"), "hand it over by -" + flagName + " N"}
	}
	secret, err := c.prompt(ctx, terminal, prompt)
	if err != nil || !again {
		return secret, err
	}
	repeated, err := c.prompt(ctx, terminal, prompt+" again")
	if err != nil {
		return nil, err
	}
	defer clear(repeated)
	if string(secret) != string(repeated) {
		clear(secret)
		return nil, &hinted{errors.New("the two differ"), "nothing was changed; try again"}
	}
	return secret, nil
}

// prompt asks without echo. An interrupt gives the terminal back as it was.
func (c *call) prompt(ctx context.Context, terminal *os.File, prompt string) ([]byte, error) {
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", prompt, err)
	}
	fmt.Fprintf(c.Err, "%s: ", prompt)
	type read struct {
		secret []byte
		err    error
	}
	got := make(chan read, 1)
	go func() {
		secret, err := term.ReadPassword(fd)
		got <- read{secret, err}
	}()
	select {
	case r := <-got:
		fmt.Fprintln(c.Err)
		if r.err != nil {
			return nil, fmt.Errorf("ask for %s: %w", prompt, r.err)
		}
		return r.secret, nil
	case <-ctx.Done():
		fmt.Fprintln(c.Err)
		return nil, errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

// readSecret takes the first line, without its end.
func readSecret(from io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxSecret+3))
	if err != nil {
		return nil, fmt.Errorf("read -%s: %w", name, err)
	}
	for i, b := range data {
		if b == '\n' || b == '\r' {
			data = data[:i]
			break
		}
	}
	if len(data) == 0 || len(data) > maxSecret {
		return nil, &hinted{fmt.Errorf("what -%s reads is empty or too long", name), fmt.Sprintf("one line of at most %d bytes", maxSecret)}
	}
	return data, nil
}

// secretIn reads a secret that lies in a file, its first line. One that others may read is none.
func secretIn(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", &hinted{fmt.Errorf("read secret: %s can be read by others", path), "chmod 600 " + path}
	}
	text, err := io.ReadAll(io.LimitReader(file, maxSecret+3))
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" || len(line) > maxSecret {
		return "", fmt.Errorf("read secret: %s does not begin with a line of at most %d bytes", path, maxSecret)
	}
	return line, nil
}

// generated is a password to hand to somebody: 20 characters of 31, 99 bits, none of
// which people take for another.
func generated() string {
	const letters = "abcdefghijkmnpqrstuvwxyz2345678" // 31, without l, o, 0, 1, 9
	var b strings.Builder
	random := make([]byte, 1)
	for n := 0; n < 20; {
		rand.Read(random)
		if random[0] >= 248 { // 8 × 31: every letter is equally likely
			continue
		}
		if n > 0 && n%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[random[0]%31])
		n++
	}
	return b.String()
}
