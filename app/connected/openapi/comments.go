package openapi

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

const module = "handslag/"

// comments are what the source says of types ("Page") and their fields ("Page.Cursor"), read a folder
// at a time when they are asked for.
type comments struct {
	root    string
	folders map[string]bool
	text    map[string]string // by "handslag/sync/link.Page.Cursor"
}

// of is the comment, on one line; empty where there is none.
func (c *comments) of(path, name string) (string, error) {
	folder, ours := strings.CutPrefix(path, module)
	if !ours {
		return "", nil
	}
	if !c.folders[folder] {
		c.folders[folder] = true
		if err := c.read(filepath.Join(c.root, filepath.FromSlash(folder)), path); err != nil {
			return "", fmt.Errorf("read comments: %w", err)
		}
	}
	return c.text[path+"."+name], nil
}

func (c *comments) read(folder, path string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, f.Name()), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range parsed.Decls {
			types, ok := d.(*ast.GenDecl)
			if !ok || types.Tok != token.TYPE {
				continue
			}
			for _, spec := range types.Specs {
				c.note(path, types, spec.(*ast.TypeSpec))
			}
		}
	}
	return nil
}

func (c *comments) note(path string, decl *ast.GenDecl, spec *ast.TypeSpec) {
	doc := spec.Doc
	if doc == nil && !decl.Lparen.IsValid() {
		doc = decl.Doc
	}
	c.text[path+"."+spec.Name.Name] = line(doc)
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range body.Fields.List {
		text := line(f.Doc)
		if text == "" {
			text = line(f.Comment)
		}
		for _, name := range f.Names {
			c.text[path+"."+spec.Name.Name+"."+name.Name] = text
		}
	}
}

func line(g *ast.CommentGroup) string { return strings.Join(strings.Fields(g.Text()), " ") }
