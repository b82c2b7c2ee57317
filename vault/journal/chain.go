package journal

import "bytes"

// Chain is how far one generation of a device's journal is known. The zero value with a
// Generation set is its beginning.
type Chain struct {
	Generation uint64
	Last       uint64 // number of the newest entry, 0 before the first
	Head       Hash   // its hash
}

// Verdict is how an entry stands to a chain.
type Verdict int

// The verdicts. Nothing is dropped for any of them: what does not follow is stored, held
// and shown as a finding.
const (
	Follows   Verdict = iota // the next entry
	Known                    // its number is covered; whether the bytes are the same, the caller compares
	Gap                      // entries before it are missing
	Fork                     // it has the next number and names another predecessor
	Elsewhere                // another generation
)

// String is the verdict as findings name it.
func (v Verdict) String() string {
	return [...]string{"follows", "known", "gap", "fork", "generation"}[v]
}

// Judge says how e stands to the chain.
func (c Chain) Judge(e Entry) Verdict {
	switch {
	case e.Generation != c.Generation:
		return Elsewhere
	case e.Seq <= c.Last:
		return Known
	case e.Seq > c.Last+1:
		return Gap
	case !bytes.Equal(e.Prev, c.Head[:]):
		return Fork
	}
	return Follows
}

// Extend is the chain after raw, the bytes of an entry e that follows.
func (c Chain) Extend(e Entry, raw []byte) Chain { return c.After(e, HashOf(raw)) }

// After is the chain after an entry e that follows, whose hash this is.
func (c Chain) After(e Entry, hash Hash) Chain {
	return Chain{Generation: c.Generation, Last: e.Seq, Head: hash}
}
