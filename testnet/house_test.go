package testnet_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A room is a folder with what may be imported there of ours, and why no more.
type room struct {
	path string
	// may lists rooms of ours; a trailing /... takes the rooms below too.
	may []string
	why string
}

// The house: the innermost room that holds a file judges it. A folder that no row
// names has no place in the house.
var house = []room{
	{"identity/signed", nil, "everything signed rests on it, so it rests on nothing"},
	{"identity", []string{"identity/signed"}, "who is who needs signatures and nothing else"},
	{"identity/access", []string{"identity", "identity/signed"}, "a pure question about identities"},
	{"identity/qr", nil, "pictures and text: it must not know what they mean"},
	{"vault/journal", []string{"identity/..."}, "formats that both ends use"},
	{"vault/journal/audit", []string{"identity/...", "vault/journal"}, "proofs that both ends use, and whoever trusts neither"},
	{"vault/journal/evidence", []string{"identity/...", "vault/journal", "vault/journal/audit"}, "what is shown to who trusts nobody, and how it is checked"},
	{"vault/disk", nil, "files and power cuts: it knows no format"},
	{"vault/journalfile", []string{"identity/...", "vault/journal", "vault/disk/..."}, "durability, not meaning"},
	{"vault/record", []string{"identity/...", "vault/journal"}, "pure values"},
	{"vault/factor", nil, "a keyring and a chip: what is kept there is others' business"},
	{"vault/internal", []string{"identity", "identity/signed", "vault/disk/...", "vault/factor", "vault/journal", "vault/record"}, "what the store stands on, for the store alone: neither journal file nor stamp is known here, so nothing here opens a part"},
	{"vault", []string{"identity/...", "vault/disk/...", "vault/factor", "vault/internal/...", "vault/journal", "vault/journalfile", "vault/record"}, "the store knows nothing of networks or screens"},
	{"sync/link", []string{"identity/...", "vault/journal", "vault/record"}, "the contract, so that another's server could speak it"},
	{"sync/peer/internal/message", []string{"identity/signed"}, "an envelope: what is said in it is read above"},
	{"sync/peer/internal/road", []string{"identity/signed"}, "addresses, a key and one secret: what is said on it is read above"},
	{"sync/peer", []string{"identity/...", "sync/peer/internal/...", "vault/journal", "vault/record"}, "two devices need no server and no store to verify each other"},
	{"assets", nil, "go:embed and nothing else"},
	{"app/agent", []string{"app/agent/...", "app/process", "identity/...", "sync/...", "vault/..."}, "deeds give plain values: no screen, no server"},
	{"app/agent/anchor", []string{"app/agent/clock", "identity", "identity/signed", "vault/factor", "vault/journal", "vault/journalfile"}, "what a keyring remembers of a journal, and no deed"},
	{"app/agent/clock", []string{"identity/signed"}, "what time it is depends on signed times and the machine alone"},
	{"app/agent/machine", []string{"identity", "identity/signed", "vault/disk", "vault/journalfile", "vault/record"}, "what the profiles of one machine leave for each other: no profile is open here"},
	{"app/agent/patience", []string{"identity", "sync/peer"}, "it counts what the verification says"},
	{"app/agent/signin", []string{"identity", "sync/link"}, "a browser and the connected system: nothing of the device is known here but its name"},
	{"app/cli", []string{"app/cli/...", "app/complaint"}, "a table of commands, and who runs them: what each does stands below"},
	{"app/cli/console", []string{"app/agent", "app/complaint", "assets", "identity", "identity/qr"}, "what every command stands on, and no command"},
	{"app/cli/device", []string{"app/agent", "app/cli/console", "identity"}, "a front of the agent, about the device itself"},
	{"app/cli/meeting", []string{"app/agent", "app/cli/console", "identity/qr", "vault/journal"}, "a front of the agent: of other commands it has the names alone"},
	{"app/cli/review", []string{"app/agent", "app/cli/console", "assets", "identity", "sync/link", "vault/journal"}, "a front of the agent; what the log answers passes through"},
	{"app/cli/work", []string{"app/agent", "app/cli/console", "identity", "vault/journal", "vault/record"}, "a front of the agent; values of the rooms below may pass through"},
	{"ui", []string{"app/agent", "assets", "identity/...", "sync/link", "ui/camera", "ui/part", "vault/journal", "vault/record"}, "a front of the agent; values of the rooms below may pass through"},
	{"ui/part", []string{"assets", "identity", "vault/record"}, "looks and widgets: they show what they are given, and know no agent and no screen"},
	{"ui/program", []string{"app/agent", "assets", "identity/qr", "ui", "ui/camera"}, "what surrounds the window: command line and display"},
	{"app/connected/gate/internal/store", []string{"identity/...", "vault/journal", "vault/record", "sync/link", "app/connected/gate/internal/..."}, "behind the gate"},
	{"app/connected/gate/internal/importline", []string{"identity", "vault/record"}, "it reads lines: what they do stands behind the gate"},
	{"app/connected/gate/internal/pace", []string{"identity/signed"}, "it counts, and knows nobody"},
	{"app/connected/feed", []string{"identity/...", "vault/journal"}, "it writes what the gate gives it, and sends it"},
	{"app/connected/oidc", nil, "it asks an identity provider, and knows nobody"},
	{"app/connected/gate", []string{"app/connected/oidc", "identity/...", "vault/journal/...", "vault/record", "sync/link", "app/connected/feed", "app/connected/gate/internal/..."}, "the only door to the store"},
	{"app/connected/metrics", []string{"app/connected/gate"}, "it counts what the gate says, and reads no data"},
	{"app/connected/organisation", []string{"identity/...", "sync/link", "vault/disk"}, "an organisation's own keys and statement; one at a time changes them"},
	{"app/connected/backup", []string{"identity/..."}, "sealed files of lines: what stands in them is the gate's"},
	{"app/connected/command", []string{"app/complaint", "app/connected/...", "identity/...", "sync/link", "vault/journal/...", "vault/record", "assets"}, "an administrator's commands; the log is told in the same sentences as in the window"},
	{"app/connected/openapi", []string{"app/connected", "app/connected/gate", "sync/link"}, "it writes down what a table of routes says; its test knows which"},
	{"app/connected", []string{"app/connected/contract", "app/connected/feed", "app/connected/gate", "app/connected/metrics", "app/connected/organisation", "identity/...", "vault/journal/...", "vault/record", "sync/link"}, "handlers reach data through the gate alone"},
	{"app/verify", []string{"app/complaint", "identity/...", "vault/journal/..."}, "public formats, and no part of what it judges"},
	{"app/connected/contract", []string{"sync/link"}, "it judges anybody's server by what is written down"},
	{"app/directory", []string{"app/complaint", "identity/...", "sync/link"}, "it knows statements and nothing else"},
	{"app/complaint", nil, "how every program says that it failed rests on nothing"},
	{"app/process", nil, "what every main does first, and every lock last, rests on nothing"},
	{"app/cmd", []string{"app/...", "assets", "testnet/...", "identity/...", "sync/link"}, "mains wire"},
	{"testnet", []string{"app/...", "assets", "identity/...", "sync/...", "testnet/...", "vault/..."}, "everything but the windows"},
	{"testnet/conformance", []string{"app/connected/contract", "app/process", "identity/...", "sync/link", "testnet/conformance/...", "vault/journal/...", "vault/record"}, "another's connected system is checked by public formats alone"},
	{"testnet/port", nil, "a place for whatever a test takes away and brings back"},
	{"testnet/postgres", nil, "a server for whatever rows a test keeps"},
	{"ui/camera", []string{"identity/qr"}, "frames and nothing else: no Fyne, no C"},
	{".", []string{"app/agent", "app/process", "ui", "ui/program"}, "the window's main wires"},
}

