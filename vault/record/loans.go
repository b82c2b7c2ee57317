package record

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Loans is what the connected system signs where it lends a device many records at once, all for as long: the root of a
// Merkle tree (RFC 6962) whose leaves are what is lent, in order. What shows that it lends one of them stands in that
// one's first hand, where a Loan that is signed by itself may stand too.
type Loans struct {
	Version uint64            `cbor:"1,keyasint"`
	Org     identity.OrgID    `cbor:"2,keyasint"`
	To      identity.DeviceID `cbor:"3,keyasint"`
	Until   signed.Time       `cbor:"4,keyasint"`
	Size    uint64            `cbor:"5,keyasint"` // leaves
	Root    []byte            `cbor:"6,keyasint"` // 32 bytes
}

// Lent is one leaf: a version of a record.
type Lent struct {
	_      struct{} `cbor:",toarray"`
	Record journal.RecordID
	Number uint64
}

// loanOfMany is a loan that is one of many: what was signed of them, and the way from its leaf to the root.
type loanOfMany struct {
	_      struct{} `cbor:",toarray"`
	Loans  []byte   // signed
	Record journal.RecordID
	Number uint64
	Index  uint64
	Proof  [][]byte // hashes, 32 bytes each
}

// Bounds of Loans.
const (
	LoansMost  = 1 << 12 // leaves
	loansLimit = 512     // bytes, signed
	proofMost  = 12      // hashes
)

// arrayOfFive is how a loan of many begins. What is signed is a COSE_Sign1, an array of four.
const arrayOfFive = 0x85

// Lend signs that the connected system lends all of them to one device.
func Lend(issuing *signed.PrivateKey, org identity.OrgID, to identity.DeviceID, until signed.Time, all []Lent) ([]byte, error) {
	tree, err := treeOf(all)
	if err != nil {
		return nil, err
	}
	root, err := tree.root()
	if err != nil {
		return nil, fmt.Errorf("lend: %w", err)
	}
	return signed.Sign(signed.DomainLoans, issuing, Loans{Version: 1, Org: org, To: to, Until: until, Size: uint64(len(all)), Root: root[:]})
}

// OpenLoans verifies that data lends exactly these to device, and returns until when and each one's loan, as its first
// hand has it.
func OpenLoans(data []byte, org identity.OrgID, issuing []signed.Key, device identity.DeviceID, all []Lent) (until signed.Time, loans [][]byte, err error) {
	l, err := openLoans(data, issuing)
	if err != nil {
		return 0, nil, err
	}
	tree, err := treeOf(all)
	if err != nil {
		return 0, nil, err
	}
	root, err := tree.root()
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("open loans: %w", err)
	case l.Org != org, l.To != device, l.Size != uint64(len(all)), string(l.Root) != string(root[:]):
		return 0, nil, fmt.Errorf("open loans: %w: of others, or lent to another device", ErrLoan)
	}
	loans = make([][]byte, len(all))
	for i, one := range all {
		proof, err := tlog.ProveRecord(int64(len(all)), int64(i), tree)
		if err != nil {
			return 0, nil, fmt.Errorf("open loans: %w", err)
		}
		part := loanOfMany{Loans: data, Record: one.Record, Number: one.Number, Index: uint64(i), Proof: make([][]byte, len(proof))}
		for n := range proof {
			part.Proof[n] = proof[n][:]
		}
		if loans[i], err = signed.Encode(part); err != nil {
			return 0, nil, fmt.Errorf("open loans: %w", err)
		}
	}
	return l.Until, loans, nil
}

// openLoans reads what was signed; where issuing is nil, nobody has verified it.
func openLoans(data []byte, issuing []signed.Key) (l Loans, err error) {
	if issuing == nil {
		err = signed.Unverified(data, loansLimit, &l)
	} else {
		err = signed.OpenAny(signed.DomainLoans, issuing, data, loansLimit, &l)
	}
	if err != nil {
		return Loans{}, fmt.Errorf("open loans: %w", err)
	}
	if l.Version != 1 || len(l.Root) != tlog.HashSize || l.Size == 0 || l.Size > LoansMost {
		return Loans{}, fmt.Errorf("open loans: %w", ErrLoan)
	}
	return l, nil
}

// one is the loan that is one of many; it is verified where issuing is not nil.
func (p loanOfMany) one(issuing []signed.Key) (Loan, error) {
	l, err := openLoans(p.Loans, issuing)
	if err != nil {
		return Loan{}, err
	}
	if p.Index >= l.Size || len(p.Proof) > proofMost || slices.ContainsFunc(p.Proof, func(h []byte) bool { return len(h) != tlog.HashSize }) {
		return Loan{}, fmt.Errorf("open loans: %w", ErrLoan)
	}
	leaf, err := Lent{Record: p.Record, Number: p.Number}.hash()
	if err != nil {
		return Loan{}, err
	}
	proof := make(tlog.RecordProof, len(p.Proof))
	for i, h := range p.Proof {
		proof[i] = tlog.Hash(h)
	}
	if err := tlog.CheckRecord(proof, int64(l.Size), tlog.Hash(l.Root), int64(p.Index), leaf); err != nil {
		return Loan{}, fmt.Errorf("open loans: %w: it is none of those", ErrLoan)
	}
	return Loan{Version: l.Version, Org: l.Org, Record: p.Record, Number: p.Number, To: l.To, Until: l.Until}, nil
}

func (l Lent) hash() (tlog.Hash, error) {
	data, err := signed.Encode(l)
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("hash what is lent: %w", err)
	}
	return tlog.RecordHash(data), nil
}

// loanTree are a tree's hashes, as tlog stores them.
type loanTree struct {
	leaves int64
	hashes []tlog.Hash
}

func treeOf(all []Lent) (*loanTree, error) {
	t := &loanTree{}
	if len(all) == 0 || len(all) > LoansMost {
		return nil, fmt.Errorf("lend: %w: nothing, or too much at once", ErrLoan)
	}
	for _, one := range all {
		leaf, err := one.hash()
		if err != nil {
			return nil, err
		}
		more, err := tlog.StoredHashesForRecordHash(t.leaves, leaf, t)
		if err != nil {
			return nil, fmt.Errorf("lend: %w", err)
		}
		t.leaves, t.hashes = t.leaves+1, append(t.hashes, more...)
	}
	return t, nil
}

func (t *loanTree) root() (tlog.Hash, error) { return tlog.TreeHash(t.leaves, t) }

// ReadHashes is tlog.HashReader.
func (t *loanTree) ReadHashes(at []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(at))
	for i, n := range at {
		found[i] = t.hashes[n]
	}
	return found, nil
}
