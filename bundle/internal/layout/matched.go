package layout

import "github.com/hone-web/hone/internal/scan"

// Matched is a rule that matches an element.
type Matched struct {
	Rule *scan.Rule
	Sure bool
}

// Matched returns the rules that match an element or may, in the order of the
// sheets.
func (p *Page) Matched(i int) []Matched {
	var out []Matched
	for _, h := range p.hits[i] {
		out = append(out, Matched{h.Rule, h.truth == Yes})
	}
	return out
}

// Values returns every value that a property of an element may have, in a
// window of width w; "" stands for none.
func (p *Page) Values(i int, prop string, w float64) []string { return p.get(i, prop, w).all() }

// Subject returns the classes (".a") and the id ("#a") that an element needs to
// match s. It is not sure where s names a pseudo-element, or is not understood.
func (s *Selector) Subject() (names []string, sure bool) {
	if s.odd() {
		return nil, false
	}
	c := &s.compounds[0]
	for _, class := range c.classes {
		names = append(names, "."+class)
	}
	if c.id != "" {
		names = append(names, "#"+c.id)
	}
	return names, !c.never
}
