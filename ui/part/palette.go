package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours of our own, beside those that Fyne names.
const (
	colorMuted    fyne.ThemeColorName = "muted"    // second lines; still readable text
	colorPanel    fyne.ThemeColorName = "panel"    // cards, header and rail, one step above the page
	ColorTint     fyne.ThemeColorName = "tint"     // a quiet area of the program's own colour
	colorOnTint   fyne.ThemeColorName = "onTint"   // text and icons on it
	colorHairline fyne.ThemeColorName = "hairline" // lines between rows; decoration only
)

// palette maps colour names to opaque or nearly opaque colours, for one appearance.
type palette map[fyne.ThemeColorName]color.NRGBA

func hex(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

func faint(v uint32, alpha uint8) color.NRGBA {
	c := hex(v)
	c.A = alpha
	return c
}

// sunlight is the light appearance: near-white surfaces and near-black text, because screens are read outdoors.
var sunlight = palette{
	theme.ColorNameBackground:          hex(0xF4F6F5),
	theme.ColorNameForeground:          hex(0x11201F),
	colorMuted:                         hex(0x465654),
	colorPanel:                         hex(0xFFFFFF),
	ColorTint:                          hex(0xDDEDEC),
	colorOnTint:                        hex(0x0A4450),
	colorHairline:                      hex(0xDCE2E0),
	theme.ColorNamePrimary:             hex(0x0C5563),
	theme.ColorNameForegroundOnPrimary: hex(0xFFFFFF),
	theme.ColorNameHyperlink:           hex(0x0C5563),
	theme.ColorNameButton:              hex(0xE3E9E7),
	theme.ColorNameDisabledButton:      hex(0xE9EDEC),
	theme.ColorNameDisabled:            hex(0x5D6B69),
	theme.ColorNamePlaceHolder:         hex(0x596866),
	theme.ColorNameInputBackground:     hex(0xFFFFFF),
	theme.ColorNameInputBorder:         hex(0x74837F),
	theme.ColorNameSeparator:           hex(0xDCE2E0),
	theme.ColorNameHover:               faint(0x0C5563, 0x14),
	theme.ColorNamePressed:             faint(0x0C5563, 0x30),
	theme.ColorNameFocus:               faint(0x0C5563, 0x3C),
	theme.ColorNameSelection:           hex(0xD3E8E6),
	theme.ColorNameScrollBar:           faint(0x33403E, 0xA0),
	theme.ColorNameScrollBarBackground: faint(0x33403E, 0x10),
	theme.ColorNameShadow:              faint(0x0A1A1A, 0x38),
	theme.ColorNameHeaderBackground:    hex(0xFFFFFF),
	theme.ColorNameMenuBackground:      hex(0xFFFFFF),
	theme.ColorNameOverlayBackground:   hex(0xFFFFFF),
	theme.ColorNameError:               hex(0xA11D1D),
	theme.ColorNameForegroundOnError:   hex(0xFFFFFF),
	theme.ColorNameSuccess:             hex(0x14603A),
	theme.ColorNameForegroundOnSuccess: hex(0xFFFFFF),
	theme.ColorNameWarning:             hex(0x7A4B00),
	theme.ColorNameForegroundOnWarning: hex(0xFFFFFF),

	StateOK.Ink():        hex(0x14603A),
	StateOK.Paper():      hex(0xDFF2E5),
	StateWaiting.Ink():   hex(0x1D4C88),
	StateWaiting.Paper(): hex(0xE2ECF9),
	StateWarning.Ink():   hex(0x6F4400),
	StateWarning.Paper(): hex(0xFFEFCC),
	StateDanger.Ink():    hex(0x941A1A),
	StateDanger.Paper():  hex(0xFBE3E0),
	StateNeutral.Ink():   hex(0x3C4B49),
	StateNeutral.Paper(): hex(0xE6EBEA),
}

// dusk is the dark appearance: for night rounds and unlit stairwells, without glare.
var dusk = palette{
	theme.ColorNameBackground:          hex(0x10171A),
	theme.ColorNameForeground:          hex(0xE9F0EF),
	colorMuted:                         hex(0xA9B8B7),
	colorPanel:                         hex(0x192225),
	ColorTint:                          hex(0x1D3A40),
	colorOnTint:                        hex(0x9FDCD8),
	colorHairline:                      hex(0x2A3639),
	theme.ColorNamePrimary:             hex(0x7CCFCB),
	theme.ColorNameForegroundOnPrimary: hex(0x04262B),
	theme.ColorNameHyperlink:           hex(0x7CCFCB),
	theme.ColorNameButton:              hex(0x2A373B),
	theme.ColorNameDisabledButton:      hex(0x212B2E),
	theme.ColorNameDisabled:            hex(0x93A3A2),
	theme.ColorNamePlaceHolder:         hex(0x93A3A2),
	theme.ColorNameInputBackground:     hex(0x141C1F),
	theme.ColorNameInputBorder:         hex(0x72827F),
	theme.ColorNameSeparator:           hex(0x2A3639),
	theme.ColorNameHover:               faint(0x9FDCD8, 0x18),
	theme.ColorNamePressed:             faint(0x9FDCD8, 0x34),
	theme.ColorNameFocus:               faint(0x7CCFCB, 0x48),
	theme.ColorNameSelection:           hex(0x21434A),
	theme.ColorNameScrollBar:           faint(0xC8D6D4, 0x90),
	theme.ColorNameScrollBarBackground: faint(0xC8D6D4, 0x10),
	theme.ColorNameShadow:              faint(0x000000, 0x70),
	theme.ColorNameHeaderBackground:    hex(0x192225),
	theme.ColorNameMenuBackground:      hex(0x202B2F),
	theme.ColorNameOverlayBackground:   hex(0x1C2629),
	theme.ColorNameError:               hex(0xF2A29B),
	theme.ColorNameForegroundOnError:   hex(0x3C0907),
	theme.ColorNameSuccess:             hex(0x8FD8A8),
	theme.ColorNameForegroundOnSuccess: hex(0x06281A),
	theme.ColorNameWarning:             hex(0xF0C474),
	theme.ColorNameForegroundOnWarning: hex(0x2E1F00),

	StateOK.Ink():        hex(0x93DBAB),
	StateOK.Paper():      hex(0x17352A),
	StateWaiting.Ink():   hex(0xA3C8F7),
	StateWaiting.Paper(): hex(0x1A2E4A),
	StateWarning.Ink():   hex(0xF4CB80),
	StateWarning.Paper(): hex(0x3D2E10),
	StateDanger.Ink():    hex(0xF8AFA9),
	StateDanger.Paper():  hex(0x48201E),
	StateNeutral.Ink():   hex(0xC3D0CE),
	StateNeutral.Paper(): hex(0x2A3639),
}
