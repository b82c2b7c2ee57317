package ui

// About is what the program says of itself.
type About struct {
	Name    string
	Version string
}
