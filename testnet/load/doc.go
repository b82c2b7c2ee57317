// Command load is an organisation's devices that come back after an outage: they are made and their
// journals signed beforehand; then all of them hand in to the real `connected serve`, over HTTPS and with
// real proofs, while another user reads, and the server is killed in the middle. It counts every entry,
// verifies every receipt, and says what the same rows cost the bare engine and the same leaves Tessera.
package main
