package testnet_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"handslag/app/agent"
	"handslag/identity"
	"handslag/testnet"
)

// What is planted: where it comes from, and how often it may stand in memory after the lock.
const (
	plantedPassphrase = "planterad-lösenfras kvist moln humla"
	plantedName       = "Planta Hemligsson"
	plantedPhone      = "070-PLANTERAD-NUMMER"
	plantedTitle      = "Kort-Planterat Titel"
	plantedReason     = "skälet-planterat att öppna"
	plantedNote       = "anteckningen-planterad om arbetet"
)

func plantedLines() string {
	return fmt.Sprintf(`{"type":"record","id":"r-planted0001","kind":"person","subject":"s-planted00001","unit":"norra","people":["bo.ek"],"held_by":["bo.ek"],"protected_identity":false,"card":{"title":%q,"street":"Provgatan 1","area":"Sparvhagen"},"protected":{"name":%q,"birth_year":1950,"street":"Provgatan 1","flat":"1001","town":"Lindbrunna","phone":%q,"household":"1 vuxen"}}
`, plantedTitle, plantedName, plantedPhone)
}

// A lock takes from the process's memory what Go lets us take, and no folder and no log holds
// any of it in the clear. All that the process can write to is searched, from outside, and the
// search is shown to find keys and texts while the vault is open.
//
// Keys must be gone, and their copies in the schedules of AES with them. Texts are counted and
// bounded, since Go promises nothing about a string: none was found in the runs that set
// the bound. The passphrase is mostly gone before the first look: Argon2id's memory takes its place.
//
// What this can not show: pages that went to swap; registers; what the kernel holds of pipes
// and files; copies in a terminal, in the window's widgets, in the window system, on the graphics card; keys in another
// form than their bytes, such as the schedule for decryption, which GCM does not use, a
// signature's scalar, or the expanded half of ML-KEM; the payload key of the segment
// that was being written, which nobody but the connected system can tell.
func TestAfterTheLockNothingIsLeftToRead(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	temp := t.TempDir() // the child's own
	t.Setenv(childVariable, log)
	with := programs
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	with.Agent = self
	w := townOf(t, testnet.Options{Dir: t.TempDir(), Programs: with}, func(n *testnet.Net) {
		lines := filepath.Join(t.TempDir(), "planted.jsonl")
		must(t, os.WriteFile(lines, []byte(plantedLines()), 0o600))
		must(t, n.Admin(t.Context(), nil, "import", lines))
		n.Person("bo", "bo.ek").Passphrase = plantedPassphrase
	})
	must(t, w.bo.Close(w.ctx))
	t.Setenv("TMPDIR", temp)
	must(t, os.Remove(log))

	must(t, w.bo.Unlock(w.ctx))
	unlocked, err := memoryOf(w.bo.PID())
	must(t, err)

	// Bo works: opened, shown, signed, searched, synced.
	opening := string(bytes.Join(raw(w.do(w.bo, "open", "r-planted0001", "-reason", plantedReason)), nil))
	if !strings.Contains(opening, plantedPhone) || !strings.Contains(opening, plantedName) {
		t.Fatalf("the planted record opens as %s", opening)
	}
	w.do(w.bo, "records", "planterat")
	var tasks []agent.Task
	must(t, json.Unmarshal(w.do(w.bo, "assignments")[0], &tasks))
	w.do(w.bo, "done", string(tasks[0].ID), "-note", plantedNote)
	w.do(w.bo, "sync")

	// And what goes wrong is told without them.
	var told []byte
	for _, args := range [][]string{
		{"open", "r-unknown", "-reason", plantedReason}, {"open", "r-planted0001", "-reason", plantedReason + strings.Repeat(" och så vidare", 200)},
		{"done", "U-0", "-note", plantedNote}, {"done", string(tasks[0].ID), "-note", plantedNote},
	} {
		if _, err := w.bo.Do(w.ctx, args...); err != nil {
			told = fmt.Appendln(told, err)
		}
	}
	w.must(w.StopConnected(w.ctx))
	if _, err := w.bo.Do(w.ctx, "sync"); err == nil {
		t.Error("a sync with nobody")
	}
	open, err := memoryOf(w.bo.PID())
	must(t, err)
	w.must(os.WriteFile(log+childHour, nil, 0o600))
	w.untilLocked(log)
	locked, err := memoryOf(w.bo.PID())
	must(t, err)
	w.bo.Kill()

	text := needles{}
	for name, what := range map[string]string{
		"passphrase": plantedPassphrase, "protected name": plantedName, "protected phone": plantedPhone,
		"card": plantedTitle, "reason": plantedReason, "note": plantedNote,
	} {
		text.add(name, []byte(what))
	}
	keys := keysOf(t, w.bo)
	both := maps.Clone(keys)
	maps.Copy(both, text)

	before, after := both.count(append(unlocked.regions, open.regions...)...), both.count(locked.regions...)
	t.Logf("%d MiB searched while open, %d MiB after the lock", open.size>>20, locked.size>>20)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		t.Logf("%-24s %2d looked for, found %3d times open, %3d times locked", name, len(both[name]), before[name], after[name])
	}
	for name := range keys {
		if after[name] > 0 {
			t.Errorf("%s: found %d times after the lock", name, after[name])
		}
	}
	for name := range text {
		if before[name] == 0 && name != "passphrase" {
			t.Errorf("%s: not found while it was shown: the search finds nothing", name)
		}
		if after[name] > textLeft {
			t.Errorf("%s: found %d times after the lock, at most %d are known of", name, after[name], textLeft)
		}
	}
	if len(told) < 200 {
		t.Errorf("what went wrong is told as %q", told)
	}
	for name, n := range both.count(told) {
		t.Errorf("%s is told %d times in what went wrong", name, n)
	}
	for _, dir := range []string{w.bo.Vault, w.bo.Outbox, temp, log} {
		for path, data := range filesIn(t, dir) {
			for name, n := range both.count(data) {
				if n > 0 {
					t.Errorf("%s holds %s %d times", path, name, n)
				}
			}
		}
	}
}

