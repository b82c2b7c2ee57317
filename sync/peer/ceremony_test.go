package peer

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
)

func TestTwoColleaguesVerifyEachOther(t *testing.T) {
	st := newStage(t)
	st.play()
	want := map[*player][]State{
		st.d: {Offering, Claimed, Identified, Confirm, IsVerified},
		st.s: {Claimed, Identified, Confirm, IsVerified},
	}
	for p, states := range want {
		if !slices.Equal(p.states, states) || len(p.finals) != 0 || p.entries != 1 || !p.met {
			t.Errorf("%s went through %v, ended %v, wrote %d entries", p.name, p.states, p.finals, p.entries)
		}
	}
	if !bytes.Equal(st.s.machine.meeting.Transcript, st.d.machine.meeting.Transcript) {
		t.Error("the two ends signed different transcripts")
	}
	if st.s.machine.meeting.Peer.Device() != st.d.device.credential.Device() || st.d.machine.meeting.Peer.Device() != st.s.device.credential.Device() {
		t.Error("an end met another device than the one that was there")
	}
}

// TestEveryFailureHasItsName is the table of how a verification fails: what happens, and why
// each end says that it ended ("" where it goes on or never began).
func TestEveryFailureHasItsName(t *testing.T) {
	sentences := []struct {
		name string
		play func(t *testing.T) *stage
		s, d Reason
	}{
		{"nobody reads the code within two minutes", func(t *testing.T) *stage {
			st := newStage(t)
			st.tell(st.d, started{})
			st.pass(120 * time.Second)
			return st
		}, "", Expired},
		{"D does not answer a claim within 15 s", func(t *testing.T) *stage {
			st := newStage(t)
			st.tell(st.s, started{})
			st.wire = nil
			st.pass(15 * time.Second)
			return st
		}, Expired, ""},
		{"S claims and says no more for 15 s", func(t *testing.T) *stage {
			st := newStage(t)
			st.tell(st.d, started{})
			st.tell(st.s, started{})
			st.next()
			st.wire = nil
			st.now = st.now.Add(15 * time.Second)
			st.tell(st.d, ticked{})
			st.deliverAll()
			return st
		}, Expired, Expired},
		{"the digits are not typed within a minute", func(t *testing.T) *stage {
			st := newStage(t)
			st.open()
			st.now = st.now.Add(time.Minute)
			st.tell(st.d, typed{st.s.digits})
			st.deliverAll()
			return st
		}, Expired, Expired},
		{"S does not reach the address", func(t *testing.T) *stage {
			st := newStage(t)
			st.s.machine.state, st.s.machine.deadline = Claimed, st.now.Add(time.Minute)
			st.tell(st.s, unreachable{})
			return st
		}, Unreachable, ""},
		{"S belongs to another organisation and sees it in the code", func(t *testing.T) *stage {
			a, b := newOrganisation(t, 1), newOrganisation(t, 9)
			st := stageOf(t, b.enrol("anna"), a.enrol("bo"), a.enrol("m"))
			st.play()
			return st
		}, WrongOrg, ""},
		{"S shows a credential of another organisation", func(t *testing.T) *stage {
			st := newStage(t)
			st.s.machine.self.raw = newOrganisation(t, 9).enrol("anna").raw
			st.play()
			return st
		}, PeerAbort, WrongOrg},
		{"S shows a credential that it signed itself", func(t *testing.T) *stage {
			st := newStage(t)
			forger := st.s.device.org
			forger.key, _ = signed.PrivateKeyFromSeed(bytes.Repeat([]byte{77}, 32))
			st.s.machine.self.raw = forger.issue(st.s.device.keys, st.s.device.credential).raw
			st.play()
			return st
		}, PeerAbort, WrongOrg},
		{"D shows a credential that it signed itself", func(t *testing.T) *stage {
			st := newStage(t)
			forger := st.d.device.org
			forger.key, _ = signed.PrivateKeyFromSeed(bytes.Repeat([]byte{77}, 32))
			st.d.machine.self.raw = forger.issue(st.d.device.keys, st.d.device.credential).raw
			st.play()
			return st
		}, WrongOrg, PeerAbort},
		{"S shows a credential for another transport key than it connects with", func(t *testing.T) *stage {
			st := newStage(t)
			st.s.machine.self.raw = st.s.device.org.enrol("carl").raw
			st.play()
			return st
		}, PeerAbort, KeyMismatch},
		{"D shows a credential for another transport key than the code's", func(t *testing.T) *stage {
			st := newStage(t)
			st.d.machine.self.raw = st.d.device.org.enrol("carl").raw
			st.play()
			return st
		}, KeyMismatch, PeerAbort},
		{"S speaks for a colleague's device, whose signatures it can get, from a device of its own", func(t *testing.T) *stage {
			st := newStage(t)
			carl := st.s.device.org.enrol("carl")
			st.s.machine.self.raw, st.s.machine.self.signWith = carl.raw, carl.keys.Sign
			st.play()
			return st
		}, PeerAbort, KeyMismatch},
		{"D does the same", func(t *testing.T) *stage {
			st := newStage(t)
			carl := st.d.device.org.enrol("carl")
			st.d.machine.self.raw, st.d.machine.self.signWith = carl.raw, carl.keys.Sign
			st.play()
			return st
		}, KeyMismatch, PeerAbort},
		{"S shows D its own credential back", func(t *testing.T) *stage {
			st := newStage(t)
			st.s.machine.self.raw = st.d.device.raw
			st.play()
			return st
		}, PeerAbort, KeyMismatch},
		{"S shows a second credential of D's own device", func(t *testing.T) *stage {
			org := newOrganisation(t, 1)
			d, s := org.enrol("bo"), org.enrol("bo")
			s.credential.Keys.Signing = d.keys.Public().Signing
			st := stageOf(t, org.issue(s.keys, s.credential), d, org.enrol("m"))
			st.s.machine.self.signWith = d.keys.Sign
			st.play()
			return st
		}, PeerAbort, KeyMismatch},
		{"another key than the code's is at the address", func(t *testing.T) *stage {
			st := newStage(t)
			st.s.remote = st.m.device.peer()
			st.tell(st.s, started{})
			return st
		}, KeyMismatch, ""},
		{"D changes its nonce after it has seen S's", func(t *testing.T) *stage {
			st := newStage(t)
			st.d.machine.nonce = random(nonceSize)
			st.play()
			return st
		}, CommitBad, PeerAbort},
		{"a colleague who photographed the code claims it as well", func(t *testing.T) *stage {
			st := newStage(t)
			st.open()
			st.tell(st.m, started{})
			st.deliverAll()
			return st
		}, PeerAbort, SecondClaim},
		{"S claims twice", func(t *testing.T) *stage {
			st := newStage(t)
			st.tell(st.d, started{})
			st.tell(st.s, started{})
			st.wire = append(st.wire, st.wire[0])
			st.deliverAll()
			return st
		}, PeerAbort, SecondClaim},
		{"the code is typed wrong three times", func(t *testing.T) *stage {
			st := newStage(t)
			st.open()
			for range 3 {
				st.tell(st.d, typed{st.wrong()})
			}
			st.tell(st.d, typed{st.s.digits})
			st.deliverAll()
			return st
		}, PeerAbort, CodeWrong},
		{"S is on D's revocation list", func(t *testing.T) *stage {
			st := newStage(t)
			st.d.machine.self.revoked = func(id identity.DeviceID, _ uint64) bool { return id == st.s.device.credential.Device() }
			st.play()
			return st
		}, PeerAbort, Revoked},
		{"D is on S's revocation list", func(t *testing.T) *stage {
			st := newStage(t)
			st.s.machine.self.revoked = func(id identity.DeviceID, epoch uint64) bool {
				return id == st.d.device.credential.Device() && epoch == 1
			}
			st.play()
			return st
		}, Revoked, PeerAbort},
		{"S's credential has expired by D's trusted time", func(t *testing.T) *stage {
			st := newStage(t)
			st.d.machine.self.credential.Expires = noon.Add(1000 * time.Hour)
			st.d.machine.self.now = func() signed.Time { return noon.Add(25 * time.Hour) }
			st.play()
			return st
		}, PeerAbort, CredExpired},
		{"D's credential has expired by S's trusted time", func(t *testing.T) *stage {
			st := newStage(t)
			st.s.machine.self.credential.Expires = noon.Add(1000 * time.Hour)
			st.s.machine.self.now = func() signed.Time { return noon.Add(25 * time.Hour) }
			st.play()
			return st
		}, CredExpired, PeerAbort},
		{"a device whose own credential has expired does not begin", func(t *testing.T) *stage {
			st := newStage(t)
			st.d.machine.self.now = func() signed.Time { return noon.Add(25 * time.Hour) }
			st.tell(st.d, started{})
			return st
		}, "", CredExpired},
		{"S signs with another key than its credential's", func(t *testing.T) *stage {
			st := newStage(t)
			st.s.machine.self.signWith = st.m.device.keys.Sign
			st.play()
			return st
		}, PeerAbort, KeyMismatch},
		{"D signs with another key than its credential's", func(t *testing.T) *stage {
			st := newStage(t)
			st.d.machine.self.signWith = st.m.device.keys.Sign
			st.play()
			return st
		}, KeyMismatch, PeerAbort},
		{"the warning about a clock is taken out on the way", func(t *testing.T) *stage {
			st := newStage(t)
			st.d.machine.self.suspect = true
			st.tamper = func(_ *player, body any) any {
				if a, ok := body.(*answer); ok {
					a.Suspect = false
				}
				return body
			}
			st.play()
			return st
		}, PeerAbort, KeyMismatch},
		{"D's journal does not take the entry", func(t *testing.T) *stage {
			st := newStage(t)
			st.d.refusing = true
			st.play()
			return st
		}, PeerAbort, EntryFailed},
		{"S's journal does not take the entry", func(t *testing.T) *stage {
			st := newStage(t)
			st.s.refusing = true
			st.play()
			return st
		}, EntryFailed, PeerAbort},
		{"D answers with something else", func(t *testing.T) *stage {
			st := newStage(t)
			st.tamper = func(from *player, body any) any {
				if _, ok := body.(*answer); ok {
					return []byte("GET / HTTP/1.1")
				}
				return body
			}
			st.play()
			return st
		}, BadAnswer, PeerAbort},
		{"D sends its signature before the code was typed", func(t *testing.T) *stage {
			st := newStage(t)
			st.tamper = func(_ *player, body any) any {
				if _, ok := body.(*answer); ok {
					return signature{Proof: []byte("early")}
				}
				return body
			}
			st.play()
			return st
		}, BadAnswer, PeerAbort},
		{"S says that it is done before D has the evidence", func(t *testing.T) *stage {
			st := newStage(t)
			st.tamper = func(_ *player, body any) any {
				if _, ok := body.(*signature); ok {
					return done{Entry: true}
				}
				return body
			}
			st.play()
			return st
		}, PeerAbort, BadAnswer},
		{"S claims in the form of two cameras, which D does not have", func(t *testing.T) *stage {
			st := newStage(t)
			st.tamper = func(_ *player, body any) any {
				if c, ok := body.(*claim); ok {
					c.Form = TwoCameras
				}
				return body
			}
			st.play()
			st.pass(time.Minute)
			return st
		}, Expired, ""},
	}
	for _, s := range sentences {
		t.Run(s.name, func(t *testing.T) {
			st := s.play(t)
			if st.s.reason() != s.s || st.d.reason() != s.d {
				t.Errorf("S says %q, want %q; D says %q, want %q", st.s.reason(), s.s, st.d.reason(), s.d)
			}
			for _, p := range []*player{st.s, st.d} {
				if len(p.finals) > 1 {
					t.Errorf("%s ended %d times: %v", p.name, len(p.finals), p.finals)
				}
				if verifiedAt(p) {
					t.Errorf("%s is verified", p.name)
				}
			}
		})
	}
}

