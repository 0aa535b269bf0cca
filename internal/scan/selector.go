package scan

import (
	"bytes"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2/css"
)

// keepsSpace reports whether the declaration of prop makes white space in
// text count (CSS Text 4, section 3). A value that is not known until the
// page runs counts too.
func keepsSpace(prop string, stmt []cssToken, text []byte) bool {
	if prop != "white-space" && prop != "white-space-collapse" {
		return false
	}
	value := bytes.ToLower(text[stmt[0].start:stmt[len(stmt)-1].end])
	for _, w := range [...]string{"pre", "break-spaces", "var(", "attr(", "env(", "if("} {
		if bytes.Contains(value, []byte(w)) {
			return true
		}
	}
	return false
}

// A subjectSet is one of the lists of elements that rules are noted in.
type subjectSet uint8

const (
	preSet   subjectSet = iota // rules that keep white space
	sizedSet                   // rules that set a size
	flexSet                    // rules that lay children out by flex or grid
)

// note notes the elements of the rule that the current declaration is in.
func (p *cssScan) note(set subjectSet) {
	p.set = set
	p.subjects(len(p.blocks)-1, 0)
}

// subject notes one simple selector.
func (p *cssScan) subject(s string) {
	switch p.set {
	case sizedSet:
		add(&p.sized, s)
	case flexSet:
		add(&p.flex, s)
	default:
		add(&p.pre, s)
	}
}

// maxSubjects bounds the work on selectors nested in each other.
const maxSubjects = 32

// subjects notes what the style rule at or above blocks[i] selects. Without
// one (a style attribute, a page margin box) there is nothing to note.
func (p *cssScan) subjects(i, depth int) {
	for i >= 0 && p.blocks[i].at != "" {
		if at := p.blocks[i].at; at == "scope" {
			p.subject("*")
			return
		}
		i--
	}
	if i < 0 {
		return
	}
	if p.blocks[i].noted&(1<<p.set) != 0 {
		return
	}
	p.blocks[i].noted |= 1 << p.set
	if depth > maxSubjects || i > 0 && strings.HasSuffix(p.blocks[i-1].at, "keyframes") {
		p.subject("*")
		return
	}
	p.selectorList(p.blocks[i].prelude, i, depth)
}

// selectorList notes the subject of each selector in a list.
func (p *cssScan) selectorList(ts []cssToken, i, depth int) {
	start, nest := 0, 0
	for k, t := range ts {
		switch t.t {
		case css.FunctionToken, css.LeftParenthesisToken, css.LeftBracketToken:
			nest++
		case css.RightParenthesisToken, css.RightBracketToken:
			nest--
		case css.CommaToken:
			if nest == 0 {
				p.compound(ts[start:k], i, depth)
				start = k + 1
			}
		}
	}
	p.compound(ts[start:], i, depth)
}

// compound notes one simple selector of the rightmost compound of ts.
func (p *cssScan) compound(ts []cssToken, i, depth int) {
	for len(ts) > 0 && ts[len(ts)-1].t == css.WhitespaceToken {
		ts = ts[:len(ts)-1]
	}
	if len(ts) == 0 {
		return
	}
	ts = ts[p.lastCombinator(ts):]
	var id, class, attr, tag string
	var list []cssToken // argument of :is() or :where()
	parent := false
	for k := 0; k < len(ts); k++ {
		switch t := ts[k]; {
		case t.t == css.HashToken:
			id = "#" + string(p.cut(t.start+1, t.end).css().text)
		case t.t == css.DelimToken && p.v.text[t.start] == '.' && k+1 < len(ts) && isName(ts[k+1]):
			class = "." + string(p.cut(ts[k+1].start, ts[k+1].end).css().text)
			k++
		case t.t == css.DelimToken && p.v.text[t.start] == '&':
			parent = true
		case t.t == css.LeftBracketToken:
			end := p.matching(ts, k)
			if s, ok := p.attrSelector(ts[k:end]); ok {
				attr = "[" + s.Name + "]"
			}
			k = end
		case t.t == css.IdentToken && (k == 0 || ts[k-1].t != css.ColonToken):
			tag = lower(p.cut(t.start, t.end).css().text)
		case t.t == css.FunctionToken:
			end := p.matching(ts, k)
			if name := lower(p.text(t)); name == "is(" || name == "where(" || name == "-webkit-any(" || name == "-moz-any(" || name == "matches(" {
				list = ts[k+1 : end]
			}
			k = end
		}
	}
	switch {
	case id != "" || class != "" || attr != "" || tag != "":
		for _, x := range [...]string{id, class, attr, tag} {
			if x != "" {
				p.subject(x)
				return
			}
		}
	case len(list) > 0 && depth < maxSubjects:
		p.selectorList(list, i, depth+1)
	case parent:
		p.subjects(i-1, depth+1)
	default:
		p.subject("*")
	}
}

