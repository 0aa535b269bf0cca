package layout

import (
	"slices"
	"strings"
)

// Selector is one selector of a list.
type Selector struct {
	Text string // without white space around it
	selector
}

// Selectors reads a selector list.
func Selectors(list string) []Selector {
	var out []Selector
	for _, part := range splitTop(list, ',') {
		part = strings.TrimSpace(part)
		out = append(out, Selector{part, parseComplex(part, 0)})
	}
	return out
}

// A Namer reports whether some element may have a name: kind is '.' for a
// class, '#' for an id, '[' for an attribute and '<' for a type.
type Namer func(kind byte, name string) bool

// Possible reports whether every name that an element needs to match s is one
// that elements may have. States and places of elements are not looked at, nor
// is what :not() holds. What is not understood is possible.
func (s *Selector) Possible(has Namer) bool {
	return s.selector.odd() || s.selector.possible(has)
}

// odd reports whether s holds something that is not understood.
func (s *selector) odd() bool {
	if len(s.compounds) == 0 {
		return true
	}
	for i := range s.compounds {
		c := &s.compounds[i]
		if c.unknown {
			return true
		}
		for _, p := range c.pseudos {
			for k := range p.list {
				if p.list[k].odd() {
					return true
				}
			}
		}
	}
	return false
}

func (s *selector) possible(has Namer) bool {
	for i := range s.compounds {
		if !s.compounds[i].possible(has) {
			return false
		}
	}
	return true
}

func (c *compound) possible(has Namer) bool {
	if c.tag != "" && !has('<', c.tag) || c.id != "" && !has('#', c.id) {
		return false
	}
	for _, class := range c.classes {
		if !has('.', class) {
			return false
		}
	}
	for _, a := range c.attrs {
		if !has('[', a.Name) {
			return false
		}
	}
	for i := range c.pseudos {
		p := &c.pseudos[i]
		switch p.name {
		case "is", "where", "matches", "-webkit-any", "-moz-any", "has":
			if len(p.list) > 0 && !slices.ContainsFunc(p.list, func(s selector) bool { return s.possible(has) }) {
				return false
			}
		}
	}
	return true
}

// everywhere are the pseudo-classes and pseudo-elements that every browser
// understands (Selectors 3).
var everywhere = map[string]bool{"hover": true, "active": true, "focus": true, "link": true, "visited": true, "target": true, "checked": true,
	"disabled": true, "enabled": true, "empty": true, "root": true, "first-child": true, "last-child": true, "only-child": true, "first-of-type": true,
	"last-of-type": true, "only-of-type": true, "nth-child": true, "nth-last-child": true, "nth-of-type": true, "nth-last-of-type": true, "lang": true,
	"before": true, "after": true, "first-line": true, "first-letter": true}

// maxRare bounds what Rare tells apart.
const maxRare = 32

// Rare returns what s holds that some browser may not understand, in which
// case the browser drops the whole rule (Selectors 4, section 3.9).
func (s *Selector) Rare() []string {
	var out []string
	text := s.Text
	note := func(x string) {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	for i := 0; i < len(text); i++ {
		if len(out) > maxRare {
			return append(out, text) // as rare as nothing else
		}
		switch c := text[i]; c {
		case '\\':
			i++
		case '"', '\'':
			i = skipString(text, i)
		case '&', '|', '@', '/', '$', '!', '%', '{':
			note(string(c))
		case ':':
			p := selParser{text: text, i: i + 1}
			if p.i < len(text) && text[p.i] == ':' {
				p.i++
			}
			name := strings.ToLower(p.name())
			if name == "not" && p.i < len(text) && text[p.i] == '(' {
				if arg := p.bracketed('(', ')'); strings.ContainsAny(arg, " ,>+~(") {
					note("not()")
				}
			} else if !everywhere[name] {
				note(name)
			}
			i = max(i, p.i-1)
		}
	}
	return out
}