func TestWhatDoesNotDisturbAVerification(t *testing.T) {
	sentences := map[string]func(st *stage){
		"a stranger without the secret knocks": func(st *stage) {
			other, _ := st.d.device.offers()
			knock, _ := newScanner(st.m.device.self(), designTiming(), other, random(nonceSize), false)
			knock.expected = st.d.device.peer()
			knock.step(st.now, started{})
			effects := knock.step(st.now, connected{1, st.d.device.peer()})
			st.tell(st.d, started{})
			st.tell(st.d, received{2, st.m.device.peer(), effects[0].(send).data})
			st.tell(st.d, received{3, st.m.device.peer(), []byte("junk")})
			st.play()
			if !slices.Equal(st.d.dropped, []int{2, 3}) {
				st.t.Errorf("D refused %v, want the stranger's two", st.d.dropped)
			}
		},
		"a claim is replayed from another connection": func(st *stage) {
			st.tell(st.d, started{})
			st.tell(st.s, started{})
			stolen := st.wire[0].data
			st.tell(st.d, received{2, st.m.device.peer(), stolen})
			st.deliverAll()
			st.tell(st.d, received{2, st.m.device.peer(), stolen})
			st.tell(st.d, typed{st.s.digits})
			st.deliverAll()
		},
		"the code is typed right at the third try, with a space": func(st *stage) {
			st.open()
			st.tell(st.d, typed{st.wrong()})
			st.tell(st.d, typed{st.wrong()})
			st.tell(st.d, typed{st.s.digits[:3] + " " + st.s.digits[3:]})
			st.deliverAll()
		},
		"half a code is no try": func(st *stage) {
			st.open()
			for range 5 {
				st.tell(st.d, typed{st.s.digits[:5]})
			}
			st.tell(st.d, typed{st.s.digits})
			st.deliverAll()
		},
		"a second claim after it is verified": func(st *stage) {
			st.play()
			st.tell(st.m, started{})
			st.deliverAll()
			if !slices.Equal(st.d.dropped, []int{2}) {
				st.t.Errorf("D refused %v, want the second claim", st.d.dropped)
			}
		},
		"the connection goes after it is verified": func(st *stage) {
			st.play()
			st.tell(st.d, lost{1})
			st.tell(st.s, lost{1})
		},
	}
	for name, play := range sentences {
		t.Run(name, func(t *testing.T) {
			st := newStage(t)
			play(st)
			if st.s.machine.state != IsVerified || st.d.machine.state != IsVerified {
				t.Errorf("S is %s (%q), D is %s (%q)", st.s.machine.state, st.s.reason(), st.d.machine.state, st.d.reason())
			}
		})
	}
}

