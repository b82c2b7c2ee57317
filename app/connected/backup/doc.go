// Package backup is the form of a backup's file: chunks encrypted to the organisation's sealing
// key, of which the recovery file has the secret half, and a manifest that the log key signs over
// all of it. Who makes backups can not read them, and who keeps them can not change them.
//
// It knows no rows: what lies in a file are lines, whose meaning is the gate's.
package backup
