package console

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"handslag/app/agent"
)

const secretLimit = 4 << 10 // bytes

// Secret reads one from its descriptor, or asks at the terminal; label is the code of the sentence that asks for it.
func (c *Console) Secret(fd int, label string) (string, error) {
	if fd >= 0 {
		r, err := c.env.Descriptor(fd)
		if err != nil {
			return "", Usage(err)
		}
		secret, err := readSecret(r)
		if err != nil {
			return "", Usage(fmt.Errorf("%s: %w", c.Say(label), err))
		}
		return secret, nil
	}
	if c.env.Secret == nil {
		return "", Usage(fmt.Errorf("%s: %s", c.Say(label), c.Say("cli.no_terminal")))
	}
	return c.env.Secret(c.Say(label) + ": ")
}

// SecretLabel names what unlocks this device: where a TPM guards it a PIN may.
func (c *Console) SecretLabel() string {
	if c.Agent.Guarded().MinSecret < agent.MinPassphrase {
		return "lock.passphrase_pin"
	}
	return "lock.passphrase"
}

// NewPassphrase asks twice where a person types it.
func (c *Console) NewPassphrase(fd int) (string, error) {
	if fd >= 0 {
		return c.Secret(fd, "enrol.passphrase")
	}
	first, err := c.Secret(-1, "enrol.passphrase")
	if err != nil {
		return "", err
	}
	second, err := c.Secret(-1, "enrol.passphrase_again")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", Usage(errors.New(c.Say("enrol.passphrase_differs")))
	}
	return first, nil
}

// readSecret reads one line, byte by byte, so that what follows it stays unread: the same
// descriptor may carry a second secret or a session's commands.
func readSecret(r io.Reader) (string, error) {
	var line strings.Builder
	one := make([]byte, 1)
	for {
		n, err := r.Read(one)
		switch {
		case n == 1 && one[0] == '\n', errors.Is(err, io.EOF) && line.Len() > 0:
			return strings.TrimSuffix(line.String(), "\r"), nil
		case n == 1:
			line.WriteByte(one[0])
		}
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		if line.Len() > secretLimit {
			return "", errors.New("read secret: the line has no end")
		}
	}
}
