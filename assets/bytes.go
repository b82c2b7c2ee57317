package assets

import (
	"strconv"
	"strings"
)

// Bytes is a size as people read it, in decimal units: 840 kB, 1,3 MB.
func (l Language) Bytes(n uint64) string {
	units := []string{"B", "kB", "MB", "GB"}
	size, unit := float64(n), 0
	for size >= 999.5 && unit < len(units)-1 {
		size /= 1000
		unit++
	}
	decimals := 0
	if unit > 1 && size < 99.95 {
		decimals = 1
	}
	text := strconv.FormatFloat(size, 'f', decimals, 64)
	if l == Swedish {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text + "\u00a0" + units[unit]
}
