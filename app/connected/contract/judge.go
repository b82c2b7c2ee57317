// Package contract judges exchanges with a connected system by its contract, OpenAPI 3.1 as package
// openapi writes it: read as somebody reads it who has nothing else. It makes no call itself, and knows of JSON
// Schema as much as that contract uses.
package contract

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"handslag/sync/link"
)

// Contract is what each route answers.
type Contract struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]map[string]any }
}

type operation struct {
	Security  *[]map[string][]string
	Responses map[string]struct {
		Content map[string]struct{ Schema map[string]any }
	}
}

// Exchange is a call and its answer, whose header and body are as they arrived.
type Exchange struct {
	Method, Path string
	Status       int
	Header       http.Header
	Body         []byte
}

const problemType = "application/problem+json" // RFC 9457

// Read reads openapi.json.
func Read(text []byte) (*Contract, error) {
	var c Contract
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	if len(c.Paths) == 0 {
		return nil, fmt.Errorf("read contract: it has no paths")
	}
	return &c, nil
}

// Lacks are the operations of other that c does not have.
func (c *Contract) Lacks(other *Contract) []string {
	var all []string
	for path, methods := range other.Paths {
		for method := range methods {
			if _, ok := c.Paths[path][method]; !ok {
				all = append(all, strings.ToUpper(method)+" "+path)
			}
		}
	}
	return all
}

// Operation is one of the contract's.
type Operation struct {
	Method, Path string
	Proved       bool // a call without a device's proof is refused
}

// Example is a path of the operation's own: an open end is filled with what is nothing's.
func (o Operation) Example() string { return strings.Replace(o.Path, "{rest}", "none", 1) }

// Operations are all of them, in the order of their paths and methods.
func (c *Contract) Operations() (all []Operation) {
	for path, methods := range c.Paths {
		for method, o := range methods {
			proved := o.Security != nil && len(*o.Security) > 0
			for _, way := range deref(o.Security) {
				proved = proved && len(way) > 0 // {}: or nothing
			}
			all = append(all, Operation{strings.ToUpper(method), path, proved})
		}
	}
	slices.SortFunc(all, func(a, b Operation) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return all
}

func deref(ways *[]map[string][]string) []map[string][]string {
	if ways == nil {
		return nil
	}
	return *ways
}

// Name is that of the operation that a call is one of, as METHOD and the path in the contract.
func (c *Contract) Name(method, path string) string {
	name, _ := c.at(path)
	return method + " " + name
}

// Judge says in what an exchange is not as the contract tells; nil where it is.
func (c *Contract) Judge(x Exchange) error {
	method, path, status, h, body := x.Method, x.Path, x.Status, x.Header, x.Body
	if h.Get(link.HeaderTime) == "" {
		return fmt.Errorf("no %s", link.HeaderTime)
	}
	if status >= 400 {
		if err := problemDetails(status, h, body); err != nil {
			return err
		}
	}
	name, ok := c.at(path)
	methods := c.Paths[name]
	operation, known := methods[strings.ToLower(method)]
	switch {
	case !ok && status == http.StatusNotFound:
		return nil
	case ok && !known && status == http.StatusMethodNotAllowed:
		for m := range methods {
			if !strings.Contains(h.Get("Allow"), strings.ToUpper(m)) {
				return fmt.Errorf("it allows %q", h.Get("Allow"))
			}
		}
		return nil
	case !known:
		return fmt.Errorf("it is not there, and answers %d", status)
	}
	answer, ok := operation.Responses[strconv.Itoa(status)]
	if !ok {
		return fmt.Errorf("it answers %d %s", status, body)
	}
	content, ok := answer.Content[h.Get("Content-Type")]
	if !ok {
		return fmt.Errorf("%d is %q", status, h.Get("Content-Type"))
	}
	if content.Schema == nil {
		return nil
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	return c.fits(content.Schema, v, "it")
}

// at is the path in the contract that a call's path is: itself, or one with an open end that it goes on from.
func (c *Contract) at(path string) (name string, ok bool) {
	if _, ok := c.Paths[path]; ok {
		return path, true
	}
	for of := range c.Paths {
		if begin, open := strings.CutSuffix(of, "/{rest}"); open && strings.HasPrefix(path, begin+"/") && len(of) > len(name) {
			name = of
		}
	}
	return name, name != ""
}

// problemDetails is what RFC 9457 asks of a refusal, and RFC 9110 of its headers.
func problemDetails(status int, h http.Header, body []byte) error {
	var p link.Problem
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return err
	}
	switch {
	case h.Get("Content-Type") != problemType:
		return fmt.Errorf("a refusal is %q", h.Get("Content-Type"))
	case p.Type != "about:blank" || p.Title != http.StatusText(status) || p.Status != status || p.Code == "":
		return fmt.Errorf("a refusal with status %d says %+v", status, p)
	case status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "":
		return fmt.Errorf("401 does not say what it wants")
	}
	return nil
}
