/*
 * The two ends. An End takes one event at a time, as the session's loop in Go hands them to
 * ceremony.step, and each inline is the method of that name there.
 */

#define REFUSED (why != 0)

/* For the story of an attack, which the trail prints. */
#define LETTER(v) (v > 0 -> 64 + v : 45)

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
	:: CLAIMABLE ->
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
#ifdef ONLY
	early = early || !m[x].evidence;
#endif
	if
	:: (m[x].evidence || (x == S && m[x].proven)) && !m[x].otherDone -> m[x].otherDone = true; settle()
	:: else -> fail(BAD_ANSWER)
	fi
}

/* settle is VERIFIED once both entries are durable. */
inline settle() { settled = m[x].durable && OTHER_DONE }

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

/* stranger is a claim without the secret: dropped, and nothing is disturbed. */
inline stranger() {
	m[D].left = RENEWED;
	noteTick(false)
}

proctype End(bit x) {
	mtype:event ev;
	mtype:reason why;
	bool settled;
end:
	do
	:: atomic { events[x]?ev ->
		printf("%c takes %e: key %c, credential %c, nonce %c, good %d\n",
			LETTER(A + x), ev, LETTER(remote), LETTER(cred), LETTER(nonce), good);
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
			:: UNDUE -> skip
			:: !UNDUE && m[x].left > 0 -> m[x].left--
			:: else -> fail(EXPIRED)
			fi
		:: else -> receive()
		fi;
		if
		:: REFUSED -> printf("%c fails: %e\n", LETTER(A + x), why); leave()
		:: !REFUSED && settled ->
			printf("%c is VERIFIED with %c\n", LETTER(A + x), LETTER(m[x].peer));
			enter(VERIFIED);
			assertVerified(x)
		:: else -> skip
		fi;
		noteTick(ev == TICK && m[x].state != CLOSED);
		ev = 0; why = 0; settled = false;
		conn = 0; remote = 0; cred = 0; nonce = 0; good = false }
	od
}
