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
// Entries are written in groups, each with one sync: whoever finds nobody writing leads, gives all
// who wait their places in the chain, which is over what is signed and not over signatures, has the
// group signed on all cores, and hands on. They go into space of the segment that was made ready
// before, in whole blocks past the page cache where there is such a way (disk.WriteBlocks), so that
// a sync waits for the entries alone and a full disk still takes the last ones (Reserve). What a power cut leaves of a group that was never acknowledged is cut away at Open;
// all else that does not read is told and walked around (vault/journal says how they are told
// apart).
//
// A chain can not see that whole entries were cut off its end, or that an older copy of the folder
// was put back: what is left is whole. Others outside the folder know better, the vault's view,
// the operating system's keyring, the connected system's receipt: Config.Anchors and Rejoin. A
// journal that is behind one of them opens a new generation and names both heads.
//
// Why not tidwall/wal, hashicorp/raft-wal or their like: they keep records in the clear with
// a checksum at most, delete from the front by index, and know neither keys for each
// segment, nor which sync covered which record, nor a damaged middle whose later records
// must still be read. What would be left of them is opening files in order.
//
// What it does not do: it speaks to nobody, it verifies no receipt's signature, and it keeps no
// anchor itself.
package journalfile
