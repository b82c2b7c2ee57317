package peer

import (
	"crypto/hmac"
	"crypto/subtle"
	"time"
)

// judgeClaim takes the first claim that shows the secret. One without it is a stranger's and
// disturbs nothing; a second one with it means that two devices read the code, and nobody can
// tell which of them the person meant.
func (c *ceremony) judgeClaim(now time.Time, e received, m claim) []effect {
	theirs := partyOf(e.remote, m.Credential, m.Nonce, m.Suspect)
	mac, err := claimMAC(c.offer.Secret, c.session, []byte(c.expected), m.Form, theirs)
	if err != nil || !hmac.Equal(mac, m.MAC) || len(m.Nonce) != nonceSize || m.Form != c.offer.Form {
		if e.conn == c.conn && c.state != IsVerified {
			return c.fail(BadAnswer)
		}
		return []effect{drop{e.conn}}
	}
	switch c.state {
	case Offering:
	case IsVerified:
		return []effect{drop{e.conn}}
	default:
		return append(c.fail(SecondClaim), drop{e.conn})
	}
	c.conn, c.remote = e.conn, e.remote
	effects := c.enter(now, Claimed, c.timing.claimed)
	if why := c.identify(m.Credential, m.Suspect); why != "" {
		return append(effects, c.fail(why)...)
	}
	if err := c.fix(theirs, c.self.party(c.nonce)); err != nil {
		return append(effects, c.fail(BadAnswer)...)
	}
	effects = append(effects, c.say(answer{Nonce: c.nonce, Credential: c.self.raw, Suspect: c.self.suspect})...)
	return append(effects, c.enter(now, Identified, c.timing.identified)...)
}

// judgeCode takes what the person typed. Only six digits count as a try: a slip of the finger
// that leaves five says nothing about the other device.
func (c *ceremony) judgeCode(now time.Time, text string) []effect {
	if c.role != Displayer || c.state != Confirm || c.evidence {
		return nil
	}
	code, ok := cleanCode(text)
	if !ok {
		return []effect{askCode{Tries - c.wrong}}
	}
	if subtle.ConstantTimeCompare([]byte(code), []byte(codeOf(c.hash, Scanner))) != 1 {
		if c.wrong++; c.wrong == Tries {
			return c.fail(CodeWrong)
		}
		return []effect{askCode{Tries - c.wrong}}
	}
	data, err := c.self.sign(Displayer, c.hash)
	if err != nil {
		return c.fail(Cancelled) // the vault was locked under it
	}
	return append(c.say(signature{Proof: data}), c.believe(now)...)
}
