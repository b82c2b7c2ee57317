package record

import (
	"fmt"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Loan says how long a device may open its copy of a record. The connected system lends to
// a device; a device that hands the record over lends on, never for longer. Each loan is
// signed by who lends.
type Loan struct {
	Version uint64            `cbor:"1,keyasint"`
	Org     identity.OrgID    `cbor:"2,keyasint"`
	Record  journal.RecordID  `cbor:"3,keyasint"`
	Number  uint64            `cbor:"4,keyasint"`           // of the record's version
	From    identity.DeviceID `cbor:"5,keyasint,omitempty"` // empty: the connected system
	To      identity.DeviceID `cbor:"6,keyasint"`
	Until   signed.Time       `cbor:"7,keyasint"`
}

// LoanLimit bounds a signed loan, MaxHands the number of loans in a chain of hands.
const (
	LoanLimit = 1 << 10 // bytes
	MaxHands  = 4
)

// OpenLoan verifies one loan under the keys of who lends: the organisation's issuing keys,
// or the signing key of the device From.
func OpenLoan(data []byte, org identity.OrgID, lender []signed.Key) (Loan, error) {
	l, err := readLoan(data, append([]signed.Key{}, lender...))
	if err != nil {
		return Loan{}, err
	}
	return l, l.check(org)
}

// ReadLoan is what a loan says that somebody has verified before.
func ReadLoan(data []byte) (Loan, error) { return readLoan(data, nil) }

// readLoan reads a loan that is signed by itself, or one of many; where lender is nil, nobody verifies it.
func readLoan(data []byte, lender []signed.Key) (l Loan, err error) {
	switch {
	case len(data) > 0 && data[0] == arrayOfFive:
		var part loanOfMany
		if err = signed.Decode(data, LoanLimit, &part); err == nil {
			l, err = part.one(lender)
		}
	case lender == nil:
		err = signed.Unverified(data, LoanLimit, &l)
	default:
		err = signed.OpenAny(signed.DomainLoan, lender, data, LoanLimit, &l)
	}
	if err != nil {
		return Loan{}, fmt.Errorf("open loan: %w", err)
	}
	return l, nil
}

func (l Loan) check(org identity.OrgID) error {
	if l.Version != 1 || l.Org != org || l.Number == 0 || l.Until <= 0 || l.To == "" || identity.CheckOpaque(string(l.Record)) != nil {
		return fmt.Errorf("open loan: %w", ErrLoan)
	}
	return nil
}

// Hand is one link in a chain of hands: a loan, by itself or, of the connected system, one of many, and the credential of the device that
// signed it; no credential where the connected system lends.
type Hand struct {
	_          struct{} `cbor:",toarray"`
	Loan       []byte
	Credential []byte
}

// Lenders are the devices that a chain of hands which OpenHands has verified came through: all that
// lent, the connected system not counted.
func Lenders(hands []Hand) []identity.DeviceID {
	var through []identity.DeviceID
	for _, hand := range hands {
		if loan, err := ReadLoan(hand.Loan); err == nil && loan.From != "" {
			through = append(through, loan.From)
		}
	}
	return through
}

// OpenHands verifies a chain of hands that ends at device: it begins at the connected
// system, each lends to the next, and no loan outlives the one before. It returns the last.
func OpenHands(hands []Hand, org identity.OrgID, issuing []signed.Key, device identity.DeviceID) (Loan, error) {
	if len(hands) == 0 || len(hands) > MaxHands {
		return Loan{}, fmt.Errorf("open hands: %w: no loan, or through too many hands", ErrLoan)
	}
	var last Loan
	for i, hand := range hands {
		keys := issuing
		if i > 0 {
			c, err := identity.OpenCredential(hand.Credential, org, issuing)
			if err != nil {
				return Loan{}, fmt.Errorf("open hands: %w", err)
			}
			if c.Device() != last.To {
				return Loan{}, fmt.Errorf("open hands: %w: lent by a device that did not hold it", ErrLoan)
			}
			keys = []signed.Key{c.Keys.Signing}
		}
		loan, err := OpenLoan(hand.Loan, org, keys)
		if err != nil {
			return Loan{}, fmt.Errorf("open hands: %w", err)
		}
		switch {
		case i == 0 && (loan.From != "" || len(hand.Credential) != 0),
			i > 0 && (loan.From != last.To || loan.Record != last.Record || loan.Number != last.Number || loan.Until > last.Until):
			return Loan{}, fmt.Errorf("open hands: %w: it does not follow from the one before", ErrLoan)
		}
		last = loan
	}
	if last.To != device {
		return Loan{}, fmt.Errorf("open hands: %w: lent to another device", ErrLoan)
	}
	return last, nil
}
