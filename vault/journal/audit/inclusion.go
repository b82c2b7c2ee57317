package audit

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// ProofText is C2SP tlog-proof: that leaf number index, from 0, is under the checkpoint, to be checked by
// anybody who has the log's key and the leaf.
func ProofText(index int64, proof []Hash, checkpoint []byte) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "c2sp.org/tlog-proof@v1\nindex %d\n", index)
	for _, h := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(checkpoint)
	return []byte(b.String())
}
