package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"

	"handslag/assets"
	"handslag/ui/part"
)

// Preferences are a person's choices about the window. They are kept in clear text: nothing secret and nothing personal.
type Preferences struct {
	Language   assets.Language `json:"language,omitempty"`
	Appearance part.Appearance `json:"appearance,omitempty"`
	TextScale  float32         `json:"text_scale,omitempty"` // 1 is normal
}

// textScales are what a person may choose from.
var textScales = []float32{1, 1.25, 1.5, 2}

const maxPreferences = 4 << 10 // bytes

// complete replaces what is missing or unknown by what is usual.
func (p Preferences) complete() Preferences {
	if !slices.Contains(assets.Languages(), p.Language) {
		p.Language = assets.Swedish
	}
	if !slices.Contains([]part.Appearance{part.Sunlight, part.Dusk, part.AsSystem}, p.Appearance) {
		p.Appearance = part.Sunlight
	}
	if !slices.Contains(textScales, p.TextScale) {
		p.TextScale = 1
	}
	return p
}

// ReadPreferences reads what KeepPreferences wrote. No file is no choices, and so is a damaged one: it comes with an error
// that a program may tell and go on.
func ReadPreferences(path string) (Preferences, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return Preferences{}.complete(), nil
	}
	if err != nil {
		return Preferences{}.complete(), fmt.Errorf("read preferences: %w", err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxPreferences))
	if err != nil {
		return Preferences{}.complete(), fmt.Errorf("read preferences: %w", err)
	}
	return ParsePreferences(raw)
}

// ParsePreferences reads their JSON; a choice that is not known gives way to the usual one.
func ParsePreferences(raw []byte) (Preferences, error) {
	var p Preferences
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&p); err != nil {
		return Preferences{}.complete(), fmt.Errorf("read preferences: %w", err)
	}
	return p.complete(), nil
}

// KeepPreferences writes them; the file is whole or as it was.
func KeepPreferences(path string, p Preferences) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("keep preferences: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keep preferences: %w", err)
	}
	draft := path + ".new"
	if err := os.WriteFile(draft, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("keep preferences: %w", err)
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("keep preferences: %w", err)
	}
	return nil
}

// wear puts the look on, and has Fyne's own words follow the language.
func wear(p Preferences) {
	if err := part.SpeakToolkit(p.Language); err != nil {
		fyne.LogError("the toolkit keeps its own words", err)
	}
	fyne.CurrentApp().Settings().SetTheme(part.Theme{Appearance: p.Appearance, TextScale: p.TextScale})
}

// prefer takes new choices: they show at once, and last where the window can keep them.
func (w *Window) prefer(p Preferences) error {
	p = p.complete()
	before := w.prefs
	w.prefs = p
	if p.Language != before.Language {
		w.leave()
		w.dress()
		w.goTo(w.place)
	} else {
		wear(p)
	}
	if w.config.Keep == nil {
		return nil
	}
	return w.config.Keep(p)
}
