package factor

// Word is what the TPM is told of an auth.
var Word = word
