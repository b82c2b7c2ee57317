package testnet_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/app/agent"
	"handslag/identity/qr"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// flip turns one bit in the middle of a text's letters or a message's bytes.
func flip(data []byte) []byte {
	out := bytes.Clone(data)
	out[len(out)/2] ^= 1
	return out
}

// flipLate turns one near the end.
func flipLate(data []byte) []byte {
	out := bytes.Clone(data)
	out[len(out)*3/4] ^= 1
	return out
}

// Whatever an answer is made into on its way, the device says so, takes nothing of it, and
// loses nothing.
func TestBadAnswersAreRefusedAndLoseNothing(t *testing.T) {
	w := newTown(t)
	tamperer, err := w.Tamper()
	w.must(err)
	defer tamperer.Close()
	half := func(b []byte) []byte { return b[:len(b)/2] }
	huge := func(b []byte) []byte { return append(bytes.Clone(b), make([]byte, 25<<20)...) }
	none := func([]byte) []byte { return nil }
	trailing := func(b []byte) []byte { return append(bytes.Clone(b), 0) }
	foreign := func([]byte) []byte { return []byte("<html>Logga in på gästnätet</html>") }
	for _, path := range []string{link.PathJournal, link.PathCredential, link.PathChanges} {
		for sentence, change := range map[string]func([]byte) []byte{
			"truncated": half, "oversized": huge, "empty": none, "with something behind it": trailing, "somebody else's": foreign, "with a bit flipped": flip, "with a bit flipped late": flipLate,
		} {
			if sentence == "with something behind it" && path != link.PathJournal {
				continue // JSON may end in blanks; what stands in it is signed
			}
			t.Run(path+" "+sentence, func(t *testing.T) {
				w.do(w.anna, "open", "r-7m2q9d4xkv", "-reason", path+" "+sentence) // something to hand in
				before := w.me(w.anna)
				asked := 0
				tamperer.Change(path, func(b []byte) []byte { asked++; return change(b) })
				_, err := w.anna.Do(w.ctx, "sync")
				tamperer.Change(path, nil)
				if asked == 0 {
					t.Fatal("the answer was not changed: nothing is tested")
				}
				if strings.HasPrefix(sentence, "with a bit flipped") && path == link.PathChanges && err == nil {
					return // the bit stood where nothing is said, such as in a name that JSON ignores
				}
				w.isRefusal(err, agent.BadAnswer, agent.SignatureBad, agent.ServerAway, agent.StatementForged)
				if path == link.PathJournal && w.me(w.anna).Waiting < before.Waiting {
					t.Error("something was taken as received")
				}
				w.do(w.anna, "sync")
				if n := w.me(w.anna).Waiting; n != 0 {
					t.Errorf("%d entries wait after the next whole sync", n)
				}
			})
		}
	}
	rows := w.page("-record", "r-7m2q9d4xkv", "-person", "anna.lind").Rows
	opened := map[string]int{}
	for _, r := range rows {
		if r.Kind == journal.RecordOpened {
			opened[r.Reason]++
		}
	}
	for reason, times := range opened {
		if times != 1 {
			t.Errorf("%q stands %d times in the log", reason, times)
		}
	}
	if len(opened) < 15 {
		t.Errorf("%d openings in the log", len(opened))
	}
	w.intact()
}

// A call that was seen by others is worth nothing a second time, or changed.
func TestACallCountsOnce(t *testing.T) {
	w := newTown(t)
	tamperer, err := w.Tamper()
	w.must(err)
	defer tamperer.Close()
	w.do(w.anna, "log", "-person", "bo.ek")
	calls := tamperer.Calls()
	seen := calls[len(calls)-1]
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	for sentence, c := range map[string]struct {
		query, header string
		code          link.Code
	}{
		"again":                   {seen.Query, seen.Authorization, link.CodeReplayed},
		"about somebody else":     {"person=anna.lind", seen.Authorization, link.CodeBadProof},
		"without its proof":       {seen.Query, "", link.CodeNoProof},
		"with half a proof":       {seen.Query, seen.Authorization[:len(seen.Authorization)/2], link.CodeBadProof},
		"with a bearer's promise": {seen.Query, "Bearer anna.lind", link.CodeBadProof},
	} {
		request, err := http.NewRequest(seen.Method, "https://"+tamperer.Address+seen.Path+"?"+c.query, bytes.NewReader(seen.Body))
		w.must(err)
		if c.header != "" {
			request.Header.Set("Authorization", c.header)
		}
		answer, err := client.Do(request)
		w.must(err)
		var problem link.Problem
		if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil || problem.Code != c.code || answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d %s, not %s", sentence, answer.StatusCode, problem.Code, c.code)
		}
		answer.Body.Close()
	}
	w.intact()
}