// A guard keeps a library in the rooms that are there for it.
type guard struct {
	library string
	rooms   []string
	why     string
	tests   string // a room whose tests may too, because they play the attacker
}

var guards = []guard{
	{"fyne.io/", []string{"ui", "."}, "the GUI takes minutes to compile and needs cgo", ""},
	{"github.com/libp2p/", []string{"sync/peer"}, "one place speaks to strangers", ""},
	{"github.com/multiformats/", []string{"sync/peer"}, "one place speaks to strangers", ""},
	{"github.com/dgraph-io/badger", []string{"vault"}, "one place knows what Badger does not promise", ""},
	{"github.com/zalando/go-keyring", []string{"vault/factor"}, "one place knows that a keyring may never answer", ""},
	{"github.com/google/go-tpm", []string{"vault/factor"}, "one place speaks to the chip, and always through an encrypted session", ""},
	{"github.com/veraison/go-cose", []string{"identity/signed"}, "nobody else touches COSE", ""},
	{"github.com/fxamacker/cbor", []string{"identity/signed"}, "one canonical encoding", ""},
	{"golang.org/x/mod/", []string{"vault/journal", "vault/record", "app/connected/gate", "testnet/load/tessera"}, "the hashing of the log, and of a page's loans, is one library's; tests make logs by it", "app"},
	{"modernc.org/sqlite", []string{"app/connected/gate/internal/store", "testnet/load"}, "handlers stay out of the store", ""},
	{"github.com/jackc/pgx", []string{"app/connected/gate/internal/store", "testnet/load"}, "handlers stay out of the store; a test of theirs says what the driver would", "app/connected/gate"},
	{"database/sql", []string{"app/connected/gate/internal/store", "app/connected/gate", "testnet/load"}, "handlers stay out of the store", "app/connected"},
	{"github.com/prometheus/", []string{"app/connected/metrics"}, "labels are chosen in one place; a test asks its linter", "app/connected"},
	{"github.com/coreos/go-oidc", []string{"app/connected/oidc"}, "one place takes an identity provider's word", ""},
	{"golang.org/x/oauth2", []string{"app/connected/oidc"}, "one place takes an identity provider's word", ""},
	{"github.com/go-jose", []string{"app/connected/oidc"}, "only tests sign tokens", ""},
	{"github.com/leodido/go-syslog", []string{"app/connected/feed"}, "what is written is read by somebody else's parser, in tests alone", ""},
	{"github.com/blackjack/webcam", []string{"ui/camera"}, "drivers are asked in one place", ""},
	{"github.com/makiuchi-d/gozxing", []string{"identity/qr"}, "decoders are hidden behind one call", ""},
	{"github.com/skip2/go-qrcode", []string{"identity/qr"}, "codes are drawn in one place", ""},
}

