package contract

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// fits judges v by as much of JSON Schema as the contract uses.
func (c *Contract) fits(schema map[string]any, v any, where string) error {
	for key, rule := range schema {
		var err error
		switch key {
		case "$ref":
			name, _ := strings.CutPrefix(rule.(string), "#/components/schemas/")
			err = c.fits(c.Components.Schemas[name], v, where)
		case "allOf":
			for _, one := range rule.([]any) {
				if err = c.fits(one.(map[string]any), v, where); err != nil {
					break
				}
			}
		case "enum":
			if !slices.Contains(rule.([]any), v) {
				err = fmt.Errorf("%s is %v, which is not in %v", where, v, rule)
			}
		case "const":
			if !reflect.DeepEqual(rule, v) {
				err = fmt.Errorf("%s is %v, not %v", where, v, rule)
			}
		case "type":
			if kinds := fmt.Sprint(rule); !strings.Contains(kinds, kindOf(v)) {
				err = fmt.Errorf("%s is %s, not %s", where, kindOf(v), kinds)
			}
		case "items":
			all, _ := v.([]any)
			for i, one := range all {
				if err = c.fits(rule.(map[string]any), one, fmt.Sprintf("%s[%d]", where, i)); err != nil {
					break
				}
			}
		case "properties":
			members, _ := v.(map[string]any)
			for name, one := range rule.(map[string]any) {
				if member, ok := members[name]; ok && err == nil {
					err = c.fits(one.(map[string]any), member, where+"."+name)
				}
			}
			for name := range members { // what is not told is a surprise
				if _, told := rule.(map[string]any)[name]; !told && err == nil && schema["type"] != nil {
					err = fmt.Errorf("%s.%s is not told of", where, name)
				}
			}
		case "required":
			members, _ := v.(map[string]any)
			for _, name := range rule.([]any) {
				if _, ok := members[name.(string)]; !ok {
					err = fmt.Errorf("%s has no %s", where, name)
				}
			}
		case "description", "format", "contentEncoding", "minimum", "additionalProperties":
		default:
			err = fmt.Errorf("the contract has a rule %s, which this judge does not know", key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		if math.Trunc(v) == v {
			return "integer"
		}
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
