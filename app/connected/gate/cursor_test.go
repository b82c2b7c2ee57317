package gate

import "testing"

// FuzzPlace: a device's cursor is refused, or a place that it is read as again.
func FuzzPlace(f *testing.F) {
	for _, seed := range []string{"", "7", "-1", "7/0///0", "7/2/person/r-1/12", "7/2/person/r-1", "7/255/a/b/1", "9223372036854775808"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		page, at, err := parseCursor(text)
		if err != nil {
			return
		}
		if at.station >= len(stations) || page < 0 || at.left < 0 {
			t.Fatalf("%q is read as page %d, %+v", text, page, at)
		}
		if p, a, err := parseCursor(at.cursor(page)); err != nil || p != page || a != at {
			t.Fatalf("%q is read as page %d, %+v, and that as page %d, %+v: %v", text, page, at, p, a, err)
		}
	})
}