const module = "handslag/"

func TestEveryImportHasItsPlaceInTheHouse(t *testing.T) {
	files := sources(t)
	if len(files) < 30 {
		t.Fatalf("only %d files found: the test looks in the wrong place", len(files))
	}
	for path, imports := range files {
		dir := filepath.ToSlash(filepath.Dir(path))
		r, ok := roomOf(dir)
		if !ok {
			t.Errorf("%s: no room of this name in the house", path)
			continue
		}
		test := strings.HasSuffix(path, "_test.go")
		for _, imported := range imports {
			checkImport(t, path, dir, r, imported, test)
		}
	}
}

func checkImport(t *testing.T, path, dir string, r room, imported string, test bool) {
	t.Helper()
	if ours, ok := strings.CutPrefix(imported, module); ok {
		if ours == dir || inRoom(r.path, ours, dir) || matches(r.may, ours) {
			return
		}
		if test && (ours == "identity/signed/signedtest" || ours == "vault/factor/factortest") {
			return
		}
		if test && (ours == "app/connected/feed/feedtest" || ours == "app/connected/oidc" || ours == "app/connected/oidc/oidctest") && below(dir, "app/connected") {
			return
		}
		// The demo's lines are what the importer is for.
		if test && ours == "testnet/demo" && below(dir, "app/connected") {
			return
		}
		// What is done to the connected system's rows is judged by who does not trust it.
		if test && ours == "app/verify" && below(dir, "app/connected") {
			return
		}
		if test && (ours == "testnet/port" || ours == "testnet/postgres") {
			return
		}
		// Our own system is one of those that are tried.
		if test && ours == "testnet/conformance/requirements" && dir == "app/connected" {
			return
		}
		// Stories stand on the whole organisation, wherever they are told.
		if test && (below(r.path, "ui") || r.path == "." || r.path == "app/agent" || below(r.path, "app/cli") || r.path == "sync/peer") {
			return
		}
		t.Errorf("%s imports %s: room %s may not: %s", path, ours, r.path, r.why)
		return
	}
	for _, g := range guards {
		if test && g.tests != "" && below(dir, g.tests) {
			continue
		}
		if strings.HasPrefix(imported, g.library) && !slices.ContainsFunc(g.rooms, func(room string) bool { return below(dir, room) }) {
			t.Errorf("%s imports %s, which belongs in %v: %s", path, imported, g.rooms, g.why)
		}
	}
}

