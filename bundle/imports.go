package bundle

import (
	"bytes"
	"errors"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"github.com/hone-web/hone/site"
)

// An @import makes a browser find a style sheet one round trip late. Where a
// sheet is imported in one place only, its text takes the place of the rule,
// in blocks for the rule's layer, supports condition and media (CSS Cascading
// and Inheritance 5, section 2).

// maxImports bounds how deep sheets import each other.
const maxImports = 8

// imports returns the sheets that a style sheet imports, those before them
// first, and n itself last; nil and the reason if some cannot be written in
// its place.
func (g *Graph) imports(n *Node, depth int) ([]*Node, string) {
	if depth == maxImports {
		return nil, "its imports nest too deeply"
	}
	var all []*Node
	inside := false
	for i := range n.Doc.Refs {
		r := &n.Doc.Refs[i]
		if r.Role != site.RoleImport {
			continue
		}
		if _, late := r.Attrs["@late"]; late {
			continue
		}
		t := g.at[n.To[i].To]
		switch {
		case t == nil && (inside || depth > 0):
			return nil, "it imports a sheet of another site after one of its own"
		case t == nil:
			continue // it stays where it is, first
		case t.Doc == nil || t.File.Kind != site.CSS || t.File.Zone != n.File.Zone || t == n:
			return nil, "it imports what is no style sheet of the site"
		case t.Finished || t.Keep != "":
			return nil, "it imports " + string(t.File.Path) + ", which keeps its name"
		case t.Doc.Unit.Not != "":
			return nil, "it imports " + string(t.File.Path) + ": " + t.Doc.Unit.Not
		case !g.onlyImport(t):
			return nil, "it imports " + string(t.File.Path) + ", which is loaded in other ways too"
		}
		if why := t.rooted(); why != "" && t.File.Path.Dir() != n.File.Path.Dir() {
			return nil, "it imports " + string(t.File.Path) + ": " + why
		}
		inside = true
		sub, why := g.imports(t, depth+1)
		if why != "" {
			return nil, why
		}
		all = append(all, sub...)
	}
	return append(all, n), ""
}

// onlyImport reports whether one @import is all that loads a sheet.
func (g *Graph) onlyImport(t *Node) bool {
	n := 0
	for _, u := range t.In {
		switch u.ref().Role {
		case site.RoleImport:
			n++
		case site.RoleSourceMap, site.RoleLink:
		default:
			return false
		}
	}
	return n == 1
}

// importsOther reports whether a sheet begins with imports of other sites.
func (n *Node) importsOther() bool {
	for i := range n.Doc.Refs {
		_, late := n.Doc.Refs[i].Attrs["@late"]
		if n.Doc.Refs[i].Role == site.RoleImport && !late && n.To[i].To == "" {
			return true
		}
	}
	return false
}

var errImport = errors.New("its imports could not be read")

// imported is an @import rule of compiled code.
type imported struct {
	start, end int // of the rule, its semicolon included
	ref        int // the reference; -1 for one of another site
	tail       string
}

// readImports returns the @import rules at the beginning of a sheet.
func readImports(code []byte, relocs []site.Reloc) ([]imported, error) {
	var out []imported
	l := css.NewLexer(parse.NewInputBytes(bytes.Clone(code)))
	pos, depth := 0, 0
	var cur *imported
	tail := 0 // where the tail of cur begins
	for {
		tt, data := l.Next()
		start := pos
		pos += len(data)
		switch {
		case tt == css.ErrorToken:
			if cur != nil {
				return nil, errImport
			}
			return out, nil
		case cur == nil && (tt == css.WhitespaceToken || tt == css.CommentToken || tt == css.SemicolonToken):
		case cur == nil && tt == css.AtKeywordToken && strings.EqualFold(string(data), "@import"):
			cur, tail, depth = &imported{start: start, ref: -1}, 0, 0
		case cur == nil && tt == css.AtKeywordToken && (strings.EqualFold(string(data), "@charset") || strings.EqualFold(string(data), "@layer")):
			if !skipStatement(l, &pos) {
				return out, nil // a layer block: what follows is no import
			}
		case cur == nil:
			return out, nil
		case tail == 0:
			switch tt {
			case css.WhitespaceToken, css.CommentToken:
			case css.StringToken, css.URLToken:
				tail = pos
				cur.ref = refIn(relocs, start, pos)
			case css.FunctionToken: // url("…")
				depth++
			case css.RightParenthesisToken:
				depth--
			default:
				return nil, errImport
			}
		case tt == css.SemicolonToken && depth == 0:
			cur.tail, cur.end = strings.TrimSpace(string(code[tail:start])), pos
			out, cur = append(out, *cur), nil
		case tt == css.FunctionToken || tt == css.LeftParenthesisToken:
			depth++
		case tt == css.RightParenthesisToken:
			if depth--; depth < 0 { // closed url("…")
				depth, tail = 0, pos
			}
		case tt == css.LeftBraceToken || tt == css.BadStringToken || tt == css.BadURLToken:
			return nil, errImport
		}
	}
}

