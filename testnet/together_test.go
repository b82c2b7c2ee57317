package testnet_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

// comesToSee looks at an assignment until it shows something: what a colleague says comes by itself.
func comesToSee(s *scene, args []string) error {
	want, err := regexp.Compile(args[1])
	s.ts.Check(err)
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Minute)
	defer cancel()
	for {
		var value json.RawMessage
		if m := s.story.meeting; m != nil {
			value, err = m.Work(ctx, s.who, "assignment", args[0])
		} else {
			var values []json.RawMessage
			if values, err = s.who.Do(ctx, "assignment", args[0]); err == nil {
				value = values[0]
			}
		}
		if err != nil || want.Match(value) {
			fmt.Fprintln(s.ts.Stdout(), string(value))
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("it never showed %s: %s", args[1], value)
		}
	}
}
