package assets_test

import (
	"testing"

	"handslag/assets"
)

func TestSizesAreReadable(t *testing.T) {
	for _, c := range []struct {
		n      uint64
		sv, en string
	}{
		{0, "0\u00a0B", "0\u00a0B"},
		{840_000, "840\u00a0kB", "840\u00a0kB"},
		{999_600, "1,0\u00a0MB", "1.0\u00a0MB"},
		{1_300_000, "1,3\u00a0MB", "1.3\u00a0MB"},
		{128 << 20, "134\u00a0MB", "134\u00a0MB"},
		{4 << 30, "4,3\u00a0GB", "4.3\u00a0GB"},
	} {
		if sv, en := assets.Swedish.Bytes(c.n), assets.English.Bytes(c.n); sv != c.sv || en != c.en {
			t.Errorf("%d is %s and %s", c.n, sv, en)
		}
	}
}
