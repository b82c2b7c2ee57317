package demo

const (
	unitNorra       = "norra"
	unitSodra       = "sodra"
	unitCentrum     = "centrum"
	unitForvaltning = "forvaltning"

	roleCaretaker   = "caretaker"
	roleCaseOfficer = "case_officer"
	roleManager     = "manager"
	roleReviewer    = "reviewer"
)

func units() []Unit {
	return []Unit{
		{unitNorra, "Norra"},
		{unitSodra, "Södra"},
		{unitCentrum, "Centrum"},
		{unitForvaltning, "Förvaltning"},
	}
}

// roles are narrow on purpose: a manager follows the work of the unit without
// carrying records about, and a reviewer reads the log and no record.
func roles() []Role {
	return []Role{
		{roleCaretaker, "Fastighetsskötare", []Grant{
			{RightRecordRead, ScopeOwn},
			{RightRecordShare, ScopeOwn},
			{RightRecordReceive, ScopeUnit},
			{RightAssignmentWork, ScopeOwn},
			{RightAttachmentAdd, ScopeOwn},
		}},
		{roleCaseOfficer, "Handläggare", []Grant{
			{RightRecordRead, ScopeUnit},
			{RightRecordShare, ScopeUnit},
			{RightRecordReceive, ScopeUnit},
			{RightAssignmentWork, ScopeUnit},
			{RightAttachmentAdd, ScopeUnit},
			{RightAttachmentExport, ScopeUnit},
		}},
		{roleManager, "Enhetschef", []Grant{
			{RightRecordRead, ScopeUnit},
			{RightAssignmentWork, ScopeUnit},
		}},
		{roleReviewer, "Loggranskare", []Grant{
			{RightLogRead, ScopeAll},
		}},
	}
}

// staffing says how many of each role a unit has besides Anna and Bo.
var staffing = []struct {
	unit, role string
	count      int
}{
	{unitNorra, roleManager, 1}, {unitNorra, roleCaseOfficer, 3}, {unitNorra, roleCaretaker, 7},
	{unitSodra, roleManager, 1}, {unitSodra, roleCaseOfficer, 3}, {unitSodra, roleCaretaker, 7},
	{unitCentrum, roleManager, 1}, {unitCentrum, roleCaseOfficer, 3}, {unitCentrum, roleCaretaker, 6},
	{unitForvaltning, roleManager, 1}, {unitForvaltning, roleCaseOfficer, 3}, {unitForvaltning, roleReviewer, 2},
}

// staff hires 40 people, Anna and Bo first.
func staff(names *nameBook) []User {
	users := []User{
		{AnnaUsername, "Anna", "Lind", unitNorra, []string{roleCaseOfficer, roleReviewer}},
		{BoUsername, "Bo", "Ek", unitNorra, []string{roleCaretaker}},
	}
	taken := map[string]bool{AnnaUsername: true, BoUsername: true}
	for _, s := range staffing {
		for range s.count {
			first, last := names.take()
			for taken[username(first, last)] { // Åsa and Asa fold to one
				first, last = names.take()
			}
			name := username(first, last)
			taken[name] = true
			users = append(users, User{name, first, last, s.unit, []string{s.role}})
		}
	}
	return users
}

// having lists the usernames in a unit that have a role, in the order of hiring.
func having(users []User, unit, role string) []string {
	var found []string
	for _, u := range users {
		for _, r := range u.Roles {
			if u.Unit == unit && r == role {
				found = append(found, u.Username)
			}
		}
	}
	return found
}
