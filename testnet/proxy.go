package testnet

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
)

// Proxy is the network between devices and a server: what goes over it can be counted, cut,
// delayed and played again. It sees TLS and nothing within.
type Proxy struct {
	listener net.Listener

	mu       sync.Mutex
	target   string // "": nobody there
	open     map[net.Conn]bool
	fault    *Fault
	rng      *rand.Rand
	accepted int
	up, down int64
	closed   bool
	done     sync.WaitGroup
}

// Fault is what a bad line does to each of the next connections. Where exactly, a seed says.
type Fault struct {
	Connections int   // how many are cut; those after them are whole
	Least, Most int64 // a connection is cut after so many bytes, both ways counted together
	Swallow     bool  // cut only on the way back: the server has heard what the device thinks lost
	Drip        int   // bytes that pass at a time, 0: as they come
	Again       bool  // what the device sent on a connection is sent once more afterwards
	Seed        uint64
}

// NewProxyAt listens on address, host:port, or on a free port of loopback where it is "".
func NewProxyAt(address string) (*Proxy, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open line: %w", err)
	}
	p := &Proxy{listener: listener, open: map[net.Conn]bool{}}
	p.done.Add(1)
	go p.accept()
	return p, nil
}

// Address is host:port of this end.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// To leads connections to target from now on; "" refuses them.
func (p *Proxy) To(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Target is where connections are led now.
func (p *Proxy) Target() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target
}

// Cut ends every connection that is open now.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		conn.Close()
	}
}

// Break makes the line bad; nil makes it good.
func (p *Proxy) Break(fault *Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.rng = nil, nil
	if fault != nil {
		f := *fault
		p.fault, p.rng = &f, rand.New(rand.NewPCG(f.Seed, 0x6c696e65))
	}
}

// Traffic is how many connections were asked for and how many bytes went up and down.
func (p *Proxy) Traffic() (connections int, up, down int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted, p.up, p.down
}

// Close ends it and waits for what is under way.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.listener.Close()
	p.Cut()
	p.done.Wait()
	return err
}

func (p *Proxy) accept() {
	defer p.done.Done()
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.accepted++
		target := p.target
		if p.closed || target == "" {
			p.mu.Unlock()
			conn.Close()
			continue
		}
		l := p.line(target)
		p.open[conn] = true
		p.done.Add(1)
		p.mu.Unlock()
		go p.carry(conn, l)
	}
}

// line is what one connection is in for. The caller holds mu.
func (p *Proxy) line(target string) *line {
	l := &line{proxy: p, target: target, limit: -1}
	if p.fault == nil {
		return l
	}
	l.drip, l.again, l.swallow = p.fault.Drip, p.fault.Again, p.fault.Swallow
	if p.fault.Connections > 0 {
		p.fault.Connections--
		l.limit = p.fault.Least + p.rng.Int64N(max(p.fault.Most-p.fault.Least, 1))
	}
	return l
}

func (p *Proxy) carry(device net.Conn, l *line) {
	defer p.done.Done()
	defer p.drop(device)
	server, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.open[server] = true
	p.mu.Unlock()
	defer p.drop(server)
	var both sync.WaitGroup
	both.Go(func() { l.pass(server, device, true); closeWrite(server) })
	both.Go(func() { l.pass(device, server, false); closeWrite(device) })
	both.Wait()
	if l.again {
		l.replay()
	}
}

func (p *Proxy) drop(conn net.Conn) {
	conn.Close()
	p.mu.Lock()
	delete(p.open, conn)
	p.mu.Unlock()
}

func closeWrite(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// line is one connection's fate.
type line struct {
	proxy          *Proxy
	target         string
	drip           int
	swallow, again bool

	mu     sync.Mutex
	passed int64
	limit  int64 // bytes, -1: none
	sent   []byte
}

const replayLimit = 4 << 20 // bytes kept of what a device said

// pass copies one way until the end or the cut; a cut takes both ways down.
func (l *line) pass(to, from net.Conn, up bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		for part := buffer[:n]; len(part) > 0; {
			size := len(part)
			if l.drip > 0 {
				size = min(size, l.drip)
			}
			may, cut := l.count(part[:size], up)
			if may > 0 {
				if _, failed := to.Write(part[:may]); failed != nil {
					err = failed
					break
				}
			}
			if cut {
				to.Close()
				from.Close()
				return
			}
			part = part[size:]
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				to.Close()
				from.Close()
			}
			return
		}
	}
}

// count says how many of the bytes still pass, and whether the line is cut then.
func (l *line) count(part []byte, up bool) (may int, cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	may = len(part)
	if l.limit >= 0 && l.passed+int64(may) > l.limit {
		switch {
		case !l.swallow:
			may, cut = int(l.limit-l.passed), true
		case !up:
			may, cut = 0, true
		}
	}
	l.passed += int64(may)
	if up && l.again && len(l.sent) < replayLimit {
		l.sent = append(l.sent, part[:may]...)
	}
	l.proxy.mu.Lock()
	if up {
		l.proxy.up += int64(may)
	} else {
		l.proxy.down += int64(may)
	}
	l.proxy.mu.Unlock()
	return may, cut
}

// replay says to the server once more what the device said.
func (l *line) replay() {
	server, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer server.Close()
	if _, err := server.Write(l.sent); err != nil {
		return
	}
	closeWrite(server)
	_, _ = io.Copy(io.Discard, server)
}
