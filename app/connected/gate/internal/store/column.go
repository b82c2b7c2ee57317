package store

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"handslag/app/connected/gate/internal/store/sqlc"
	"handslag/identity"
)

// Errors about encrypted columns.
var (
	ErrErased = errors.New("the data subject's key is destroyed")
	ErrKey    = errors.New("the database belongs to another key")
	ErrColumn = errors.New("column does not decrypt")
)

// checkSubject owns a key like a data subject's; that it opens shows that the data key is
// the right one. No data subject's ID holds a colon.
const checkSubject = "system:check"

// columnKeys are derived from the organisation's data key.
type columnKeys struct {
	wrap []byte // wraps the subjects' keys
	mac  []byte // for what is compared and not read
}

func newColumnKeys(key []byte) (columnKeys, error) {
	if len(key) != identity.AEADKeySize {
		return columnKeys{}, errors.New("data key is not 32 bytes")
	}
	wrap, err := hkdf.Key(sha256.New, key, nil, "handslag/1/column-wrap", identity.AEADKeySize)
	if err != nil {
		return columnKeys{}, err
	}
	mac, err := hkdf.Key(sha256.New, key, nil, "handslag/1/column-mac", sha256.Size)
	return columnKeys{wrap: wrap, mac: mac}, err
}

// MAC is a keyed hash, 32 bytes: to see whether something is the same without keeping it,
// and without letting whoever has the file guess it. use keeps one purpose's from another's.
func (tx *Tx) MAC(use string, data []byte) []byte {
	h := hmac.New(sha256.New, tx.key.mac)
	fmt.Fprintf(h, "%s\x00", use)
	h.Write(data)
	return h.Sum(nil)
}

// Seal encrypts a value of column (table:column) in row under the subject's key, which is
// made at first use. It returns ErrErased when the key has been destroyed.
func (tx *Tx) Seal(ctx context.Context, subject, column, row string, plain []byte) ([]byte, error) {
	dek, err := tx.dek(ctx, subject, true)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", column, err)
	}
	aead, err := identity.NewAEAD(dek)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", column, err)
	}
	return aead.Seal(nil, nil, plain, []byte(column+":"+row)), nil
}

// Columns open what is encrypted under one subject's key, wherever the transaction's own work goes on meanwhile.
type Columns struct{ aead cipher.AEAD }

// Columns takes a subject's key out; ErrErased where it has been destroyed.
func (tx *Tx) Columns(ctx context.Context, subject string) (Columns, error) {
	dek, err := tx.dek(ctx, subject, false)
	if err != nil {
		return Columns{}, err
	}
	aead, err := identity.NewAEAD(dek)
	return Columns{aead}, err
}

// Open decrypts what Seal made. It returns ErrColumn.
func (c Columns) Open(column, row string, box []byte) ([]byte, error) {
	plain, err := c.aead.Open(nil, nil, box, []byte(column+":"+row))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", column, ErrColumn)
	}
	return plain, nil
}

// Open decrypts what Seal made. It returns ErrErased or ErrColumn.
func (tx *Tx) Open(ctx context.Context, subject, column, row string, box []byte) ([]byte, error) {
	c, err := tx.Columns(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", column, err)
	}
	return c.Open(column, row, box)
}

// Destroy destroys the subject's key: nothing under it opens again, and none is made anew.
func (tx *Tx) Destroy(ctx context.Context, subject string, at int64) error {
	delete(tx.deks, subject)
	n, err := tx.DestroySubjectKey(ctx, sqlc.DestroySubjectKeyParams{Nothing: []byte{}, DestroyedAt: at, Subject: subject})
	if err != nil || n > 0 {
		return err
	}
	if _, err := tx.SubjectKey(ctx, subject); !Missing(err) {
		return err // destroyed before
	}
	if err := tx.AddSubjectKey(ctx, sqlc.AddSubjectKeyParams{Subject: subject, Wrapped: []byte{}}); err != nil {
		return err
	}
	_, err = tx.DestroySubjectKey(ctx, sqlc.DestroySubjectKeyParams{Nothing: []byte{}, DestroyedAt: at, Subject: subject})
	return err
}

func (tx *Tx) dek(ctx context.Context, subject string, create bool) ([]byte, error) {
	if dek, ok := tx.deks[subject]; ok {
		if dek == nil {
			return nil, ErrErased
		}
		return dek, nil
	}
	row, err := tx.SubjectKey(ctx, subject)
	switch {
	case Missing(err) && create:
		wrapping, err := identity.NewAEAD(tx.key.wrap)
		if err != nil {
			return nil, err
		}
		dek := make([]byte, identity.AEADKeySize)
		rand.Read(dek)
		err = tx.AddSubjectKey(ctx, sqlc.AddSubjectKeyParams{Subject: subject, Wrapped: wrapping.Seal(nil, nil, dek, keyContext(subject))})
		if err != nil {
			return nil, err
		}
		tx.deks[subject] = dek
		return dek, nil
	case err != nil:
		return nil, err
	case row.DestroyedAt != 0:
		return nil, ErrErased
	}
	dek, err := tx.unwrap(row)
	if err != nil {
		return nil, err
	}
	tx.deks[subject] = dek
	return dek, nil
}

// keyContext is the AAD that a subject's key is wrapped with.
func keyContext(subject string) []byte { return []byte("subject_keys:wrapped:" + subject) }

// unwrap opens a subject's key.
func (tx *Tx) unwrap(row sqlc.SubjectKey) ([]byte, error) {
	wrapping, err := identity.NewAEAD(tx.key.wrap)
	if err != nil {
		return nil, err
	}
	dek, err := wrapping.Open(nil, nil, row.Wrapped, keyContext(row.Subject))
	if err != nil {
		return nil, ErrKey
	}
	return dek, nil
}

func (tx *Tx) checkKey(ctx context.Context) error {
	_, err := tx.dek(ctx, checkSubject, true)
	return err
}

func (tx *Tx) forget() {
	for _, dek := range tx.deks {
		clear(dek)
	}
}
