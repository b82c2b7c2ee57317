// Package journalfile keeps one device's journal on disk and is the only maker of stamps:
// an entry is signed, chained, encrypted, written and synced here, and only then is there a
// Stamp that opens what the entry names. The segments it writes are the outbox too: Batch
// reads from them what has no receipt, Receipt believes what matches the own chain.
//
// A segment is one file: a signed header, which holds the segment's random key wrapped under
// the vault root and sealed to the connected system, and then one encrypted frame an entry.
// So a forgotten passphrase or a wiped vault loses no entry, and whoever carries a segment
// home carries it unread: ListSealed and CopySealed need no key, and MarkHanded leaves the
// receipt of whoever handed a segment in where its owner finds it. testdata/segment.cddl has
// the format, vault/journal reads it.
//
// Why not tidwall/wal, hashicorp/raft-wal or their like: they keep records in the clear with
// a checksum at most, delete from the front by index, and know neither keys for each
// segment, nor which sync covered which record, nor a damaged middle whose later records
// must still be read. What would be left of them is opening files in order.
//
// What it does not do: it speaks to nobody, it verifies no receipt's signature, and it keeps no
// anchor outside its folder: that a whole older copy of the folder was put back it knows only
// where its caller does (Config.Anchor).
package journalfile
