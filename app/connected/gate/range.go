package gate

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"handslag/sync/link"
)

// cut is the part of a large answer that was asked for by a Range (RFC 9110 §14.2): from a byte
// to the end, which is what goes on after a cut line. Any other form is as if it had not been
// said, as the RFC allows. The whole was judged, so its part is.
func (a Answer) cut(h http.Header, asked string) (Answer, int, error) {
	if !a.Ranged {
		return a, http.StatusOK, nil
	}
	h.Set("Accept-Ranges", "bytes")
	text, ok := strings.CutPrefix(asked, "bytes=")
	text, open := strings.CutSuffix(text, "-")
	from, err := strconv.ParseUint(text, 10, 31)
	switch {
	case !ok, !open, err != nil:
		return a, http.StatusOK, nil
	case int(from) >= len(a.Body):
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", len(a.Body)))
		return Answer{}, 0, Refuse(link.CodeRange)
	}
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(a.Body)-1, len(a.Body)))
	a.Body = a.Body[from:]
	return a, http.StatusPartialContent, nil
}
