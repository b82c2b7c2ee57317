package assets

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"
)

//go:embed sv.json
var svJSON []byte

//go:embed en.json
var enJSON []byte

// Language is a language the screens speak, by its ISO 639-1 code.
type Language string

// The languages. Swedish comes first and stands in for anything unknown.
const (
	Swedish Language = "sv"
	English Language = "en"
)

// Languages lists them in the order in which a person may choose.
func Languages() []Language { return []Language{Swedish, English} }

// books are decoded once, at the first sentence anyone asks for.
var books = sync.OnceValue(func() map[Language]map[string]string {
	out := map[Language]map[string]string{}
	for lang, raw := range map[Language][]byte{Swedish: svJSON, English: enJSON} {
		book := map[string]string{}
		if err := json.Unmarshal(raw, &book); err != nil {
			panic(fmt.Sprintf("assets: %s.json does not decode: %v", lang, err)) // embedded, so a build that passed its tests cannot get here
		}
		out[lang] = book
	}
	return out
})

// Sentence gives the sentence of a code in a language, its {placeholders} filled from args, which come in pairs of name
// and value: Sentence(Swedish, "lock.greeting", "name", "Anna"). A sentence with plural forms is asked for without its
// ".one" or ".other"; the pair "n" chooses. An unknown code gives the code itself, so that a slip is seen and harms
// nothing; an unknown language gives Swedish.
func Sentence(lang Language, code string, args ...any) string {
	book, ok := books()[lang]
	if !ok {
		book = books()[Swedish]
	}
	text, ok := book[code]
	if !ok {
		text, ok = book[code+plural(args)]
	}
	if !ok {
		return code
	}
	if len(args) < 2 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+fmt.Sprint(args[i])+"}", fmt.Sprint(args[i+1]))
	}
	// One pass: a value that itself holds braces is text, never a placeholder.
	return strings.NewReplacer(pairs...).Replace(text)
}

// plural gives ".one" or ".other" by the value of the pair "n"; both languages count alike.
func plural(args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == "n" && fmt.Sprint(args[i+1]) == "1" {
			return ".one"
		}
	}
	return ".other"
}

// Say is Sentence with the language first, as screens write it.
func (l Language) Say(code string, args ...any) string { return Sentence(l, code, args...) }

// Knows tells whether a code, with or without plural forms, has a sentence.
func (l Language) Knows(code string) bool {
	book, ok := books()[l]
	if !ok {
		return false
	}
	_, plain := book[code]
	_, counted := book[code+".other"]
	return plain || counted
}

// Codes lists every code of a language, sorted; plural forms are listed apart.
func (l Language) Codes() []string {
	out := make([]string, 0, len(books()[l]))
	for code := range books()[l] {
		out = append(out, code)
	}
	sort.Strings(out)
	return out
}
