/*
 * The verification of two devices, against an attacker. Beside this file: state.pml is
 * what there is to know; ends.pml the state machine of ../ceremony.go, ../scanner.go and
 * ../displayer.go, with the same names; world.pml network, persons, journals, clocks and
 * the attacker; properties.pml what must hold.
 *
 * WHO IS THERE. A (Anna's device) scans, it is the Scanner. B (Bo's) shows the code, it is
 * the Displayer. Both are honest. E is the attacker: Eve works in the same organisation, so
 * she has a good credential and keys of her own; an outsider can do less.
 *
 * WHAT THE ATTACKER CAN. She reads the code on B's screen before anybody (the claim secret is
 * hers, so the MAC of a claim stops only strangers), puts a code of her own making before
 * A's camera, with any of its parts copied; accepts A's connection, opens any number to B,
 * relays, drops, cuts at each step; shows anybody's credential; claims before A or after,
 * and again; has E's signatures over anything and A's and B's over what they signed to her.
 * In half of the runs she also holds the transport keys of A and B (they are the only keys
 * that leave the key set, see the design), so that TLS protects nothing and the network is
 * hers altogether. She never holds A's or B's signing keys.
 *
 * WHAT IS ABSTRACTED, AND WHY THAT IS FAIR
 * - Hashes, signatures and TLS are perfect: a commitment opens to one nonce, a signature is
 *   over one transcript, an honest connection (DIRECT) delivers in order what was sent or is
 *   cut. This is the usual assumption; the code uses SHA-256, Ed25519 and TLS 1.3.
 * - Six digits: an attacker who knows everything else of a transcript tries a million nonces
 *   in a moment and gets the digits she wants. Such a nonce is GROUND, and whoever's
 *   transcript holds it shows the same digits as the other one. She has it only if she
 *   knows A's nonce, B's nonce and her own part in the other transcript at the moment when
 *   her nonce is fixed: at the commitment where one is demanded, else when she sends it.
 *   Where two codes of different roles must agree, one ground nonce does both here (10^12
 *   tries): the attacker is stronger than she is. Other different transcripts differ in
 *   their digits: blind luck (three tries, 3 in a million) is the price of six digits, and
 *   a model that may draw luck finds nothing else.
 * - Time: each deadline is two ticks of a clock that each end has for itself, and the ticks
 *   may fall anywhere, so every order of events and deadlines is searched. Real lengths
 *   matter to persons, not to the order. That deadlines come at all is fairness of the two
 *   clocks and the only fairness assumed: neither the network, nor persons, nor Eve need
 *   ever do anything.
 * - Persons: Anna and Bo stand before each other and type what the other's screen shows;
 *   they slip, and in a hurry they type what their own screen shows. A code scanned with a
 *   camera is known by whose screen it was on (source); a picture file is from anybody. A
 *   person who types digits that Eve dictates is outside: she would verify Eve by name.
 * - One ceremony an end: nonces and the session's name are fresh, so what an honest device
 *   says in another one is about another transcript, and Eve's own words can say as much.
 *   Two honest devices and Eve suffice for the same reason: a third colleague can do
 *   nothing in this ceremony that Eve can not do with a credential of her own.
 * - Left out: WRONG_ORG, REVOKED, CRED_EXPIRED and TOO_SOON (one more reason to refuse a credential,
 *   at the place where KEY_MISMATCH stands), the suspect flags and the purpose (more bytes in the
 *   transcript, like a nonce), messages that are no messages (GARBAGE stands for all),
 *   sharing, and the return of a lost connection after VERIFIED.
 *
 * FORMS. FORM is 1 for two cameras, 2 for one camera, 3 for none, as in ../state.go. The
 * machine in Go speaks 2; 1 and 3 are the design's. In form 3 B's first message carries the
 * commitment, and the one in the code counts for nothing.
 *
 * WEAKENINGS, each a flag; weakenings_test.go says what each must lead to. TLS_HOLDS keeps the
 * transport keys from Eve, and CARELESS takes from persons what is said of them above, so
 * that tests can say which defence carries what.
 *   NO_COMMITMENT     D's nonce is held against no commitment
 *   KEY_UNCHECKED     a credential need not be of the connection's key
 *   UNTIED            nor do transcript and session name say whose keys the connection has
 *   NO_SIGNATURE      proofs are not looked at
 *   SECRET_REUSABLE   a second claim takes the first one's place
 *   ONE_CODE          both roles have the same digits
 *   SCAN_UNJUDGED     D does not hold S's second code against its own transcript
 *   NOT_WAITED        VERIFIED does not wait for the other's entry
 *   DEADLINE_RENEWED  a stranger's message renews the deadline
 *   NO_SETTLING       there is no deadline once the evidence is in
 */
#ifndef FORM
#define FORM 2
#endif

#include "state.pml"
#include "properties.pml"
#include "ends.pml"
#include "world.pml"
