// Package feed is what of the audit log leaves for other systems: entries as JSON Lines, as OCSF events and
// as syslog messages, and the sending of these over TLS. It reads no data of its own, and what it
// writes names people, places and things by opaque ID, and holds no words.
package feed
