// Package layout works out, from the style sheets alone, how wide a page shows
// its pictures: a static cascade over the few properties that decide widths,
// and the block, flex and grid layout of the ancestors of a picture. Where it
// cannot tell it errs to the wide side, and says so.
package layout

import (
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/scan"
)

// Truth is the answer to a question that may have none before the page runs.
type Truth uint8

// The answers.
const (
	No Truth = iota
	Maybe
	Yes
)

func both(a, b Truth) Truth { return min(a, b) }

func not(a Truth) Truth { return Yes - a }

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// selector is a complex selector, its compounds from right to left.
type selector struct {
	compounds   []compound
	combinators []byte // combinators[i] stands left of compounds[i]: ' ', '>', '+', '~'
	specificity int
}

// compound is a compound selector.
type compound struct {
	tag     string // "" for any
	id      string
	classes []string
	attrs   []scan.AttrSelector
	pseudos []pseudo
	unknown bool // holds something that is not understood
	never   bool // a pseudo-element: no element of the tree
}

// pseudo is a pseudo-class.
type pseudo struct {
	name string
	arg  string
	list []selector // of :not, :is and :where
}

// maxDepth bounds selectors in selectors.
const maxDepth = 8

// parseSelectors reads a selector list. What it does not understand becomes
// an unknown compound, which may match anything.
func parseSelectors(text string, depth int) []selector {
	var out []selector
	for _, part := range splitTop(text, ',') {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, parseComplex(part, depth))
		}
	}
	return out
}

// splitTop splits text at the byte sep outside of brackets and strings.
func splitTop(text string, sep byte) []string {
	var out []string
	nest, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"' || c == '\'':
			i = skipString(text, i)
		case c == '(' || c == '[':
			nest++
		case c == ')' || c == ']':
			nest--
		case c == sep && nest == 0:
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	return append(out, text[start:])
}

