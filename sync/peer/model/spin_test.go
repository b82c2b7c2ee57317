package model

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Bounds of one search; the largest takes a small part of each.
const (
	searchTime   = 10 * time.Minute // a machine that is busy with other things included
	searchMemory = 512              // MiB
	searchDepth  = 200000
)

// search is what spin found out about the model with some flags.
type search struct {
	errors int
	states int
	found  string   // how it names the error
	story  []string // the events that lead to it
}

// sources copies the model's files to a folder that spin may fill.
func sources(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files, err := filepath.Glob("*.pml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no model here: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run lets spin search the whole model with flags, and fails the test where it did not get
// to the end of it. Where spin is not installed the test is skipped.
func run(t *testing.T, flags ...string) search {
	t.Helper()
	if _, err := exec.LookPath("spin"); err != nil {
		t.Skip("spin is not installed: `make deps-model` installs it")
	}
	dir := sources(t)
	ctx, cancel := context.WithTimeout(t.Context(), searchTime)
	defer cancel()
	command := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	compile := []string{"-w", "-o", "pan", "-DMEMLIM=" + strconv.Itoa(searchMemory)}
	pan := []string{"-n", "-w20", "-m" + strconv.Itoa(searchDepth)}
	if slices.Contains(flags, "-DLIVENESS") {
		compile = append(compile, "-O1")
		pan = append(pan, "-a")
	} else {
		compile = append(compile, "-O0", "-DSAFETY") // small enough: compiling takes longer than searching
	}
	command("spin", append(slices.Clone(flags), "-a", "model.pml")...)
	command("gcc", append(compile, "pan.c")...)
	s := read(t, command("./pan", pan...))
	if s.errors > 0 {
		// spin -t ends as the trail does, with an error.
		trail := exec.CommandContext(ctx, "spin", append(slices.Clone(flags), "-t", "model.pml")...)
		trail.Dir = dir
		out, _ := trail.CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if line = strings.TrimSpace(line); told.MatchString(line) {
				s.story = append(s.story, line)
			}
		}
	}
	return s
}

var (
	told    = regexp.MustCompile(`^[AB] (takes|fails|is VERIFIED)`)
	counted = regexp.MustCompile(`errors: (\d+)`)
	stored  = regexp.MustCompile(`(\d+) states, stored`)
	named   = regexp.MustCompile(`pan:1: (.*?) \(at depth`)
)

// read takes pan's report. One about half a search is no report.
func read(t *testing.T, out string) search {
	t.Helper()
	errors, states := counted.FindStringSubmatch(out), stored.FindStringSubmatch(out)
	if errors == nil || states == nil {
		t.Fatalf("no report:\n%s", out)
	}
	var s search
	s.errors, _ = strconv.Atoi(errors[1])
	s.states, _ = strconv.Atoi(states[1])
	if name := named.FindStringSubmatch(out); name != nil {
		s.found = name[1]
	}
	for _, half := range []string{"max search depth too small", "reached -DMEMLIM", "out of memory"} {
		if strings.Contains(out, half) {
			t.Fatalf("not all was searched:\n%s", out)
		}
	}
	if s.errors == 0 && (strings.Contains(out, "Search not completed") || !strings.Contains(out, "Full statespace search")) {
		t.Fatalf("not all was searched:\n%s", out)
	}
	return s
}
