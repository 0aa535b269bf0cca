package scan

import (
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2/css"

	"github.com/hone-web/hone/site"
)

// Rule is a style rule that may decide how wide a picture or something around
// it is.
type Rule struct {
	At       int    // where it stands in the file
	Selector string // as written, escapes and all
	Media    string // conditions of the media rules around it, joined by "and"; "" if there are none
	// Maybe says that it is not known when the rule applies: it stands in a
	// rule other than @media, or in another style rule.
	Maybe bool
	Decls []Decl
}

// Decl is a declaration.
type Decl struct {
	Prop, Value string // in lower case
	Important   bool
}

// Background is an address in a property that takes pictures, with what is
// needed to offer another one after it.
type Background struct {
	Ref  int
	Func site.Span // url(…) as a whole
	Decl site.Span // the declaration, without semicolon
	Text string    // of the declaration
	Prop string
	// Attr is the quote of the style attribute that holds it, 0 in sheets.
	Attr byte
}

// layoutProps are the properties that a Rule holds.
var layoutProps = map[string]bool{
	"width": true, "min-width": true, "max-width": true, "height": true, "min-height": true, "max-height": true, "inline-size": true,
	"max-inline-size": true, "min-inline-size": true, "block-size": true, "box-sizing": true, "padding": true, "padding-left": true, "padding-right": true,
	"padding-inline": true, "padding-top": true, "padding-bottom": true, "padding-block": true, "min-block-size": true, "border": true, "border-width": true, "border-left": true, "border-right": true, "margin": true, "margin-left": true,
	"margin-right": true, "margin-inline": true, "display": true, "float": true, "position": true, "flex": true, "flex-basis": true, "flex-grow": true,
	"flex-shrink": true, "flex-direction": true, "flex-flow": true, "grid": true, "grid-template": true, "grid-template-columns": true, "grid-column": true, "grid-area": true,
	"grid-column-start": true, "grid-column-end": true, "gap": true, "grid-gap": true, "column-gap": true, "grid-column-gap": true, "columns": true, "column-count": true, "column-width": true,
	"object-fit": true, "aspect-ratio": true, "zoom": true, "all": true, "transform": true, "scale": true, "content": true, "font-size": true,
	"align-items": true, "align-self": true, "justify-self": true, "justify-items": true, "place-items": true, "place-self": true, "writing-mode": true, "left": true, "right": true, "inset": true,
}

// maxDeclaration bounds the declarations that may be written a second time.
const maxDeclaration = 1024

// maxRules bounds what is kept of one file.
const maxRules = 20000

// declare notes a declaration that layout depends on in the block it is in.
func (p *cssScan) declare() {
	n := len(p.blocks)
	if n == 0 || p.blocks[n-1].at != "" || !(layoutProps[p.prop] || strings.HasPrefix(p.prop, "--")) {
		return
	}
	value := lower(p.value())
	if len(value) > maxAttrValue {
		value = "?"
	}
	if len(p.blocks[n-1].decls) < 64 {
		p.blocks[n-1].decls = append(p.blocks[n-1].decls, Decl{p.prop, value, p.important()})
	}
}

// important reports whether the declaration ends in !important.
func (p *cssScan) important() bool {
	k := len(p.stmt)
	for k > 0 && p.stmt[k-1].t == css.WhitespaceToken {
		k--
	}
	return k > 0 && p.stmt[k-1].t == css.IdentToken && strings.EqualFold(string(p.text(p.stmt[k-1])), "important")
}

// closeRule keeps the rule whose block ends, and notes selectors that see how
// elements are nested.
func (p *cssScan) closeRule() {
	n := len(p.blocks)
	b := &p.blocks[n-1]
	if b.at != "" || len(b.prelude) == 0 || len(b.decls) == 0 || len(p.rules) >= maxRules {
		return
	}
	r := Rule{At: p.v.pos(b.prelude[0].start), Selector: p.prelude(b.prelude), Decls: b.decls}
	for _, o := range p.blocks[:n-1] {
		switch {
		case o.at == "media" && o.text != "":
			if r.Media != "" {
				r.Media += " and "
			}
			r.Media += o.text
			r.Maybe = r.Maybe || strings.Contains(r.Media, " and ") && strings.Contains(r.Media, ",")
		case strings.HasSuffix(o.at, "keyframes"), o.at == "font-face", o.at == "page":
			return
		default: // @supports, @layer, @container, a rule this one is nested in
			r.Maybe = true
		}
	}
	p.rules = append(p.rules, r)
}

// prelude returns the text of a selector or of a condition.
func (p *cssScan) prelude(ts []cssToken) string {
	if len(ts) == 0 {
		return ""
	}
	return strings.TrimSpace(string(p.v.text[ts[0].start:ts[len(ts)-1].end]))
}

// nesting notes a selector that can tell whether a picture has a parent of its
// own: one with a combinator other than descendant, or a pseudo-class that
// counts siblings or looks inside.
func (p *cssScan) nesting(ts []cssToken) {
	see := false
	for k, t := range ts {
		switch t.t {
		case css.DelimToken:
			c := p.v.text[t.start]
			see = see || c == '>' || c == '+' || c == '~' || c == '&'
		case css.IdentToken, css.FunctionToken:
			if k > 0 && ts[k-1].t == css.ColonToken {
				see = see || countsSiblings(lower(p.text(t)))
			}
			see = see || lower(p.text(t)) == "picture"
		}
	}
	if see {
		add(&p.nestings, p.prelude(ts))
	}
}

// countsSiblings reports whether a pseudo-class depends on the element's
// siblings or children (Selectors 4, sections 4 and 13).
func countsSiblings(name string) bool {
	name = strings.TrimSuffix(name, "(")
	return slices.Contains([]string{"first-child", "last-child", "only-child", "nth-child", "nth-last-child", "first-of-type", "last-of-type",
		"only-of-type", "nth-of-type", "nth-last-of-type", "empty", "has", "not", "is", "where", "host", "slotted"}, name)
}

// background notes the address just found as ref id.
func (p *cssScan) background(t cssToken, id int) {
	if id < 0 || p.at != "" || len(p.funcs) > 0 || len(p.stmt) == 0 || len(p.pending) > 64 {
		return
	}
	p.pending = append(p.pending, pendingBack{t, id})
}

// pendingBack is an address whose declaration has not ended yet.
type pendingBack struct {
	t   cssToken
	ref int
}

// endBackground completes the addresses of the declaration that ends.
func (p *cssScan) endBackground() {
	defer func() { p.pending = p.pending[:0] }()
	if len(p.pending) == 0 || len(p.stmt) == 0 || p.prop != "background" && p.prop != "background-image" && p.prop != "content" && p.prop != "list-style-image" {
		return
	}
	n := len(p.stmt)
	for n > 0 && p.stmt[n-1].t == css.WhitespaceToken {
		n--
	}
	whole := p.cut(p.stmt[0].start, p.stmt[n-1].end).span()
	if whole.Len() != p.stmt[n-1].end-p.stmt[0].start {
		return // the text is escaped as a whole
	}
	text := p.v.text[p.stmt[0].start:p.stmt[n-1].end]
	if len(text) > maxDeclaration {
		return
	}
	for _, b := range p.pending {
		p.scanner.backs = append(p.scanner.backs, Background{Ref: b.ref, Func: p.cut(b.t.start, b.t.end).span(), Decl: whole, Text: string(text), Prop: p.prop, Attr: p.attrQuote})
	}
}
