package layout

import "strings"

// Nesting answers whether style rules can tell that an element was put around
// a picture.
type Nesting struct {
	list []nesting
}

type nesting struct {
	text     string
	selector selector
}

// NewNesting reads the selectors that see how elements are nested.
func NewNesting(lists []string) *Nesting {
	n := &Nesting{}
	for _, text := range lists {
		for _, s := range parseSelectors(text, 0) {
			if len(s.compounds) > 0 {
				n.list = append(n.list, nesting{text, s})
			}
		}
	}
	return n
}

// Sees returns a selector that may match otherwise once a <picture> stands
// around the <img> at element i, "" if there is none. The picture has
// display: contents, so rules that match it alone paint nothing.
func (n *Nesting) Sees(t *Tree, i int) string {
	for k := range n.list {
		if t.sees(&n.list[k].selector, i) {
			text := strings.Join(strings.Fields(n.list[k].text), " ")
			if len(text) > 80 {
				text = text[:80] + "…"
			}
			return text
		}
	}
	return ""
}

// Counts returns a selector that may match the <img> at element i otherwise
// once there is one <source> more before it, "" if there is none. Sources
// themselves paint nothing, and some stood before the img already.
func (n *Nesting) Counts(t *Tree, i int) string {
	for k := range n.list {
		if t.countsBefore(&n.list[k].selector, i) {
			return strings.Join(strings.Fields(n.list[k].text), " ")
		}
	}
	return ""
}

// countsBefore reports whether s counts elements at the img i or at a source
// beside it, or looks into what holds them.
func (t *Tree) countsBefore(s *selector, i int) bool {
	for k := range s.compounds {
		c := &s.compounds[k]
		for _, p := range c.pseudos {
			if p.name == "has" || p.name == "host" || p.name == "slotted" {
				return true
			}
			for j := range p.list {
				if t.countsBefore(&p.list[j], i) {
					return true
				}
			}
		}
		if t.counts(c) && (c.tag == "source" || t.bare(c, i) != No && t.rest(s, k, i) != No) {
			return true
		}
	}
	return false
}

// sees reports whether s depends on the parent, the siblings or the place of
// element i, or on the structure around it in a way that is not understood.
func (t *Tree) sees(s *selector, i int) bool {
	for k := range s.compounds {
		c := &s.compounds[k]
		if c.tag == "picture" {
			return true
		}
		for _, p := range c.pseudos {
			if p.name == "host" || p.name == "slotted" {
				return true
			}
			relative := p.name == "has" && strings.ContainsAny(p.arg, ">+~")
			for j := range p.list {
				in := &p.list[j]
				if relative && t.anywhere(in, i) || len(in.compounds) > 1 && t.sees(in, i) {
					return true
				}
			}
		}
		if t.bare(c, i) == No || t.rest(s, k, i) == No {
			continue // the picture cannot be this part of the selector
		}
		left := k+1 < len(s.compounds) && (s.combinators[k] == '>' || t.beside(s.combinators[k], &s.compounds[k+1], i, -1))
		right := k > 0 && t.beside(s.combinators[k-1], &s.compounds[k-1], i, 1)
		if k > 0 && !right {
			continue // it has no children, and no such sibling
		}
		if left || right || t.counts(c) {
			return true
		}
	}
	return false
}

// beside reports whether c, which a sibling combinator joins to element i, may
// match a sibling in direction dir.
func (t *Tree) beside(combinator byte, c *compound, i, dir int) bool {
	if combinator != '+' && combinator != '~' {
		return false
	}
	e := &t.Elems[i]
	for by := dir; e.Index+by >= 0 && e.Index+by < e.Count; by += dir {
		if j, ok := t.sibling(i, by); !ok || t.bare(c, j) != No {
			return true
		}
		if combinator == '+' {
			break
		}
	}
	return false
}

// anywhere reports whether some part of s may match element i.
func (t *Tree) anywhere(s *selector, i int) bool {
	for k := range s.compounds {
		if t.bare(&s.compounds[k], i) != No {
			return true
		}
	}
	return false
}

// rest reports whether what stands left of compound k of s may match around
// element i.
func (t *Tree) rest(s *selector, k, i int) Truth {
	if k+1 == len(s.compounds) {
		return Yes
	}
	up := t.Elems[i].Parent
	switch s.combinators[k] {
	case '+', '~':
		return both(Maybe, t.rest(s, k+1, i)) // some sibling, under the same parent: beside() looks closer
	case '>':
		if up < 0 {
			return No
		}
		return both(t.bare(&s.compounds[k+1], up), t.rest(s, k+1, up))
	}
	best := No
	for ; up >= 0 && best == No; up = t.Elems[up].Parent {
		if t.bare(&s.compounds[k+1], up) != No {
			best = both(Maybe, t.rest(s, k+1, up))
		}
	}
	return best
}

// bare reports whether element i matches c when pseudo-classes are left out.
func (t *Tree) bare(c *compound, i int) Truth {
	if c.unknown {
		return Maybe
	}
	b := *c
	b.pseudos = nil
	got := t.compound(&b, i)
	for _, p := range c.pseudos {
		if p.name == "is" || p.name == "where" || p.name == "not" {
			got = both(got, t.pseudo(&p, i))
		}
	}
	return got
}

// counts reports whether c asks for the place among siblings.
func (t *Tree) counts(c *compound) bool {
	for _, p := range c.pseudos {
		if strings.HasSuffix(p.name, "-child") || strings.HasSuffix(p.name, "-of-type") || strings.HasPrefix(p.name, "nth-") {
			return true
		}
	}
	return false
}
