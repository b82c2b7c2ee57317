package organisation

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/identity/signed/signedtest"
)

// vectorKey is the key whose seed is 32 times b.
func vectorKey(t testing.TB, b byte) *signed.PrivateKey {
	t.Helper()
	key, err := signed.PrivateKeyFromSeed(bytes.Repeat([]byte{b}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func vectorSealing(t testing.TB) *identity.SealPrivate {
	t.Helper()
	key, err := identity.SealPrivateFromBytes(bytes.Repeat([]byte{2}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestTheRecoveryFilesOfTodayStayReadable(t *testing.T) {
	open := signedtest.Load(t, "recovery-open")
	again, err := sealRecovery(vectorKey(t, 1), []*identity.SealPrivate{vectorSealing(t)}, "Linden", nil, 1_795_244_400_000_000)
	if err != nil || !bytes.Equal(again, open) {
		t.Errorf("the unencrypted form is written differently: %v\n%x", err, again)
	}
	for name, passphrase := range map[string]string{"recovery-open": "", "recovery-locked": "fem blå hästar i regn"} {
		file, err := readRecovery(signedtest.Load(t, name))
		if err != nil {
			t.Fatal(err)
		}
		root, sealing, err := file.open([]byte(passphrase))
		if err != nil || !root.Public().Equal(vectorKey(t, 1).Public()) || file.Name != "Linden" {
			t.Fatalf("%s: %v", name, err)
		}
		if len(sealing) != 1 || !bytes.Equal(sealing[0].Public().Bytes, vectorSealing(t).Public().Bytes) {
			t.Errorf("%s holds another sealing key", name)
		}
	}
}

func TestTheCDDLFileDescribesTheStructs(t *testing.T) {
	for name, v := range map[string]any{
		"recovery-file": recoveryFile{}, "derivation": derivation{}, "recovery-secrets": recoverySecrets{},
		"sealed-keys": sealedKeys{}, "server-keys": serverKeys{},
	} {
		signedtest.Rule(t, "organisation.cddl", name, v)
	}
}

func TestARecoveryFileFromAStrangerCostsLittle(t *testing.T) {
	root := vectorKey(t, 9)
	sound := derivation{Name: argon2id, Salt: make([]byte, saltSize), Passes: 3, Memory: 64 << 10, Threads: 4}
	for sentence, change := range map[string]func(*derivation){
		"four gigabytes":    func(d *derivation) { d.Memory = 4 << 20 },
		"hours":             func(d *derivation) { d.Passes = 1 << 30 },
		"below the floor":   func(d *derivation) { d.Memory = 1 << 10 },
		"one pass":          func(d *derivation) { d.Passes = 1 },
		"no thread":         func(d *derivation) { d.Threads = 0 },
		"256 threads":       func(d *derivation) { d.Threads = 256 },
		"no salt":           func(d *derivation) { d.Salt = nil },
		"an unknown method": func(d *derivation) { d.Name = 2 },
	} {
		how := sound
		change(&how)
		message, err := signed.Sign(signed.DomainRecoveryFile, root, recoveryFile{Version: 1, Root: root.Public(), KDF: &how, Box: []byte{1}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readRecovery(message); !errors.Is(err, ErrRecovery) {
			t.Errorf("%s: %v", sentence, err)
		}
	}
}

func TestARecoveryFileOfAnotherVersionSaysSo(t *testing.T) {
	root := vectorKey(t, 9)
	message, err := signed.Sign(signed.DomainRecoveryFile, root, recoveryFile{Version: 2, Root: root.Public(), Box: []byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readRecovery(message); !errors.Is(err, ErrRecovery) || !strings.Contains(err.Error(), "version 2") {
		t.Error(err)
	}
}

func TestAFileThatAnotherKeySignedIsNoRecoveryFile(t *testing.T) {
	message, err := signed.Sign(signed.DomainRecoveryFile, vectorKey(t, 8), recoveryFile{Version: 1, Root: vectorKey(t, 9).Public(), Box: []byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readRecovery(message); !errors.Is(err, ErrRecovery) {
		t.Error(err)
	}
}

func FuzzRecoveryFile(f *testing.F) {
	f.Add(signedtest.Load(f, "recovery-open"))
	f.Add(signedtest.Load(f, "recovery-locked"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := readRecovery(data)
		if err != nil {
			return
		}
		if len(data) > recoveryLimit {
			t.Fatal("larger than a recovery file may be")
		}
		if file.KDF != nil {
			return // opening costs a second; its box is judged by the vectors
		}
		root, sealing, err := file.open(nil)
		if err != nil {
			return
		}
		again, err := sealRecovery(root, sealing, file.Name, nil, file.Made)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("read and written again it differs: %v", err)
		}
	})
}

func vectorKeys() serverKeys {
	seed := func(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }
	return serverKeys{
		Version: 1, Org: "qpzry9x8gf2tvdw0s3jn54khce6mua7l", Signing: [][]byte{seed(3), seed(4), seed(5), seed(6)},
		Sealing: [][]byte{seed(2)}, Data: seed(7),
	}
}

func TestTheKeyFilesOfTodayStayReadable(t *testing.T) {
	key := bytes.Repeat([]byte{0xaa}, 32)
	kept := signedtest.Kept(t, "keys", func() []byte {
		data, err := sealKeys(key, vectorKeys())
		if err != nil {
			t.Fatal(err)
		}
		return data
	})
	in, err := unsealKeys(key, kept)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := signed.Encode(vectorKeys())
	if got, _ := signed.Encode(in); !bytes.Equal(got, want) {
		t.Error("the vector holds other keys")
	}
	if _, err := unsealKeys(bytes.Repeat([]byte{0xab}, 32), signedtest.Load(t, "keys")); !errors.Is(err, ErrKeys) {
		t.Errorf("another server key: %v", err)
	}
	unknown, _ := signed.Encode(sealedKeys{Version: 2, Box: []byte{1}})
	if _, err := unsealKeys(key, unknown); !errors.Is(err, ErrKeys) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("another version: %v", err)
	}
}

func FuzzKeys(f *testing.F) {
	plain, err := signed.Encode(vectorKeys())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Add(signedtest.Load(f, "keys"))
	f.Fuzz(func(t *testing.T, data []byte) {
		// The outer form, as it lies on the disk.
		if in, err := unsealKeys(bytes.Repeat([]byte{0xaa}, 32), data); err == nil && in.Version != keysVersion {
			t.Fatal("an unknown version opens")
		}
		// The inner form, as if the cipher had let it through.
		in, err := decodeKeys(data)
		if err != nil {
			return
		}
		if again, err := signed.Encode(in); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("read and written again it differs: %v", err)
		}
		in.clear()
	})
}

func TestKeysThatTheStatementDoesNotNameDoNotServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "server")
	_, err := Init(Plan{Dir: dir, Name: "Linden", URL: "https://localhost", Recovery: filepath.Join(t.TempDir(), "r"), Now: time.UnixMicro(1_795_244_400_000_000)})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, folderName, keysFile)
	serverKey, err := os.ReadFile(filepath.Join(dir, folderName, serverKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*serverKeys){
		"issuing": func(k *serverKeys) { k.Signing[0] = bytes.Repeat([]byte{1}, 32) },
		"log":     func(k *serverKeys) { k.Signing[1] = bytes.Repeat([]byte{1}, 32) },
		"sealing": func(k *serverKeys) { k.Sealing[0] = bytes.Repeat([]byte{1}, 32) },
		"TLS":     func(k *serverKeys) { k.Signing[2] = bytes.Repeat([]byte{1}, 32) },
	} {
		keys, err := unsealKeys(serverKey, own)
		if err != nil {
			t.Fatal(err)
		}
		change(&keys)
		sealed, err := sealKeys(serverKey, keys)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, sealed, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); !errors.Is(err, ErrKeys) {
			t.Errorf("another %s key: %v", name, err)
		}
	}
}