// inRoom lets packages within one room see each other, where no row of its own judges them.
func inRoom(roomPath, imported, dir string) bool {
	if roomPath == "." {
		return false
	}
	other, ok := roomOf(imported)
	return ok && other.path == roomPath && below(dir, roomPath)
}

func roomOf(dir string) (room, bool) {
	best, found := room{}, false
	for _, r := range house {
		if (r.path == dir || r.path != "." && below(dir, r.path)) && len(r.path) >= len(best.path) {
			best, found = r, true
		}
	}
	return best, found
}

func below(dir, room string) bool { return dir == room || strings.HasPrefix(dir, room+"/") }

func matches(may []string, imported string) bool {
	return slices.ContainsFunc(may, func(m string) bool {
		if tree, ok := strings.CutSuffix(m, "/..."); ok {
			return below(imported, tree)
		}
		return imported == m
	})
}

// sources is every Go file of the checkout with its imports.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	root := os.DirFS("..")
	files := map[string][]string{}
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != "." && (strings.HasPrefix(name, ".") || name == "bin" || name == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		source, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files[path] = []string{}
		for _, i := range parsed.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			files[path] = append(files[path], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestEveryPackageSaysOnceWhatItIsFor(t *testing.T) {
	comments := map[string]int{}
	for path := range sources(t) {
		if strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/sqlc/") {
			continue
		}
		dir := filepath.Dir(path)
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		comments[dir] += 0
		if parsed.Doc != nil {
			comments[dir]++
		}
	}
	for dir, n := range comments {
		if n != 1 {
			t.Errorf("%s has %d package comments, want one", dir, n)
		}
	}
}

func TestTheTopLevelIsFixed(t *testing.T) {
	allowed := []string{"app", "sync", "vault", "identity", "ui", "assets", "testnet", "FyneApp.toml", "go.mod", "go.sum", "README.md", "main.go", "Makefile", "bin"}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s does not belong at the top", e.Name())
		}
		if e.Name() == "sync" {
			goFiles, _ := filepath.Glob("../sync/*.go")
			if len(goFiles) > 0 {
				t.Error("the folder sync has Go files: a package of that name would hide the standard library's")
			}
		}
	}
	_ = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if path == "../bin" { // what is built, and a kernel's folders after make camera
			return filepath.SkipDir
		}
		if err == nil && d.IsDir() && slices.Contains([]string{"util", "utils", "common", "models", "helpers"}, d.Name()) {
			t.Errorf("%s: a folder is named by what it is for", path)
		}
		return nil
	})
}

func TestTheHouseRefusesWhatItMust(t *testing.T) {
	for _, c := range []struct{ dir, imported string }{
		{"ui", "vault"}, {"ui", "sync/peer"}, {"ui/part", "app/agent"}, {"ui/part", "ui"}, {"identity/qr", "identity"}, {"app/agent", "ui"}, {"app/cli/console", "app/cli/device"}, {"app/cli/meeting", "app/cli/work"},
		{"vault/journal", "vault"}, {"vault/internal/keybag", "vault"}, {"vault/internal/keybag", "vault/journalfile"}, {"vault/journalfile", "vault/internal/seal"}, {"app/connected", "app/connected/gate/internal/store"}, {"testnet", "ui"},
		{"sync/peer", "sync/link"}, {"sync/peer/internal/road", "sync/peer"}, {"sync/peer/internal/road", "identity"}, {"app/verify", "app/connected/gate"}, {"app/verify", "sync/link"}, {"vault/journal/evidence", "vault"}, {"app/directory", "vault/record"}, {"vault/factor", "vault"},
	} {
		r, ok := roomOf(c.dir)
		if !ok || matches(r.may, c.imported) || inRoom(r.path, c.imported, c.dir) {
			t.Errorf("%s may import %s", c.dir, c.imported)
		}
	}
}
