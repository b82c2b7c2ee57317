/*
 * What an end holds, what is on its way, and what the attacker has learned.
 * S and D index the ends.
 */
#define S 0
#define D 1

/* Keys, and the credentials that name them; the numbers are letters of the alphabet. */
#define A 1
#define B 2
#define E 5

/* Nonces: A's, B's, one that E drew, one that E ground until digits agree. */
#define NA 1
#define NB 2
#define NE 5
#define GROUND 7

/* Connections of an end: none, the honest one between A and B, one that E holds. */
#define NONE 0
#define DIRECT 1
#define EVIL 2

#define TRIES 3

mtype:state = { IDLE, OFFERING, CLAIMED, IDENTIFIED, CONFIRM, VERIFIED, CLOSED };
mtype:event = { STARTED, CONNECTED, COMMIT, CLAIM, ANSWER, PROOF, DONE, ABORT, GARBAGE,
	LOST, UNREACHABLE, TYPED, ENTRY, CANCEL, TICK };
mtype:reason = { EXPIRED, KEY_MISMATCH, COMMIT_BAD, SECOND_CLAIM, CODE_WRONG, PEER_ABORT,
	CANCELLED, NO_ROAD, BAD_ANSWER, ENTRY_FAILED };

typedef Machine {
	mtype:state state = IDLE;
	bit left;       /* ticks until the deadline, less one */
	byte conn;      /* the connection of the claim */
	byte remote;    /* the key that the connection proved */
	byte peer;      /* the credential taken, by its owner */
	byte theirs;    /* the other's nonce; not 0: the transcript is fixed */
	byte wrong;     /* tries used up */
	bool shown;     /* the screen shows its digits, or its second code */
	bool signs;     /* its proof is out */
	bool proven;    /* the other's proof is in */
	bool agreed;    /* the code typed or scanned here was right */
	bool evidence, durable, otherDone;
}
Machine m[2];

/* The offer as S read it; D's own is (B, NB, unaltered). */
byte offerKey = B, offerCommit = NB;
bool altered;   /* it is not D's in something else: secret, address, form */

byte commit;    /* what S holds D's nonce against */

/* Messages on the honest connection, to each end. More never wait. */
chan wire[2] = [6] of { mtype:event };

/* An event is handed over with its fields; who has one fills them, the End clears them. */
chan events[2] = [0] of { mtype:event };
byte conn, remote, cred, nonce;
bool good;      /* PROOF: it opens; TYPED: it is right; ENTRY: it is durable */

/* What E has learned. */
bool knowsA, knowsB;   /* the nonces */
bool holdsSig[2];      /* the end's proof */

#ifdef UNTIED
#define KEY_UNCHECKED
#define SESSIONS_SAME (offerCommit == NB && !altered)
#define CONNECTIONS_SAME true
#else
#define SESSIONS_SAME (offerKey == B && offerCommit == NB && !altered)
#define CONNECTIONS_SAME (m[S].remote == B && m[D].remote == A)
#endif

#ifdef SECRET_REUSABLE
#define CLAIMABLE (m[D].state == OFFERING || m[D].state == IDENTIFIED || (m[D].state == CONFIRM && !m[D].evidence))
#else
#define CLAIMABLE (m[D].state == OFFERING)
#endif

#ifdef NO_SETTLING
#define UNDUE (m[x].evidence && m[x].state == CONFIRM)
#else
#define UNDUE false
#endif

#ifdef DEADLINE_RENEWED
#define RENEWED 1
#else
#define RENEWED m[D].left
#endif

#ifdef NOT_WAITED
#define OTHER_DONE true
#else
#define OTHER_DONE m[x].otherDone
#endif

/* Both ends have the same transcript, field by field. */
#define SAME_T (SESSIONS_SAME && CONNECTIONS_SAME && m[S].peer == B && m[D].peer == A && \
	m[S].theirs == NB && m[D].theirs == NA)

/* The digits of a role are alike at both ends. */
#define DIGITS_AGREE (SAME_T || m[S].theirs == GROUND || m[D].theirs == GROUND)
