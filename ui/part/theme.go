package part

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"handslag/assets"
)

// Sizes in device-independent pixels.
const (
	TouchSize = float32(48) // the least height and width of what a gloved finger must hit
	gapTight  = float32(4)  // between lines that belong together
	Gap       = float32(12) // between parts of one thing
	GapWide   = float32(24) // between things, and around a page

	sizeTitle fyne.ThemeSizeName = "title"     // a page's name
	sizeLead  fyne.ThemeSizeName = "lead"      // a card's or dialog's name
	SizeSmall fyne.ThemeSizeName = "small"     // badges, second lines
	sizeTiny  fyne.ThemeSizeName = "tiny"      // the header's device ID
	sizeGroup fyne.ThemeSizeName = "idGroup"   // a device ID to compare
	sizeDigit fyne.ThemeSizeName = "codeDigit" // the six digits
)

// Appearance is the person's choice of light or dark.
type Appearance string

// The appearances. Sunlight comes first: most work is done by day.
const (
	Sunlight Appearance = "light"
	Dusk     Appearance = "dark"
	AsSystem Appearance = "system" // as the desktop prefers
)

// Theme is the program's look. The zero value is Sunlight at normal text size.
type Theme struct {
	Appearance Appearance
	TextScale  float32 // 1 is normal; 0 counts as 1
}

var _ fyne.Theme = Theme{}

// Color gives our colour of a name; only AsSystem asks what the desktop prefers. A name we do not know falls to Fyne's.
func (t Theme) Color(name fyne.ThemeColorName, preferred fyne.ThemeVariant) color.Color {
	colours, variant := sunlight, theme.VariantLight
	if t.Appearance == Dusk || t.Appearance == AsSystem && preferred == theme.VariantDark {
		colours, variant = dusk, theme.VariantDark
	}
	if c, ok := colours[name]; ok {
		return c
	}
	return theme.DefaultTheme().Color(name, variant)
}

var (
	fontRegular = fyne.NewStaticResource("Inter-Regular.otf", assets.FontRegular)
	fontBold    = fyne.NewStaticResource("Inter-SemiBold.otf", assets.FontBold)
	fontMono    = fyne.NewStaticResource("JetBrainsMono-Regular.ttf", assets.FontMono)
)

// Font gives one of our three fonts; symbols are left to Fyne's.
func (t Theme) Font(style fyne.TextStyle) fyne.Resource {
	switch {
	case style.Symbol:
		return theme.DefaultTheme().Font(style)
	case style.Monospace:
		return fontMono
	case style.Bold:
		return fontBold
	}
	return fontRegular
}

// Icon leaves the standard widgets' small icons to Fyne.
func (t Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// Size gives our sizes; those of text grow with TextScale.
func (t Theme) Size(name fyne.ThemeSizeName) float32 {
	scale := t.TextScale
	if scale == 0 {
		scale = 1
	}
	switch name {
	case theme.SizeNameText:
		return 16 * scale
	case theme.SizeNameHeadingText, sizeTitle:
		return 26 * scale
	case theme.SizeNameSubHeadingText, sizeLead:
		return 19 * scale
	case SizeSmall, theme.SizeNameCaptionText:
		return 14 * scale
	case sizeTiny:
		return 12.5 * scale
	case sizeGroup:
		return 21 * scale
	case sizeDigit:
		return 32 * scale
	case theme.SizeNamePadding:
		return 6
	case theme.SizeNameInnerPadding:
		return 12
	case theme.SizeNameInlineIcon:
		return 22 * scale
	case theme.SizeNameLineSpacing:
		return 5
	case theme.SizeNameScrollBar:
		return 16
	case theme.SizeNameScrollBarSmall:
		return 6
	case theme.SizeNameSeparatorThickness:
		return 1
	case theme.SizeNameInputBorder:
		return 1.5
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius, theme.SizeNameButtonRadius, theme.SizeNameMenuRadius:
		return 8
	case theme.SizeNameCardRadius, theme.SizeNamePopupRadius:
		return 12
	case theme.SizeNameDialogRadius:
		return 16
	}
	return theme.DefaultTheme().Size(name)
}
