package scan

import (
	"bytes"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// Module is what decides whether an ES module may stand in one file with those
// it imports.
type Module struct {
	// Bare are its static imports whose specifiers only an import map
	// resolves, in source order.
	Bare []BareImport
	// Meta says that it reads import.meta, which tells it its own address.
	Meta bool
	// Odd says that it imports something with attributes or in a phase other
	// than evaluation: no script.
	Odd bool
	// Pure says that running it shows to nobody: it imports nothing, and its
	// top level only declares functions, classes and constant values.
	Pure bool
	// Remaps says of a page that its import map has addresses as keys, or
	// scopes: what a specifier means depends on who says it.
	Remaps bool
}

// BareImport is a specifier such as "three".
type BareImport struct {
	At   int // offset of the specifier
	Name string
}

func (m *Module) zero() bool {
	return len(m.Bare) == 0 && !m.Meta && !m.Odd && !m.Pure && !m.Remaps
}

// importedBy notes what the static import of literal i says besides an
// address.
func (p *jsScan) importedBy(i int, v view) {
	if p.is(i+1, "with") || p.is(i+1, "assert") {
		p.doc.Module.Odd = true
	}
	if u := string(v.text); !isAddress(v.text) {
		p.doc.Module.Bare = append(p.doc.Module.Bare, BareImport{At: int(p.toks[i].start), Name: u})
	}
}

// pure looks whether a module's top level does nothing.
func (s *scanner) pure(src []byte) {
	m := &s.doc.Module
	if !s.doc.Modules || m.Meta || m.Odd || len(m.Bare) > 0 || len(src) > maxUnit || guard.Refuse(string(src), "js") != nil {
		return
	}
	for i := range s.refs {
		if s.refs[i].Role == site.RoleModule {
			return
		}
	}
	ast, err := js.Parse(parse.NewInputBytes(bytes.Clone(src)), js.Options{})
	if err != nil {
		return
	}
	for _, st := range ast.List {
		if !inert(st) {
			return
		}
	}
	m.Pure = true
}

// inert reports whether a statement of the top level does nothing that others
// could notice.
func inert(st js.IStmt) bool {
	switch st := st.(type) {
	case *js.EmptyStmt, *js.DirectivePrologueStmt, *js.FuncDecl, *js.Comment:
		return true
	case *js.ClassDecl:
		return inertClass(st)
	case *js.VarDecl:
		return inertVars(st)
	case *js.ExportStmt:
		if st.Module != nil {
			return false
		}
		switch d := st.Decl.(type) {
		case nil:
			return true
		case *js.VarDecl:
			return inertVars(d)
		default:
			return inertValue(d)
		}
	}
	return false
}

func inertVars(d *js.VarDecl) bool {
	for _, b := range d.List {
		if _, named := b.Binding.(*js.Var); !named || b.Default != nil && !inertValue(b.Default) {
			return false
		}
	}
	return true
}

func inertClass(c *js.ClassDecl) bool {
	if c.Extends != nil {
		return false
	}
	for i := range c.List {
		e := &c.List[i]
		name := e.Name
		if e.Method != nil {
			name = e.Method.Name
		}
		if e.StaticBlock != nil || e.Static || name.IsComputed() {
			return false
		}
	}
	return true
}

// inertValue reports whether working out x runs no code of others.
func inertValue(x js.IExpr) bool {
	switch x := x.(type) {
	case *js.LiteralExpr, *js.FuncDecl, *js.ArrowFunc:
		return true
	case *js.ClassDecl:
		return inertClass(x)
	case *js.GroupExpr:
		return inertValue(x.X)
	case *js.UnaryExpr:
		_, literal := x.X.(*js.LiteralExpr)
		return literal && (x.Op == js.NegToken || x.Op == js.NotToken || x.Op == js.VoidToken)
	case *js.Var:
		for x.Link != nil {
			x = x.Link
		}
		return x.Decl != js.NoDecl // one of its own
	case *js.TemplateExpr:
		return x.Tag == nil && len(x.List) == 0
	case *js.ArrayExpr:
		for _, e := range x.List {
			if e.Spread || e.Value != nil && !inertValue(e.Value) {
				return false
			}
		}
		return true
	case *js.ObjectExpr:
		for i := range x.List {
			p := &x.List[i]
			if m, ok := p.Value.(*js.MethodDecl); ok && !m.Name.IsComputed() {
				continue
			}
			if p.Spread || p.Name == nil || p.Name.IsComputed() || p.Init != nil || !inertValue(p.Value) {
				return false
			}
		}
		return true
	}
	return false
}
