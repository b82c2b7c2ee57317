// Command bench reads what benchmarks say (the lines of `go test -bench`) and puts it into tables,
// and at the end each promise of speed and size beside what was measured. `make bench` calls it.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// run shows a table for each benchmark as it ends. It is an error if one failed, or if a promise
// was not measured; a promise that is not kept is shown, since machines differ.
func run(in io.Reader, out io.Writer) error {
	var all measured
	var failed []string
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		row, ok := parseRow(line)
		switch {
		case ok:
			if last := len(all) - 1; last >= 0 && all[last].family != row.family {
				all.table(out, all[last].family)
			}
			all = append(all, row)
		case strings.HasPrefix(line, "--- FAIL"), strings.HasPrefix(line, "FAIL"), strings.HasPrefix(line, "panic:"):
			failed = append(failed, line)
		case strings.HasPrefix(line, "#"):
			fmt.Fprintln(out, "\n"+strings.TrimLeft(line, "# "))
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read benchmarks: %w", err)
	}
	if len(all) > 0 {
		all.table(out, all[len(all)-1].family)
	}
	all.growth(out)
	if len(failed) > 0 {
		return fmt.Errorf("a benchmark failed: %s", strings.Join(failed, "; "))
	}
	if missing := all.judge(out, promises); len(missing) > 0 {
		return errors.New("not measured: " + strings.Join(missing, ", "))
	}
	return nil
}
