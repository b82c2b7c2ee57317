package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// schemas are the types that travel, as JSON Schema (2020-12) has them, by their Go names.
type schemas struct {
	known    object
	comments comments
}

var (
	marshaler     = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func (s *schemas) of(v any) (object, error) { return s.schema(reflect.TypeOf(v)) }

// close says of a type that a request has no other names.
func (s *schemas) close(v any) {
	s.known[reflect.TypeOf(v).Name()].(object)["additionalProperties"] = false
}

// schema is what encoding/json writes of t. A type that writes itself is refused: what it
// writes can not be seen here.
func (s *schemas) schema(t reflect.Type) (object, error) {
	if t.Implements(marshaler) || t.Implements(textMarshaler) {
		return nil, fmt.Errorf("%s writes itself", t)
	}
	if t.PkgPath() == "" || t.Kind() == reflect.Pointer {
		return s.shape(t)
	}
	ref := object{"$ref": "#/components/schemas/" + t.Name()}
	doc, err := s.comments.of(t.PkgPath(), t.Name())
	if err != nil {
		return nil, err
	}
	if have, ok := s.known[t.Name()].(object); ok {
		if have["description"] != doc {
			return nil, fmt.Errorf("two types are called %s", t.Name())
		}
		return ref, nil
	}
	named := object{"description": doc}
	s.known[t.Name()] = named // before its shape, which may hold it again
	shape, err := s.shape(t)
	if err != nil {
		return nil, err
	}
	for name, value := range shape {
		named[name] = value
	}
	return ref, nil
}

func (s *schemas) shape(t reflect.Type) (object, error) {
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}, nil
	case reflect.String:
		return object{"type": "string"}, nil
	case reflect.Int, reflect.Int64:
		return object{"type": "integer", "format": "int64"}, nil
	case reflect.Uint64:
		return object{"type": "integer", "format": "int64", "minimum": 0}, nil
	case reflect.Pointer:
		return s.schema(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}, nil
		}
		items, err := s.schema(t.Elem())
		return object{"type": "array", "items": items}, err
	case reflect.Struct:
		return s.structure(t)
	}
	return nil, fmt.Errorf("%s has no form in the contract", t)
}

func (s *schemas) structure(t reflect.Type) (object, error) {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			return nil, fmt.Errorf("%s embeds %s", t, f.Name)
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		schema, err := s.schema(f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		doc, err := s.comments.of(t.PkgPath(), t.Name()+"."+f.Name)
		if err != nil {
			return nil, err
		}
		if doc != "" {
			schema["description"] = doc
		}
		left := slices.ContainsFunc(strings.Split(options, ","), func(o string) bool { return o == "omitempty" || o == "omitzero" })
		if !left {
			required = append(required, name)
			if schema["type"] == "array" { // Go writes an empty list so
				schema["type"] = []string{"array", "null"}
			}
		}
		properties[name] = schema
	}
	return object{"type": "object", "properties": properties, "required": required}, nil
}
