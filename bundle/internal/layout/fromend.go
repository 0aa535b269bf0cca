package layout

import "slices"

// inner are elements that do not stand in the body itself.
var inner = map[string]bool{"li": true, "tr": true, "td": true, "th": true, "tbody": true, "thead": true, "tfoot": true, "dt": true, "dd": true,
	"option": true, "optgroup": true, "col": true, "source": true, "track": true, "body": true, "html": true, "head": true, "caption": true, "legend": true}

// FromEnd reports whether s may tell how many children of the body follow one
// of them (Selectors 4, section 14.3): last says that whether there are any
// counts too. has says which names elements may have, and body which of the
// classes and ids are those of the body.
func (s *Selector) FromEnd(last bool, has, body Namer) bool {
	if !s.Possible(has) {
		return false
	}
	for k := range s.compounds {
		c := &s.compounds[k]
		counts, deep := c.fromEnd(last)
		if deep {
			return true
		}
		if !counts || inner[c.tag] {
			continue
		}
		if k+1 == len(s.compounds) || s.combinators[k] != '>' || s.compounds[k+1].maybeBody(body) {
			return true
		}
	}
	return false
}

// fromEnd reports whether c counts from the end; deep says that it does so
// where the parent is not that of c.
func (c *compound) fromEnd(last bool) (counts, deep bool) {
	for i := range c.pseudos {
		p := &c.pseudos[i]
		counts = counts || p.name == "nth-last-child" || last && (p.name == "last-child" || p.name == "only-child")
		for k := range p.list {
			list := p.list[k].compounds
			for j := range list {
				n, d := list[j].fromEnd(last)
				counts = counts || n
				deep = deep || d || n && len(list) > 1
			}
		}
	}
	return counts, deep || c.unknown && counts
}

// maybeBody reports whether the body may match c.
func (c *compound) maybeBody(body Namer) bool {
	return (c.tag == "" || c.tag == "body") && (c.id == "" || body('#', c.id)) &&
		!slices.ContainsFunc(c.classes, func(class string) bool { return !body('.', class) })
}
