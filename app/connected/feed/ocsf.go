package feed

import (
	"cmp"
	"encoding/hex"

	"handslag/identity"
	"handslag/vault/journal"
)

// event is an entry in OCSF's words. What of the entry has none stands in unmapped, by our own names.
type event struct {
	ActivityID   int          `json:"activity_id"`
	ActivityName string       `json:"activity_name"`
	CategoryUID  int          `json:"category_uid"`
	ClassUID     int          `json:"class_uid"`
	TypeUID      int          `json:"type_uid"`
	SeverityID   severity     `json:"severity_id"`
	StatusID     int          `json:"status_id"`
	StatusCode   string       `json:"status_code,omitempty"`
	Time         int64        `json:"time"`       // as its device knew, ms
	StartTime    int64        `json:"start_time"` // no earlier than
	EndTime      int64        `json:"end_time"`   // and no later
	Message      string       `json:"message"`
	Count        uint64       `json:"count,omitempty"`
	Metadata     metadata     `json:"metadata"`
	Observables  []observable `json:"observables,omitempty"`

	Actor    *actor     `json:"actor,omitempty"`
	User     *thing     `json:"user,omitempty"`
	Service  *thing     `json:"service,omitempty"`
	Entity   *thing     `json:"entity,omitempty"`
	Source   *thing     `json:"src_endpoint,omitempty"`
	Target   *thing     `json:"dst_endpoint,omitempty"`
	API      *operation `json:"api,omitempty"`
	App      *product   `json:"app,omitempty"`
	Database *thing     `json:"database,omitempty"`
	Table    *thing     `json:"table,omitempty"`
	StoreID  int        `json:"type_id,omitempty"`
	Finding  *finding   `json:"finding_info,omitempty"`
	Found    []thing    `json:"resources,omitempty"`

	Unmapped Line `json:"unmapped"`
}

type metadata struct {
	Version     string  `json:"version"`
	Product     product `json:"product"`
	TenantUID   string  `json:"tenant_uid"` // the organisation's ID
	UID         string  `json:"uid"`        // the entry's hash
	Sequence    int64   `json:"sequence"`   // its place in the audit log
	EventCode   string  `json:"event_code"` // its kind
	LogName     string  `json:"log_name"`
	LoggedTime  int64   `json:"logged_time"`
	Correlation string  `json:"correlation_uid,omitempty"` // what both halves of a double entry share
}

type product struct {
	Name   string `json:"name"`
	Vendor string `json:"vendor_name"`
}

// thing is whatever has a name and an ID: a user, a device, a table.
type thing struct {
	Name   string `json:"name,omitempty"`
	UID    string `json:"uid,omitempty"`
	Type   string `json:"type,omitempty"`
	TypeID int    `json:"type_id,omitempty"`
}

type actor struct {
	User *thing `json:"user,omitempty"`
	App  string `json:"app_name,omitempty"`
}

type operation struct {
	Name string `json:"operation"`
}

type finding struct {
	UID   string   `json:"uid"`
	Title string   `json:"title"`
	Types []string `json:"types"`
}

