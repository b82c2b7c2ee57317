// Package testnet is a whole organisation on loopback: directory, connected system and the
// devices of its staff, as processes or, where a test must turn a device's clock or fill its
// disk, within this one. It starts, stops, kills and cuts them, and tells what they answered.
// Stories, the windows' morning and the demo stand on it. It decides nothing that the real
// parts decide, and replaces none of them.
package testnet
