package agent

import (
	"time"

	"handslag/identity"
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
