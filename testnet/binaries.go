package testnet

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// EnvBin names the folder of built programs; without it they are built.
const EnvBin = "HANDSLAG_BIN"

// Programs are the paths of the programs that an organisation consists of.
type Programs struct {
	Connected, Directory, Agent string
}

// ProgramsIn finds the programs in a folder.
func ProgramsIn(dir string) (Programs, error) {
	p := Programs{
		Connected: filepath.Join(dir, "connected"), Directory: filepath.Join(dir, "directory"), Agent: filepath.Join(dir, "handslagctl"),
	}
	for _, path := range []string{p.Connected, p.Directory, p.Agent} {
		if _, err := os.Stat(path); err != nil {
			return Programs{}, fmt.Errorf("find programs: %w", err)
		}
	}
	return p, nil
}

// BuildPrograms builds them into dir from the module that the working directory lies in,
// unless EnvBin names a folder that has them.
func BuildPrograms(ctx context.Context, dir string) (Programs, error) {
	if bin := os.Getenv(EnvBin); bin != "" {
		return ProgramsIn(bin)
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator),
		"handslag/app/cmd/connected", "handslag/app/cmd/directory", "handslag/app/cmd/handslagctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return Programs{}, fmt.Errorf("build programs: %w\n%s", err, out)
	}
	return ProgramsIn(dir)
}
