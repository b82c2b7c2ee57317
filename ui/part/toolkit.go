package part

import (
	"encoding/json"
	"fmt"

	"fyne.io/fyne/v2/lang"

	"handslag/assets"
)

// toolkitWords are the words that Fyne itself shows, by its own keys: in the menu that a long press on a field opens, and in
// the dialogs that choose a file.
var toolkitWords = map[string]string{
	"Undo": "toolkit.undo", "Redo": "toolkit.redo", "Cut": "toolkit.cut", "Copy": "toolkit.copy", "Paste": "toolkit.paste",
	"Select all": "toolkit.select_all", "Quit": "toolkit.quit", "File": "toolkit.file",
	"OK": "common.ok", "Cancel": "common.cancel", "Save": "common.save", "Open": "toolkit.open", "Yes": "toolkit.yes", "No": "toolkit.no",
	"Folder": "toolkit.folder", "New Folder": "toolkit.new_folder", "Create Folder": "toolkit.create_folder",
	"Enter filename": "toolkit.enter_filename", "Favourites": "toolkit.favourites", "Show Hidden Files": "toolkit.hidden_files",
	"Confirm": "toolkit.confirm", "Advanced": "toolkit.advanced", "Error": "toolkit.error", "file.name": "toolkit.name",
	"file.parent": "toolkit.parent",
}

// SpeakToolkit makes Fyne's own words follow the person's choice of language, which need not be the computer's. It is called
// before a window is built.
func SpeakToolkit(l assets.Language) error {
	words := make(map[string]string, len(toolkitWords))
	for key, code := range toolkitWords {
		words[key] = l.Say(code)
	}
	raw, err := json.Marshal(words)
	if err != nil {
		return fmt.Errorf("encode the toolkit's words: %w", err)
	}
	// Fyne has no way to set a language: it always speaks the computer's, so that one's words are replaced.
	if err := lang.AddTranslationsForLocale(raw, lang.SystemLocale()); err != nil {
		return fmt.Errorf("teach the toolkit its words: %w", err)
	}
	return nil
}
