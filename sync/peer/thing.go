package peer

import (
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/vault/journal"
)

// Thing is what is handed over: a record; an attachment, with the record that it hangs on; or an
// assignment.
type Thing struct {
	Record     journal.RecordID
	Attachment journal.AttachmentID
	Assignment journal.AssignmentID
}

func (t Thing) String() string {
	switch {
	case t.Attachment != "":
		return "attachment " + string(t.Attachment)
	case t.Assignment != "":
		return "assignment " + string(t.Assignment)
	}
	return "record " + string(t.Record)
}

// Handing is one thing of a share, as entries need it.
type Handing struct {
	Thing
	Number  uint64 // version of the record or assignment
	Subject journal.SubjectID
	Peer    identity.DeviceID
	Until   signed.Time // end of the loan; 0 for an assignment
	Pair    []byte      // 32 bytes, in both entries
}

// Moved is how far a share has come. It is called often, from the share's goroutines, and returns at once.
type Moved func(Progress)

// Progress is how far a share has come, of what is known of it.
type Progress struct {
	Things, Of     int    // that have an answer
	Bytes, OfBytes uint64 // of attachments' chunks
	Thing          Thing  // the newest
	Attachment     Thing  // whose chunks are on their way; zero: none's
	Ending         bool   // somebody has asked to end it
}
