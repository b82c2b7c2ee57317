package console

import (
	"io"
	"strings"
	"testing"
)

func TestASecretIsOneLineAndLeavesTheRest(t *testing.T) {
	in := strings.NewReader("lösen\r\nnästa rad\n")
	if got, err := readSecret(in); err != nil || got != "lösen" {
		t.Fatal(got, err)
	}
	if rest, _ := io.ReadAll(in); string(rest) != "nästa rad\n" {
		t.Errorf("it took too much: %q is left", rest)
	}
	if got, err := readSecret(strings.NewReader("utan slut")); err != nil || got != "utan slut" {
		t.Error(got, err)
	}
	for _, bad := range []string{"", strings.Repeat("x", secretLimit+2)} {
		if _, err := readSecret(strings.NewReader(bad)); err == nil {
			t.Errorf("%d bytes without an end are a secret", len(bad))
		}
	}
}

func TestADescriptorWithoutASecretIsAMistakeOnTheCommandLine(t *testing.T) {
	c := &Console{env: Surroundings{Descriptor: func(int) (io.Reader, error) { return strings.NewReader(""), nil }}}
	if _, err := c.Secret(3, "lock.passphrase"); !IsUsage(err) {
		t.Error(err)
	}
}
