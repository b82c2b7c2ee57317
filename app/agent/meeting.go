package agent

import (
	"time"

	"handslag/identity"
	"handslag/vault/journal"
)

// Stage is how far a verification has come.
type Stage string

// The stages. Verified is followed by Closed; Failed is the last one.
const (
	StageOffering   Stage = "offering"    // D shows its code and waits for a scan
	StageConnecting Stage = "connecting"  // the devices talk
	StageEnterCode  Stage = "enter_code"  // D: type the six digits that the other screen shows
	StageShowCode   Stage = "show_code"   // S: show Code, the other types it
	StageExchange   Stage = "exchange"    // no cameras: show Code, and type the other's, which is another
	StageShowSecond Stage = "show_second" // two cameras, S: show Second, the other scans it
	StageScanSecond Stage = "scan_second" // two cameras, D: scan what the other screen shows
	StageConfirm    Stage = "confirm"     // waiting for the other's last word
	StageVerified   Stage = "verified"
	StageFailed     Stage = "failed" // Problem says why
	StageClosed     Stage = "closed"
)

// Purpose is what this side of a meeting wants.
type Purpose string

// The purposes.
const (
	PurposeGive    Purpose = "give"
	PurposeReceive Purpose = "receive"
)

// Reading is how the other's code came to this device.
type Reading bool

// The readings. A picture may have been anybody's on its way, so the form that it leads to asks
// both persons for digits.
const (
	ByCamera    Reading = false
	FromPicture Reading = true
)

// VerifyStep is what a screen shows of a verification now.
type VerifyStep struct {
	Stage     Stage     `json:"stage"`
	Code      string    `json:"code,omitempty"`   // six digits, where this screen shows them
	Second    string    `json:"second,omitempty"` // what S's second code says, where this screen shows it
	TriesLeft int       `json:"tries_left,omitempty"`
	Peer      *Other    `json:"peer,omitempty"` // known from the exchange of credentials on
	Problem   *Problem  `json:"problem,omitempty"`
	Until     time.Time `json:"until,omitzero"` // when this stage ends by itself
	Purpose   Purpose   `json:"purpose"`
}

// Other is the person at the other device, as their credential says.
type Other struct {
	Name         string            `json:"name"`
	Username     string            `json:"username"`
	Organisation string            `json:"organisation"`
	Device       identity.DeviceID `json:"device"`
	Units        []identity.Unit   `json:"units,omitempty"`
	ClockSuspect bool              `json:"clock_suspect,omitempty"`
}

// ShareState is how one record fared.
type ShareState string

// The states of a share.
const (
	ShareIsSent     ShareState = "sent"
	ShareIsReceived ShareState = "received"
	ShareIsRefused  ShareState = "refused"
)

// ShareProgress is how far a handing over has come; Item is the title of the record just
// dealt with.
type ShareProgress struct {
	Done    int              `json:"done"`
	Total   int              `json:"total"`
	Record  journal.RecordID `json:"record,omitempty"`
	Item    string           `json:"item,omitempty"`
	State   ShareState       `json:"state,omitempty"`
	Problem *Problem         `json:"problem,omitempty"`
}

// ShareResult is what a handing over came to.
type ShareResult struct {
	Given   []journal.RecordID `json:"given,omitempty"`   // confirmed by the other device
	Refused []Refusal          `json:"refused,omitempty"` // not given, each with its reason
}

// Refusal is a record that was not handed over.
type Refusal struct {
	Record  journal.RecordID `json:"record"`
	Title   string           `json:"title"`
	Problem *Problem         `json:"problem"`
}
