package demo

var households = []string{
	"1 vuxen", "1 vuxen", "1 vuxen, 1 barn", "1 vuxen, 2 barn", "2 vuxna", "2 vuxna", "2 vuxna, 1 barn",
	"2 vuxna, 2 barn", "2 vuxna, 3 barn", "3 vuxna",
}

var kin = []string{"anhörig", "vuxet barn", "syskon", "granne", "god man", "sambo", "hemtjänst"}

// notes are what a visitor must know about an ordinary tenant.
var notes = []string{
	"Allergisk mot hund: ta inte med hund in i lägenheten.",
	"Hörselskadad: ring på länge, det finns en blinklampa i hallen.",
	"Reservnyckel finns hos grannen mittemot. Fråga alltid först.",
	"Svårt att gå: vänta, det tar en stund att komma till dörren.",
	"Hund i lägenheten. Skäller, men är snäll.",
	"Synskadad: säg vem du är innan du går in.",
	"Arbetar natt: kom inte före klockan 13.",
	"Talar helst finska. Kontaktpersonen tolkar på telefon.",
	"God man finns: boka alltid tid genom kontaktpersonen.",
	"Orolig efter ett inbrott: visa legitimation genom brevinkastet.",
	"Minnessjukdom: en anhörig ska vara med vid besök.",
	"Syrgas i hemmet: ingen öppen låga, inga gnistor.",
	"Inbrottslarm: be hyresgästen koppla ur det före arbetet.",
	"Allergisk mot parfym och starka rengöringsmedel.",
	"Litet barn sover mitt på dagen: knacka, ring inte på.",
}

var offices = []string{
	"Socialtjänsten, handläggare för skyddade adresser", "Kvinnojouren i " + Town, "Stödperson för brottsoffer",
	"Ombud hos advokatbyrå", "Polisens kontaktperson",
}

// threats are what a visitor must know about a tenant with protected identity.
var threats = []string{
	"Hotbild: tidigare partner. Ring på med två korta signaler. Säg inte namnet i trapphuset.",
	"Hotbild: anhöriga. Visa legitimation genom brevinkastet. Lämna ingen lapp i dörren.",
	"Hotbild: vittne i rättegång. Kom i tjänstebil utan dekal, aldrig två gånger samma tid.",
	"Hotbild: förföljd under flera år. Ring i förväg från växeln, inte från egen telefon.",
	"Hotbild: tidigare arbetsgivare. Öppnar bara om besöket är bokat genom kontaktpersonen.",
	"Hotbild: tidigare partner känner till området. Fråga aldrig grannar efter rätt dörr.",
	"Hotbild: oklar. Fotografera inte, skriv inget på fakturan som visar adressen.",
}

// job is what an assignment can be about. None names anybody.
type job struct{ title, text string }

// repairs are caretakers' jobs.
var repairs = []job{
	{"Droppande kran i köket", "Byt packning. Stäng av vattnet i skåpet under diskbänken."},
	{"Kallt element i vardagsrummet", "Lufta och kontrollera termostaten. Mät temperaturen efter en timme."},
	{"Stopp i golvbrunn", "Rensa brunnen och kontrollera lukten efteråt."},
	{"Trasig låskista i ytterdörren", "Byt låskistan. Kvittera nyckelbyte i nyckelskåpet."},
	{"Brandvarnare piper", "Byt batteri, prova larmet och skriv datum på etiketten."},
	{"Fläkten i badrummet låter", "Rengör ventilen. Byt fläkt om ljudet är kvar."},
	{"Fönster går inte att stänga", "Justera beslagen och kontrollera tätningslisten."},
	{"Spis: en platta blir inte varm", "Mät säkringen först. Beställ ny platta om den är trasig."},
	{"Kylskåp läcker vatten", "Rensa avrinningen bakom grönsakslådan."},
	{"Fuktfläck i taket", "Fotografera fläcken, mät fukten och kontrollera våningen ovanför."},
	{"Toaletten rinner", "Byt flottörventil. Ta med reservdelssatsen."},
	{"Balkongdörr kärvar", "Hyvla eller justera gångjärnen."},
	{"Filterbyte i ventilationen", "Byt filter och notera flödet i protokollet."},
	{"Avläsning av vattenmätare", "Läs av båda mätarna och fotografera siffrorna."},
	{"Källarförråd: trasigt hänglås", "Byt hänglås. Lämna nycklarna personligen."},
}

// visits are case officers' jobs.
var visits = []job{
	{"Hembesök inför ombyggnad", "Gå igenom tidsplanen och ersättningslägenheten."},
	{"Samtal om störningar", "Lyssna på båda sidor. Skriv en tjänsteanteckning samma dag."},
	{"Besiktning vid uppsägning", "Använd protokollet och fotografera anmärkningar."},
	{"Anpassning av badrum", "Mät för stödhandtag och duschstol tillsammans med arbetsterapeuten."},
	{"Genomgång av hyresavtal", "Ta med avtalet i två exemplar."},
}
