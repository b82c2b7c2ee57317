package program

import (
	"fmt"

	"fyne.io/fyne/v2"
	"github.com/BurntSushi/toml"

	"handslag/assets"
	"handslag/ui"
)

// Introduce reads FyneApp.toml, for the person and for Fyne, which a plain go build would leave without it.
func Introduce(file []byte) (ui.About, fyne.AppMetadata, error) {
	var f struct {
		Details struct {
			Name, ID, Version string
			Build             int
		}
		Migrations map[string]bool
	}
	if err := toml.Unmarshal(file, &f); err != nil {
		return ui.About{}, fyne.AppMetadata{}, fmt.Errorf("read FyneApp.toml: %w", err)
	}
	picture, err := assets.AppPicture()
	if err != nil {
		return ui.About{}, fyne.AppMetadata{}, err
	}
	d := f.Details
	return ui.About{ID: d.ID, Name: d.Name, Version: d.Version}, fyne.AppMetadata{
		ID: d.ID, Name: d.Name, Version: d.Version, Build: d.Build, Icon: fyne.NewStaticResource("handslag.png", picture),
		Migrations: f.Migrations,
	}, nil
}