// skipString returns the index of the quote that ends the string at i.
func skipString(text string, i int) int {
	q := text[i]
	for i++; i < len(text) && text[i] != q; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

func parseComplex(text string, depth int) selector {
	p := selParser{text: text, depth: depth}
	var s selector
	for p.i < len(p.text) {
		comb := p.combinator()
		if p.i >= len(p.text) {
			break
		}
		start := p.i
		c := p.compound()
		if p.i == start { // a byte that no selector holds
			c.unknown = true
			p.i++
		}
		s.compounds = append(s.compounds, c)
		s.combinators = append(s.combinators, comb)
	}
	s.specificity = p.specificity
	slices.Reverse(s.compounds)
	slices.Reverse(s.combinators)
	return s
}

type selParser struct {
	text        string
	i           int
	depth       int
	specificity int
}

// combinator reads white space and a combinator; 0 before the first compound.
func (p *selParser) combinator() byte {
	c := byte(' ')
	for p.i < len(p.text) {
		switch b := p.text[p.i]; {
		case isBlank(b):
		case b == '>' || b == '+' || b == '~':
			c = b
		default:
			return c
		}
		p.i++
	}
	return c
}

// Weights of a specificity: ids, classes, types.
const (
	weightID    = 1 << 20
	weightClass = 1 << 10
	weightType  = 1
)

func (p *selParser) compound() compound {
	var c compound
	for p.i < len(p.text) {
		switch b := p.text[p.i]; {
		case b == '*':
			p.i++
		case b == '.':
			p.i++
			c.classes = append(c.classes, p.name())
			p.specificity += weightClass
		case b == '#':
			p.i++
			c.id = p.name()
			p.specificity += weightID
		case b == '[':
			p.attr(&c)
			p.specificity += weightClass
		case b == ':':
			p.pseudo(&c)
		case b == '&' || b == '|':
			c.unknown = true
			p.i++
		case b == '\\' || b == '-' || b == '_' || b >= 0x80 || b|0x20 >= 'a' && b|0x20 <= 'z':
			c.tag = strings.ToLower(p.name())
			p.specificity += weightType
		default:
			return c
		}
	}
	return c
}

// name reads an identifier and undoes its escapes.
func (p *selParser) name() string {
	var b strings.Builder
	for p.i < len(p.text) {
		c := p.text[p.i]
		switch {
		case c == '\\' && p.i+1 < len(p.text):
			p.i++
			p.escape(&b)
			continue
		case c == '-' || c == '_' || c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9':
			b.WriteByte(c)
		default:
			return b.String()
		}
		p.i++
	}
	return b.String()
}

// escape reads what follows a backslash (CSS Syntax 3, section 4.3.7).
func (p *selParser) escape(b *strings.Builder) {
	n, v := 0, rune(0)
	for n < 6 && p.i+n < len(p.text) {
		d := strings.IndexByte("0123456789abcdef", p.text[p.i+n]|0x20)
		if c := p.text[p.i+n]; c >= '0' && c <= '9' {
			d = int(c - '0')
		}
		if d < 0 {
			break
		}
		v = v<<4 | rune(d)
		n++
	}
	if n == 0 {
		b.WriteByte(p.text[p.i])
		p.i++
		return
	}
	b.WriteRune(v)
	if p.i += n; p.i < len(p.text) && isBlank(p.text[p.i]) {
		p.i++
	}
}

// bracketed returns what stands in the brackets that open at p.i and moves
// past them.
func (p *selParser) bracketed(open, end byte) string {
	start, nest := p.i+1, 0
	for ; p.i < len(p.text); p.i++ {
		switch c := p.text[p.i]; c {
		case '\\':
			p.i++
		case '"', '\'':
			p.i = skipString(p.text, p.i)
		case open:
			nest++
		case end:
			if nest--; nest == 0 {
				p.i++
				return p.text[start : p.i-1]
			}
		}
	}
	p.i = len(p.text)
	return p.text[min(start, len(p.text)):]
}

func (p *selParser) attr(c *compound) {
	body := strings.TrimSpace(p.bracketed('[', ']'))
	i := strings.IndexAny(body, "=~|^$*")
	a := scan.AttrSelector{Name: strings.ToLower(strings.TrimSpace(body))}
	if i >= 0 {
		j := strings.IndexByte(body, '=')
		if j < 0 {
			c.unknown = true
			return
		}
		a.Name, a.Op = strings.ToLower(strings.TrimSpace(body[:i])), strings.TrimSpace(body[i:j+1])
		v := strings.TrimSpace(body[j+1:])
		if len(v) > 1 && (v[0] == '"' || v[0] == '\'') {
			end := skipString(v, 0)
			if strings.TrimSpace(v[min(end+1, len(v)):]) != "" {
				c.unknown = true // a flag for case
			}
			v = v[1:min(end, len(v))]
		} else if strings.ContainsRune(v, ' ') {
			c.unknown = true
		}
		a.Value = strings.ReplaceAll(v, `\`, "")
	}
	if strings.ContainsAny(a.Name, `\|`) {
		c.unknown = true
	}
	c.attrs = append(c.attrs, a)
}

func (p *selParser) pseudo(c *compound) {
	p.i++
	element := p.i < len(p.text) && p.text[p.i] == ':'
	if element {
		p.i++
	}
	x := pseudo{name: strings.ToLower(p.name())}
	if p.i < len(p.text) && p.text[p.i] == '(' {
		x.arg = strings.ToLower(strings.TrimSpace(p.text[p.i:]))
		arg := p.bracketed('(', ')')
		x.arg = strings.TrimSpace(arg)
		switch x.name {
		case "not", "is", "where", "matches", "-webkit-any", "-moz-any", "has":
			if p.depth >= maxDepth {
				c.unknown = true
				return
			}
			x.list = parseSelectors(arg, p.depth+1)
			most := 0
			for _, s := range x.list {
				most = max(most, s.specificity)
			}
			if x.name != "where" {
				p.specificity += most
			}
			c.pseudos = append(c.pseudos, x)
			return
		}
	}
	switch x.name {
	case "before", "after", "first-line", "first-letter":
		element = true
	}
	if element {
		c.never = true
		p.specificity += weightType
		return
	}
	p.specificity += weightClass
	c.pseudos = append(c.pseudos, x)
}
