package peer

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	"handslag/sync/peer/internal/message"
)

// forms are all of them, for stories that must hold in each.
var forms = []Form{TwoCameras, OneCamera, NoCamera}

// formStage is a stage with fresh colleagues.
func formStage(t tester, form Form) *stage {
	org := newOrganisation(t, 1)
	return stageIn(t, form, org.enrol("anna"), org.enrol("bo"), org.enrol("mallory"))
}

func TestEachFormAsksWhatItSaysAndVerifies(t *testing.T) {
	type screen struct{ digits, qr, asked bool }
	want := map[Form]struct{ s, d screen }{
		TwoCameras: {screen{qr: true}, screen{asked: true}},
		OneCamera:  {screen{digits: true}, screen{asked: true}},
		NoCamera:   {screen{digits: true, asked: true}, screen{digits: true, asked: true}},
	}
	for _, form := range forms {
		t.Run(form.Code(), func(t *testing.T) {
			st := formStage(t, form)
			st.open()
			for p, w := range map[*player]screen{st.s: want[form].s, st.d: want[form].d} {
				if got := (screen{p.digits != "", p.evidence != nil, p.asked > 0}); got != w {
					t.Errorf("%s's screen has %+v, want %+v", p.name, got, w)
				}
			}
			st.answer(st.s, st.d)
			st.answer(st.d, st.s)
			for _, p := range []*player{st.s, st.d} {
				if !verifiedAt(p) || p.entries != 1 || p.machine.meeting.Form != form {
					t.Errorf("%s is %s with %d entries, form %v, %v", p.name, p.machine.state, p.entries, p.machine.meeting.Form, p.finals)
				}
			}
			if form == NoCamera && st.s.digits == st.d.digits {
				t.Error("both screens show the same digits")
			}
		})
	}
}

func TestNobodyIsBelievedBeforeAllEvidenceIsIn(t *testing.T) {
	for _, form := range forms {
		st := formStage(t, form)
		st.open()
		st.pass(time.Second)
		if st.s.entries+st.d.entries != 0 {
			t.Errorf("%s: an entry stands though nobody has typed or scanned", form.Code())
		}
	}
	t.Run("no camera, only D has typed", func(t *testing.T) {
		st := formStage(t, NoCamera)
		st.open()
		st.answer(st.s, st.d)
		if st.s.entries != 0 || verifiedAt(st.d) {
			t.Error("S believes a signature without its own digits, or D went on without S")
		}
		st.answer(st.d, st.s)
		if !verifiedAt(st.s) || !verifiedAt(st.d) {
			t.Error("and does not when they are typed")
		}
	})
	t.Run("no camera, only S has typed", func(t *testing.T) {
		st := formStage(t, NoCamera)
		st.open()
		st.answer(st.d, st.s)
		if st.s.entries != 0 || st.d.entries != 0 {
			t.Error("S believes digits without D's signature")
		}
		st.answer(st.s, st.d)
		if !verifiedAt(st.s) || !verifiedAt(st.d) {
			t.Error("and does not when it comes")
		}
	})
}

// TestAColleagueInTheMiddle: the code that S reads is Mallory's, who meets S with one machine and
// D with another, each by all rules and with a credential of the organisation. The persons type and
// scan what the other's screen truly shows.
func TestAColleagueInTheMiddle(t *testing.T) {
	for _, form := range forms {
		t.Run(form.Code(), func(t *testing.T) {
			org := newOrganisation(t, 1)
			anna, bo, mallory, nobody := org.enrol("anna"), org.enrol("bo"), org.enrol("mallory"), org.enrol("nobody")
			left := stageIn(t, form, anna, mallory, nobody)
			right := stageIn(t, form, mallory, bo, nobody)
			left.open()
			right.open()
			left.answer(left.s, left.d) // Mallory answers her own machines right
			right.answer(right.d, right.s)
			for range Tries {
				if left.s.evidence != nil {
					right.tell(right.d, scanned{*left.s.evidence})
				} else {
					right.tell(right.d, typed{left.s.digits})
				}
				left.tell(left.s, typed{right.d.digits})
			}
			left.deliverAll()
			right.deliverAll()
			if right.d.reason() != CodeWrong || verifiedAt(right.d) || right.d.entries != 0 {
				t.Errorf("D is %s, %v", right.d.machine.state, right.d.finals)
			}
			if form == NoCamera && (left.s.reason() != CodeWrong || left.s.entries != 0) {
				t.Errorf("S, whose code came as a file, is %s, %v", left.s.machine.state, left.s.finals)
			}
		})
	}
}

