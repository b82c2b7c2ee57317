package agent

import (
	"runtime"
	"testing"
	"time"

	"handslag/identity/signed"
)

// machine is a computer whose clocks a test turns.
type machine struct {
	wall   time.Time
	boot   string
	uptime time.Duration
}

func (m *machine) clock() *clock {
	return newClock(func() time.Time { return m.wall }, func() (string, time.Duration) { return m.boot, m.uptime })
}

// pass is time going by with the machine on.
func (m *machine) pass(d time.Duration) { m.wall, m.uptime = m.wall.Add(d), m.uptime+d }

// restart is the machine off for a while.
func (m *machine) restart(c *clock, t *testing.T, off time.Duration) *clock {
	t.Helper()
	state, err := c.save()
	if err != nil {
		t.Fatal(err)
	}
	m.wall, m.boot, m.uptime = m.wall.Add(off), m.boot+"'", 20*time.Second
	fresh := m.clock()
	if err := fresh.load(state); err != nil {
		t.Fatal(err)
	}
	return fresh
}

var morning = time.Date(2026, 6, 1, 7, 0, 0, 0, time.UTC)

func TestTheClock(t *testing.T) {
	at := func(d time.Duration) signed.Time { return signed.At(morning.Add(d)) }
	for what, story := range map[string]func(t *testing.T, m *machine, c *clock){
		"counts on from the server's time": func(t *testing.T, m *machine, c *clock) {
			m.pass(time.Hour)
			want(t, c.read(), reading{Time: at(time.Hour), Floor: at(time.Hour)})
		},
		"set back an hour it gains nothing, and says so": func(t *testing.T, m *machine, c *clock) {
			m.pass(time.Hour)
			m.wall = m.wall.Add(-time.Hour)
			want(t, c.read(), reading{Time: at(time.Hour), Floor: at(time.Hour), Suspect: true})
		},
		"set to 2031 it ends nothing": func(t *testing.T, m *machine, c *clock) {
			m.wall = m.wall.AddDate(5, 0, 0)
			want(t, c.read(), reading{Time: at(0), Floor: at(0), Suspect: true})
			m.wall = m.wall.AddDate(-5, 0, 0)
			want(t, c.read(), reading{Time: at(0), Floor: at(0)})
		},
		"after a night off the wall clock says how late it is": func(t *testing.T, m *machine, c *clock) {
			m.pass(time.Hour)
			c = m.restart(c, t, 12*time.Hour)
			want(t, c.read(), reading{Time: at(13 * time.Hour), Floor: at(time.Hour + 20*time.Second)})
		},
		"set to 2031 while off, it opens nothing and deletes nothing": func(t *testing.T, m *machine, c *clock) {
			c = m.restart(c, t, 5*365*24*time.Hour)
			want(t, c.read(), reading{Time: at(5 * 365 * 24 * time.Hour), Floor: at(20 * time.Second), Suspect: true})
			m.wall = morning.Add(time.Minute)
			want(t, c.read(), reading{Time: at(time.Minute), Floor: at(20 * time.Second)})
		},
		"set back while off, it has eight hours in all": func(t *testing.T, m *machine, c *clock) {
			m.pass(time.Hour)
			for range 4 { // in four boots of two hours
				c = m.restart(c, t, -24*time.Hour)
				m.pass(2*time.Hour - time.Minute)
				if r := c.read(); !r.Suspect || r.Spent {
					t.Fatalf("too early: %+v", r)
				}
			}
			m.pass(10 * time.Minute)
			if r := c.read(); !r.Suspect || !r.Spent {
				t.Fatalf("too late: %+v", r)
			}
			if !c.learn(at(48 * time.Hour)) {
				t.Fatal("a newer server time was not learned")
			}
			if r := c.read(); r.Spent || r.Time != at(48*time.Hour) {
				t.Fatalf("after the next server time: %+v", r)
			}
		},
		"an older server time is not learned": func(t *testing.T, m *machine, c *clock) {
			m.pass(time.Hour)
			if c.learn(at(-time.Second)) || c.learn(at(0)) {
				t.Fatal("learned")
			}
			want(t, c.read(), reading{Time: at(time.Hour), Floor: at(time.Hour)})
		},
		"an entry's elapsed time is left out where a restart makes it unknown": func(t *testing.T, m *machine, c *clock) {
			m.pass(time.Hour)
			if after, elapsed, _ := c.stamp(); after != at(0) || elapsed != time.Hour.Microseconds() {
				t.Fatalf("after %v elapsed %v", after, elapsed)
			}
			c = m.restart(c, t, time.Hour)
			if after, elapsed, wall := c.stamp(); after != at(0) || elapsed != 0 || wall != at(2*time.Hour) {
				t.Fatalf("after %v elapsed %v wall %v", after, elapsed, wall)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			m := &machine{wall: morning, boot: "b", uptime: 5 * time.Hour}
			c := m.clock()
			c.learn(signed.At(morning))
			story(t, m, c)
		})
	}
}

func TestTheClockOfANewDeviceIsTheWalls(t *testing.T) {
	m := &machine{wall: morning, boot: "b"}
	want(t, m.clock().read(), reading{Time: signed.At(morning)})
}

func TestADamagedClockIsRefused(t *testing.T) {
	m := &machine{wall: morning, boot: "b"}
	good, err := m.clock().save()
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{nil, {0xff}, good[:len(good)-1], append(good, 0)} {
		if err := m.clock().load(data); err == nil {
			t.Errorf("%x was read", data)
		}
	}
}

func want(t *testing.T, got, want reading) {
	t.Helper()
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func FuzzClock(f *testing.F) {
	m := &machine{wall: morning, boot: "b", uptime: time.Hour}
	c := m.clock()
	c.learn(signed.At(morning))
	for range 2 {
		m.pass(time.Minute)
		seed, err := c.save()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := m.clock()
		if c.load(data) != nil {
			return
		}
		// The same boot at the same moment: what was read is what is written.
		again, err := c.save()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.clock().load(again); err != nil {
			t.Fatalf("%x became %x, which does not read: %v", data, again, err)
		}
		if r := c.read(); r.Floor < c.server() {
			t.Fatalf("the floor %d is before the server's time %d", r.Floor, c.server())
		}
	})
}

// The machine's own clock, of whatever system this is: a boot has one name, and time goes on in it.
func TestTheSystemsOwnBoot(t *testing.T) {
	boot := systemBoot()
	name, before := boot()
	same, after := boot()
	if name == "" || same != name || before < 0 || after < before {
		t.Errorf("boot %q at %v, boot %q at %v", name, before, same, after)
	}
	if again, _ := systemBoot()(); runtime.GOOS == "linux" && again != name {
		t.Errorf("the next start of the program is in boot %q, not %q", again, name)
	}
}
