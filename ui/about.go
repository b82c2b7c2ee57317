package ui

// About is what the program says of itself.
type About struct {
	ID      string
	Name    string
	Version string
}
