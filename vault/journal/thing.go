package journal

// ThingOf says which thing an entry that names these is about: "attachment", "record", "assignment", or "" for none. An entry
// of a record, or of what is attached to one, may name the assignment that it was needed for.
func ThingOf(record RecordID, attachment AttachmentID, assignment AssignmentID) string {
	switch {
	case attachment != "":
		return "attachment"
	case record != "":
		return "record"
	case assignment != "":
		return "assignment"
	}
	return ""
}
