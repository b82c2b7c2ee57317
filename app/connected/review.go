package connected

import (
	"net/http"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/access"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// reviewRoutes are what who reviews asks beside the log itself.
func reviewRoutes() []gate.Route {
	return []gate.Route{
		{
			Method: http.MethodGet, Path: link.PathFindings,
			Right:   gate.Within(access.LogRead),
			Handler: findings,
			Does:    "Gives a page of what was noticed about journals, newest first. To read it is an entry itself.",
			Query: []gate.Parameter{
				{Name: "device", Like: "qpzry9x8gf2tvdw0s3jn54khce6mua7l", Means: "a device ID"},
				{Name: "person", Like: "anna.lind", Means: "username of a member of staff"},
				{Name: "code", Like: "gap", Means: "gap, fork, lone_half, …"},
				{Name: "open", Like: "true", Means: "true: only those of which something is left to wait for"},
				{Name: "after", Like: "217", Means: "cursor of the page before"},
				{Name: "limit", Like: "50", Means: "rows, at most 50"},
			},
			Gives: gate.InJSON("", link.FindingPage{}),
		},
		{
			Method: http.MethodGet, Path: link.PathSpread,
			Right:   gate.Within(access.LogRead),
			Handler: spread,
			Does:    "Says where copies of a record went, as a tree: who was given one by whom, until when, and what has become of it. To look at it is an entry itself.",
			Query: []gate.Parameter{
				{Name: "record", Like: "r-maja", Means: "ID of the record", Must: true},
				{Name: "from", Like: "qpzry9x8gf2tvdw0s3jn54khce6mua7l", Means: "a device ID: what went on from it"},
				{Name: "after", Like: "qpzry9x8gf2tvdw0s3jn54khce6mua7l", Means: "a device ID: the last copy that was shown of those that from gave"},
			},
			Gives: gate.InJSON("A copy stands below who gave it. Where there are many they are folded: asked for by from and after.", link.Spread{}),
			Codes: []link.Code{link.CodeNotFound},
		},
	}
}

func findings(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "device", "person", "code", "open", "after", "limit"); err != nil {
		return gate.Answer{}, err
	}
	f := link.FindingFilter{Device: identity.DeviceID(c.Query.Get("device")), Person: c.Query.Get("person"), Code: c.Query.Get("code"),
		Open: c.Query.Get("open") == "true", After: c.Query.Get("after")}
	if open := c.Query.Get("open"); open != "" && open != "true" {
		return gate.Answer{}, gate.Refuse(link.CodeBadRequest)
	}
	var err error
	if f.Limit, err = limit(c); err != nil {
		return gate.Answer{}, err
	}
	page, err := c.Findings(f)
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(page)
}

func spread(c *gate.Call) (gate.Answer, error) {
	if err := only(c, "record", "from", "after"); err != nil {
		return gate.Answer{}, err
	}
	tree, err := c.Spread(link.SpreadFilter{Record: journal.RecordID(c.Query.Get("record")), From: identity.DeviceID(c.Query.Get("from")), After: identity.DeviceID(c.Query.Get("after"))})
	if err != nil {
		return gate.Answer{}, err
	}
	return gate.JSON(tree)
}
