package clock

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

func (m *machine) clock() *Clock {
	return New(func() time.Time { return m.wall }, func() (string, time.Duration) { return m.boot, m.uptime })
}

// pass is time going by with the machine on.
func (m *machine) pass(d time.Duration) { m.wall, m.uptime = m.wall.Add(d), m.uptime+d }

// restart is the machine off for a while.
func (m *machine) restart(c *Clock, t *testing.T, off time.Duration) *Clock {
	t.Helper()
	state, err := c.Save()
	if err != nil {
		t.Fatal(err)
	}
	m.wall, m.boot, m.uptime = m.wall.Add(off), m.boot+"'", 20*time.Second
	fresh := m.clock()
	if err := fresh.Load(state); err != nil {
		t.Fatal(err)
	}
	return fresh
}

var morning = time.Date(2026, 6, 1, 7, 0, 0, 0, time.UTC)

func TestTheClock(t *testing.T) {
	at := func(d time.Duration) signed.Time { return signed.At(morning.Add(d)) }
	for what, story := range map[string]func(t *testing.T, m *machine, c *Clock){
		"counts on from the server's time": func(t *testing.T, m *machine, c *Clock) {
			m.pass(time.Hour)
			want(t, c.Read(), Reading{Time: at(time.Hour), Floor: at(time.Hour)})
		},
		"set back an hour it gains nothing, and says so": func(t *testing.T, m *machine, c *Clock) {
			m.pass(time.Hour)
			m.wall = m.wall.Add(-time.Hour)
			want(t, c.Read(), Reading{Time: at(time.Hour), Floor: at(time.Hour), Suspect: true})
		},
		"set to 2031 it ends nothing": func(t *testing.T, m *machine, c *Clock) {
			m.wall = m.wall.AddDate(5, 0, 0)
			want(t, c.Read(), Reading{Time: at(0), Floor: at(0), Suspect: true})
			m.wall = m.wall.AddDate(-5, 0, 0)
			want(t, c.Read(), Reading{Time: at(0), Floor: at(0)})
		},
		"after a night off the wall clock says how late it is": func(t *testing.T, m *machine, c *Clock) {
			m.pass(time.Hour)
			c = m.restart(c, t, 12*time.Hour)
			want(t, c.Read(), Reading{Time: at(13 * time.Hour), Floor: at(time.Hour + 20*time.Second)})
		},
		"set to 2031 while off, it opens nothing and deletes nothing": func(t *testing.T, m *machine, c *Clock) {
			c = m.restart(c, t, 5*365*24*time.Hour)
			want(t, c.Read(), Reading{Time: at(5 * 365 * 24 * time.Hour), Floor: at(20 * time.Second), Suspect: true})
			m.wall = morning.Add(time.Minute)
			want(t, c.Read(), Reading{Time: at(time.Minute), Floor: at(20 * time.Second)})
		},
		"set back while off, it has eight hours in all": func(t *testing.T, m *machine, c *Clock) {
			m.pass(time.Hour)
			for range 4 { // in four boots of two hours
				c = m.restart(c, t, -24*time.Hour)
				m.pass(2*time.Hour - time.Minute)
				if r := c.Read(); !r.Suspect || r.Spent {
					t.Fatalf("too early: %+v", r)
				}
			}
			m.pass(10 * time.Minute)
			if r := c.Read(); !r.Suspect || !r.Spent {
				t.Fatalf("too late: %+v", r)
			}
			if !c.Learn(at(48 * time.Hour)) {
				t.Fatal("a newer server time was not learned")
			}
			if r := c.Read(); r.Spent || r.Time != at(48*time.Hour) {
				t.Fatalf("after the next server time: %+v", r)
			}
		},
		"an older server time is not learned": func(t *testing.T, m *machine, c *Clock) {
			m.pass(time.Hour)
			if c.Learn(at(-time.Second)) || c.Learn(at(0)) {
				t.Fatal("learned")
			}
			want(t, c.Read(), Reading{Time: at(time.Hour), Floor: at(time.Hour)})
		},
		"an entry's elapsed time is left out where a restart makes it unknown": func(t *testing.T, m *machine, c *Clock) {
			m.pass(time.Hour)
			if after, elapsed, _ := c.Stamp(); after != at(0) || elapsed != time.Hour.Microseconds() {
				t.Fatalf("after %v elapsed %v", after, elapsed)
			}
			c = m.restart(c, t, time.Hour)
			if after, elapsed, wall := c.Stamp(); after != at(0) || elapsed != 0 || wall != at(2*time.Hour) {
				t.Fatalf("after %v elapsed %v wall %v", after, elapsed, wall)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			m := &machine{wall: morning, boot: "b", uptime: 5 * time.Hour}
			c := m.clock()
			c.Learn(signed.At(morning))
			story(t, m, c)
		})
	}
}

func TestOnlyAnAnswerSetsTheClockBack(t *testing.T) {
	at := func(d time.Duration) signed.Time { return signed.At(morning.Add(d)) }
	m := &machine{wall: morning, boot: "b", uptime: time.Hour}
	c := m.clock()
	c.Learn(at(24 * time.Hour))
	for _, story := range []struct {
		what  string
		time  signed.Time
		fresh bool
		floor time.Duration
	}{
		{"an old time, kept by somebody", at(0), false, 24 * time.Hour},
		{"an answer of a clock that is a little behind", at(24*time.Hour - time.Minute), true, 24 * time.Hour},
		{"an answer of a clock that was set back", at(2 * time.Hour), true, 2 * time.Hour},
		{"an old time again", at(time.Hour), false, 2 * time.Hour},
		{"no time at all", 0, true, 2 * time.Hour},
	} {
		c.Hear(story.time, story.fresh)
		if got := c.Read().Floor; got != at(story.floor) {
			t.Errorf("%s: the floor is %v", story.what, got.Time())
		}
	}
}

func TestTheClockOfANewDeviceIsTheWalls(t *testing.T) {
	m := &machine{wall: morning, boot: "b"}
	want(t, m.clock().Read(), Reading{Time: signed.At(morning)})
}

func TestADamagedClockIsRefused(t *testing.T) {
	m := &machine{wall: morning, boot: "b"}
	good, err := m.clock().Save()
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{nil, {0xff}, good[:len(good)-1], append(good, 0)} {
		if err := m.clock().Load(data); err == nil {
			t.Errorf("%x was read", data)
		}
	}
}

func want(t *testing.T, got, want Reading) {
	t.Helper()
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func FuzzClock(f *testing.F) {
	m := &machine{wall: morning, boot: "b", uptime: time.Hour}
	c := m.clock()
	c.Learn(signed.At(morning))
	for range 2 {
		m.pass(time.Minute)
		seed, err := c.Save()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Add([]byte{0xa0})
	f.Fuzz(func(t *testing.T, data []byte) {
		c := m.clock()
		if c.Load(data) != nil {
			return
		}
		// The same boot at the same moment: what was read is what is written.
		again, err := c.Save()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.clock().Load(again); err != nil {
			t.Fatalf("%x became %x, which does not read: %v", data, again, err)
		}
		if r := c.Read(); r.Floor < c.Server() {
			t.Fatalf("the floor %d is before the server's time %d", r.Floor, c.Server())
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
