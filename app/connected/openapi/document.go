// Package openapi writes the connected system's contract, OpenAPI 3.1, from its table of routes:
// what the routes say of themselves, the Go types that travel as JSON, and the comments that stand
// beside those types in the source. It serves nothing and knows no route by name.
package openapi

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"handslag/app/connected/gate"
	"handslag/sync/link"
)

// Version is that of the OpenAPI specification (https://spec.openapis.org/oas/v3.1.1.html).
const Version = "3.1.1"

const about = `What a device and its organisation's connected system say to each other.

Each call of a device proves itself: Authorization carries the scheme Handslag and a structure "call" (sync/link/testdata/link.cddl) as a COSE_Sign1 in base64url without padding, signed by the device over organisation, method, path, query, body, a nonce that is used once, and the newest server time that it has. Every answer carries a signed server time in Handslag-Time; a refusal stale_proof is answered by the same call with that time.

Each refusal is a problem (RFC 9457) whose code names it. A path that is not here is refused with 404 not_found, another method with 405 method. The media type of a request's body is not looked at.

Signed structures are COSE_Sign1 (RFC 9052) over deterministic CBOR (RFC 8949 section 4.2.1), each with an external AAD of its own; the CDDL files that are named here, and golden vectors beside them, lie in the source.`

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
		"operationId": operationID(r), "summary": r.Does, "description": "Asks for " + r.Right.String(), "security": security(r.Right),
	}
	var query []object
	if r.Rest != "" {
		query = append(query, object{"name": "rest", "in": "path", "required": true, "description": r.Rest, "schema": object{"type": "string"}})
	}
	for _, p := range r.Query {
		query = append(query, object{"name": p.Name, "in": "query", "required": p.Must, "description": p.Means, "schema": object{"type": "string"}})
	}
	if r.Gives.Ranged {
		query = append(query, object{"name": "Range", "in": "header", "required": false, "description": "bytes=N-; any other form is as if it had not been said", "schema": object{"type": "string"}})
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
		answers[strconv.Itoa(status)] = answer("Refused: "+strings.Join(names, ", ")+".", object{gate.TypeProblem: object{"schema": object{
			"allOf": []any{problem, object{"properties": object{"code": object{"enum": names}, "status": object{"const": status}}}},
		}}})
	}
	o["responses"] = answers
	return o, nil
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
