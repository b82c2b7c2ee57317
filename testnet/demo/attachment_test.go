package demo_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"handslag/testnet/demo"
	"handslag/vault/record"
)

func TestAttachmentsAreWhatTheirNamesSayAndTheSameEveryTime(t *testing.T) {
	want := []record.MediaType{record.JPEG, record.PDF, record.Text}
	files, err := demo.Attachments()
	if err != nil || len(files) != len(want) {
		t.Fatal(err)
	}
	again, _ := demo.Attachments()
	for i, a := range files {
		label, err := record.LabelOf(a.Name, bytes.NewReader(a.Content), int64(len(a.Content)))
		if err != nil || label.Type != want[i] || label.Name != a.Name {
			t.Errorf("%s is %+v: %v", a.Name, label, err)
		}
		if !bytes.Equal(a.Content, again[i].Content) {
			t.Errorf("%s is another the next time", a.Name)
		}
	}
	dir := t.TempDir()
	var lines bytes.Buffer
	if err := demo.WriteAttachments(&lines, dir); err != nil || bytes.Count(lines.Bytes(), []byte("\n")) != len(files) {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "attachments", files[0].ID)); err != nil || !bytes.Equal(data, files[0].Content) {
		t.Error(err)
	}
	if err := demo.WriteAttachments(&lines, filepath.Join(dir, "attachments", files[0].ID)); err == nil {
		t.Error("a folder that is none")
	}
}
