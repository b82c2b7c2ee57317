package record

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"

	"handslag/identity"
)

// Tokens are how a device finds a person by a protected value without opening anything: each
// is a keyed hash of a word, of the beginning of a word or of a number, cut short. The
// connected system makes them when it seals a version; a device hashes what is typed under
// the same key and compares.
//
// Whoever has the key can try words against a record's tokens, so they are worth no less care
// than the words: they travel and rest as the card does, encrypted, and go with it.

// Bounds of tokens.
const (
	TokenSize    = 6   // bytes; a thousand devices' records hold no two words alike by chance
	maxTokens    = 512 // of a record
	QueryLimit   = 200 // bytes that are typed
	maxQuery     = 8   // words of a query
	longestTold  = 8   // words; a longer field tells about somebody and names nobody
	longestField = 120 // bytes, likewise
)

// SearchKeyInfo is the HPKE info of the organisation's search key on its way to a device.
func SearchKeyInfo(org identity.OrgID, device identity.DeviceID) string {
	return fmt.Sprintf("handslag/1/search-key/%s/%s", org, device)
}

// Tokens are the tokens of a protected part under the organisation's search key, sorted, one
// after the other: of every word, of the beginnings of words from three letters on, and of
// numbers. A field of more than a few words has none: a person is found by what names them,
// not by what is told about them.
func Tokens(key []byte, part Protected) []byte { return tokens(key, part, true) }

// NumberTokens are those of whole numbers only, for persons with protected identity: who does
// not have the very number finds nobody.
func NumberTokens(key []byte, part Protected) []byte { return tokens(key, part, false) }

func tokens(key []byte, part Protected, all bool) []byte {
	var whole, begun []term
	for _, f := range part.Fields {
		terms := termsOf(f.Value)
		if len(f.Value) > longestField || len(terms) > longestTold {
			continue
		}
		for _, t := range terms {
			if !all && (!t.number || len(t.text) < shortestSecret) {
				continue
			}
			whole = append(whole, t)
			if all {
				begun = append(begun, t.beginnings()...)
			}
		}
	}
	found := map[string]bool{}
	for _, t := range append(whole, begun...) { // whole ones first: they have their place
		if len(found) == maxTokens {
			break
		}
		found[string(t.token(key))] = true
	}
	sorted := make([]string, 0, len(found))
	for token := range found {
		sorted = append(sorted, token)
	}
	slices.Sort(sorted)
	return []byte(strings.Join(sorted, ""))
}

// QueryTokens are the tokens of what is typed: a record is found that has each of them. There
// are none where nothing in text can be searched for, or it is over its bounds.
func QueryTokens(key []byte, text string) [][]byte {
	if len(text) > QueryLimit {
		return nil
	}
	terms := termsOf(text)
	if len(terms) > maxQuery {
		return nil
	}
	var all [][]byte
	for _, t := range terms {
		all = append(all, t.token(key))
	}
	return all
}

// HasTokens reports whether each of wanted stands in a record's Tokens. It compares every one
// with every one, so that how long it takes says nothing of which are there.
func HasTokens(tokens []byte, wanted [][]byte) bool {
	all := min(len(wanted), 1)
	for _, want := range wanted {
		there := 0
		for token := range slices.Chunk(tokens, TokenSize) {
			there |= subtle.ConstantTimeCompare(token, want)
		}
		all &= there
	}
	return all == 1
}

// token is the keyed hash of one term.
func (t term) token(key []byte) []byte {
	kind := byte('w')
	if t.number {
		kind = 'n'
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte("handslag/1/search-token\x00"))
	h.Write([]byte{kind})
	h.Write([]byte(t.text))
	return h.Sum(nil)[:TokenSize]
}

// checkTokens says whether a record's tokens are what Tokens makes.
func checkTokens(tokens []byte) error {
	if len(tokens)%TokenSize != 0 || len(tokens) > maxTokens*TokenSize {
		return fmt.Errorf("%w: malformed tokens", ErrRecord)
	}
	for i := TokenSize; i < len(tokens); i += TokenSize {
		if bytes.Compare(tokens[i-TokenSize:i], tokens[i:i+TokenSize]) >= 0 {
			return fmt.Errorf("%w: tokens out of order", ErrRecord)
		}
	}
	return nil
}
