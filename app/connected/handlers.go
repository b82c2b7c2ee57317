package connected

import (
	"strconv"
	"time"

	"handslag/app/connected/feed"
	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// auditLog is a thing without unit and people: only scope all reaches it.
func auditLog(*gate.Call) (access.Thing, error) { return access.Thing{}, nil }

// anybody is whoever data may be about, wherever they belong: only scope all reaches them.
func anybody(*gate.Call) (access.Thing, error) { return access.Thing{}, nil }

func health(c *gate.Call) (gate.Answer, error) {
	if err := c.Reachable(); err != nil {
		return gate.Answer{}, err
	}
	return gate.Answer{Type: typeText, Body: []byte("ok\n")}, nil
}

func erase(c *gate.Call) (gate.Answer, error) {
	var ask link.EraseRequest
	if err := c.Read(&ask); err != nil {
		return gate.Answer{}, err
	}
	done, err := c.Erase(ask.Subject)
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(done)
}

func erasure(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "subject"); err != nil {
		return gate.Answer{}, err
	}
	report, err := c.Erasure(journal.SubjectID(c.Query.Get("subject")))
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(report)
}

func enrol(c *gate.Call) (gate.Answer, error) {
	issued, err := c.Enrol()
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(issued)
}

// waiting takes wait, for how long the answer may wait for somebody to decide.
func waiting(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "wait"); err != nil {
		return gate.Answer{}, err
	}
	wait, err := patience(c)
	if err != nil {
		return gate.Answer{}, err
	}
	issued, err := c.Awaited()
	if err != nil {
		return gate.Answer{}, err
	}
	answer, err := gate.JSON(issued)
	if issued.Waiting != nil {
		answer.Wait = wait
	}
	return answer, err
}

// patience is for how long an answer that has nothing to tell may wait for something.
func patience(c *gate.Call) (time.Duration, error) {
	text := c.Query.Get("wait")
	if text == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 {
		return 0, gate.Refuse(link.CodeBadRequest)
	}
	return min(wait, link.WaitMost), nil
}

func signIns(c *gate.Call) (gate.Answer, error) { return gate.JSON(c.SignIns()) }

func beginSignIn(c *gate.Call) (gate.Answer, error) {
	var ask link.SignInRequest
	if err := c.Read(&ask); err != nil {
		return gate.Answer{}, err
	}
	begun, err := c.BeginSignIn(ask)
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(begun)
}

func renew(c *gate.Call) (gate.Answer, error) {
	issued, err := c.Renew()
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(issued)
}

// changes takes after, the cursor, what the device has of statements, erasure orders and revocations, and wait,
// for how long an answer that has nothing to tell may wait for something.
func changes(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "after", "statement", "erasures", "revocations", "log", "wait"); err != nil {
		return gate.Answer{}, err
	}
	var had link.Had
	for name, n := range map[string]*uint64{"statement": &had.Statement, "erasures": &had.Erasures, "revocations": &had.Revocations} {
		text := c.Query.Get(name)
		if text == "" {
			continue
		}
		var err error
		if *n, err = strconv.ParseUint(text, 10, 63); err != nil {
			return gate.Answer{}, gate.Refuse(link.CodeBadRequest)
		}
	}
	var err error
	if had.Log, err = sizes(c.Query.Get("log")); err != nil {
		return gate.Answer{}, err
	}
	wait, err := patience(c)
	if err != nil {
		return gate.Answer{}, err
	}
	page, err := c.Changes(c.Query.Get("after"), had)
	if err != nil {
		return gate.Answer{}, err
	}
	answer, err := gate.JSON(page)
	if page.Empty() {
		answer.Wait = wait
	}
	return answer, err
}

func takeJournal(c *gate.Call) (gate.Answer, error) {
	receipt, err := c.TakeJournal(c.Body)
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.Signed(receipt), nil
}

func takeSegment(c *gate.Call) (gate.Answer, error) {
	receipt, err := c.TakeSegment(c.Body)
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.Signed(receipt), nil
}

func takeMade(c *gate.Call) (gate.Answer, error) {
	handed, err := c.TakeMade()
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(handed)
}

func takeChunk(c *gate.Call) (gate.Answer, error) {
	handed, err := c.TakeChunk()
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(handed)
}

func chunk(c *gate.Call) (gate.Answer, error) {
	cipher, err := c.Chunk()
	return gate.Answer{Type: typeBytes, Body: cipher, Ranged: true}, err
}

func readLog(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "subject", "record", "person", "device", "assignment", "unit", "kind", "day", "to", "after", "limit"); err != nil {
		return gate.Answer{}, err
	}
	f := link.LogFilter{
		Subject: journal.SubjectID(c.Query.Get("subject")), Record: journal.RecordID(c.Query.Get("record")), Person: c.Query.Get("person"),
		Device: identity.DeviceID(c.Query.Get("device")), Assignment: journal.AssignmentID(c.Query.Get("assignment")),
		Unit: identity.UnitID(c.Query.Get("unit")), Kind: journal.Kind(c.Query.Get("kind")), Day: c.Query.Get("day"), To: c.Query.Get("to"), After: c.Query.Get("after"),
	}
	var err error
	if f.Limit, err = limit(c); err != nil {
		return gate.Answer{}, err
	}
	page, err := c.Log(f)
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(page)
}

// exportLog takes after, the cursor, and format.
func exportLog(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "after", "format"); err != nil {
		return gate.Answer{}, err
	}
	format, err := feed.ParseFormat(c.Query.Get("format"))
	if err != nil {
		return gate.Answer{}, gate.Refuse(link.CodeBadRequest)
	}
	page, err := c.ExportLog(c.Query.Get("after"))
	if err != nil {
		return gate.Answer{}, err
	}
	lines, err := format.WriteAll(page, c.Org())
	return gate.Answer{Type: typeLines, Body: lines}, err
}

// limit is how many rows are asked for, 0 where nothing is said.
func limit(c *gate.Call) (int, error) {
	text := c.Query.Get("limit")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return 0, gate.Refuse(link.CodeBadRequest)
	}
	return n, nil
}

// only refuses a query with names that the route does not know, or with one twice: a filter
// with a slip in it would show more than was asked for.
func only(c *gate.Call, names ...string) error {
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	for name, values := range c.Query {
		if !known[name] || len(values) != 1 {
			return gate.Refuse(link.CodeBadRequest)
		}
	}
	return nil
}
