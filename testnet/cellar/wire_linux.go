package cellar

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Weather is what a wire does to what goes over it. What happens to the n-th frame a seed says.
type Weather struct {
	Delay   time.Duration // each way
	Loss    float64       // share of frames that are lost
	Reorder float64       // share that comes late, behind others
	Seed    uint64
}

// Wire joins rooms as a switch does: each frame goes to all other rooms.
type Wire struct {
	mu      sync.Mutex
	ends    map[*End]bool
	weather Weather
	rng     *rand.Rand
	cut     bool
	left    int // bytes until it is cut, where that is more than none
	passes  func(Packet) bool
	carried map[Packet]int // by packet without its size, bytes
	frames  int
}

// NewWire is a good wire without ends.
func NewWire() *Wire {
	return &Wire{ends: map[*End]bool{}, rng: rand.New(rand.NewPCG(0, 0)), passes: func(Packet) bool { return true }, carried: map[Packet]int{}}
}

// In sets the weather from now on.
func (w *Wire) In(weather Weather) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.weather, w.rng = weather, rand.New(rand.NewPCG(weather.Seed, 0x77697265))
}

// CutAfter cuts it when so many bytes more have gone over it.
func (w *Wire) CutAfter(bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = bytes
}

// Mend ends what CutAfter did.
func (w *Wire) Mend() { w.set(false) }

func (w *Wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.left = cut, 0
}

// Only lets through what passes says; everything is nil.
func (w *Wire) Only(passes func(Packet) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if passes == nil {
		passes = func(Packet) bool { return true }
	}
	w.passes = passes
}

// Traffic is what was said on the wire since it was last asked: who said it to whom, by TCP or UDP, and
// how many bytes. What a cut or a filter stopped counts too: it was said.
func (w *Wire) Traffic() map[Packet]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	since := w.carried
	w.carried = map[Packet]int{}
	return since
}

// Frames is how many have been said in all.
func (w *Wire) Frames() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.frames
}

// End is where a wire comes into a room, as a network interface.
type End struct {
	wire *Wire
	room *Room
	name string
	tap  *os.File
	out  chan late
	done sync.WaitGroup
}

type late struct {
	frame []byte
	due   time.Time
}

const (
	frameLimit = 2048
	queueRoom  = 4096 // frames on their way; those after them are lost, as in any queue
)

// Plug leads the wire into a room as an interface of that name with those addresses (ADDRESS/BITS).
func (w *Wire) Plug(room *Room, name string, addresses ...string) (*End, error) {
	e := &End{wire: w, room: room, name: name, out: make(chan late, queueRoom)}
	err := room.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open /dev/net/tun: %w", err)
		}
		request, err := unix.NewIfreq(name)
		if err == nil {
			request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
			err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("make interface %s: %w", name, err), unix.Close(fd))
		}
		e.tap = os.NewFile(uintptr(fd), name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, address := range addresses {
		args := []string{"addr", "add", address, "dev", name}
		if err == nil {
			err = room.IP(append(args, "nodad")...)
		}
	}
	if err == nil {
		err = room.IP("link", "set", name, "up")
	}
	if err != nil {
		return nil, errors.Join(err, e.tap.Close())
	}
	w.mu.Lock()
	w.ends[e] = true
	w.mu.Unlock()
	e.done.Go(e.read)
	e.done.Go(e.write)
	return e, nil
}

// Pull takes the interface away: the room's network is gone.
func (e *End) Pull() error {
	e.wire.mu.Lock()
	there := e.wire.ends[e]
	delete(e.wire.ends, e)
	e.wire.mu.Unlock()
	if !there {
		return nil
	}
	close(e.out)
	err := e.tap.Close()
	e.done.Wait()
	return err
}

// Switch turns the interface off or on.
func (e *End) Switch(on bool) error {
	return e.room.IP("link", "set", e.name, map[bool]string{true: "up", false: "down"}[on])
}

func (e *End) read() {
	buffer := make([]byte, frameLimit)
	for {
		n, err := e.tap.Read(buffer)
		if errors.Is(err, os.ErrClosed) {
			return
		}
		if err != nil { // switched off
			time.Sleep(time.Millisecond)
			continue
		}
		e.wire.carry(e, append([]byte(nil), buffer[:n]...))
	}
}

// carry decides a frame's fate and sends it on its way.
func (w *Wire) carry(from *End, frame []byte) {
	p := parse(frame)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frames++
	if p.Protocol == "tcp" || p.Protocol == "udp" {
		size := p.Size
		p.Size = 0
		w.carried[p] += size
		p.Size = size
	}
	if w.left > 0 {
		if w.left -= p.Size; w.left <= 0 {
			w.cut = true
		}
	}
	lost, reordered := w.rng.Float64() < w.weather.Loss, w.rng.Float64() < w.weather.Reorder
	if w.cut || lost || !w.passes(p) {
		return
	}
	for e := range w.ends {
		if e == from {
			continue
		}
		due := time.Now().Add(w.weather.Delay)
		if reordered { // overtaken by what comes in the time of another trip
			time.AfterFunc(2*w.weather.Delay+time.Millisecond, func() { w.hand(e, late{frame, due}) })
			continue
		}
		select {
		case e.out <- late{frame, due}:
		default:
		}
	}
}

// hand gives an end a frame, where it is still there.
func (w *Wire) hand(e *End, l late) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ends[e] {
		return
	}
	select {
	case e.out <- l:
	default:
	}
}

func (e *End) write() {
	for l := range e.out {
		if wait := time.Until(l.due); wait > 0 {
			time.Sleep(wait) // the wire's length
		}
		_, _ = e.tap.Write(l.frame) // an interface that is switched off takes nothing
	}
}
