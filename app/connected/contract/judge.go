// Package contract judges exchanges with a connected system by its contract, OpenAPI 3.1 as package
// openapi writes it: read as somebody reads it who has nothing else. It makes no call itself, and knows of JSON
// Schema as much as that contract uses.
package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
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
	methods, ok := c.methods(path)
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

// methods are those of a path, or of the one with an open end that it goes on from.
func (c *Contract) methods(path string) (methods map[string]operation, ok bool) {
	if methods, ok = c.Paths[path]; ok {
		return methods, true
	}
	longest := ""
	for name, of := range c.Paths {
		begin, open := strings.CutSuffix(name, "/{rest}")
		if open && strings.HasPrefix(path, begin+"/") && len(name) > len(longest) {
			longest, methods, ok = name, of, true
		}
	}
	return methods, ok
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
