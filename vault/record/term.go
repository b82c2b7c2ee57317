package record

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// term is a word or a number as it is searched for, whoever wrote it and how.
type term struct {
	text   string
	number bool
}

// Lengths, in letters or digits.
const (
	shortestWord   = 2  // Bo Ek
	longestWord    = 12 // longer ones are compared so far
	shortestNumber = 3
	shortestBegun  = 3 // letters of a word's beginning
	shortestDigits = 5 // digits of a number's beginning
	shortestSecret = 6 // digits that are enough to be somebody's own
	longestNumber  = 20
)

// beginnings are what a person may have typed of the term so far, without all of it.
func (t term) beginnings() []term {
	letters, from := []rune(t.text), shortestBegun
	if t.number {
		from = shortestDigits
	}
	var all []term
	for n := from; n < len(letters); n++ {
		all = append(all, term{string(letters[:n]), t.number})
	}
	return all
}

// termsOf takes a text apart. Case does not count, and accents do not, but for å, ä and ö,
// which are letters. Digits make a number together whatever stands between them, in one of
// two forms: personal identity numbers without the century, telephone numbers as they are
// dialled within Sweden.
func termsOf(text string) []term {
	var terms []term
	runes := []rune(fold(text))
	for i := 0; i < len(runes); {
		switch {
		case isDigit(runes[i]):
			end, digits := numberAt(runes, i)
			if end < len(runes) && unicode.IsLetter(runes[end]) && end-i == len(digits) { // 14b, 3tr
				end = wordEnd(runes, i)
				terms = appendWord(terms, runes[i:end])
			} else if len(digits) >= shortestNumber && len(digits) <= longestNumber {
				abroad := i > 0 && runes[i-1] == '+'
				terms = append(terms, term{canonical(digits, abroad), true})
			}
			i = end
		case unicode.IsLetter(runes[i]):
			end := wordEnd(runes, i)
			terms = appendWord(terms, runes[i:end])
			i = end
		default:
			i++
		}
	}
	return terms
}

func appendWord(terms []term, word []rune) []term {
	if len(word) < shortestWord {
		return terms
	}
	return append(terms, term{text: string(word[:min(len(word), longestWord)])})
}

func wordEnd(runes []rune, i int) int {
	for i < len(runes) && (unicode.IsLetter(runes[i]) || isDigit(runes[i])) {
		i++
	}
	return i
}

// numberAt reads the digits that make one number from i on, and where they end.
func numberAt(runes []rune, i int) (end int, digits string) {
	var b strings.Builder
	for end = i; i < len(runes); i++ {
		switch {
		case isDigit(runes[i]):
			b.WriteRune(runes[i])
			end = i + 1
		case !strings.ContainsRune(" -()/.+\u00a0\u2013\u2011", runes[i]):
			return end, b.String()
		}
	}
	return end, b.String()
}

// canonical is the form of a number that all ways to write it share.
func canonical(digits string, abroad bool) string {
	if rest, ok := strings.CutPrefix(digits, "00"); ok && len(rest) > 6 {
		digits, abroad = rest, true
	}
	if rest, ok := strings.CutPrefix(digits, "46"); ok && (abroad || len(digits) == 11) {
		return "0" + strings.TrimPrefix(rest, "0")
	}
	century := strings.HasPrefix(digits, "18") || strings.HasPrefix(digits, "19") || strings.HasPrefix(digits, "20")
	if !abroad && century && (len(digits) == 12 || len(digits) == 8 && isDate(digits[4:])) {
		return digits[2:]
	}
	return digits
}

// isDate reports whether four digits are month and day; a coordination number's day is 60 more.
func isDate(digits string) bool {
	month, day := digits[:2], digits[2:]
	return "01" <= month && month <= "12" && ("01" <= day && day <= "31" || "61" <= day && day <= "91")
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// letters of neighbours that no accent makes.
var neighbours = strings.NewReplacer("ø", "ö", "æ", "ä", "ß", "ss", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "œ", "oe", "ı", "i")

// fold is text in small letters, without accents but for those of å, ä and ö.
func fold(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, " ")
	}
	var b strings.Builder
	for _, r := range neighbours.Replace(strings.ToLower(norm.NFKC.String(text))) {
		switch r {
		case 'å', 'ä', 'ö':
			b.WriteRune(r)
		default:
			for _, part := range norm.NFD.String(string(r)) {
				if !unicode.Is(unicode.Mn, part) {
					b.WriteRune(part)
				}
			}
		}
	}
	return b.String()
}
