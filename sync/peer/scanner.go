package peer

import (
	"crypto/subtle"
	"time"
)

// claim is S's first word on the connection that it asked for.
func (c *ceremony) claim(e connected) []effect {
	if c.role != Scanner || c.state != Claimed || c.conn != 0 {
		return []effect{drop{e.conn}}
	}
	c.conn, c.remote = e.conn, e.remote
	if e.remote != c.expected {
		return c.fail(KeyMismatch)
	}
	mac, err := claimMAC(c.offer.Secret, c.session, []byte(c.expected), c.offer.Form, c.self.party(c.nonce))
	if err != nil {
		return c.fail(BadAnswer)
	}
	return c.say(claim{Form: c.offer.Form, Nonce: c.nonce, Credential: c.self.raw, Suspect: c.self.suspect, MAC: mac})
}

// judgeAnswer checks D's nonce against the code and its credential against the connection,
// signs, and shows the digits.
func (c *ceremony) judgeAnswer(now time.Time, m answer) []effect {
	commit := commitTo(m.Nonce)
	if len(m.Nonce) != nonceSize || subtle.ConstantTimeCompare(commit[:], c.offer.Commit[:]) != 1 {
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
	return append(effects, met{c.meeting}, showCode{codeOf(c.hash, Scanner)})
}