func TestOneWhoLeavesAtAnyStepIsSeenToLeave(t *testing.T) {
	left := 0
	for steps := range 8 {
		for _, leaves := range []string{"S aborts", "D aborts", "S is gone", "D is gone"} {
			st := newStage(t)
			st.tell(st.d, started{})
			st.tell(st.s, started{})
			for range steps {
				if !st.next() && st.s.digits != "" && st.d.machine.state == Confirm {
					st.tell(st.d, typed{st.s.digits})
				}
			}
			if st.d.machine.conn == 0 || st.s.entries == 1 && st.d.entries == 1 {
				continue // D knows nobody yet, or both have written that it is done
			}
			left++
			other := st.d
			switch leaves {
			case "S aborts":
				st.tell(st.s, cancelled{})
			case "D aborts":
				st.tell(st.d, cancelled{})
				other = st.s
			case "S is gone":
				st.wire = nil
				st.tell(st.d, lost{1})
			case "D is gone":
				st.wire = nil
				st.tell(st.s, lost{1})
				other = st.s
			}
			st.deliverAll()
			if leaves == "D aborts" && steps == 4 {
				// D's entry and its word of it were on the way before it left: S believes them, and
				// its session ends with the next message.
				if st.s.machine.state != IsClosed || st.d.reason() != Cancelled {
					t.Errorf("D left with its last word: S is %s", st.s.machine.state)
				}
				continue
			}
			if other.reason() != PeerAbort || len(other.finals) != 1 {
				t.Errorf("after %d steps %s: the other says %v", steps, leaves, other.finals)
			}
			if verifiedAt(st.s) || verifiedAt(st.d) {
				t.Errorf("after %d steps %s: verified", steps, leaves)
			}
		}
	}
	if left < 12 {
		t.Errorf("only %d times anybody left", left)
	}
}

func TestASessionEndsAfterAQuarterOfAnHour(t *testing.T) {
	st := newStage(t)
	st.play()
	st.pass(15*time.Minute - time.Second)
	if st.s.machine.state != IsVerified {
		t.Fatal("ended early")
	}
	st.pass(time.Second)
	for _, p := range []*player{st.s, st.d} {
		if p.machine.state != IsClosed || len(p.finals) != 0 {
			t.Errorf("%s is %s, failures %v", p.name, p.machine.state, p.finals)
		}
	}
}

func TestASuspectClockShowsOnTheOtherScreen(t *testing.T) {
	st := newStage(t)
	st.s.machine.self.suspect = true
	st.play()
	if !st.d.machine.meeting.PeerClockSuspect || st.s.machine.meeting.PeerClockSuspect {
		t.Error("the warning is not at D, or is at S")
	}
}
