package part

import (
	"fyne.io/fyne/v2"
)

// Fact is a label and what it stands for.
type Fact struct{ Label, Value string }

// Facts shows labels and values in two columns. An empty value is left out.
func Facts(facts ...Fact) *fyne.Container {
	box := Labelled(10)
	for _, f := range facts {
		if f.Value == "" {
			continue
		}
		box.Add(NewMuted(f.Label).Unbroken())
		box.Add(NewText(f.Value))
	}
	return box
}
