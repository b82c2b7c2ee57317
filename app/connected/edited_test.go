package connected_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/vault/journal"
)

// Each way in which a reviewer finds an entry, edited by somebody who has the database and puts right whatever else would
// give it away: connected verify says so, and for that reason alone.
func TestEachColumnByWhichEntriesAreFoundIsVerified(t *testing.T) {
	const opened, held = `kind = 'record.opened'`, `covered = 0 AND is_system = 0`
	column, tree := "a column does not hold", "another than the one that is kept"
	for what, c := range map[string]struct {
		edit string
		says string
	}{
		"nothing":                               {`UPDATE entries SET kind = kind`, ""},
		"its hash":                              {`UPDATE entries SET hash = ZEROS WHERE ` + held, column},
		"its kind":                              {`UPDATE entries SET kind = 'record.closed' WHERE ` + opened, column},
		"the credential's number":               {`UPDATE entries SET epoch = epoch + 1 WHERE ` + opened, column},
		"its earliest time":                     {`UPDATE entries SET not_before = not_before + 1 WHERE ` + opened, column},
		"when it came":                          {`UPDATE entries SET received_at = received_at + 1 WHERE ` + held, tree},
		"whom it is about":                      {`UPDATE entries SET subject = 's-maja' WHERE ` + opened, column},
		"its record":                            {`UPDATE entries SET record_id = 'r-maja' WHERE ` + opened, column},
		"its assignment":                        {`UPDATE entries SET assignment_id = '' WHERE ` + opened, column},
		"the other device":                      {`UPDATE entries SET peer = '' WHERE ` + opened, column},
		"what makes two halves one":             {`UPDATE entries SET pair = ZEROS WHERE ` + opened, column},
		"who did it":                            {`UPDATE entries SET person_id = (SELECT id FROM users WHERE username = 'carl.ask') WHERE ` + opened, column},
		"nobody did it":                         {`UPDATE entries SET person_id = '' WHERE ` + opened, column},
		"that it is the system's own":           {`UPDATE entries SET is_system = 1 WHERE ` + opened, column},
		"that it is not":                        {`UPDATE entries SET is_system = 0 WHERE kind = 'system.record_sent'`, column},
		"whom the system's own is about":        {`UPDATE entries SET person_id = '' WHERE kind = 'system.record_sent'`, column},
		"where they served":                     {`UPDATE entries SET unit_set = 0 WHERE ` + opened, column},
		"where they served, as another":         {`UPDATE entries SET unit_set = (SELECT MIN(id) FROM unit_sets WHERE unit_id = 'sodra') WHERE ` + opened, column},
		"where the caller served":               {`UPDATE entries SET unit_set = 7 WHERE kind = 'system.record_sent'`, column},
		"which units they are":                  {`DELETE FROM unit_sets WHERE unit_id = 'norra'`, column},
		"which units they are, with one more":   {`INSERT INTO unit_sets (id, unit_id) SELECT id, 'sodra' FROM unit_sets WHERE unit_id = 'norra'`, "are no set"},
		"under which days it is found":          {`DELETE FROM late`, "not found under a day"},
		"under one of them":                     {`DELETE FROM late WHERE day = (SELECT MIN(day) FROM late)`, "not found under a day"},
		"which of them are":                     {`UPDATE late SET first = first + 1`, "not found under a day"},
		"when they came":                        {`UPDATE late SET received_at = received_at - 1`, "not found under a day"},
		"whose they are":                        {`UPDATE late SET person_id = ''`, "not found under a day"},
		"in which hour it came":                 {`DELETE FROM hours WHERE hour = (SELECT MAX(hour) FROM hours)`, "not found under its day"},
		"from where an hour goes":               {`UPDATE hours SET first = first + 1 WHERE hour = (SELECT MAX(hour) FROM hours)`, "not the entries that came in hour"},
		"to where an hour goes":                 {`UPDATE hours SET last = last - 1 WHERE hour = (SELECT MIN(hour) FROM hours)`, "not the entries that came in hour"},
		"an hour in which nothing came":         {`INSERT INTO hours (hour, first, last) VALUES (7, 1, 1)`, "not the entries that came in hour"},
		"its number":                            {`UPDATE entries SET seq = 9 WHERE ` + held, column},
		"that it is a device's":                 {`UPDATE entries SET is_system = 1 WHERE kind = 'record.closed'`, column},
		"its number, and where it stood is one": {`UPDATE entries SET generation = 7 WHERE ` + held, column},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t, live)
			bo := h.enrolled("bo.ek")
			carl := h.enrolled("carl.ask") // whose unit there is
			who := must[identity.Credential](t)(identity.OpenCredential(bo.credential, h.statement.Org(), h.statement.Issuing))
			bo.changes("")
			first := bo.say(journal.Entry{Kind: journal.RecordOpened, Subject: "s-maj", Record: "r-maj", Assignment: "W-2002", Peer: carl.keys.Device(), Pair: bytes.Repeat([]byte{7}, 32)}, nil)
			second := bo.say(journal.Entry{Kind: journal.RecordClosed, Subject: "s-maj", Person: who.Person.ID}, nil)
			bo.items(1) // never handed in
			ahead := bo.items(1)
			h.clock.pass(48 * time.Hour)
			bo.hands(bo.batch(first, second, ahead[0]))
			h.sound()
			h.sql(strings.ReplaceAll(c.edit, "ZEROS", h.zeros(32)))
			says := strings.Join(must[gate.Verification](t)(h.gate.VerifyAll(context.Background())).Problems, "\n")
			if (says == "") != (c.says == "") || !strings.Contains(says, c.says) {
				t.Errorf("verify says %q", says)
			}
		})
	}
}

