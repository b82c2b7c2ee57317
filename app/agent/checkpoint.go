package agent

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault"
	"handslag/vault/journal"
	"handslag/vault/journal/audit"
)

// A device is a witness of the audit log: it keeps the newest checkpoint that it has seen, asks at
// each sync for a proof that the log still has all of that at its beginning, and compares with what
// colleagues have seen. A connected system that shows two devices two histories, or takes one back,
// is found out by the first of them that has both.

// witnessed is what a device has seen of the audit log, each as it was signed.
type witnessed struct {
	_        struct{} `cbor:",toarray"`
	Own      []byte   // the newest from the connected system; empty before the first
	Heard    [][]byte // colleagues' that no proof has joined to it yet
	Evidence [][]byte // pairs that contradict each other, the first and the newest; empty where none do
	Former   [][]byte // the last before each restore of the log that its root key has told of, the newest last

	Vouched   []byte      // the last that it cosigned and handed in
	VouchedAt signed.Time // by the newest signed server time then
}

// contradicts keeps two as evidence. What was found first stays: who rewrote the log could else bury
// it under a contradiction that has an excuse. It reports whether note is told of already.
func (w *witnessed) contradicts(note, other []byte) (told bool) {
	if slices.ContainsFunc(w.Evidence, func(known []byte) bool { return bytes.Equal(known, note) }) {
		return true
	}
	first := w.Evidence[:min(len(w.Evidence), 2)]
	w.Evidence = append(slices.Clone(first), note, other)
	return false
}

// A log that was restored from a backup lacks what came after it. The root key says so: then what was seen
// beyond the backup contradicts nothing. What the backup had the log must have still, and who has no such
// word of the root key's, the thief of a log key among them, took it back.

// excused reports whether now, of a later generation, may lack what before has.
func excused(s identity.Statement, before, now audit.Checkpoint) bool {
	if before.InGeneration() >= now.InGeneration() || now.InGeneration() > s.Generation() {
		return false
	}
	size, restored := s.Since(before.InGeneration())
	return restored && uint64(before.Size) > size
}

// continued checks that the log begins with what the root key says of the backup that it goes on from.
func continued(s identity.Statement, now audit.Checkpoint, proofs map[uint64][]audit.Hash) (audit.Checkpoint, error) {
	g := s.Generations[len(s.Generations)-1]
	backup := audit.Checkpoint{Org: now.Org, Size: int64(g.Size), Root: audit.Hash(g.Root)}
	return backup, audit.Consistent(backup, now, proofs[g.Size])
}

const maxFormer = 4

const (
	witnessedSetting = "witnessed"
	witnessedLimit   = 48 << 10
	maxHeard         = link.GrowthProofs - 1
)

// Why a log is inconsistent, as the entry's Code says.
const (
	logShrank = "shrank" // it has fewer entries than it had
	logForked = "forked" // it has other ones
)

func (s *session) witnessed() (witnessed, error) {
	data, err := s.vault.Setting(witnessedSetting)
	if err != nil || len(data) == 0 {
		return witnessed{}, err
	}
	var w witnessed
	if err := signed.Decode(data, witnessedLimit, &w); err != nil {
		return witnessed{}, nil // begins anew, as after a lost view
	}
	return w, nil
}

func (s *session) keepWitnessed(w witnessed) error {
	data, err := signed.Encode(w)
	if err != nil {
		return fmt.Errorf("keep checkpoints: %w", err)
	}
	return s.vault.Update(func(tx *vault.Tx) error { return tx.SetSetting(witnessedSetting, data) })
}

func (s *session) openCheckpoint(note []byte) (audit.Checkpoint, error) {
	me := s.who()
	return audit.OpenCheckpoint(note, me.profile.Org, me.statement.Log)
}

// remembered is a checkpoint that was verified when it was kept. Its key may be the organisation's no longer, and
// what it says holds all the same: else who rotates keys could have a rewritten log forgotten.
func (s *session) remembered(note []byte) (audit.Checkpoint, error) {
	c, err := audit.ReadCheckpoint(note)
	if err == nil && c.Org != s.who().profile.Org {
		err = audit.ErrCheckpoint
	}
	return c, err
}

// asked are the sizes that the next checkpoint is to be compared with. Zero, before the first one,
// asks for a checkpoint alone.
func (s *session) asked(w witnessed) []uint64 {
	sizes := []uint64{0}
	for _, note := range append([][]byte{w.Own}, w.Heard...) {
		if c, err := s.remembered(note); err == nil {
			sizes = append(sizes, uint64(c.Size))
		}
	}
	if len(sizes) > 1 {
		sizes = sizes[1:]
	}
	slices.Sort(sizes)
	return slices.Compact(sizes) // a colleague's may be of one's own size by now
}