func TestWhatIsWrongInAForm(t *testing.T) {
	sentences := []struct {
		name string
		form Form
		play func(st *stage)
		s, d Reason
	}{
		{"the second QR of another verification is scanned three times", TwoCameras, func(st *stage) {
			st.open()
			for range Tries {
				st.tell(st.d, scanned{Evidence{Session: st.s.evidence.Session}})
			}
			st.deliverAll()
		}, PeerAbort, CodeWrong},
		{"a second QR with the right hash and another session", TwoCameras, func(st *stage) {
			st.open()
			for range Tries {
				st.tell(st.d, scanned{Evidence{Transcript: st.s.evidence.Transcript}})
			}
			st.deliverAll()
		}, PeerAbort, CodeWrong},
		{"S types wrong digits three times", NoCamera, func(st *stage) {
			st.open()
			for range Tries {
				st.tell(st.s, typed{st.s.digits})
			}
			st.deliverAll()
		}, CodeWrong, PeerAbort},
		{"S claims, by all other rules, in a form that D does not offer", OneCamera, func(st *stage) {
			st.s.machine.form = TwoCameras
			st.open()
			st.pass(15 * time.Second)
		}, Expired, ""},
		{"D binds itself to another nonce than it answers with", NoCamera, func(st *stage) {
			st.tamper = func(from *player, body any) any {
				if a, ok := body.(*answer); ok {
					a.Nonce = random(nonceSize)
				}
				return body
			}
			st.play()
		}, CommitBad, PeerAbort},
		{"D binds itself twice", NoCamera, func(st *stage) {
			st.tell(st.d, started{})
			st.tell(st.s, started{})
			st.wire = append(st.wire, st.wire[0])
			st.deliverAll()
		}, BadAnswer, PeerAbort},
		{"D answers before it has bound itself", NoCamera, func(st *stage) {
			st.tell(st.d, started{})
			st.tell(st.s, started{})
			data, _ := message.Encode(answer{Nonce: st.d.machine.nonce, Credential: st.d.device.raw})
			st.wire = nil
			st.tell(st.s, received{1, st.s.remote, data})
		}, BadAnswer, ""},
		{"D binds itself where the code was scanned", OneCamera, func(st *stage) {
			st.tell(st.d, started{})
			st.tell(st.s, started{})
			commit := commitTo(st.d.machine.nonce)
			data, _ := message.Encode(commitment{Commit: commit[:]})
			st.tell(st.s, received{1, st.s.remote, data})
			st.wire = nil
		}, BadAnswer, ""},
		{"D never binds itself", NoCamera, func(st *stage) {
			st.tell(st.d, started{})
			st.tell(st.s, started{})
			st.wire = nil
			st.pass(15 * time.Second)
		}, Expired, ""},
		{"what S should type does not come within a minute", NoCamera, func(st *stage) {
			st.open()
			st.answer(st.s, st.d)
			st.now = st.now.Add(time.Minute)
			st.tell(st.s, typed{st.d.digits})
			st.deliverAll()
		}, Expired, PeerAbort},
	}
	for _, s := range sentences {
		t.Run(s.name, func(t *testing.T) {
			st := formStage(t, s.form)
			s.play(st)
			if st.s.reason() != s.s || st.d.reason() != s.d || verifiedAt(st.s) || verifiedAt(st.d) {
				t.Errorf("S says %q, want %q; D says %q, want %q", st.s.reason(), s.s, st.d.reason(), s.d)
			}
		})
	}
}

// In the form of two cameras six digits are no answer, and where digits are asked for a scan is none.
func TestAnswersOfAnotherFormAreNone(t *testing.T) {
	st := formStage(t, TwoCameras)
	st.open()
	for range Tries {
		st.tell(st.d, typed{codeOf(st.s.machine.hash, Scanner)})
	}
	one := formStage(t, OneCamera)
	one.open()
	for range Tries {
		one.tell(one.d, scanned{one.s.machine.evidenceOf()})
	}
	for _, p := range []*player{st.d, one.d} {
		if p.machine.state != Confirm || p.machine.wrong != 0 || p.entries != 0 {
			t.Errorf("D is %s after %d tries", p.machine.state, p.machine.wrong)
		}
	}
}

func TestAStrangerWhoAsksForTheCommitmentGetsNothingElse(t *testing.T) {
	st := formStage(t, NoCamera)
	st.tell(st.d, started{})
	for conn := 3; conn < 40; conn++ {
		st.tell(st.d, opened{conn})
	}
	for _, p := range st.wire {
		body, err := readVerify(p.data)
		commit := commitTo(st.d.machine.nonce)
		if c, ok := body.(*commitment); err != nil || !ok || !bytes.Equal(c.Commit, commit[:]) {
			t.Fatalf("a stranger got %T", body)
		}
	}
	st.wire = nil
	st.tell(st.s, started{})
	st.deliverAll()
	st.answer(st.s, st.d)
	st.answer(st.d, st.s)
	if !verifiedAt(st.s) || !verifiedAt(st.d) {
		t.Error("strangers disturbed it")
	}
	st.tell(st.d, opened{41})
	if !slices.Contains(st.d.dropped, 41) {
		t.Error("after the claim a stranger is still answered")
	}
}

func TestEvidenceReadsBack(t *testing.T) {
	e := Evidence{Session: [16]byte{1, 2, 3}, Transcript: [32]byte{4, 5, 6}}
	data := e.Encode()
	golden(t, "evidence.golden", [][2]string{{"payload", hex.EncodeToString(data)}})
	if back, err := ParseEvidence(data); err != nil || back != e {
		t.Errorf("%+v, %v", back, err)
	}
	offer, _ := sample().Encode()
	for what, c := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":             {nil, ErrOfferKind},
		"a first code":        {offer, ErrOfferKind},
		"an older program's":  {append([]byte{'E', 0}, data[2:]...), ErrOfferTooOld},
		"a newer program's":   {append([]byte{'E', 2}, data[2:]...), ErrOfferTooNew},
		"cut short":           {data[:40], ErrOffer},
		"with something more": {append(bytes.Clone(data), 0), ErrOfferTrailing},
	} {
		if _, err := ParseEvidence(c.data); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := ParseOffer(data); !errors.Is(err, ErrOfferKind) {
		t.Errorf("a second code taken for a first: %v", err)
	}
}

func FuzzEvidence(f *testing.F) {
	f.Add(Evidence{Session: [16]byte{9}}.Encode())
	f.Add([]byte("E"))
	f.Fuzz(func(t *testing.T, in []byte) {
		e, err := ParseEvidence(in)
		if err == nil && !bytes.Equal(e.Encode(), in) {
			t.Fatalf("%x reads back as %x", in, e.Encode())
		}
	})
}