// A batch that is not one is refused and changes nothing; one whose entries were touched or
// left out is stored and shown.
func TestBadBatches(t *testing.T) {
	w := newTown(t)
	w.do(w.bo, "open", w.firstRecord(w.bo), "-reason", "ett")
	w.do(w.bo, "open", w.firstRecord(w.bo), "-reason", "två")
	w.must(w.bo.Close(w.ctx))
	loot, err := w.bo.Steal()
	w.must(err)
	defer func() {
		if loot != nil {
			w.must(loot.Close())
		}
	}()
	batch, err := loot.Batch()
	w.must(err)
	whole, err := batch.Encode()
	w.must(err)
	newer := bytes.Replace(whole, []byte{0x01, 0x01, 0x02}, []byte{0x01, 0x02, 0x02}, 1) // version 2
	for sentence, data := range map[string][]byte{
		"nothing": {}, "truncated": whole[:len(whole)-1], "with something behind it": append(bytes.Clone(whole), 0),
		"non-canonical": append([]byte{0xb8, whole[0] & 0x1f}, whole[1:]...), "oversized": make([]byte, journal.BatchLimit+1),
		"of an unknown version": newer, "no CBOR": []byte(`{"entries":[]}`), "endless": bytes.Repeat([]byte{0x9f}, 1000),
	} {
		before := w.intact()
		_, err := loot.HandIn(w.ctx, data)
		var refused *link.Problem
		if !errors.As(err, &refused) || refused.Code != link.CodeBadRequest && refused.Code != link.CodeTooLarge {
			t.Errorf("a batch %s: %v", sentence, err)
		}
		if after := w.intact(); after.Findings != before.Findings || after.Held != before.Held {
			t.Errorf("a batch %s left something behind", sentence)
		}
	}

	// An entry is left out: what comes behind it is held, and the gap is shown until it has come.
	gap := batch
	gap.Items = append(append([]journal.Item(nil), batch.Items[:1]...), batch.Items[2:]...)
	data, err := gap.Encode()
	w.must(err)
	receipt, err := loot.HandIn(w.ctx, data)
	w.must(err)
	last := receipt.Ranges[len(receipt.Ranges)-1].To
	if want := loot.Journal.Chain().Last - uint64(len(batch.Items)) + 1; last != want {
		t.Errorf("the receipt covers up to %d, not %d", last, want)
	}
	if !w.found("gap", true) {
		t.Error("the gap is not shown")
	}
	if v := w.intact(); v.Held == 0 {
		t.Error("what stands behind the gap is not held")
	}
	if _, err := loot.HandIn(w.ctx, whole); err != nil {
		t.Error(err)
	}
	if w.found("gap", true) || !w.found("gap", false) {
		t.Error("the gap does not close")
	}

	// A flipped bit in an entry: it is no entry of the device's, and the device is not blamed for it.
	touched := batch
	touched.Items = append([]journal.Item(nil), batch.Items...)
	touched.Items[0].Entry = flip(touched.Items[0].Entry)
	data, err = touched.Encode()
	w.must(err)
	if _, err := loot.HandIn(w.ctx, data); err == nil && !w.found("bad_signature", true) && !w.found("bad_signature", false) {
		t.Error("an entry that nobody signed leaves no finding")
	}
	w.must(loot.Close())
	loot = nil
	w.do(w.bo, "sync")
	if n := w.me(w.bo).Waiting; n != 0 {
		t.Errorf("%d entries wait", n)
	}
	w.intact()
}

func (w *town) found(code string, open bool) bool {
	w.Helper()
	for _, f := range w.page().Found {
		if f.Code == code && f.Open == open {
			return true
		}
	}
	return false
}

// Pictures that are not the other's code each have their own words, and no device is called.
func TestBadCodes(t *testing.T) {
	w := newTown(t)
	dir := t.TempDir()
	draw := func(name, text string) string {
		code, err := qr.Draw(text)
		w.must(err)
		path := filepath.Join(dir, name+".png")
		w.must(qr.WritePicture(path, code))
		return path
	}
	letter, err := qr.EncodeOrg(string(w.Org))
	w.must(err)
	short, err := qr.Encode([]byte{1, 2, 3})
	w.must(err)
	m, err := w.Show(w.ctx, w.bo)
	w.must(err)
	picture, err := os.ReadFile(m.Picture())
	w.must(err)
	decoded, err := png.Decode(bytes.NewReader(picture))
	w.must(err)
	text, err := qr.Read(decoded)
	w.must(err)
	payload, err := qr.Decode(text)
	w.must(err)
	again := func(change func([]byte)) string {
		p := bytes.Clone(payload)
		change(p)
		text, err := qr.Encode(p)
		w.must(err)
		return text
	}
	half := filepath.Join(dir, "half.png")
	w.must(os.WriteFile(half, picture[:len(picture)/2], 0o600))
	blank := filepath.Join(dir, "blank.png")
	w.must(os.WriteFile(blank, []byte("ingen bild"), 0o600))
	for _, c := range []struct {
		sentence, picture string
		codes             []agent.Code
	}{
		{"half a picture", half, []agent.Code{agent.PictureUnreadable}},
		{"no picture", blank, []agent.Code{agent.PictureUnreadable}},
		{"the letter's code", draw("letter", letter), []agent.Code{agent.NotACode}},
		{"somebody's advertisement", draw("ad", "HTTPS://EXAMPLE.COM"), []agent.Code{agent.NotACode}},
		{"a code of a later program", draw("newer", "HS9:"+text[4:]), []agent.Code{agent.CodeTooNew}},
		{"a code with too little in it", draw("short", short), []agent.Code{agent.CodeDamaged, agent.NotACode}},
		{"a code that is cut off", draw("cut", again(func(p []byte) {})[:100]), []agent.Code{agent.CodeDamaged}},
		{"a code of another organisation", draw("other", again(func(p []byte) { p[2] ^= 0xff })), []agent.Code{agent.VerWrongOrg, agent.CodeDamaged, agent.CodeTooNew, agent.NotACode}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			w := &town{T: t, Net: w.Net, ctx: w.ctx}
			w.refused(w.Person("anna", ""), []string{"verify", "-scan", c.picture}, c.codes...)
		})
	}
	// The real one still works after all of that.
	digits, err := m.Read(w.ctx, w.anna)
	w.must(err)
	w.must(m.Type(w.ctx, digits))
	w.must(m.End(w.ctx, w.anna))
}
