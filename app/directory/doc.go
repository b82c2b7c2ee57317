// Package directory is the software vendor's small service: an organisation ID in, the
// organisation's newest signed statement out. It relays what organisations signed and
// vouches for nothing; it has no accounts and no key of its own but for TLS.
//
// It keeps the callers' IP addresses for a set time, in a log that names no organisation,
// and nothing else.
package directory