// isName reports whether t is a name; the lexer sets those with two leading
// hyphens apart.
func isName(t cssToken) bool {
	return t.t == css.IdentToken || t.t == css.CustomPropertyNameToken
}

// matching returns the index of the token that closes the one at k, or the
// number of tokens.
func (p *cssScan) matching(ts []cssToken, k int) int {
	nest := 0
	for ; k < len(ts); k++ {
		switch ts[k].t {
		case css.FunctionToken, css.LeftParenthesisToken, css.LeftBracketToken:
			nest++
		case css.RightParenthesisToken, css.RightBracketToken:
			if nest--; nest == 0 {
				return k
			}
		}
	}
	return k
}

// lastCombinator returns the index of the token after the last combinator.
func (p *cssScan) lastCombinator(ts []cssToken) int {
	last, nest := 0, 0
	for k, t := range ts {
		switch t.t {
		case css.FunctionToken, css.LeftParenthesisToken, css.LeftBracketToken:
			nest++
		case css.RightParenthesisToken, css.RightBracketToken:
			nest--
		case css.WhitespaceToken, css.ColumnToken:
			if nest == 0 {
				last = k + 1
			}
		case css.DelimToken:
			if c := p.v.text[t.start]; nest == 0 && (c == '>' || c == '+' || c == '~') {
				last = k + 1
			}
		}
	}
	return last
}

// attrSelectors notes the attribute selectors of a prelude.
func (p *cssScan) attrSelectors(ts []cssToken) {
	for k := 0; k < len(ts); k++ {
		if ts[k].t != css.LeftBracketToken {
			continue
		}
		end := k + 1
		for end < len(ts) && ts[end].t != css.RightBracketToken {
			end++
		}
		if s, ok := p.attrSelector(ts[k:end]); ok {
			add(&p.selectors, s)
		}
		k = end
	}
}

// attrSelector reads "[name op value" (Selectors 4, section 6).
func (p *cssScan) attrSelector(ts []cssToken) (s AttrSelector, ok bool) {
	for _, t := range ts[1:] {
		switch {
		case t.t == css.IdentToken && s.Op == "":
			s.Name = lower(p.cut(t.start, t.end).css().text) // the last one: after a namespace
		case t.t == css.IdentToken && s.Value == "":
			s.Value = string(p.cut(t.start, t.end).css().text)
		case t.t == css.StringToken && s.Op != "":
			if v, q := unquote(p.cut(t.start, t.end)); q {
				s.Value = string(v.css().text)
			}
			return s, s.Name != ""
		case t.t == css.DelimToken && p.v.text[t.start] == '=':
			s.Op = "="
		case t.t == css.IncludeMatchToken || t.t == css.DashMatchToken || t.t == css.PrefixMatchToken ||
			t.t == css.SuffixMatchToken || t.t == css.SubstringMatchToken:
			s.Op = string(p.text(t))
		}
	}
	return s, s.Name != ""
}

