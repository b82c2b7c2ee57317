package agent

import (
	"sync"
	"time"

	"handslag/sync/peer"
	"handslag/vault/journal"
)

// ShareState is how one thing fared.
type ShareState string

// The states of a share.
const (
	ShareIsSent     ShareState = "sent"
	ShareIsReceived ShareState = "received"
	ShareIsRefused  ShareState = "refused"
)

// ShareProgress is how far a handing over has come. The thing is the one just dealt with; Item is the title
// of its record, or the assignment's.
type ShareProgress struct {
	Done       int                  `json:"done"`
	Total      int                  `json:"total"`
	Bytes      uint64               `json:"bytes,omitempty"`    // of attachments, that have gone or come
	OfBytes    uint64               `json:"of_bytes,omitempty"` // 0: not known yet, or none
	Record     journal.RecordID     `json:"record,omitempty"`
	Attachment journal.AttachmentID `json:"attachment,omitempty"`
	Assignment journal.AssignmentID `json:"assignment,omitempty"`
	Item       string               `json:"item,omitempty"`
	State      ShareState           `json:"state,omitempty"`
	Problem    *Problem             `json:"problem,omitempty"`
	Ending     bool                 `json:"ending,omitempty"` // either person has asked to end it
}

// ShareResult is what a handing over came to.
type ShareResult struct {
	Given       []journal.RecordID     `json:"given,omitempty"` // confirmed by the other device
	Attachments []journal.AttachmentID `json:"attachments,omitempty"`
	Assignments []journal.AssignmentID `json:"assignments,omitempty"`
	Refused     []Refusal              `json:"refused,omitempty"` // not given, each with its reason
}

// Refusal is a thing that was not handed over.
type Refusal struct {
	Record     journal.RecordID     `json:"record,omitempty"`
	Attachment journal.AttachmentID `json:"attachment,omitempty"` // where it is one of Record's
	Assignment journal.AssignmentID `json:"assignment,omitempty"`
	Title      string               `json:"title"`
	Problem    *Problem             `json:"problem"`
}

// shareTelling is the progress of one share, as its goroutines tell of it.
type shareTelling struct {
	h *Handover

	mu   sync.Mutex
	now  ShareProgress
	told time.Duration // uptime
}

// fared notes what became of a thing; moved shows it.
func (p *shareTelling) fared(thing peer.Thing, title string, state ShareState, problem *Problem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Record, p.now.Attachment, p.now.Assignment = thing.Record, thing.Attachment, thing.Assignment
	p.now.Item, p.now.State, p.now.Problem = title, state, problem
	p.told = 0
}

// moved shows how far a share has come, at most a few times a second while nothing but bytes goes.
func (p *shareTelling) moved(at peer.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	up := p.h.agent.clock.Uptime()
	tell := p.now.Done != at.Things || p.now.Ending != at.Ending || at.Bytes == at.OfBytes || p.told == 0 || up-p.told >= progressEvery || up < p.told
	p.now.Done, p.now.Total, p.now.Bytes, p.now.OfBytes, p.now.Ending = at.Things, at.Of, at.Bytes, at.OfBytes, at.Ending
	if tell {
		p.told = up
		p.h.advance(p.now)
	}
}

func (h *Handover) advance(p ShareProgress) {
	h.mu.Lock()
	h.progress = p
	h.mu.Unlock()
	h.agent.changed(VerificationChanged)
}
