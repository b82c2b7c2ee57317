package part

import (
	"errors"
	"fmt"
	"io"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
)

// SavedFile is a file that is being written at a place the person chose.
type SavedFile interface {
	io.WriteCloser
	Name() string
	Discard() error // takes away what was written of it
}

// AskOpen asks for a picture with Fyne's dialog. No file chosen is a nil reader.
func AskOpen(w fyne.Window, opened func(io.ReadCloser, error)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil || r == nil {
			opened(nil, err)
			return
		}
		opened(r, nil)
	}, w)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".png", ".jpg", ".jpeg", ".gif", ".PNG", ".JPG", ".JPEG", ".GIF"}))
	d.Show()
	d.Resize(w.Canvas().Size()) // Fyne's has no content before it is shown
}

// AskFile asks for any file of this machine with Fyne's dialog. No file chosen is an empty path.
func AskFile(w fyne.Window, chosen func(path string, err error)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil || r == nil {
			chosen("", err)
			return
		}
		chosen(r.URI().Path(), r.Close())
	}, w)
	d.Show()
	d.Resize(w.Canvas().Size()) // Fyne's has no content before it is shown
}

// AskSave asks where to write with Fyne's dialog. No place chosen is a nil file.
func AskSave(w fyne.Window, name string, opened func(SavedFile, error)) {
	d := dialog.NewFileSave(func(f fyne.URIWriteCloser, err error) {
		if err != nil || f == nil {
			opened(nil, err)
			return
		}
		opened(chosenFile{f}, nil)
	}, w)
	d.SetFileName(name)
	d.Show()
	d.Resize(w.Canvas().Size()) // Fyne's has no content before it is shown
}

// AskFolder asks for a folder with Fyne's dialog. No folder chosen is an empty path.
func AskFolder(w fyne.Window, chosen func(path string, err error)) {
	d := dialog.NewFolderOpen(func(folder fyne.ListableURI, err error) {
		if err != nil || folder == nil {
			chosen("", err)
			return
		}
		chosen(folder.Path(), nil)
	}, w)
	d.Show()
	d.Resize(w.Canvas().Size()) // Fyne's has no content before it is shown
}

// chosenFile is what Fyne's dialog gives, which may be no file of this machine.
type chosenFile struct{ fyne.URIWriteCloser }

func (f chosenFile) Name() string { return f.URI().Name() }

// Discard removes it, whether or not it was closed.
func (f chosenFile) Discard() error {
	closed := f.Close()
	if err := storage.Delete(f.URI()); err != nil {
		return fmt.Errorf("discard %s: %w", f.Name(), errors.Join(err, closed))
	}
	return nil
}