// textLeft is how many copies of one text are put up with: what a stack still points to is not
// freed.
const textLeft = 2

func raw(values []json.RawMessage) [][]byte {
	var all [][]byte
	for _, v := range values {
		all = append(all, v)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// untilLocked waits for the lock that nobody asks for to be done, as the log says.
func (w *town) untilLocked(log string) {
	w.Helper()
	for {
		said, err := os.ReadFile(log)
		w.must(err)
		if bytes.Contains(said, []byte("msg=locked")) {
			return
		}
		w.must(w.ctx.Err())
	}
}

// filesIn reads all files in a folder, or the one.
func filesIn(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	}))
	return files
}

// keysOf are the keys of a device that was shut, by name. Nothing in the programs hands them
// out: they are read through the fields that hold them, so a field that moves fails the test.
func keysOf(t *testing.T, p *testnet.Person) needles {
	t.Helper()
	loot, err := p.Steal()
	must(t, err)
	defer loot.Close()
	keys := needles{}
	for name, path := range map[string]string{
		"vault root": "vault.root", "keybag key": "vault.bag.Log.Key", "keybag index": "vault.bag.index", "subjects' keys": "vault.bag.deks",
		"signing key": "Keys.signing.key", "transport key": "Keys.transport.key", "segment keys": "Journal.segments.key",
	} {
		found := bytesAt(t, reflect.ValueOf(loot), path)
		if len(found) == 0 {
			t.Fatalf("%s: nothing at %s", name, path)
		}
		for _, key := range found {
			if len(key) < 32 {
				t.Fatalf("%s: %d bytes at %s", name, len(key), path)
			}
			keys.add(name, bytes.Clone(key[:32])) // of a signing key the seed, which the public half follows
		}
	}
	sealing := reflect.ValueOf(loot.Keys).Elem().FieldByName("sealing")
	private, err := (*(**identity.SealPrivate)(unsafe.Pointer(sealing.UnsafeAddr()))).Bytes()
	must(t, err)
	keys.add("sealing key", private)
	return keys
}

// bytesAt follows names of fields; a list or map on the way stands for all in it.
func bytesAt(t *testing.T, v reflect.Value, path string) [][]byte {
	t.Helper()
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch {
	case path == "" && v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return [][]byte{v.Bytes()}
	case path == "" && v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8:
		return [][]byte{v.Bytes()}
	case v.Kind() == reflect.Slice:
		var all [][]byte
		for i := range v.Len() {
			all = append(all, bytesAt(t, v.Index(i), path)...)
		}
		return all
	case v.Kind() == reflect.Map:
		var all [][]byte
		for it := v.MapRange(); it.Next(); {
			all = append(all, bytesAt(t, it.Value(), path)...)
		}
		return all
	case path == "":
		t.Fatalf("a %s where bytes should be", v.Kind())
	}
	name, rest, _ := strings.Cut(path, ".")
	field := v.FieldByName(name)
	if !field.IsValid() {
		t.Fatalf("%s has no field %s", v.Type(), name)
	}
	return bytesAt(t, reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem(), rest)
}