// grew compares what came down with all that is known. What contradicts it is told, once, and kept
// as evidence; the newest checkpoint is the one in force from then on.
func (a *Agent) grew(s *session, w witnessed, growth *link.Growth) error {
	if growth == nil { // who withholds it has something to hide
		return fmt.Errorf("read checkpoint: %w: none came", link.ErrAnswer)
	}
	s.seeing.Lock()
	defer s.seeing.Unlock()
	now, err := s.openCheckpoint(growth.Checkpoint)
	if err != nil {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	proofs := map[uint64][]audit.Hash{}
	for _, p := range growth.Proofs {
		var proof []audit.Hash
		for _, h := range p.Hashes {
			if len(h) != len(audit.Hash{}) {
				return fmt.Errorf("read checkpoint: %w: a proof of other hashes", link.ErrAnswer)
			}
			proof = append(proof, audit.Hash(h))
		}
		proofs[p.From] = proof
	}
	latest, err := s.witnessed()
	if err != nil {
		return err
	}
	next := witnessed{Own: growth.Checkpoint, Evidence: latest.Evidence, Former: latest.Former, Vouched: latest.Vouched, VouchedAt: latest.VouchedAt}
	statement := s.who().statement
	if before, err := s.remembered(w.Own); err == nil && before.InGeneration() < now.InGeneration() && now.InGeneration() == statement.Generation() {
		next.Former = append(latest.Former[max(0, len(latest.Former)+1-maxFormer):], w.Own)
		if backup, err := continued(statement, now, proofs); err != nil {
			next.contradicts(w.Own, growth.Checkpoint)
			if err := a.alarm(s, backup, now); err != nil {
				return err
			}
		} else if err := a.logRestored(s, before); err != nil {
			return err
		}
	}
	for _, note := range latest.Heard { // since the call was made: for the next one
		if !slices.ContainsFunc(w.Heard, func(asked []byte) bool { return bytes.Equal(asked, note) }) {
			next.Heard = append(next.Heard, note)
		}
	}
	for _, note := range append([][]byte{w.Own}, w.Heard...) {
		before, err := s.remembered(note)
		if err != nil { // there is none yet
			continue
		}
		if excused(statement, before, now) {
			continue
		}
		if err := audit.Consistent(before, now, proofs[uint64(before.Size)]); errors.Is(err, audit.ErrInconsistent) {
			if next.contradicts(note, growth.Checkpoint) {
				continue
			}
			if err := a.alarm(s, before, now); err != nil {
				return err
			}
		}
	}
	if bytes.Equal(next.Own, w.Own) && len(w.Heard) == 0 {
		return nil
	}
	return s.keepWitnessed(next)
}

// heardCheckpoint compares a colleague's checkpoint with one's own: of the same size they must be
// the same, and of another size the next sync brings the proof.
func (a *Agent) heardCheckpoint(s *session, note []byte) error {
	theirs, err := s.openCheckpoint(note)
	if err != nil {
		return err
	}
	s.seeing.Lock()
	defer s.seeing.Unlock()
	w, err := s.witnessed()
	if err != nil {
		return err
	}
	if own, err := s.remembered(w.Own); err == nil && own.Size == theirs.Size && own.InGeneration() == theirs.InGeneration() {
		if own.Root == theirs.Root {
			return nil
		}
		if w.contradicts(note, w.Own) {
			return nil
		}
		if err := a.alarm(s, theirs, own); err != nil {
			return err
		}
		return s.keepWitnessed(w)
	}
	for _, known := range w.Heard {
		if bytes.Equal(known, note) {
			return nil
		}
	}
	w.Heard = append(w.Heard[max(0, len(w.Heard)+1-maxHeard):], note)
	return s.keepWitnessed(w)
}

// alarm says in the journal, and to the person, that the audit log is not what it was.
func (a *Agent) alarm(s *session, before, now audit.Checkpoint) error {
	code := logForked
	if now.Size < before.Size {
		code = logShrank
	}
	_, err := s.say(line{
		entry: journal.Entry{Kind: journal.LogInconsistent, Code: code, Count: uint64(before.Size), Ref: before.Root[:]},
		effect: func(tx *vault.Tx) error {
			return tell(tx, notice{ID: "log", Code: LogInconsistent, At: s.clock.Read().Time})
		},
	})
	a.changed(StateChanged, EventsChanged)
	return err
}

// logRestored says in the journal, and to the person once, that the log goes on from a backup. With the entry the
// journal is handed in at least once more, and the receipt shows what else the log lacks.
func (a *Agent) logRestored(s *session, before audit.Checkpoint) error {
	if err := errors.Join(s.sayHeld(), s.journal.LogRestored()); err != nil {
		return err
	}
	_, err := s.say(line{
		entry: journal.Entry{Kind: journal.LogRestored, Count: uint64(before.Size), Ref: before.Root[:]},
		effect: func(tx *vault.Tx) error {
			return tell(tx, notice{ID: "log-restored", Code: LogRestored, At: s.clock.Read().Time})
		},
	})
	a.changed(StateChanged, EventsChanged)
	return err
}

// LogEvidence is what contradicts what: pairs of checkpoints of the audit log, the first pair found and the
// newest, each checkpoint signed by the organisation's log key, as C2SP signed notes one after the other.
// Two over as many entries show by themselves that there were two logs; of others the log itself has to be
// asked for the proof that it did not give. Behind them stand the last ones before the log was restored from a
// backup. It is empty where neither has happened.
func (a *Agent) LogEvidence() ([]byte, error) {
	s, err := a.current()
	if err != nil {
		return nil, err
	}
	w, err := s.witnessed()
	if err != nil {
		return nil, translate(err)
	}
	return bytes.Join(slices.Concat(w.Evidence, w.Former), []byte("\n")), nil
}
