package journalfile

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden journal anew")

// The golden folder is a journal of the first format as it lay on a disk: whatever comes
// later must still read it.
func TestTheGoldenJournalStillReads(t *testing.T) {
	p, golden := cast(), filepath.Join("testdata", "golden")
	if *update {
		if err := os.RemoveAll(golden); err != nil {
			t.Fatal(err)
		}
		f := mustOpen(t, p.config(golden, nil))
		mustAppend(t, f, p.opening(1), locked(), p.opening(2))
		if _, err := f.Receipt(receiptTo(f, 2, 5)); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	dir := t.TempDir()
	for name, data := range readFolder(t, golden) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := mustOpen(t, p.config(dir, nil))
	stored := all(t, f, true)
	if seqs(stored) != "1 2 3" || f.Waiting() != 1 || len(f.Damage()) > 0 {
		t.Fatalf("%s, %d wait, %+v", seqs(stored), f.Waiting(), f.Damage())
	}
	if stored[2].Entry.Record != plantedRecord+"-2" || len(stored[2].Box) == 0 || len(stored[2].Kept) == 0 {
		t.Fatalf("%+v", stored[2].Entry)
	}
	cddl, err := os.ReadFile(filepath.Join("testdata", "segment.cddl"))
	if err != nil || !strings.Contains(string(cddl), "segment-header") {
		t.Fatalf("the format is not written down: %v", err)
	}
}
