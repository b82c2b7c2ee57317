package factor

import "time"

// Word is what the TPM is told of an auth.
var Word = word

// Impatient has calls give up after that long.
func Impatient(t *TPM, patience time.Duration) { t.gate.patience = patience }
