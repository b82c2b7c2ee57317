package command

import (
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"
)

const intro = `connected is an organisation's own server and its administrator's commands.

Usage:
  connected [-dir DIR] [-json] COMMAND [flags]

Commands%s:
`

const outro = `
An organisation in five commands:
  connected init -name "Bostads AB Linden" -url https://linden.example:8443 -recovery /media/usb/linden.recovery
  connected export statement -to .       # give the file to the directory
  connected import staff.jsonl
  connected user password anna.lind -generate
  connected serve -listen :8443
Then hand out the organisation ID: connected letter -png letter.png

Flags of every command: -dir DIR, -database URL, -json, -h. Exit codes: 0 done, 1 failed, 2 malformed command line.
Commands work while the server runs, and hold from the very next call.
Data lie in DIR, or in PostgreSQL where -database, CONNECTED_DATABASE or "database" in DIR/connected.toml names one, in this order.
The toml file is the safe place: a command that does not hear of the database works on the folder's own file.
`

// help lists the commands, those of one noun where it names one.
func (c *call) help(noun string) {
	title := ""
	if noun != "" {
		title = " of " + noun
	}
	fmt.Fprintf(c.Out, intro, title)
	table := tabwriter.NewWriter(c.Out, 0, 0, 3, ' ', 0)
	for _, v := range verbs() {
		if noun == "" || v.name == noun || strings.HasPrefix(v.name, noun+" ") {
			fmt.Fprintf(table, "  %s\t%s\n", strings.TrimSpace(v.name+" "+v.args), v.short)
		}
	}
	table.Flush()
	if noun == "" {
		fmt.Fprint(c.Out, outro)
	}
}

func (c *call) helpVerb(v verb, flags *flag.FlagSet) {
	fmt.Fprintf(c.Out, "%s.\n\nUsage:\n  %s\n\nFlags:\n", v.short, usageLine(v))
	flags.SetOutput(c.Out)
	flags.PrintDefaults()
	fmt.Fprint(c.Out, "\nExamples:\n")
	for _, example := range v.examples {
		fmt.Fprintf(c.Out, "  connected %s\n", example)
	}
}

func usageLine(v verb) string {
	return strings.Join(strings.Fields("connected "+v.name+" [flags] "+v.args), " ")
}
