package gate

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"handslag/sync/link"
)

// Argon2id as RFC 9106 §4 advises where memory is short: 64 MiB, 3 passes, 4 lanes.
const (
	hashMemory = 64 << 10 // KiB
	hashPasses = 3
	hashLanes  = 4
	hashLength = 32
	saltLength = 16

	hashesAtOnce = 2
	hashPatience = 10 * time.Second // how long a sign-in waits for its turn
	maxPassword  = 1 << 10          // bytes

	// What a hash that was made elsewhere may cost: so many of them at once leave room for everything else.
	maxHashMemory = 256 << 10 // KiB
	maxHashPasses = 16
)

// ErrPassword says that a new password is out of bounds.
var ErrPassword = errors.New("password is empty or too long")

// HashPassword makes the PHC string of a password (argon2id, RFC 9106), for AddUser and
// SetPassword. It takes about half a second and 64 MiB.
func HashPassword(password string) (string, error) {
	if password == "" || len(password) > maxPassword {
		return "", fmt.Errorf("hash password: %w", ErrPassword)
	}
	salt := make([]byte, saltLength)
	rand.Read(salt)
	return phc{hashMemory, hashPasses, hashLanes, salt, nil}.of(password).String(), nil
}

// phc is an argon2id hash with its parameters.
type phc struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
	salt   []byte
	hash   []byte
}

// nobody stands for users that do not exist, so that asking after them costs the same.
var nobody = phc{hashMemory, hashPasses, hashLanes, make([]byte, saltLength), make([]byte, hashLength)}

func (p phc) of(password string) phc {
	p.hash = argon2.IDKey([]byte(password), p.salt, p.passes, p.memory, p.lanes, hashLength)
	return p
}

func (p phc) matches(password string) bool {
	return subtle.ConstantTimeCompare(p.of(password).hash, p.hash) == 1
}

func (p phc) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes,
		b.EncodeToString(p.salt), b.EncodeToString(p.hash))
}

// parsePHC reads what String wrote, of any parameters within reason.
func parsePHC(text string) (phc, error) {
	var p phc
	var version int
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return p, fmt.Errorf("read password hash: %w", ErrInput)
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &p.memory, &p.passes, &p.lanes); err != nil {
		return p, fmt.Errorf("read password hash: %w", ErrInput)
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	p.hash, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || version != argon2.Version || p.memory > maxHashMemory || p.passes == 0 || p.passes > maxHashPasses || p.lanes == 0 ||
		len(p.salt) < 8 || len(p.salt) > 64 || len(p.hash) != hashLength || p.String() != text {
		return p, fmt.Errorf("read password hash: %w", ErrInput)
	}
	return p, nil
}

// outdated reports whether a hash costs who guesses it something else than is advised now.
func outdated(hash string) bool {
	p, err := parsePHC(hash)
	return err == nil && (p.memory != hashMemory || p.passes != hashPasses || p.lanes != hashLanes || len(p.salt) != saltLength)
}

// turn waits until fewer than hashesAtOnce hash; done gives the turn back.
func (g *Gate) turn(ctx context.Context) (done func(), err error) {
	wait, cancel := context.WithTimeout(ctx, hashPatience)
	defer cancel()
	select {
	case g.hashing <- struct{}{}:
		return func() { <-g.hashing }, nil
	case <-wait.Done():
		return nil, Refuse(link.CodeBusy)
	}
}

// checkPassword compares. An empty or unreadable hash matches nothing and takes as long.
func checkPassword(hash, password string) bool {
	p, err := parsePHC(hash)
	if err != nil {
		nobody.matches(password)
		return false
	}
	return p.matches(password)
}
