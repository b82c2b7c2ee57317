package testnet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"handslag/testnet"
	"handslag/testnet/postgres"
)

// TestStories plays the scripts under testdata/stories: one act a line, "!" before one that
// must be refused.
func TestStories(t *testing.T) {
	params := stories("")
	params.Dir = "testdata/stories"
	testscript.Run(t, params)
}

// TestTheMorningOnPostgreSQL plays one of them beside the other database.
func TestTheMorningOnPostgreSQL(t *testing.T) {
	server := postgres.ForTest(t, postgres.Options{})
	if err := server.Create(t.Context(), "linden"); err != nil {
		t.Fatal(err)
	}
	params := stories(server.URL("linden"))
	params.Files = []string{"testdata/stories/morning.txtar"}
	t.Run("story", func(t *testing.T) { testscript.Run(t, params) }) // ends when the story has
	if rows, err := server.SQL(t.Context(), "linden", "SELECT COUNT(*) > 50 FROM entries"); rows != "t" {
		t.Errorf("the story was told elsewhere: %q, %v", rows, err)
	}
}

func stories(database string) testscript.Params {
	return testscript.Params{
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"organisation": organisation,
			"connected":    connectedActs,
			"directory":    directoryActs,
			"admin":        admin,
			"audit":        audit,
			"line":         badLine,
			"calls":        calls,
			"impostor":     impostor,
			"import":       importMore,
			"anna":         person("anna"), "bo": person("bo"), "carl": person("carl"), "dora": person("dora"),
		},
		Condition: func(name string) (bool, error) {
			if name == "mount" {
				return mayMount(), nil
			}
			return false, fmt.Errorf("no such condition: %s", name)
		},
		Setup: func(env *testscript.Env) error {
			told, _ := env.T().(interface{ Failed() bool })
			env.Values[key{}] = &story{told: told}
			env.Setenv("OTHER", otherOrganisation)
			env.Setenv("DATABASE", database)
			return nil
		},
	}
}

type key struct{}

// story is what one script has made so far.
type story struct {
	net     *testnet.Net
	meeting *testnet.Meeting
	told    interface{ Failed() bool } // the test
}

var usernames = map[string]string{"anna": "anna.lind", "bo": "bo.ek", "carl": "carl.berg", "dora": "dora.falk"}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(key{}).(*story) }

// act reports how an act went: done, or refused with a code and sentences on stderr. A
// refusal that was not expected and a deed that should have been refused end the story.
func act(ts *testscript.TestScript, neg bool, err error) {
	var refused *testnet.Refused
	switch {
	case err == nil && neg:
		ts.Fatalf("it was done, and should have been refused")
	case err == nil:
	case errors.As(err, &refused):
		fmt.Fprintf(ts.Stderr(), "%s\n%s\n", refused.Code, refused.Said)
		if !neg {
			ts.Fatalf("refused: %s\n%s", refused.Code, refused.Said)
		}
	case neg:
		fmt.Fprintf(ts.Stderr(), "%v\n", err)
	default:
		ts.Fatalf("%v", err)
	}
}

// organisation starts Bostads AB Linden with passwords for the people of stories.
func organisation(ts *testscript.TestScript, neg bool, args []string) {
	s, ctx := storyOf(ts), context.Background()
	n, err := testnet.Start(ctx, testnet.Options{Dir: ts.MkAbs("net"), Programs: programs, Postgres: ts.Getenv("DATABASE")})
	ts.Check(err)
	s.net = n
	ts.Defer(func() {
		if s.told != nil && s.told.Failed() {
			ts.Logf("%s", n.Account())
		}
		if err := n.Close(); err != nil {
			ts.Logf("close: %v", err)
		}
	})
	ts.Check(n.Admin(ctx, nil, "user", "add", "carl.berg", "-first", "Carl", "-last", "Berg", "-unit", "sodra", "-role", "caretaker", "-no-password"))
	for _, name := range []string{"anna", "bo", "carl"} {
		p := n.Person(name, usernames[name])
		ts.Check(n.SetPassword(ctx, p.Username, p.Password))
	}
	n.Person("dora", usernames["dora"])
}

