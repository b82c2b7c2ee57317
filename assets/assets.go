// Package assets holds what the program shows but does not compute: sentences in Swedish and English by code, icons
// and fonts, all embedded. It knows no other room, draws nothing and decides nothing.
package assets

import (
	"embed"
	"fmt"
)

//go:embed icons/*.svg icons/app-512.png
var iconFiles embed.FS

// Fonts, reduced to Latin with Swedish and its neighbours; fonts/OFL.txt is their licence.
var (
	//go:embed fonts/Inter-Regular.otf
	FontRegular []byte
	//go:embed fonts/Inter-SemiBold.otf
	FontBold []byte
	//go:embed fonts/JetBrainsMono-Regular.ttf
	FontMono []byte
)

// Icons of the program. Each is an SVG of one colour on a 24-pixel grid, named as its file, except the app icon, which
// has its own colours.
const (
	IconApp        = "app"
	IconAssignment = "assignment"
	IconBack       = "back"
	IconCheck      = "check"
	IconChevron    = "chevron"
	IconClock      = "clock"
	IconClose      = "close"
	IconCopy       = "copy"
	IconExport     = "export"
	IconEye        = "eye"
	IconHandshake  = "handshake"
	IconHidden     = "hidden"
	IconKey        = "key"
	IconLock       = "lock"
	IconLog        = "log"
	IconPerson     = "person"
	IconPlace      = "place"
	IconQR         = "qr"
	IconRecord     = "record"
	IconSearch     = "search"
	IconSettings   = "settings"
	IconShield     = "shield"
	IconSun        = "sun"
	IconSync       = "sync"
	IconWarning    = "warning"
)

// Icon gives the SVG of an icon named by one of the constants. An unknown name is a mistake of the caller and an error.
func Icon(name string) ([]byte, error) {
	b, err := iconFiles.ReadFile("icons/" + name + ".svg")
	if err != nil {
		return nil, fmt.Errorf("read icon %q: %w", name, err)
	}
	return b, nil
}

// AppPicture gives the app icon as a PNG of 512 × 512 pixels, for places that take no SVG.
func AppPicture() ([]byte, error) {
	b, err := iconFiles.ReadFile("icons/app-512.png")
	if err != nil {
		return nil, fmt.Errorf("read app picture: %w", err)
	}
	return b, nil
}