// skipStatement reads up to the next semicolon, and reports false at a block.
func skipStatement(l *css.Lexer, pos *int) bool {
	for {
		tt, data := l.Next()
		*pos += len(data)
		switch tt {
		case css.SemicolonToken:
			return true
		case css.ErrorToken, css.LeftBraceToken:
			return false
		}
	}
}

func refIn(relocs []site.Reloc, from, to int) int {
	for _, r := range relocs {
		if r.Off >= from && r.Off <= to && r.Form == site.FormURL {
			return r.Ref
		}
	}
	return -1
}

// wrapImport returns what stands before and after the text of a sheet that an
// @import rule with that tail imports.
func wrapImport(tail string) (open, end string, ok bool) {
	add := func(head string) {
		open += head + "{"
		end += "}"
	}
	low := strings.ToLower(tail)
	switch {
	case strings.HasPrefix(low, "layer("):
		name, rest, found := strings.Cut(tail[len("layer("):], ")")
		if !found || strings.ContainsAny(name, "(){};@") {
			return "", "", false
		}
		add("@layer " + strings.TrimSpace(name))
		tail = strings.TrimSpace(rest)
	case low == "layer" || strings.HasPrefix(low, "layer "):
		add("@layer")
		tail = strings.TrimSpace(tail[len("layer"):])
	}
	if strings.HasPrefix(strings.ToLower(tail), "supports(") {
		i := closing(tail, len("supports("))
		if i < 0 {
			return "", "", false
		}
		cond := strings.TrimSpace(tail[len("supports("):i])
		if !strings.HasPrefix(cond, "(") && !strings.HasPrefix(strings.ToLower(cond), "not ") && !strings.HasPrefix(strings.ToLower(cond), "selector(") {
			cond = "(" + cond + ")"
		}
		add("@supports " + cond)
		tail = strings.TrimSpace(tail[i+1:])
	}
	if tail != "" {
		if !wrappable(tail) {
			return "", "", false
		}
		add("@media " + tail)
	}
	return open, end, true
}

// closing returns the parenthesis that closes the one before i.
func closing(s string, i int) int {
	depth := 1
	for ; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		case '"', '\'', '\\', '{', '}', ';':
			return -1
		}
	}
	return -1
}

// sheet is a style sheet with those it imports, ready to be written: sheets
// holds it and them in the order of Graph.imports, refs where the references
// of each begin.
type sheet struct {
	p    *Planner
	refs map[*Node]int
	gone []int // references of the joined file that its text no longer holds
}

// flatten returns the code of n with imports written in their places.
func (s *sheet) flatten(n *Node) (part, error) {
	o := s.p.Object(n.File.Path)
	code, err := s.p.Code(o)
	if err != nil {
		return part{}, err
	}
	q := part{code: code, relocs: o.Relocs, refs: s.refs[n]}
	if n.File.Kind != site.CSS {
		return q, nil
	}
	from, to := q.bounds(sheetMap())
	if m := charset().FindIndex(code[from:to]); m != nil {
		from += m[1]
	}
	w := &joinWriter{}
	if n.Doc.Unit.First {
		rules, err := readImports(code, o.Relocs)
		if err != nil {
			return part{}, err
		}
		for _, r := range rules {
			if r.ref < 0 || s.p.Graph.at[n.To[r.ref].To] == nil {
				continue
			}
			sub, err := s.flatten(s.p.Graph.at[n.To[r.ref].To])
			if err != nil {
				return part{}, err
			}
			open, end, ok := wrapImport(r.tail)
			if !ok {
				return part{}, errImport
			}
			s.gone = append(s.gone, s.refs[n]+r.ref)
			w.copyUpTo(&q, from, r.start)
			w.code = append(w.code, open...)
			w.copy(&sub, 0, len(sub.code))
			w.code = append(w.code, end...)
			from = r.end
		}
	}
	w.copy(&q, from, to)
	return part{code: w.code, relocs: w.relocs}, nil
}

// copyUpTo appends code[from:to] without the holes that stand exactly at to.
func (w *joinWriter) copyUpTo(p *part, from, to int) {
	q := *p
	q.relocs = nil
	for _, r := range p.relocs {
		if r.Off < to {
			q.relocs = append(q.relocs, r)
		}
	}
	w.copy(&q, from, to)
}

// whole returns the sheets that end up in the place of n, n among them.
func (p *Planner) whole(n *Node) []*Node {
	if n.File.Kind != site.CSS || !n.Doc.Unit.First {
		return []*Node{n}
	}
	all, why := p.Graph.imports(n, 0)
	if why != "" {
		return []*Node{n}
	}
	return all
}

// leads says why a sheet with imports can only be the first of a joined file;
// "" if its imports can be written in their places, or it has none.
func (p *Planner) leads(n *Node) string {
	if !n.Doc.Unit.First {
		return ""
	}
	if _, why := p.Graph.imports(n, 0); why != "" {
		return why
	}
	if n.importsOther() {
		return "it imports sheets of another site, which only the first may"
	}
	return ""
}
