package peer

import (
	"crypto/subtle"
	"time"
)

// What persons do in CONFIRM, by form. Two cameras: S shows a second QR with the whole
// transcript's hash, D scans it. One camera: S shows six digits, D's person types them. None: each
// screen shows a code of its own role, which the other person types.

// asks reports whether this end's person has something to type or to scan.
func (c *ceremony) asks() bool { return c.role == Displayer || c.form == NoCamera }

// shows reports whether this end's screen shows what the other's person types or scans.
func (c *ceremony) shows() bool { return c.role == Scanner || c.form == NoCamera }

// confirm is what the screen says on entering CONFIRM.
func (c *ceremony) confirm() []effect {
	effects := []effect{met{c.meeting}}
	switch {
	case c.shows() && c.form == TwoCameras:
		effects = append(effects, showScan{c.evidenceOf()})
	case c.shows():
		effects = append(effects, showCode{codeOf(c.hash, c.role)})
	}
	if c.asks() {
		effects = append(effects, c.ask())
	}
	return effects
}

func (c *ceremony) ask() effect {
	if c.form == TwoCameras {
		return askScan{Tries - c.wrong}
	}
	return askCode{Tries - c.wrong}
}

func (c *ceremony) evidenceOf() Evidence {
	return Evidence{Session: [16]byte(c.session), Transcript: c.hash}
}

// judgeCode takes what the person typed. Only six digits count as a try: a slip of the finger
// that leaves five says nothing about the other device.
func (c *ceremony) judgeCode(now time.Time, text string) []effect {
	if !c.asked() || c.form == TwoCameras {
		return nil
	}
	code, ok := cleanCode(text)
	if !ok {
		return []effect{c.ask()}
	}
	other := Scanner
	if c.role == Scanner {
		other = Displayer
	}
	return c.judge(now, subtle.ConstantTimeCompare([]byte(code), []byte(codeOf(c.hash, other))) == 1)
}

// judgeScan takes the second QR. All of it is compared: it is evidence of 256 bits, not of
// twenty.
func (c *ceremony) judgeScan(now time.Time, e Evidence) []effect {
	if !c.asked() || c.form != TwoCameras {
		return nil
	}
	own := c.evidenceOf()
	return c.judge(now, subtle.ConstantTimeCompare(e.Encode(), own.Encode()) == 1)
}

// asked reports whether an answer is waited for.
func (c *ceremony) asked() bool { return c.state == Confirm && c.asks() && !c.agreed }

// judge counts a wrong answer, and lets a right one count.
func (c *ceremony) judge(now time.Time, right bool) []effect {
	if !right {
		if c.wrong++; c.wrong == Tries {
			return c.fail(CodeWrong)
		}
		return []effect{c.ask()}
	}
	c.agreed = true
	if c.role == Scanner {
		return c.weigh(now)
	}
	data, err := c.self.sign(Displayer, c.hash)
	if err != nil {
		return c.fail(Cancelled) // the vault was locked under it
	}
	return append(c.say(signature{Proof: data}), c.weigh(now)...)
}