type observable struct {
	Name   string `json:"name"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

var handslag = product{"Handslag", "Handslag"}

// OCSF's numbers for what things are.
const (
	typeUser     = 1
	typeSystem   = 3  // of a user: nobody
	typeDevice   = 1  // of an entity
	typeTable    = 3  // of a data store
	typeOther    = 99 // of a database
	typeResource = 10 // of an observable
	success      = 1
	failure      = 2
	statusNew    = 1 // of a finding

	statusResolved = 4
)

// eventOf is the entry as an event of OCSF.
func eventOf(e Entry, org identity.OrgID) event {
	m, s := meaningOf(e.Said), e.Said
	v := event{
		ActivityID: m.activity, ActivityName: m.name, CategoryUID: m.class / 1000, ClassUID: m.class, TypeUID: m.class*100 + m.activity,
		SeverityID: m.severity, StatusID: success, StatusCode: s.Code, Time: millis(s.Time()), StartTime: millis(e.Earliest), EndTime: millis(e.Received),
		Message: string(s.Kind), Count: s.Count,
		Metadata: metadata{Version: OCSFVersion, Product: handslag, TenantUID: string(org), UID: e.ID(), Sequence: e.Place, EventCode: string(s.Kind),
			LogName: "audit", LoggedTime: millis(e.Received), Correlation: hex.EncodeToString(s.Pair)},
		Observables: observables(s),
		Unmapped:    lineOf(e),
	}
	v.Unmapped.Entry = nil
	switch {
	case m.failed:
		v.StatusID = failure
	case m.class == classFinding && m.activity == closing:
		v.StatusID = statusResolved
	case m.class == classFinding:
		v.StatusID = statusNew
	}
	v.about(m, e, org)
	return v
}

// about fills what the class asks for.
func (v *event) about(m meaning, e Entry, org identity.OrgID) {
	who, where := whoDid(e), &thing{UID: string(e.Said.Device)}
	peer := endpoint(e.Said.Peer)
	if e.System && peer != nil { // somebody's device called
		where, peer = peer, where
	}
	switch m.class {
	case classAuthentication:
		v.User, v.Source, v.Target = who, where, peer
		v.Service = &thing{Name: handslag.Name, UID: string(org)}
	case classAccount:
		v.User, v.Source = who, where
	case classEntity:
		v.Actor = &actor{User: who}
		v.Entity = &thing{UID: cmp.Or(string(e.Said.Peer), string(e.Said.Device)), Type: "Device", TypeID: typeDevice}
	case classDatastore:
		v.Actor, v.Source, v.Target = &actor{User: who}, where, peer
		v.Database = &thing{Name: handslag.Name, UID: string(org), Type: "Encrypted rows", TypeID: typeOther}
		v.Table, v.StoreID = &thing{Name: m.table}, typeTable
	case classAPI:
		v.Actor, v.Source, v.Target = &actor{User: who, App: handslag.Name}, where, peer
		v.API = &operation{cmp.Or(e.Said.Route, e.Said.Code, string(e.Said.Kind))}
	case classLifecycle:
		v.App = &handslag
	case classFinding:
		v.Finding = findingOf(e)
		v.Found = []thing{{UID: cmp.Or(string(e.Said.Peer), string(e.Said.Device)), Type: "Device"}}
		if e.System && e.Person != "" {
			v.Found = append(v.Found, thing{UID: string(e.Person), Type: "User"})
		}
	}
}

// findingOf is what was found. What the connected system noticed has a name of its own, the same in all events
// that tell of it; a device's alarm has its entry's.
func findingOf(e Entry) *finding {
	f := &finding{UID: e.ID(), Title: string(e.Said.Kind), Types: []string{e.Said.Code}}
	if e.System {
		f.UID, f.Title = hex.EncodeToString(e.Said.Pair), e.Said.Code
	}
	return f
}

// whoDid is the person, by opaque ID; where there is none, the device that speaks.
func whoDid(e Entry) *thing {
	if e.Person == "" {
		return &thing{UID: string(e.Said.Device), TypeID: typeSystem}
	}
	return &thing{UID: string(e.Person), TypeID: typeUser}
}

func endpoint(id identity.DeviceID) *thing {
	if id == "" {
		return nil
	}
	return &thing{UID: string(id)}
}

// observables are what somebody may search for, whatever the event is.
func observables(s journal.Entry) []observable {
	var all []observable
	for _, one := range []struct{ name, value string }{
		{"unmapped.subject", string(s.Subject)}, {"unmapped.record", string(s.Record)},
		{"unmapped.assignment", string(s.Assignment)}, {"unmapped.attachment", string(s.Attachment)},
	} {
		if one.value != "" {
			all = append(all, observable{one.name, typeResource, "Resource UID", one.value})
		}
	}
	return all
}
