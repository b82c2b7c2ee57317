// Package organisation keeps an organisation's own keys: it makes them once, writes the
// offline recovery file that alone holds the root key afterwards, opens what serving
// needs, and issues newer statements when the recovery file is at hand.
//
// It serves nothing and knows no user. The server's disk is trusted at rest: the keys lie
// encrypted under a key file beside them, which a copy of one without the other does not
// open and a copy of the whole folder does.
package organisation
