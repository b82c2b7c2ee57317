package demo

import "time"

// The tenant of the morning lives here whatever the seed.
const (
	morningFirst  = "Maja"
	morningLast   = "Vintergrind"
	morningArea   = "Sparvhagen"
	morningStreet = "Lyktvårdarvägen 14 B"
	morningFlat   = "1302"
	morningOffice = "08-465 004 50" // kept out of the phone book
)

// morningRecord is why Anna and Bo must meet: only Anna holds it. Bo may read
// it, since an assignment at the tenant's is his, and may receive it, since it
// is his unit's. HeldBy makes the demo start as a real morning does when the
// assignment comes in after Bo's tablet last fetched its records.
func morningRecord(subject, phone string) Record {
	return Record{
		ID: MorningRecordID, Subject: subject,
		People: []string{AnnaUsername}, HeldBy: []string{AnnaUsername},
		ProtectedIdentity: true,
		Card:              Card{Title: MorningAssignmentID, Area: morningArea},
		Protected: Protected{
			Name: morningFirst + " " + morningLast, BirthYear: 1989,
			Street: morningStreet, Flat: morningFlat, Town: Town, Phone: phone,
			Household: "1 vuxen, 1 barn",
			Contact:   "Kvinnojouren i " + Town + ", " + morningOffice,
			Note: "Hotbild: tidigare partner som söker efter adressen. Ring på med tre korta signaler och visa " +
				"legitimation genom brevinkastet. Säg inte namnet i trapphuset. Sonen är rädd för hundar. " +
				"Huvudkranen sitter bakom luckan i städskåpet.",
		},
	}
}

func morningAssignment(day time.Time) Assignment {
	return Assignment{
		ID: MorningAssignmentID, Record: MorningRecordID, Unit: unitNorra, People: []string{BoUsername},
		Title: "Vattenläcka under diskbänken", Area: morningArea, Due: due(day, 0),
		Text: "Stäng av vattnet, byt slangen och kontrollera i källaren under. " +
			"Läs den skyddade delen före besöket.",
	}
}
