package part

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// luminance and contrast follow WCAG 2.2, "relative luminance" and "contrast ratio".
func luminance(c color.NRGBA) float64 {
	lin := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

// over lays a translucent colour on an opaque one.
func over(top, under color.NRGBA) color.NRGBA {
	mix := func(t, u uint8) uint8 { return uint8((int(t)*int(top.A) + int(u)*(255-int(top.A))) / 255) }
	return color.NRGBA{R: mix(top.R, under.R), G: mix(top.G, under.G), B: mix(top.B, under.B), A: 255}
}

func TestTextIsReadableOnEverySurface(t *testing.T) {
	surfaces := []fyne.ThemeColorName{theme.ColorNameBackground, colorPanel, theme.ColorNameOverlayBackground, theme.ColorNameMenuBackground,
		theme.ColorNameHeaderBackground, theme.ColorNameInputBackground}
	type pair struct {
		on, under fyne.ThemeColorName
		least     float64
	}
	pairs := []pair{
		{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary, 4.5},
		{theme.ColorNameForegroundOnError, theme.ColorNameError, 4.5},
		{theme.ColorNameForegroundOnSuccess, theme.ColorNameSuccess, 4.5},
		{theme.ColorNameForegroundOnWarning, theme.ColorNameWarning, 4.5},
		{theme.ColorNameForeground, theme.ColorNameButton, 4.5},
		{theme.ColorNameForeground, theme.ColorNameSelection, 4.5},
		{theme.ColorNameDisabled, theme.ColorNameDisabledButton, 4.5},
		{colorMuted, theme.ColorNameSelection, 4.5},
		{colorOnTint, ColorTint, 4.5},
	}
	for _, s := range surfaces {
		pairs = append(pairs,
			pair{theme.ColorNameForeground, s, 7}, // reading in sunlight wants more than AA
			pair{colorMuted, s, 4.5},
			pair{theme.ColorNamePrimary, s, 4.5},
			pair{theme.ColorNameHyperlink, s, 4.5},
			pair{theme.ColorNamePlaceHolder, s, 4.5},
			pair{theme.ColorNameDisabled, s, 4.5},
			pair{theme.ColorNameError, s, 4.5},
			pair{theme.ColorNameInputBorder, s, 3}, // WCAG 1.4.11: borders of controls
		)
	}
	for _, s := range states {
		pairs = append(pairs, pair{s.Ink(), s.Paper(), 4.5}, pair{theme.ColorNameForeground, s.Paper(), 4.5})
		for _, surface := range surfaces {
			pairs = append(pairs, pair{s.Ink(), surface, 4.5})
		}
	}
	for name, p := range map[Appearance]palette{Sunlight: sunlight, Dusk: dusk} {
		for _, q := range pairs {
			a, okA := p[q.on]
			b, okB := p[q.under]
			if !okA || !okB {
				t.Fatalf("%s lacks %s or %s", name, q.on, q.under)
			}
			if got := contrast(a, b); got < q.least {
				t.Errorf("%s: %s on %s is %.2f:1, want %.1f:1", name, q.on, q.under, got, q.least)
			}
		}
		for _, veil := range []fyne.ThemeColorName{theme.ColorNameHover, theme.ColorNamePressed, theme.ColorNameFocus} {
			for _, s := range append(surfaces, theme.ColorNameButton) {
				if got := contrast(p[theme.ColorNameForeground], over(p[veil], p[s])); got < 4.5 {
					t.Errorf("%s: text on %s under %s is %.2f:1", name, s, veil, got)
				}
			}
		}
	}
}

func TestBothAppearancesNameTheSameColours(t *testing.T) {
	for name := range sunlight {
		if _, ok := dusk[name]; !ok {
			t.Errorf("dusk lacks %s", name)
		}
	}
	for name := range dusk {
		if _, ok := sunlight[name]; !ok {
			t.Errorf("sunlight lacks %s", name)
		}
	}
}

func TestTextGrowsWithTheScale(t *testing.T) {
	for _, name := range []fyne.ThemeSizeName{theme.SizeNameText, sizeTitle, sizeLead, SizeSmall, sizeTiny, sizeGroup, sizeDigit} {
		if one, two := (Theme{}).Size(name), (Theme{TextScale: 2}).Size(name); two != 2*one {
			t.Errorf("%s: %v grows to %v", name, one, two)
		}
	}
}
