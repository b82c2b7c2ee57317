package cellar_test

import (
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"handslag/identity/qr"
	"handslag/sync/peer"
	"handslag/testnet"
	"handslag/testnet/cellar"
)

// Minimal reach, as a wire sees it: every frame that leaves a device's room is looked at, whatever the
// program and its libraries think that they do. What is meant for the wide world would go
// over the same wire, and so would a question for a name.
func TestTheWireSeesWhoIsSpokenTo(t *testing.T) {
	w := newTown(t)
	anna, bo := w.newcomer("anna", "anna.lind"), w.newcomer("bo", "bo.ek")
	// heard is whom a person's room spoke with since the last time, leaving out answers.
	heard := func(p *testnet.Person, others ...string) []string {
		w.Helper()
		own := netip.MustParseAddr(w.at[p].address)
		var all []string
		for packet := range w.wire.Traffic() {
			far := packet.To
			switch own {
			case packet.From.Addr():
			case packet.To.Addr():
				far = packet.From
			default:
				if !slices.Contains(others, packet.From.Addr().String()) && !slices.Contains(others, packet.To.Addr().String()) {
					t.Errorf("a stranger's packet: %v", packet)
				}
				continue
			}
			who := packet.Protocol + " " + far.String()
			if far.Addr().String() != townAddress && slices.Contains(others, far.Addr().String()) {
				who = packet.Protocol + " colleague"
			}
			if !slices.Contains(all, who) {
				all = append(all, who)
			}
		}
		slices.Sort(all)
		return all
	}
	is := func(when string, got []string, want ...string) {
		w.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: the device spoke with %v, want %v", when, got, want)
		}
	}
	const system, directory = "tcp " + townLine, "tcp " + townShelf

	is("before anything runs", heard(anna))
	w.must(anna.Enrol(w.ctx))
	w.hungUp(anna)
	is("at enrolment", heard(anna), directory, system)
	w.must(bo.Enrol(w.ctx))
	w.hungUp(bo)
	is("at Bo's enrolment", heard(bo), directory, system)
	is("enrolled and closed", heard(anna))

	w.do(anna, "sync")
	w.do(anna, "records")
	is("while the program runs", heard(anna), system)
	w.do(bo, "sync")
	is("while Bo's runs", heard(bo, w.at[anna].address), system)

	m, err := w.Show(w.ctx, anna)
	w.must(err)
	heard(anna, w.at[bo].address) // what is left of syncing
	digits, err := m.Read(w.ctx, bo)
	w.must(err)
	w.must(m.Type(w.ctx, digits))
	w.must(m.Give(w.ctx, anna, recordID(0)))
	w.must(m.End(w.ctx, bo))
	met := heard(anna, w.at[bo].address)
	for _, who := range met {
		if who != "tcp colleague" && who != "udp colleague" && who != system {
			t.Errorf("while the screen is open the device spoke with %s", who)
		}
	}
	if !slices.Contains(met, "tcp colleague") {
		t.Errorf("the colleague was not spoken to (%v): the test looks in the wrong place", met)
	}

	w.must(anna.Close(w.ctx))
	w.must(bo.Close(w.ctx))
	w.hungUp(anna, bo)
	heard(anna, w.at[bo].address)
	if _, err := w.Audit(w.ctx); err != nil { // some time passes
		t.Error(err)
	}
	is("closed", heard(anna, w.at[bo].address))
	for _, p := range []*testnet.Person{anna, bo} {
		out, err := w.at[p].room.Output("ip", "-s", "-j", "link", "show", "mobile0")
		w.must(err)
		var told []struct {
			Stats struct{ Tx struct{ Packets int } } `json:"stats64"`
		}
		if err := json.Unmarshal([]byte(out), &told); err != nil || len(told) != 1 || told[0].Stats.Tx.Packets == 0 {
			t.Errorf("%s's interface has sent nothing (%s): the test looks in the wrong place", p.Name, out)
		}
	}
}

// hungUp waits until the kernels have said good-bye to each other on all connections of these people, whose programs have ended: that
// is theirs to say, and takes as long as whoever is at the other end is busy.
func (w *town) hungUp(people ...*testnet.Person) {
	w.Helper()
	const timeWait, listens = "06", "0A" // proc_pid_net(5): nothing more is sent of the first
	for _, p := range people {
		for calm := 0; calm < 2; { // what was sent last has come to the wire by the second time
			w.must(w.ctx.Err())
			table, err := w.at[p].room.Output("cat", "/proc/net/tcp", "/proc/net/tcp6")
			w.must(err)
			open := false
			for line := range strings.Lines(table) {
				f := strings.Fields(line)
				open = open || len(f) > 3 && strings.HasSuffix(f[0], ":") && f[3] != timeWait && f[3] != listens
			}
			if calm++; open {
				calm = 0
			}
		}
	}
}

// While a code is shown, nobody who has not read it learns anything from the device, and it speaks to nobody
// first.
func TestAShownCodeAnswersNobody(t *testing.T) {
	w := newTown(t)
	anna := w.person("anna", "anna.lind")
	w.descends(anna)
	stranger, err := cellar.NewRoom()
	w.must(err)
	w.Cleanup(func() { stranger.Close() })
	wire := w.hotspot(anna)
	end, err := wire.Plug(stranger, "wlan0", "192.168.43.66/24")
	w.must(err)
	w.Cleanup(func() { w.must(end.Pull()) })
	wire.Traffic()
	m, err := w.Show(w.ctx, anna)
	w.must(err)
	if said := wire.Traffic(); len(said) != 0 {
		t.Errorf("with a code on its screen the device says %v", said)
	}
	offer := offerOf(t, m.Picture())
	for _, at := range offer.Addrs {
		asks(t, stranger, at)
	}
	for p := range wire.Traffic() {
		if p.Protocol == "udp" && p.From.Addr() == offer.Addrs[0].Addr() {
			t.Errorf("a stranger's datagram is answered: %v", p)
		}
	}
	w.must(m.Shows.Close(w.ctx))
}

// offerOf is what the code in a picture says.
func offerOf(t *testing.T, picture string) peer.Payload {
	t.Helper()
	file, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := qr.ReadPicture(file)
	if err != nil {
		t.Fatal(err)
	}
	content, err := qr.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	offer, err := peer.ParseOffer(content.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return offer
}

// asks tries from a room what one tries who knows an address and a port and has not read the code.
func asks(t *testing.T, from *cellar.Room, at netip.AddrPort) {
	t.Helper()
	open := func(network string) (conn net.Conn) {
		err := from.Do(func() (err error) {
			conn, err = net.Dial(network, at.String())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	datagrams := open("udp")
	defer datagrams.Close()
	initial := make([]byte, 1200)
	copy(initial, []byte{0xc3, 0, 0, 0, 1, 8, 1, 2, 3, 4, 5, 6, 7, 8})
	for _, data := range [][]byte{initial, {0xc0, 1, 2, 3, 4, 0}, []byte("hej")} { // QUIC 1, QUIC of no known version, anything
		if _, err := datagrams.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	for _, says := range []string{"GET / HTTP/1.1\r\nHost: handslag\r\n\r\n" + strings.Repeat("x", 64), "\x13/multistream/1.0.0\n" + strings.Repeat("\x00", 64)} {
		conn := open("tcp")
		if _, err := io.WriteString(conn, says); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, conn); n != 0 {
			t.Errorf("%.10q is answered %d bytes (%v)", says, n, err)
		}
		conn.Close()
	}
}
