// Package cellar is rooms without a network, and wires of our own between them: each room is a network
// namespace, each wire carries Ethernet frames through this process, which delays, loses, reorders, cuts
// and counts them. It needs Linux, the command ip and the right to make namespaces; no kernel
// module beyond the one for TAP devices, and so nothing of tc or nft. It knows no protocol of ours.
package cellar
