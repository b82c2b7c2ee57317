/*
 * The two ends. An End takes one event at a time, as the session's loop in Go hands them to
 * ceremony.step, and each inline is the method of that name there. S and D index the ends.
 */
#define S 0
#define D 1

/* Keys, and the credentials that name them. */
#define A 1
#define B 2
#define E 3

/* Nonces: A's, B's, one that E drew, one that E ground until digits agree. */
#define NA 1
#define NB 2
#define NE 3
#define GROUND 4

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

/* Both ends have the same transcript, field by field. */
#define SAME_T (SESSIONS_SAME && CONNECTIONS_SAME && m[S].peer == B && m[D].peer == A && \
	m[S].theirs == NB && m[D].theirs == NA)

/* The digits of a role are alike at both ends. */
#define DIGITS_AGREE (SAME_T || m[S].theirs == GROUND || m[D].theirs == GROUND)

#include "properties.pml"

#define REFUSED (why != 0)

/* say gives the other end a message; E keeps what is said to her. */
inline say(kind) {
	if
	:: m[x].conn == DIRECT -> wire[1-x]!kind
	:: m[x].conn == EVIL ->
		knowsA = knowsA || kind == CLAIM;
		knowsB = knowsB || kind == ANSWER;
		holdsSig[x] = holdsSig[x] || kind == PROOF
	:: else -> skip
	fi
}

inline enter(s) { m[x].state = s; m[x].left = 1 }

/* fail is carried out at the end of the step, once. */
inline fail(reason) { why = reason }

/* identify takes a credential, unless the connection or oneself says no. */
inline identify() {
	if
	:: cred == A + x -> fail(KEY_MISMATCH)
#ifndef KEY_UNCHECKED
	:: cred != A + x && cred != m[x].remote -> fail(KEY_MISMATCH)
#endif
	:: else -> m[x].peer = cred
	fi
}

/* claim is S's first word; in form 3 it waits for D's commitment. */
inline claim() {
	m[S].conn = conn;
	m[S].remote = remote;
	if
	:: FORM == 3 -> skip
	:: else -> commit = offerCommit; say(CLAIM)
	fi
}

inline judgeCommit() {
	if
	:: FORM == 3 && x == S && m[S].state == CLAIMED && commit == 0 -> commit = nonce; say(CLAIM)
	:: else -> fail(BAD_ANSWER)
	fi
}

/* judgeClaim takes the first claim that shows the secret. */
inline judgeClaim() {
	if
	:: m[D].state == VERIFIED -> skip /* dropped */
	:: m[D].state == OFFERING
#ifdef SECRET_REUSABLE
		|| m[D].state == IDENTIFIED || (m[D].state == CONFIRM && !m[D].evidence)
#endif
		->
		claimants = (claimants < 2 -> claimants + 1 : 2);
		m[D].conn = conn;
		m[D].remote = remote;
		enter(CLAIMED);
		identify();
		if
		:: REFUSED -> skip
		:: else ->
			m[D].theirs = nonce;
			say(ANSWER);
			enter(IDENTIFIED)
		fi
	:: else -> fail(SECOND_CLAIM)
	fi;
	assertOneClaimant()
}

inline judgeAnswer() {
	if
	:: x != S || m[S].state != CLAIMED || commit == 0 -> fail(BAD_ANSWER)
#ifndef NO_COMMITMENT
	:: x == S && m[S].state == CLAIMED && commit != 0 && nonce != commit -> fail(COMMIT_BAD)
#endif
	:: else ->
		identify();
		if
		:: REFUSED -> skip
		:: else ->
			m[S].theirs = nonce;
			m[S].signs = true;
			say(PROOF);
			enter(CONFIRM);
			m[S].shown = true;
			assertNamed(S)
		fi
	fi
}

/* judgeProof takes the other's signature; good says whether it opens under the key in the
   credential, over this end's transcript, in the other's role. */
inline judgeProof() {
	if
	:: !((x == D && m[D].state == IDENTIFIED) || (x == S && m[S].state == CONFIRM && !m[S].proven)) ->
		fail(BAD_ANSWER)
#ifndef NO_SIGNATURE
	:: ((x == D && m[D].state == IDENTIFIED) || (x == S && m[S].state == CONFIRM && !m[S].proven)) && !good ->
		fail(KEY_MISMATCH)
#endif
	:: else ->
		m[x].proven = true;
		if
		:: x == D ->
			enter(CONFIRM);
			m[D].shown = (FORM == 3);
			assertNamed(D)
		:: x == S && (FORM != 3 || m[S].agreed) -> believe()
		:: else -> skip
		fi
	fi
}