// scriptSelectors notes the attribute selectors in a string of a script, such
// as img[src$=".png"], when the attribute may hold an address.
func (s *scanner) scriptSelectors(b []byte) {
	for {
		i := bytes.IndexByte(b, '[')
		if i < 0 {
			return
		}
		b = b[i+1:]
		n := 0
		for n < len(b) && (b[n] == '-' || b[n] == ':' || b[n] == '\\' || b[n]|0x20 >= 'a' && b[n]|0x20 <= 'z') {
			n++
		}
		a := AttrSelector{Name: strings.ReplaceAll(lower(b[:n]), `\`, "")}
		b = b[n:]
		if !addressAttr(a.Name) || len(b) == 0 {
			continue
		}
		if k := 0; b[0] != ']' {
			if strings.IndexByte("^$*~|", b[0]) >= 0 {
				k = 1
			}
			if k >= len(b) || b[k] != '=' {
				continue
			}
			a.Op = string(b[:k+1])
			value := b[k+1:]
			end := bytes.IndexByte(value[:min(len(value), 1024)], ']')
			if end < 0 {
				end = 0
			}
			a.Value = strings.Trim(string(value[:end]), `"'\ `)
		}
		add(&s.selectors, a)
	}
}

// addressAttr reports whether an attribute may hold an address, a style or an
// event handler.
func addressAttr(name string) bool {
	switch name {
	case "src", "href", "srcset", "imagesrcset", "data", "poster", "style", "action", "formaction", "cite", "background",
		"manifest", "longdesc", "content", "xlink:href", "integrity", "data-src", "data-srcset", "data-bg", "data-href":
		return true
	}
	return strings.HasPrefix(name, "on")
}

// inner are elements that are never children of the body, nor siblings of a
// script in it.
var inner = map[string]bool{"li": true, "tr": true, "td": true, "th": true, "thead": true, "tbody": true, "tfoot": true, "dt": true, "dd": true,
	"option": true, "optgroup": true, "col": true, "caption": true, "legend": true, "figcaption": true, "summary": true}

// Compound is what of a compound selector, or of an element, is looked at:
// type, id and classes (Selectors Level 4, section 3.1).
type Compound struct {
	Tag, ID string
	Classes []string
}

// Counter is a selector that counts children (Selectors Level 4, section 14.3).
type Counter struct {
	Last   bool     // from the end
	Parent Compound // what their parent has to be, as far as the selector says
}

// Matches reports whether an element of that tag may match c. added says of a
// class that the element may get it later.
func (c Compound) Matches(tag string, e Compound, added func(string) bool) bool {
	if c.Tag != "" && c.Tag != tag || c.ID != "" && c.ID != e.ID && !added(c.ID) {
		return false
	}
	for _, class := range c.Classes {
		if !slices.Contains(e.Classes, class) && !added(class) {
			return false
		}
	}
	return true
}

// maxCounters bounds the selectors that are kept.
const maxCounters = 64

// counts notes a selector that counts children of which a script may be one.
// Those that count elements of one type do not see scripts.
func (p *cssScan) counts(fn []byte) {
	name := lower(fn)
	if name != "nth-child(" && name != "nth-last-child(" {
		return
	}
	c := Counter{Last: name == "nth-last-child("}
	subject, rest := p.lastCompound(len(p.stmt))
	if inner[subject.Tag] {
		return
	}
	if i := len(rest); i > 0 && rest[i-1].t == css.DelimToken && p.v.text[rest[i-1].start] == '>' {
		c.Parent, _ = p.lastCompound(i - 1)
	}
	same := func(o Counter) bool {
		return o.Last == c.Last && o.Parent.Tag == c.Parent.Tag && o.Parent.ID == c.Parent.ID && slices.Equal(o.Parent.Classes, c.Parent.Classes)
	}
	if slices.ContainsFunc(p.doc.Counters, same) {
		return
	}
	if len(p.doc.Counters) == maxCounters {
		c.Parent = Compound{} // one that may be anything stands for all that are left out
		if slices.ContainsFunc(p.doc.Counters, same) {
			return
		}
	}
	p.doc.Counters = append(p.doc.Counters, c)
}

// lastCompound reads the compound selector that ends before token i of the
// statement, and returns it with the tokens before it, white space between
// left out. Inside a function such as :not() nothing is known of it.
func (p *cssScan) lastCompound(i int) (c Compound, before []cssToken) {
	for i > 0 && p.stmt[i-1].t == css.WhitespaceToken {
		i--
	}
	end := i
	for ; i > 0; i-- {
		t := p.stmt[i-1]
		if t.t == css.WhitespaceToken || t.t == css.CommaToken {
			break
		}
		if t.t == css.FunctionToken || t.t == css.LeftParenthesisToken {
			return Compound{}, nil
		}
		if c := p.v.text[t.start]; t.t == css.DelimToken && (c == '>' || c == '+' || c == '~') {
			break
		}
	}
	for k := i; k < end; k++ {
		t := p.stmt[k]
		after := byte(0) // what stands before a name: a dot, a colon, or nothing
		if k > i {
			after = p.v.text[p.stmt[k-1].start]
		}
		switch {
		case t.t == css.HashToken:
			c.ID = string(p.text(t)[1:])
		case t.t == css.IdentToken && k == i:
			c.Tag = lower(p.text(t))
		case t.t == css.IdentToken && after == '.':
			c.Classes = append(c.Classes, string(p.text(t)))
		}
	}
	for i > 0 && p.stmt[i-1].t == css.WhitespaceToken {
		i--
	}
	return c, p.stmt[:i]
}
