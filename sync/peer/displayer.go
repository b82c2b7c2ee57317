package peer

import (
	"crypto/hmac"
	"handslag/sync/peer/internal/message"
	"handslag/sync/peer/internal/road"
	"time"
)

// greet binds D to its nonce before S says anything, for one who has the code as a file. It
// tells a stranger nothing that the code does not.
func (c *ceremony) greet(e opened) []effect {
	if c.role != Displayer || c.state != Offering {
		return []effect{drop{e.conn, ""}}
	}
	commit := commitTo(c.nonce)
	data, err := message.Encode(commitment{Commit: commit[:]})
	if err != nil {
		panic(err) // our own types always encode
	}
	return []effect{greet{e.conn, data}}
}

// judgeClaim takes the first claim that shows the secret. One without it is a stranger's and
// disturbs nothing; a second one with it means that two devices read the code, and nobody can
// tell which of them the person meant.
func (c *ceremony) judgeClaim(now time.Time, e received, m claim) []effect {
	theirs := partyOf(e.remote, m.Credential, m.Nonce, m.Suspect)
	mac, err := claimMAC(c.offer.Secret, c.session, []byte(c.expected), m.Form, theirs)
	if err != nil || !hmac.Equal(mac, m.MAC) || len(m.Nonce) != nonceSize || m.Form != c.offer.Form && m.Form != NoCamera {
		if e.conn == c.conn && c.state != IsVerified {
			return c.fail(BadAnswer)
		}
		return []effect{drop{e.conn, road.StaleCode}}
	}
	switch c.state {
	case Offering:
	case IsVerified:
		return []effect{drop{e.conn, road.LateClaim}}
	default:
		return append(c.fail(SecondClaim), drop{e.conn, ""})
	}
	c.conn, c.remote = e.conn, e.remote
	c.form, c.meeting.Form = m.Form, m.Form
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
