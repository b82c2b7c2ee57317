package signed

import "time"

// Time is a point in time in signed structures and tables: microseconds since
// 1970-01-01 UTC. Zero means unknown.
type Time int64

// At is t in microseconds.
func At(t time.Time) Time { return Time(t.UnixMicro()) }

// Time is t for the standard library, in UTC.
func (t Time) Time() time.Time { return time.UnixMicro(int64(t)).UTC() }

// Add moves t.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Microseconds()) }

// IsZero reports whether the time is unknown.
func (t Time) IsZero() bool { return t == 0 }
