package feed

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"handslag/vault/journal"
)

// facts are what OCSF's schema says of the classes and objects that are used here: which attributes they have,
// which of them are required, and which activities there are.
type facts struct {
	Version string
	Classes map[string]shape
	Objects map[string]shape // by the attribute that they stand in
}

type shape struct {
	Attributes []string
	Required   []string
	OneOf      []string `json:"at_least_one"`
	Category   int      `json:"category_uid"`
	Activities []int
}

func theFacts(t testing.TB) (f facts) {
	t.Helper()
	text, err := os.ReadFile("testdata/ocsf.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// judge is what is wrong with an event.
func (f facts) judge(line []byte) error {
	var v map[string]any
	if err := json.Unmarshal(line, &v); err != nil {
		return err
	}
	number := func(name string) int { n, _ := v[name].(float64); return int(n) }
	class, ok := f.Classes[strconv.Itoa(number("class_uid"))]
	switch {
	case !ok:
		return fmt.Errorf("there is no class %v", v["class_uid"])
	case number("category_uid") != class.Category:
		return fmt.Errorf("its class is of category %d", class.Category)
	case !slices.Contains(class.Activities, number("activity_id")):
		return fmt.Errorf("its class has no activity %v", v["activity_id"])
	case number("type_uid") != number("class_uid")*100+number("activity_id"):
		return fmt.Errorf("its type is %v", v["type_uid"])
	}
	if version := v["metadata"].(map[string]any)["version"]; version != f.Version {
		return fmt.Errorf("it says that it is of %v", version)
	}
	delete(v, "unmapped")
	return f.fits("event", class, v)
}

func (f facts) fits(where string, s shape, v map[string]any) error {
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s has no %s", where, name)
		}
	}
	if len(s.OneOf) > 0 && !slices.ContainsFunc(s.OneOf, func(name string) bool { _, ok := v[name]; return ok }) {
		return fmt.Errorf("%s has none of %v", where, s.OneOf)
	}
	for name, value := range v {
		if !slices.Contains(s.Attributes, name) {
			return fmt.Errorf("%s has no attribute %s", where, name)
		}
		of, known := f.Objects[name]
		all, ok := value.([]any)
		if !ok {
			all = []any{value}
		}
		for _, one := range all {
			members, ok := one.(map[string]any)
			if ok != known {
				return fmt.Errorf("%s.%s is %v", where, name, one)
			}
			if ok {
				if err := f.fits(where+"."+name, of, members); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func TestEveryKindIsAnEventOfOCSF(t *testing.T) {
	f := theFacts(t)
	if f.Version != OCSFVersion {
		t.Fatalf("the facts are of %s", f.Version)
	}
	all := kinds(t)
	for _, kind := range append(all, "device.of_tomorrow") {
		if _, known := meanings[kind]; known != (kind != "device.of_tomorrow") {
			t.Errorf("%s has no class", kind)
		}
		for _, e := range []Entry{bare(kind), whole(kind)} {
			line, err := OCSF.Write(e, organisation)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.judge(line); err != nil {
				t.Errorf("%s: %v in %s", kind, err, line)
			}
		}
	}
	for kind := range meanings {
		if !slices.Contains(all, kind) {
			t.Errorf("nobody says %s", kind)
		}
	}
}

// Proves that the judge above sees what is wrong.
func TestAnEventThatIsNoneIsSeen(t *testing.T) {
	f := theFacts(t)
	for name, change := range map[string]func(v map[string]any){
		"a class that is none":        func(v map[string]any) { v["class_uid"] = 6006 },
		"another category":            func(v map[string]any) { v["category_uid"] = 3 },
		"an activity that is none":    func(v map[string]any) { v["activity_id"], v["type_uid"] = 77, 600577 },
		"another type":                func(v map[string]any) { v["type_uid"] = 600501 },
		"another version":             func(v map[string]any) { v["metadata"].(map[string]any)["version"] = "1.0.0" },
		"no actor":                    func(v map[string]any) { delete(v, "actor") },
		"no store":                    func(v map[string]any) { delete(v, "database"); delete(v, "table") },
		"an attribute that is none":   func(v map[string]any) { v["shape"] = 1 },
		"a user of nobody's":          func(v map[string]any) { v["actor"] = map[string]any{"user": map[string]any{"type_id": 1}} },
		"a text for an object":        func(v map[string]any) { v["actor"] = "Anna" },
		"an object for a text":        func(v map[string]any) { v["message"] = map[string]any{} },
		"an observable without value": func(v map[string]any) { v["observables"] = []any{map[string]any{"value": "x"}} },
	} {
		line, err := OCSF.Write(whole(journal.RecordOpened), organisation)
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		change(v)
		if line, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
		if f.judge(line) == nil {
			t.Errorf("%s is not seen", name)
		}
	}
}

// What was refused or failed says so, and what contradicts a log is serious.
func TestWhatAnEventMeans(t *testing.T) {
	for kind, want := range map[journal.Kind]string{
		journal.RecordOpened:       "6005 Decrypt severity 1 status 1 by a person at a-device",
		journal.RecordRefused:      "6005 Decrypt severity 2 status 2 by a person at a-device",
		journal.VerificationFailed: "3002 Verification in person severity 3 status 2 by a person at a-device",
		journal.DeviceForked:       "2004 Create severity 4 status 1",
		journal.CallRefused:        "6003 Refused severity 2 status 2 by a person at a-peer",
		journal.SystemStarted:      "6002 Start severity 1 status 1",
	} {
		e := bare(kind)
		e.Person = "a person"
		if e.System {
			e.Said.Peer = "a-peer"
		}
		v := eventOf(e, organisation)
		got := fmt.Sprintf("%d %s severity %d status %d", v.ClassUID, v.ActivityName, v.SeverityID, v.StatusID)
		who := v.User
		if v.Actor != nil {
			who = v.Actor.User
		}
		if who != nil && v.Source != nil {
			got += " by " + who.UID + " at " + v.Source.UID
		}
		if got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}
