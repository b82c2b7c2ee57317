package command

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// unit runs serve as a service that can reach nothing but its folder and the network.
//
//go:embed handslag.service
var unit string

func systemdVerb() verb {
	return verb{
		name: "systemd", short: "Print a unit that serves under systemd, hardened; its head says how to install it",
		examples: []string{"systemd > /etc/systemd/system/handslag.service"},
		begin: simple(func(_ context.Context, c *call) error {
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("print unit: %w", err)
			}
			if program, err = filepath.EvalSymlinks(program); err != nil {
				return fmt.Errorf("print unit: %w", err)
			}
			word, err := unitWord(program)
			if err != nil {
				return err
			}
			text := strings.Replace(unit, "@PROGRAM@", word, 1)
			return c.answer(struct {
				Unit string `json:"unit"`
			}{text}, func() { fmt.Fprint(c.Out, text) })
		}),
	}
}

// unitWord is a path as the first word of a unit's command line (systemd.service(5), "Command
// lines"): in quotes, so that a blank does not end it, with what systemd would replace doubled.
func unitWord(path string) (string, error) {
	if strings.ContainsFunc(path, unicode.IsControl) {
		return "", fmt.Errorf("print unit: %q is no path that a unit can name", path)
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "%", "%%", "$", "$$").Replace(path) + `"`, nil
}