/* judgeCode takes what the person typed or scanned. */
inline judgeCode() {
	if
	:: m[x].state != CONFIRM || m[x].agreed -> skip
	:: m[x].state == CONFIRM && !m[x].agreed && good ->
		m[x].agreed = true;
		if
		:: x == D -> m[D].signs = true; say(PROOF); believe()
		:: x == S && m[S].proven -> believe()
		:: else -> skip
		fi
	:: else ->
		m[x].wrong++;
		if
		:: m[x].wrong == TRIES -> fail(CODE_WRONG)
		:: else -> skip
		fi
	fi
}

inline believe() { m[x].evidence = true; m[x].left = 1 }

inline entryAnswered() {
	if
	:: m[x].state != CONFIRM || !m[x].evidence || m[x].durable -> skip
	:: else ->
		if
		:: good -> m[x].durable = true; say(DONE); settle()
		:: else -> fail(ENTRY_FAILED)
		fi
	fi
}

inline takeDone() {
	if
	:: m[x].evidence && !m[x].otherDone -> m[x].otherDone = true; settle()
	:: else -> fail(BAD_ANSWER)
	fi
}

/* settle is VERIFIED once both entries are durable. */
inline settle() { settled = m[x].durable && m[x].otherDone }

/* receive is a message on the connection of the claim. After VERIFIED only an abort counts. */
inline receive() {
	if
	:: conn != m[x].conn || conn == NONE -> skip /* dropped */
	:: conn == m[x].conn && conn != NONE && m[x].state == VERIFIED ->
		if
		:: ev == ABORT -> m[x].state = CLOSED; m[x].left = 0
		:: else -> skip
		fi
	:: else ->
		if
		:: ev == COMMIT -> judgeCommit()
		:: ev == ANSWER -> judgeAnswer()
		:: ev == PROOF -> judgeProof()
		:: ev == DONE -> takeDone()
		:: ev == ABORT -> fail(PEER_ABORT)
		:: ev == GARBAGE -> fail(BAD_ANSWER)
		fi
	fi
}

/* close ends what was verified, fail what was not; the other is told where there is one. */
inline leave() {
	if
	:: why != PEER_ABORT -> say(ABORT)
	:: else -> skip
	fi;
	m[x].state = CLOSED;
	m[x].left = 0
}

proctype End(bit x) {
	mtype:event ev;
	mtype:reason why;
	bool settled;
end:
	do
	:: atomic { events[x]?ev ->
		if
		:: m[x].state == CLOSED -> skip
		:: m[x].state != CLOSED && ev == STARTED ->
			if
			:: x == D -> enter(OFFERING)
			:: else -> enter(CLAIMED)
			fi
		:: m[x].state != CLOSED && ev == CONNECTED -> claim()
		:: m[x].state != CLOSED && ev == CLAIM -> judgeClaim()
		:: m[x].state != CLOSED && ev == TYPED -> judgeCode()
		:: m[x].state != CLOSED && ev == ENTRY -> entryAnswered()
		:: m[x].state != CLOSED && ev == UNREACHABLE -> fail(NO_ROAD)
		:: m[x].state != CLOSED && ev == CANCEL -> fail(CANCELLED)
		:: m[x].state != CLOSED && ev == LOST ->
			if
			:: m[x].state != VERIFIED -> fail(PEER_ABORT)
			:: else -> skip
			fi
		:: m[x].state != CLOSED && ev == TICK ->
			if
			:: m[x].left > 0 -> m[x].left--
			:: else -> fail(EXPIRED)
			fi
		:: else -> receive()
		fi;
		if
		:: REFUSED -> printf("end %d: %e\n", x, why); leave()
		:: !REFUSED && settled -> enter(VERIFIED); assertVerified(x)
		:: else -> skip
		fi;
		ev = 0; why = 0; settled = false;
		conn = 0; remote = 0; cred = 0; nonce = 0; good = false }
	od
}
