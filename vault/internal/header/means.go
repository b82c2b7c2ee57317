package header

import (
	"fmt"
	"slices"

	"handslag/vault/factor"
)

// Known are the factors that there are, in the header's order.
var Known = []factor.Name{factor.NameKeyring, factor.NameTPM}

// Means are the factors that this process can ask.
type Means struct {
	Keyring factor.Keyring
	TPM     *factor.TPM
}

// Of is the factor called name, which is a known one.
func (m Means) Of(name factor.Name) factor.Factor {
	if name == factor.NameTPM {
		return m.TPM
	}
	return factor.OfKeyring(m.Keyring)
}

// Ordered is use without repetition, in the header's order.
func Ordered(use []factor.Name) ([]factor.Name, error) {
	var out []factor.Name
	for _, name := range Known {
		if slices.Contains(use, name) {
			out = append(out, name)
		}
	}
	for _, name := range use {
		if !slices.Contains(Known, name) {
			return nil, fmt.Errorf("no factor is called %q", name)
		}
	}
	return out, nil
}
