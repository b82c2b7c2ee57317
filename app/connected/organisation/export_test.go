package organisation

import (
	"os"
	"path/filepath"
	"testing"

	"handslag/identity/signed"
)

// RootSeed is the root key in a recovery file.
func RootSeed(t *testing.T, path string, passphrase []byte) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := readRecovery(data)
	if err != nil {
		t.Fatal(err)
	}
	root, _, err := file.open(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return root.Seed()
}

// PlainKeys is the key file, decrypted.
func PlainKeys(t *testing.T, dir string) []byte {
	t.Helper()
	var parts [2][]byte
	for i, name := range []string{serverKeyFile, keysFile} {
		data, err := os.ReadFile(filepath.Join(dir, folderName, name))
		if err != nil {
			t.Fatal(err)
		}
		parts[i] = data
	}
	keys, err := unsealKeys(parts[0], parts[1])
	if err != nil {
		t.Fatal(err)
	}
	plain, err := signed.Encode(keys)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