// Who has the database puts right what would give the deed away; what can not be put right gives it away, each by itself.
func TestATracelessDeedLeavesOneTrace(t *testing.T) {
	for what, c := range map[string]struct {
		edit   []string
		remade bool // the tree, its numbers and the chains' ends are made to fit
		says   string
	}{
		"the newest is moved on, and its hour": {[]string{`UPDATE entries SET id = id + 1 WHERE id = (SELECT MAX(id) FROM entries)`,
			`UPDATE hours SET last = last + 1 WHERE hour = (SELECT MAX(hour) FROM hours)`}, false, "entries are missing before it"},
		"the end of a chain":                            {[]string{`UPDATE chains SET head = ZEROS`}, false, "receipts were given"},
		"a held entry is taken out, and the count left": {[]string{`DELETE FROM entries WHERE covered = 0 AND is_system = 0`, `DELETE FROM findings`, `DELETE FROM cosignatures`}, true, "were stored"},
		"a journal's credential goes, and its chain":    {[]string{`DELETE FROM credentials WHERE device_id = BO`, `DELETE FROM chains WHERE device_id = BO`}, false, "no credential of its device holds"},
		"a held entry is made to follow":                {[]string{`UPDATE entries SET covered = 1 WHERE covered = 0 AND is_system = 0`}, true, "does not follow"},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t, live)
			bo := h.enrolled("bo.ek")
			items := bo.items(3)
			bo.hands(bo.batch(items[0], items[2]))
			h.sound()
			count := h.number(`SELECT value FROM counters WHERE name = 'entries'`)
			fill := strings.NewReplacer("ZEROS", h.zeros(32), "BO", "'"+string(bo.keys.Device())+"'")
			for _, edit := range c.edit {
				h.try(fill.Replace(edit))
			}
			if c.remade {
				h.remakesTree()
			}
			if strings.Contains(c.says, "stored") {
				h.try(`UPDATE counters SET value = ` + count + ` WHERE name = 'entries'`)
			}
			problems := must[gate.Verification](t)(h.gate.VerifyAll(context.Background())).Problems
			if !strings.Contains(strings.Join(problems, "\n"), c.says) {
				t.Errorf("verify says %q", problems)
			}
		})
	}
}
