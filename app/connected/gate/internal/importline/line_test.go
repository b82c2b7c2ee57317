package importline

import "testing"

func FuzzLine(f *testing.F) {
	f.Add([]byte(`{"type":"record","id":"r","subject":"s","held_by":[],"protected":{"b":"1","a":2},"card":{"title":"T","tags":["x"]}}`))
	f.Add([]byte(`{"type":"user","username":"bo.ek","first":"Bo","roles":["caretaker"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		line, err := Parse(data)
		if err != nil {
			return
		}
		if line.Protected != nil {
			again, err := line.Protected.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			var back Fields
			if err := back.UnmarshalJSON(again); err != nil || len(back) != len(*line.Protected) {
				t.Errorf("%s reads back as %v, %v", again, back, err)
			}
			for i, field := range back {
				if field != (*line.Protected)[i] {
					t.Errorf("%v reads back as %v", (*line.Protected)[i], field)
				}
			}
		}
	})
}
