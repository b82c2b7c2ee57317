package peer

import (
	"crypto/subtle"
	"time"
)

// reach takes the connection that S asked for. A code from a file is claimed when D has bound
// itself to its nonce, any other at once.
func (c *ceremony) reach(e connected) []effect {
	if c.role != Scanner || c.state != Claimed || c.conn != 0 {
		return []effect{drop{e.conn, ""}}
	}
	c.conn, c.remote = e.conn, e.remote
	if e.remote != c.expected {
		return c.fail(KeyMismatch)
	}
	if c.commit == nil {
		return nil
	}
	return c.claim()
}

// bind takes D's commitment, and only then lets S's nonce out.
func (c *ceremony) bind(m commitment) []effect {
	if len(m.Commit) != len(c.offer.Commit) {
		return c.fail(BadAnswer)
	}
	c.commit = (*[16]byte)(m.Commit)
	return c.claim()
}

// claim is S's first word of its own.
func (c *ceremony) claim() []effect {
	mac, err := claimMAC(c.offer.Secret, c.session, []byte(c.expected), c.form, c.self.party(c.nonce))
	if err != nil {
		return c.fail(BadAnswer)
	}
	return c.say(claim{Form: c.form, Nonce: c.nonce, Credential: c.self.raw, Suspect: c.self.suspect, MAC: mac})
}

// judgeAnswer checks D's nonce against what it is bound to and its credential against the
// connection, signs, and shows what the other's person needs.
func (c *ceremony) judgeAnswer(now time.Time, m answer) []effect {
	commit := commitTo(m.Nonce)
	if len(m.Nonce) != nonceSize || subtle.ConstantTimeCompare(commit[:], c.commit[:]) != 1 {
		return c.fail(CommitBad)
	}
	if why := c.identify(m.Credential, m.Suspect); why != "" {
		return c.fail(why)
	}
	effects := c.enter(now, Identified, c.timing.identified)
	theirs := partyOf(c.remote, m.Credential, m.Nonce, m.Suspect)
	if err := c.fix(c.self.party(c.nonce), theirs); err != nil {
		return c.fail(BadAnswer)
	}
	data, err := c.self.sign(Scanner, c.hash)
	if err != nil {
		return c.fail(Cancelled) // the vault was locked under it
	}
	effects = append(effects, c.say(signature{Proof: data})...)
	effects = append(effects, c.enter(now, Confirm, c.timing.confirm)...)
	return append(effects, c.confirm()...)
}