// connectedActs: "connected stops", "connected starts", "connected dies", which is kill -9,
// "connected erases SUBJECT", "connected attaches FILE RECORD", "connected backs-up", "connected loses",
// "connected restores ARGUMENTS", "connected keeps" and "connected puts-back", "connected rotates KEY ...",
// which waits until the running system has it.
func connectedActs(ts *testscript.TestScript, neg bool, args []string) {
	n, ctx := storyOf(ts).net, context.Background()
	switch args[0] {
	case "stops":
		act(ts, neg, n.StopConnected(ctx))
	case "starts":
		act(ts, neg, n.StartConnected(ctx))
	case "dies":
		n.KillConnected()
	case "attaches-much": // five texts of some size to a record
		for i := range 5 {
			file := ts.MkAbs(fmt.Sprintf("mycket%d.txt", i))
			ts.Check(os.WriteFile(file, bytes.Repeat([]byte("Avläst utan anmärkning.\n"), 2<<20), 0o600))
			admin(ts, neg, []string{"attach", args[1], file})
		}
	case "attaches": // a file to a record
		admin(ts, neg, []string{"attach", args[2], ts.MkAbs(args[1])})
	case "backs-up":
		path, err := n.BackUp(ctx)
		if err == nil {
			ts.Setenv("BACKUP", path)
		}
		act(ts, neg, err)
	case "loses":
		act(ts, neg, n.Lose())
	case "restores":
		act(ts, neg, n.Restore(ctx, ts.Getenv("BACKUP"), args[1:]...))
	case "keeps":
		act(ts, neg, n.Keep())
	case "puts-back":
		act(ts, neg, n.PutBack())
	case "rotates":
		for _, key := range args[1:] {
			var made struct{ Statement uint64 }
			err := n.Admin(ctx, &made, "rotate", key, "-recovery", n.Recovery())
			if err == nil {
				err = n.Says(ctx, made.Statement)
			}
			act(ts, neg, err)
		}
	case "erases": // a subject, for ever
		admin(ts, neg, []string{"erase", args[1], "-yes"})
	default:
		ts.Fatalf("connected does not %s", args[0])
	}
}

// directoryActs: "directory stops", "directory starts".
func directoryActs(ts *testscript.TestScript, neg bool, args []string) {
	n, ctx := storyOf(ts).net, context.Background()
	switch args[0] {
	case "stops":
		act(ts, neg, n.StopDirectory(ctx))
	case "starts":
		act(ts, neg, n.StartDirectory(ctx))
	default:
		ts.Fatalf("the directory does not %s", args[0])
	}
}

func admin(ts *testscript.TestScript, neg bool, args []string) {
	n := storyOf(ts).net
	for i, a := range args { // a device by its person's name
		if name, ok := strings.CutPrefix(a, "@"); ok {
			args[i] = deviceOf(ts, name)
		}
	}
	var answer json.RawMessage
	err := n.Admin(context.Background(), &answer, args...)
	if err == nil {
		fmt.Fprintf(ts.Stdout(), "%s\n", answer)
	}
	act(ts, neg, err)
}

// importMore imports a file of the script into the running organisation.
func importMore(ts *testscript.TestScript, neg bool, args []string) {
	act(ts, neg, storyOf(ts).net.Admin(context.Background(), nil, "import", ts.MkAbs(args[0])))
}

// audit recomputes the whole audit log: "audit intact".
func audit(ts *testscript.TestScript, neg bool, args []string) {
	v, err := storyOf(ts).net.Audit(context.Background())
	if err == nil {
		data, _ := json.Marshal(v)
		fmt.Fprintf(ts.Stdout(), "%s\n", data)
		if v.Entries == 0 {
			err = errors.New("the audit log is empty: nothing was checked")
		}
	}
	act(ts, neg, err)
}

// badLine cuts the network between devices and connected system: "line cut 3 SEED", "line
// swallow 1 SEED", "line drip", "line again", "line good".
func badLine(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	number := func(i int, otherwise uint64) uint64 {
		if len(args) <= i {
			return otherwise
		}
		n, err := strconv.ParseUint(args[i], 10, 64)
		ts.Check(err)
		return n
	}
	fault := &testnet.Fault{Connections: int(number(1, 1)), Seed: number(2, 1), Least: 1 << 10, Most: 24 << 10}
	switch args[0] {
	case "good":
		fault = nil
	case "cut":
	case "swallow": // the answer to what is sent first is lost
		fault.Swallow, fault.Least, fault.Most = true, 4<<10, 4<<10+1
	case "drip":
		fault.Connections, fault.Drip = 0, 97
	case "again":
		fault.Connections, fault.Again = 0, true
	default:
		ts.Fatalf("no such line")
	}
	ts.Logf("seed %d", number(2, 1))
	s.net.Line.Break(fault)
}

// calls checks how often something was called at all: "calls directory 1".
func calls(ts *testscript.TestScript, neg bool, args []string) {
	line := storyOf(ts).net.Line
	if args[0] == "directory" {
		line = storyOf(ts).net.DirectoryLine
	}
	n, _, _ := line.Traffic()
	fmt.Fprintf(ts.Stdout(), "%d\n", n)
	if want, err := strconv.Atoi(args[1]); err != nil || (want == n) == neg {
		ts.Fatalf("%d calls to %s", n, args[0])
	}
}

func deviceOf(ts *testscript.TestScript, name string) string {
	p := storyOf(ts).net.Person(name, usernames[name])
	said, err := p.Command(context.Background(), nil, "status")
	ts.Check(err)
	var status struct{ Device string }
	ts.Check(json.Unmarshal(said, &status))
	if status.Device == "" {
		ts.Fatalf("%s has no device", name)
	}
	return status.Device
}
