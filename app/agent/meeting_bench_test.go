package agent

import (
	"bytes"
	"testing"
	"time"
)

// BenchmarkMeeting goes from the decoded code to VERIFIED at both ends on loopback, two devices with real
// vaults and journals whose entries are durable: the machine's share of a verification. The
// persons answer at once.
func BenchmarkMeeting(b *testing.B) {
	h := newHouse(b)
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	b.Run("decoded_code_to_VERIFIED", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			mine, code, err := anna.OfferVerification(b.Context(), false, Gift{})
			ok(b, err)
			picture, err := code.PNG(6)
			ok(b, err)
			text, err := bo.ScanPicture(bytes.NewReader(picture))
			ok(b, err)
			b.StartTimer()
			theirs, err := bo.ScanVerification(b.Context(), text, ByCamera, Gift{})
			ok(b, err)
			digits := await(b, theirs, StageShowCode).Code
			await(b, mine, StageEnterCode)
			ok(b, mine.TypeCode(b.Context(), digits))
			await(b, mine, StageVerified)
			await(b, theirs, StageVerified)
			b.StopTimer()
			mine.Close()
			theirs.Close()
			b.StartTimer()
		}
		each := b.Elapsed() / time.Duration(b.N)
		b.ReportMetric(float64(each)/float64(150*time.Millisecond), "of-150ms")
	})
}
