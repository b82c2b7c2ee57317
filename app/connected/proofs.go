package connected

import (
	"strconv"
	"strings"

	"handslag/app/connected/gate"
	"handslag/sync/link"
	"handslag/vault/journal/evidence"
)

// typeNote is that of signed notes (C2SP tlog-tiles).
const typeNote = "text/plain; charset=utf-8"

func checkpoint(c *gate.Call) (gate.Answer, error) {
	if err := only(c); err != nil {
		return gate.Answer{}, err
	}
	note, err := c.Checkpoint()
	return gate.Answer{Type: typeNote, Body: note}, err
}

func growth(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "from", "size"); err != nil {
		return gate.Answer{}, err
	}
	from, err := sizes(c.Query.Get("from"))
	if err != nil {
		return gate.Answer{}, err
	}
	size, err := place(c, "size")
	if err != nil {
		return gate.Answer{}, err
	}
	grown, err := c.Growth(size, from)
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(grown)
}

func inclusion(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "entry", "size"); err != nil {
		return gate.Answer{}, err
	}
	entry, err := place(c, "entry")
	if err != nil {
		return gate.Answer{}, err
	}
	if entry == 0 {
		return gate.Answer{}, gate.Refuse(link.CodeBadRequest)
	}
	size, err := place(c, "size")
	if err != nil {
		return gate.Answer{}, err
	}
	proof, err := c.Inclusion(entry, size)
	return gate.Answer{Type: typeNote, Body: proof}, err
}

func tile(c *gate.Call) (gate.Answer, error) {
	if err := only(c); err != nil {
		return gate.Answer{}, err
	}
	data, err := c.Tile("tile/" + c.Rest)
	return gate.Answer{Type: typeBytes, Body: data, Fixed: true}, err
}

func leaves(c *gate.Call) (gate.Answer, error) {
	if err := only(c); err != nil {
		return gate.Answer{}, err
	}
	data, err := c.Bundle("tile/entries/" + c.Rest)
	return gate.Answer{Type: typeBytes, Body: data, Fixed: true}, err
}

func cosigned(c *gate.Call) (gate.Answer, error) {
	if err := only(c); err != nil {
		return gate.Answer{}, err
	}
	if err := c.Cosigned(); err != nil {
		return gate.Answer{}, err
	}
	return gate.Answer{Type: typeText, Body: []byte("ok\n")}, nil
}

func witnesses(c *gate.Call) (gate.Answer, error) {
	if err := only(c); err != nil {
		return gate.Answer{}, err
	}
	all, err := c.Witnesses()
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(all)
}

func evidenceOf(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "entries"); err != nil {
		return gate.Answer{}, err
	}
	var places []int64
	for text := range strings.SplitSeq(c.Query.Get("entries"), ",") {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 || len(places) == evidence.MaxEntries {
			return gate.Answer{}, gate.Refuse(link.CodeBadRequest)
		}
		places = append(places, n)
	}
	bundle, err := c.Evidence(places)
	return gate.Answer{Type: typeCBOR, Body: bundle}, err
}

// place is a place in the log or how many entries it has, by name; 0 where nothing is asked for.
func place(c *gate.Call, name string) (int64, error) {
	text := c.Query.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, gate.Refuse(link.CodeBadRequest)
	}
	return n, nil
}

// sizes are at most link.GrowthProofs, separated by commas.
func sizes(list string) (all []uint64, err error) {
	if list == "" {
		return nil, nil
	}
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil || len(all) == link.GrowthProofs {
			return nil, gate.Refuse(link.CodeBadRequest)
		}
		all = append(all, n)
	}
	return all, nil
}
