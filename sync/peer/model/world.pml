/*
 * Everything around the two ends. Each option of each process is one event, at any moment.
 */
#define OPEN(x) (m[x].state != IDLE && m[x].state != CLOSED)

#ifdef ONE_CODE
#define OWN_DIGITS true
#else
#define OWN_DIGITS false   /* the other role's digits are not one's own */
#endif

#ifdef SCAN_UNJUDGED
#define SCANS_A true
#else
#define SCANS_A SAME_T
#endif

/* give hands an event over; it is the last thing that a step of the world does. */
#define give(x, ev) events[x]!ev

#define deliver(x, ev, whose, what) \
	atomic { wire[x]?ev -> conn = DIRECT; remote = B - x; good = SAME_T; cred = whose; nonce = what; give(x, ev) }

inline anyCredential() {
	if
	:: cred = E
	:: cred = A
	:: cred = B
	fi
}

/* A proof she can give: her own, or the honest one over the very same transcript. */
#define anything(x, honest, held) \
	atomic { OPEN(x) && m[x].conn == EVIL -> \
		conn = EVIL; \
		if \
		:: good = (m[x].peer == E || (m[x].peer == honest && held && SAME_T)); give(x, PROOF) \
		:: give(x, DONE) \
		:: give(x, ABORT) \
		:: give(x, GARBAGE) \
		fi }

init {
	atomic {
		if
		:: leaked = false
#ifndef TLS_HOLDS
		:: leaked = true
#endif
		fi;
		run End(S); run End(D);
		run Anna(); run Bo(); run Network(); run Journal(S); run Journal(D); run Eve(); run Strangers();
		run Clock(S); run Clock(D);
		give(D, STARTED)
	}
}

/* Anna has device A: she scans B's screen or what Eve holds up, and in form 3 she types. */
proctype Anna() {
end:
	do
	:: atomic { m[S].state == IDLE ->
		source = E;
		if
		:: FORM != 3 -> source = B              /* Bo's screen */
		:: skip                                 /* a faithful copy */
		:: altered = true                       /* Bo's key, something else changed */
		:: altered = true; offerCommit = NE
		:: offerKey = E                         /* Eve's key, and Bo's commitment */
		:: offerKey = E; offerCommit = NE
		fi;
		give(S, STARTED) }
	:: atomic { FORM == 3 && m[S].state == CONFIRM && !m[S].agreed ->
		if
		:: m[D].shown -> good = DIGITS_AGREE
		:: good = OWN_DIGITS
		:: skip                                 /* a slip */
		fi;
		give(S, TYPED) }
	:: atomic { OPEN(S) -> give(S, CANCEL) }
	od
}

/* Bo has device B: he types what A's screen shows, or scans its second code. */
proctype Bo() {
end:
	do
	:: atomic { FORM != 1 && m[D].state == CONFIRM && !m[D].agreed ->
		if
		:: m[S].shown -> good = DIGITS_AGREE
		:: m[D].shown -> good = OWN_DIGITS
		:: skip
		fi;
		give(D, TYPED) }
	:: atomic { FORM == 1 && m[D].state == CONFIRM && !m[D].agreed ->
		scanned = E;
		if
		:: m[S].shown -> scanned = A; good = SCANS_A
		:: m[D].conn == EVIL -> good = true     /* Eve knows that transcript */
		:: skip
		fi;
		give(D, TYPED) }
	:: atomic { OPEN(D) -> give(D, CANCEL) }
	od
}

/* Network connects A with whom its offer names, delivers in order, and cuts. */
proctype Network() {
end:
	do
	:: atomic { m[S].state == CLAIMED && m[S].conn == NONE && offerKey == B && OPEN(D) ->
		if
		:: FORM == 3 -> wire[S]!COMMIT
		:: else -> skip
		fi;
		conn = DIRECT; remote = B; give(S, CONNECTED) }
	:: atomic { m[S].state == CLAIMED && m[S].conn == NONE && (offerKey == E || leaked) ->
		conn = EVIL; remote = offerKey; give(S, CONNECTED) }
	:: atomic { m[S].state == CLAIMED && m[S].conn == NONE -> give(S, UNREACHABLE) }
	:: deliver(D, CLAIM, A, NA)
	:: deliver(D, PROOF, 0, 0)
	:: deliver(D, DONE, 0, 0)
	:: deliver(D, ABORT, 0, 0)
	:: deliver(S, COMMIT, 0, NB)
	:: deliver(S, ANSWER, B, NB)
	:: deliver(S, PROOF, 0, 0)
	:: deliver(S, DONE, 0, 0)
	:: deliver(S, ABORT, 0, 0)
	:: atomic { OPEN(S) && m[S].conn != NONE && m[S].state != VERIFIED -> give(S, LOST) }
	:: atomic { OPEN(D) && m[D].conn != NONE && m[D].state != VERIFIED -> give(D, LOST) }
	od
}

/* Journal takes the entries, or does not. */
proctype Journal(bit x) {
end:
	do
	:: atomic { m[x].state == CONFIRM && m[x].evidence && !m[x].durable ->
		if
		:: good = true
		:: skip
		fi;
		give(x, ENTRY) }
	od
}

/* Clock is the deadline of one end: two ticks of it. */
proctype Clock(bit x) {
end:
	do
	:: atomic { OPEN(x) -> give(x, TICK) }
	od
}

/* Strangers have not seen the code: D drops them. */
proctype Strangers() {
end:
	do
	:: atomic { OPEN(D) -> stranger() }
	od
}

/* Eve has read Bo's code, and says to either end what she can make. */
proctype Eve() {
end:
	do
	/* A claim, on a connection of her own. */
	:: atomic { OPEN(D) ->
		conn = EVIL;
		if
		:: remote = E
		:: leaked -> remote = A
		:: leaked -> remote = B
		fi;
		anyCredential();
		if
		:: nonce = NE
		:: knowsA -> nonce = NA
		:: knowsB -> nonce = NB
		:: knowsA && knowsB && m[S].theirs != GROUND -> nonce = GROUND
		fi;
		give(D, CLAIM) }
	/* To A, where A came to her: the commitment in form 3, and the answer. */
	:: atomic { FORM == 3 && m[S].state == CLAIMED && m[S].conn == EVIL && commit == 0 ->
		conn = EVIL;
		if
		:: nonce = NE
		:: nonce = NB
		fi;
		give(S, COMMIT) }
	:: atomic { m[S].state == CLAIMED && m[S].conn == EVIL && commit != 0 ->
		conn = EVIL;
		anyCredential();
		if
		:: nonce = NE
		:: knowsA -> nonce = NA
		:: knowsB -> nonce = NB
		:: knowsA && knowsB && m[D].conn == EVIL && m[D].theirs != 0 && m[D].theirs != GROUND -> nonce = GROUND
		fi;
		give(S, ANSWER) }
	/* Whatever else, to either. */
	:: anything(D, A, holdsSig[S])
	:: anything(S, B, holdsSig[D])
	od
}
