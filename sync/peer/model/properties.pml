/*
 * What must hold. ONLY picks one property (by number) where a weakening is to show which one
 * falls; without it all are held. LIVENESS adds the last one, which is about whole runs.
 */
byte claimants;      /* claims that D took */
byte source;         /* whose screen S scanned: B's, or E's hand; a picture is always E's */
byte scanned;        /* form 1: whose second code D scanned */
bool leaked;         /* E has A's and B's transport keys */
bool early;          /* D's last word came before S's person had typed */

#ifndef ONLY
#define HOLDS(n) true
#else
#define HOLDS(n) (n == ONLY)
#endif

#define KEYS 1
#define CLAIMANT 2
#define NAMES 3
#define ENTRIES 4
#define NOBODY_MEETS 5
#define ENDS 6
#define NOBODY_LATE 7

/* The other end of x in person is Eve herself: her screen, shown by her. Where digits were
   typed there is no such excuse. CARELESS says that a person takes any screen for the
   colleague's and reads no name; the test shows what a form does not promise then. */
#ifdef CARELESS
#define EVE_IN_PERSON(x) false
#else
#define EVE_IN_PERSON(x) (m[x].peer == E && \
	((x == S && FORM != 3 && source == E) || (x == D && FORM == 1 && scanned == E)))
#endif

/* KEYS: x is VERIFIED with a key only if the other end holds it. The other end is whom the
   person had before her; it has the same transcript and has signed it, and the connection
   is with the credential's own key. */
#define OTHER_END_HOLDS(x) (m[x].remote == m[x].peer && \
	(EVE_IN_PERSON(x) || (SAME_T && m[1-x].signs)))

/* ENTRIES: and only after its own entry and, as far as a connection can say, the other's. */
#define ENTRIES_DURABLE(x) (m[x].durable && (leaked || m[x].peer == E || m[1-x].durable))

inline assertVerified(x) {
	assert(!HOLDS(KEYS) || OTHER_END_HOLDS(x));
	assert(!HOLDS(ENTRIES) || ENTRIES_DURABLE(x));
#ifdef ONLY
	/* No properties: to be violated, or the model proves nothing. */
	assert(ONLY != NOBODY_MEETS || m[1-x].state != VERIFIED);
	assert(ONLY != NOBODY_LATE || !early || m[1-x].state != VERIFIED)
#endif
}

/* CLAIMANT: D takes one claim and no other. */
inline assertOneClaimant() { assert(!HOLDS(CLAIMANT) || claimants <= 1) }

/* NAMES: no screen names a person whose device's key the connection did not prove. */
inline assertNamed(x) { assert(!HOLDS(NAMES) || m[x].remote == m[x].peer) }

/* ENDS: what began ends, whatever anybody does or does not do. The clock of an open end can
   always tick and that of a closed one never does, so a run without end in which the clocks go
   on is one with ticks for ever; ticked is the last event having been a tick that closed
   nothing. No fairness is asked of anybody else. */
#ifdef LIVENESS
bool ticked;
#define noteTick(t) ticked = t
ltl ends { <>[] !ticked }
#else
#define noteTick(t) skip
#endif
