package peer

import (
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"handslag/sync/peer/internal/message"
)

// player is one end of a verification on the stage: the machine, its person and journal.
type player struct {
	name    string
	device  *device
	machine *ceremony
	remote  peer.ID // whom this end's connection proves to be there
	conn    int     // D's number for this player's connection

	states   []State
	digits   string    // on the screen
	evidence *Evidence // the second QR on the screen
	asked    int       // how often the digits were asked for
	met      bool
	entries  int
	finals   []ended
	dropped  []int
	refusing bool // its journal takes nothing
}

func (p *player) reason() Reason {
	if len(p.finals) == 0 {
		return ""
	}
	return p.finals[len(p.finals)-1].reason
}

// stage plays verifications without a network: what one machine sends waits on the wire
// until it is delivered, and time passes when the test says so.
type stage struct {
	t       tester
	now     time.Time
	s, d, m *player // m is a colleague who photographed the code
	offer   Payload
	file    bool // the code came to S as a file
	wire    []packet
	tamper  func(from *player, body any) any
}

type packet struct {
	from, to *player
	conn     int
	data     []byte
}

func newStage(t tester) *stage {
	org := newOrganisation(t, 1)
	return stageOf(t, org.enrol("anna"), org.enrol("bo"), org.enrol("mallory"))
}

// stageOf lets s scan the code of d, which has no camera; m has seen it too.
func stageOf(t tester, s, d, m *device) *stage { return stageIn(t, OneCamera, s, d, m) }

// stageIn plays the verification in a form.
func stageIn(t tester, form Form, s, d, m *device) *stage {
	offer, nonce := d.offers()
	if form == TwoCameras {
		offer.Form = TwoCameras
	}
	st := &stage{t: t, now: time.Unix(1000, 0), offer: offer, file: form == NoCamera}
	var err error
	st.d = &player{name: "D", device: d}
	if st.d.machine, err = newDisplayer(d.self(), designTiming(), offer, nonce); err != nil {
		t.Fatal(err)
	}
	st.s = st.scanner("S", s, 1)
	st.m = st.scanner("M", m, 2)
	return st
}

func (st *stage) scanner(name string, d *device, conn int) *player {
	machine, err := newScanner(d.self(), designTiming(), st.offer, random(nonceSize), st.file)
	if err != nil {
		st.t.Fatal(err)
	}
	return &player{name: name, device: d, machine: machine, remote: st.d.device.peer(), conn: conn}
}

// tell gives a machine an event and carries out what it wants.
func (st *stage) tell(p *player, ev event) {
	for _, eff := range p.machine.step(st.now, ev) {
		switch e := eff.(type) {
		case dial:
			st.tell(p, connected{1, p.remote})
			if p.machine.form == NoCamera {
				st.tell(st.d, opened{p.conn})
			}
		case greet:
			to := st.s
			if e.conn == st.m.conn {
				to = st.m
			}
			st.wire = append(st.wire, packet{p, to, p.conn, e.data})
		case send:
			to := st.d
			if p == st.d {
				if to = st.s; e.conn == st.m.conn {
					to = st.m
				}
			}
			data := e.data
			if st.tamper != nil {
				read, err := readVerify(data)
				if err != nil {
					st.t.Fatal(err)
				}
				body := st.tamper(p, read)
				if body == nil {
					continue
				}
				if raw, ok := body.([]byte); ok {
					data = raw
				} else if data, err = message.Encode(body.(message.Body)); err != nil {
					st.t.Fatal(err)
				}
			}
			st.wire = append(st.wire, packet{p, to, p.conn, data})
		case drop:
			p.dropped = append(p.dropped, e.conn)
		case entered:
			p.states = append(p.states, e.state)
		case met:
			p.met = true
		case showCode:
			p.digits = e.digits
		case askCode:
			p.asked++
		case showScan:
			p.evidence = &e.evidence
		case askScan:
			p.asked++
		case appendIt:
			p.entries++
			if p.refusing {
				st.tell(p, entryDone{errors.New("disk full")})
			} else {
				st.tell(p, entryDone{nil})
			}
		case ended:
			p.finals = append(p.finals, e)
		default:
			st.t.Fatalf("%s wants %T", p.name, e)
		}
	}
}

// next delivers the oldest packet.
func (st *stage) next() bool {
	if len(st.wire) == 0 {
		return false
	}
	p := st.wire[0]
	st.wire = st.wire[1:]
	st.deliver(p)
	return true
}

func (st *stage) deliver(p packet) {
	if p.to == st.d {
		st.tell(st.d, received{p.conn, p.from.device.peer(), p.data})
	} else {
		st.tell(p.to, received{1, p.to.remote, p.data})
	}
}

func (st *stage) deliverAll() {
	for st.next() {
	}
}

// open lets D show its code and S scan it, as far as the six digits.
func (st *stage) open() {
	st.tell(st.d, started{})
	st.tell(st.s, started{})
	st.deliverAll()
}

// play is open, and the persons do what their screens ask for.
func (st *stage) play() {
	st.open()
	st.answer(st.s, st.d)
	st.answer(st.d, st.s)
}

// answer lets the person at to type or scan what from shows, where to asks for it.
func (st *stage) answer(from, to *player) {
	if to.asked == 0 {
		return
	}
	if from.evidence != nil {
		st.tell(to, scanned{*from.evidence})
	} else {
		st.tell(to, typed{from.digits})
	}
	st.deliverAll()
}

func (st *stage) pass(d time.Duration) {
	st.now = st.now.Add(d)
	for _, p := range []*player{st.d, st.s, st.m} {
		st.tell(p, ticked{})
	}
	st.deliverAll()
}

// wrong is six digits that S does not show.
func (st *stage) wrong() string {
	code := []byte(st.s.digits)
	code[5] = '0' + (code[5]-'0'+1)%10
	return string(code)
}

func verifiedAt(p *player) bool {
	for _, s := range p.states {
		if s == IsVerified {
			return true
		}
	}
	return false
}
