package scan

import (
	"bytes"
	"regexp"
	"slices"
	"sync"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// Unit says whether the text of a style sheet or classic script may stand in
// one file with others.
type Unit struct {
	// Not says why it may not.
	Not string
	// Strict says that a script begins with a "use strict" directive
	// (ECMA-262, section 11.2.1).
	Strict bool
	// Vars are the names that a script declares with var at its top level, and
	// Free those that it uses without declaring them. In one file a var exists
	// from the first line on, which a script before it could notice.
	Vars, Free []string
	// Placeless says that a classic script does not look for its own element, by
	// which it could tell its address.
	Placeless bool
	// First says that a style sheet may only be the first: it imports others.
	First bool
}

// maxUnit bounds the script that is parsed to be joined; a larger one gains
// nothing by it.
const maxUnit = 1 << 20

// sniffs finds scripts that look for their own element, or write where it
// stands.
var sniffs = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bcurrentScript\b|\.scripts\b|\.write(?:ln)?\s*\(|getElementsByTagName\(\s*["']script|querySelector(?:All)?\(\s*["'][^"']*script|\$\(\s*["']script|jQuery\(\s*["']script`)
})

// unit looks whether a script may be joined to others. Each then stands in a
// try block of its own, a strict one in a function, so what it declares at its
// top level decides.
func (s *scanner) unit(src []byte) {
	u := &s.doc.Unit
	switch {
	case s.doc.Modules:
		u.Not = "it is a module"
	case s.doc.DynamicImport || slices.ContainsFunc(s.refs, func(r site.Ref) bool { return r.Role != site.RoleSourceMap }):
		u.Not = "it loads files by addresses relative to its own"
	case len(src) > maxUnit:
		u.Not = "it is large enough to stand alone"
	case bytes.Contains(src, []byte("<!--")) || bytes.Contains(src, []byte("-->")):
		u.Not = "it holds a comment of the form of HTML"
	case bytes.HasPrefix(src, []byte("#!")):
		u.Not = "it begins with #!"
	}
	if u.Not != "" {
		return
	}
	if m := sniffs().Find(src); m != nil {
		u.Not = "it asks for its own element or writes where it stands (" + string(bytes.TrimSpace(m)) + ")"
		return
	}
	u.Placeless = true
	if guard.Refuse(string(src), "js") != nil {
		u.Not = "it is nested too deeply to be parsed"
		return
	}
	u.declarations(src)
}

// declarations reads the top level of a script.
func (u *Unit) declarations(src []byte) {
	ast, err := js.Parse(parse.NewInputBytes(bytes.Clone(src)), js.Options{})
	if err != nil {
		u.Not = "it could not be parsed"
		return
	}
	for _, st := range ast.List {
		d, ok := st.(*js.DirectivePrologueStmt)
		if !ok {
			break
		}
		u.Strict = u.Strict || len(d.Value) > 2 && string(d.Value[1:len(d.Value)-1]) == "use strict"
	}
	for _, v := range ast.Scope.Declared {
		switch v.Decl {
		case js.VariableDecl:
			u.Vars = append(u.Vars, string(v.Data))
		case js.FunctionDecl:
			u.Not = "it declares the function " + string(v.Data) + " for all scripts"
			return
		case js.LexicalDecl:
			u.Not = "it declares " + string(v.Data) + " with let, const or class for all scripts"
			return
		}
	}
	if u.Strict && len(u.Vars) > 0 {
		u.Not = "it is strict and declares " + u.Vars[0] + " for all scripts"
		return
	}
	for _, v := range ast.Scope.Undeclared {
		u.Free = append(u.Free, string(v.Name()))
	}
	slices.Sort(u.Vars)
	slices.Sort(u.Free)
	u.Vars, u.Free = slices.Compact(u.Vars), slices.Compact(u.Free)
}

// sheetUnit looks whether a style sheet may be joined to others.
func (s *scanner) sheetUnit() {
	u := &s.doc.Unit
	for i := range s.refs {
		if _, late := s.refs[i].Attrs["@late"]; s.refs[i].Role == site.RoleImport && !late {
			u.First = true
		}
	}
	if s.namespace {
		u.Not = "it has an @namespace rule, which is about the whole file"
	}
}
