// Package openapi writes the connected system's contract, OpenAPI 3.1, from its table of routes:
// what the routes say of themselves, the Go types that travel as JSON, and the comments that stand
// beside those types in the source. It serves nothing and knows no route by name.
package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"handslag/app/connected/gate"
	"handslag/sync/link"
)

// Version is that of the OpenAPI specification (https://spec.openapis.org/oas/v3.1.1.html).
const Version = "3.1.1"

type object = map[string]any

// Document is the contract of the routes, as JSON. root is the folder of the module's source, where the
// types' comments stand.
func Document(routes []gate.Route, root string) ([]byte, error) {
	s := &schemas{known: object{}, comments: comments{root: root, folders: map[string]bool{}, text: map[string]string{}}}
	paths := object{}
	for _, r := range routes {
		operation, err := s.operation(r)
		if err != nil {
			return nil, fmt.Errorf("describe %s %s: %w", r.Method, r.Path, err)
		}
		methods, ok := paths[r.Path].(object)
		if !ok {
			methods = object{}
			paths[r.Path] = methods
		}
		methods[strings.ToLower(r.Method)] = operation
	}
	text, err := json.MarshalIndent(object{
		"openapi": Version,
		"info":    object{"title": "Handslag: the connected system", "version": "1", "description": about},
		"servers": []object{{"url": "https://linden.example:8443", "description": "The URL that the organisation's statement names; its TLS key is one of those that the statement pins, whoever signed the certificate."}},
		"tags":    tags,
		"paths":   paths,
		"components": object{
			"schemas": s.known,
			"headers": object{link.HeaderTime: object{
				"description": "server-time (sync/link/testdata/link.cddl), a COSE_Sign1 in base64url without padding, signed by a log key.",
				"required":    true, "schema": object{"type": "string"},
			}},
			"securitySchemes": object{"device": object{
				"type": "http", "scheme": link.Scheme, "description": "The device's proof of this very call: call (sync/link/testdata/link.cddl).",
			}},
		},
	}, "", " ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

func (s *schemas) operation(r gate.Route) (object, error) {
	o := object{
		"operationId": operationID(r), "summary": r.Does, "description": whoMay(r.Right), "tags": []string{tagOf(r.Path)}, "security": security(r.Right),
	}
	var query []object
	if r.Rest != "" {
		query = append(query, object{"name": "rest", "in": "path", "required": true, "description": r.Rest, "schema": object{"type": "string"}})
	}
	for _, p := range r.Query {
		query = append(query, object{"name": p.Name, "in": "query", "required": p.Must, "description": p.Means, "schema": object{"type": "string"}, "example": p.Like})
	}
	if r.Gives.Ranged {
		query = append(query, object{"name": "Range", "in": "header", "required": false, "description": "bytes=N-; any other form is as if it had not been said", "schema": object{"type": "string"}, "example": "bytes=1000-"})
	}
	if query != nil {
		o["parameters"] = query
	}
	if r.Takes.Type != "" {
		content, err := s.content(r.Takes, false)
		if err != nil {
			return nil, err
		}
		o["requestBody"] = object{"required": true, "description": strings.TrimSpace(r.Takes.Means + " At most " + strconv.FormatInt(r.Bytes(), 10) + " bytes."), "content": content}
	}
	content, err := s.content(r.Gives, true)
	if err != nil {
		return nil, err
	}
	means := r.Gives.Means
	if means == "" {
		means = "It is done."
	}
	answers := object{"200": answer(means, content)}
	if r.Gives.Ranged {
		answers["206"] = answer("From the byte on that was asked for.", content)
	}
	codes := map[int][]string{}
	for _, code := range r.Refusals() {
		status := gate.StatusOf(code)
		if status == 0 {
			return nil, fmt.Errorf("code %s has no status", code)
		}
		codes[status] = append(codes[status], string(code))
	}
	problem, err := s.of(link.Problem{})
	if err != nil {
		return nil, err
	}
	for status, names := range codes {
		slices.Sort(names)
		refusal, err := refused(status, names, problem)
		if err != nil {
			return nil, err
		}
		answers[strconv.Itoa(status)] = refusal
	}
	o["responses"] = answers
	return o, nil
}

// refused is a refusal with each of its codes, what it says, and how it looks.
func refused(status int, names []string, problem any) (object, error) {
	var says []string
	examples := object{}
	for _, name := range names {
		means, ok := meanings[link.Code(name)]
		if !ok {
			return nil, fmt.Errorf("nobody says what code %s means", name)
		}
		says = append(says, name+": "+means)
		examples[name] = object{"value": link.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: link.Code(name)}}
	}
	a := answer("Refused. "+strings.Join(says, " "), object{gate.TypeProblem: object{"examples": examples, "schema": object{
		"allOf": []any{problem, object{"properties": object{"code": object{"enum": names}, "status": object{"const": status}}}},
	}}})
	if status == http.StatusUnauthorized {
		a["headers"].(object)["WWW-Authenticate"] = object{"description": "the scheme", "required": true, "schema": object{"const": link.Scheme}}
	}
	return a, nil
}

func answer(means string, content object) object {
	return object{"description": means, "content": content, "headers": object{link.HeaderTime: object{"$ref": "#/components/headers/" + link.HeaderTime}}}
}

// content is a body by its media type. Bytes that are not JSON have no schema: their format is CBOR's
// or a file's, which no JSON Schema tells.
func (s *schemas) content(b gate.Body, open bool) (object, error) {
	if b.Value == nil {
		return object{b.Type: object{}}, nil
	}
	schema, err := s.of(b.Value)
	if err != nil {
		return nil, err
	}
	if !open { // the gate refuses names that it does not know
		s.close(b.Value)
	}
	return object{b.Type: object{"schema": schema}}, nil
}

func security(r gate.Right) []object {
	device := object{"device": []string{}}
	switch must, may := r.Proved(); {
	case must:
		return []object{device}
	case may:
		return []object{device, {}}
	}
	return []object{}
}

// operationID is the method and the path's words, but for an open end: getV1Chunks.
func operationID(r gate.Route) string {
	id := strings.ToLower(r.Method)
	for _, word := range strings.FieldsFunc(strings.TrimSuffix(r.Path, gate.OpenEnd), func(c rune) bool { return c == '/' || c == '.' }) {
		id += strings.ToUpper(word[:1]) + word[1:]
	}
	return id
}
