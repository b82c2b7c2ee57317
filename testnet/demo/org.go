// Package demo invents the organisation that the demo, the stories and the
// load runs live in: Bostads AB Linden, its units, roles, staff, tenants and a
// fortnight of assignments, the same for the same seed. It writes them as the
// JSON Lines that `connected import` reads.
//
// It makes data and nothing else: no passwords, no keys, no accounts, and it
// starts no program. Nobody in it exists: family names, streets and the town
// are made up, telephone numbers come from the series that PTS keeps free for
// books and films, and there are no personal identity numbers, only years of
// birth.
package demo

// What the rest of the demo may rely on, whatever the seed.
const (
	OrganisationName = "Bostads AB Linden"
	Town             = "Lindbrunna"

	// DefaultSeed is the seed that make run and the stories use.
	DefaultSeed uint64 = 20_261_121

	// AnnaUsername may read the log and holds the record of the morning.
	AnnaUsername = "anna.lind"
	// BoUsername has the assignment of the morning, may read and receive its
	// record, and does not hold it.
	BoUsername = "bo.ek"
	// MorningRecordID is the tenant with protected identity whose record Bo
	// needs today.
	MorningRecordID = "r-7m2q9d4xkv"
	// MorningAssignmentID is Bo's assignment at that tenant, due on the day.
	MorningAssignmentID = "U-2300"
)

// Rights and scopes as identity/access spells them. They are repeated here as
// text, because they are part of the import format.
const (
	RightRecordRead     = "record.read"     // see the card, open the protected part
	RightRecordShare    = "record.share"    // hand a record over to another device
	RightRecordReceive  = "record.receive"  // be handed a record
	RightAssignmentWork = "assignment.work" // mark done, note, sign
	RightLogRead        = "log.read"        // read the audit log

	RightAttachmentAdd    = "attachment.add"    // add a picture or a document to a record
	RightAttachmentExport = "attachment.export" // save one outside the program

	ScopeOwn  = "own"  // what is assigned to the person
	ScopeUnit = "unit" // what belongs to the person's unit
	ScopeAll  = "all"  // everything of the organisation
)

// Kinds of record.
const (
	KindPerson = "person"
	KindPlace  = "place"
)

// Org is a whole organisation. References always resolve within it, and every
// slice has a fixed order for a given seed.
type Org struct {
	Units       []Unit
	Roles       []Role
	Users       []User
	Records     []Record
	Assignments []Assignment
}

// Unit is a part of the organisation, with staff and mostly with tenants.
type Unit struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Role is a named bundle of grants.
type Role struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Grants []Grant `json:"grants"`
}

// Grant allows one right within one scope.
type Grant struct {
	Right string `json:"right"`
	Scope string `json:"scope"`
}

// User is a staff member. Username is ASCII, `first.last`.
type User struct {
	Username string   `json:"username"`
	First    string   `json:"first"`
	Last     string   `json:"last"`
	Unit     string   `json:"unit"`  // Unit.ID
	Roles    []string `json:"roles"` // Role.ID
}

// Record is what the organisation keeps about one tenant.
type Record struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`    // KindPerson or KindPlace
	Subject string   `json:"subject"` // opaque id, the only name the log knows
	Unit    string   `json:"unit"`    // Unit.ID
	People  []string `json:"people"`  // usernames assigned to the record
	// HeldBy names whom the first sync sends the record to. Absent (nil) it is
	// the record's people and those of its assignments; empty it is nobody.
	HeldBy            []string  `json:"held_by,omitzero"`
	ProtectedIdentity bool      `json:"protected_identity"`
	Card              Card      `json:"card"`
	Protected         Protected `json:"protected"`
}

// Card is what lists show. For a person with protected identity it has an
// assignment number as Title and an Area, and nothing else.
type Card struct {
	Title  string   `json:"title"`
	Street string   `json:"street,omitempty"`
	Area   string   `json:"area"`
	Tags   []string `json:"tags,omitempty"` // about the house, never about the person
}

// Protected is what opens only against a stamp. It is complete in itself, so
// that nobody has to look at two places at once.
type Protected struct {
	Name      string `json:"name"`
	BirthYear int    `json:"birth_year"`
	Street    string `json:"street"` // with number and entrance
	Flat      string `json:"flat"`   // four digits, Lantmäteriet's scheme
	Town      string `json:"town"`
	Phone     string `json:"phone"`
	Household string `json:"household"`
	Contact   string `json:"contact,omitempty"` // who to ask: name, relation, telephone
	Note      string `json:"note,omitempty"`    // what a visitor must know
}

// Assignment is work at a tenant's. ID is the number that people say aloud.
// Title and Text stand outside the protected part, and so name nobody.
type Assignment struct {
	ID     string   `json:"id"`
	Record string   `json:"record"` // Record.ID
	Unit   string   `json:"unit"`   // Unit.ID
	People []string `json:"people"` // usernames
	Title  string   `json:"title"`
	Area   string   `json:"area"`
	Due    string   `json:"due"` // RFC 3339 full-date
	Text   string   `json:"text"`
	Points []Point  `json:"points,omitempty"`
}

// Point is something to be measured in a unit, or, without one, to be checked.
type Point struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
}
