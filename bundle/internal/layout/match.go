package layout

import (
	"strconv"
	"strings"

	"github.com/hone-web/hone/internal/scan"
)

// Tree is the outline of a page with the names by which scripts may change it.
type Tree struct {
	Elems []scan.Elem
	// words are the names in strings of the page's scripts: classes and
	// attributes that an element may get if a script can find it.
	words map[string]bool
	found []bool
	// places finds elements by parent and place.
	places map[place]int
	// anyhow says that elements are looked at in whatever state they may be.
	anyhow bool
}

// Anyhow makes t a tree in which elements may be in any state, and scripts may
// find each of them.
func (t *Tree) Anyhow() {
	t.anyhow = true
	for i := range t.found {
		t.found[i] = len(t.words) > 0
	}
}

type place struct{ parent, index int }

// NewTree returns the tree of a page whose scripts hold those words.
func NewTree(elems []scan.Elem, words map[string]bool) *Tree {
	t := &Tree{Elems: elems, words: words, found: make([]bool, len(elems)), places: make(map[place]int, len(elems))}
	for i := range elems {
		t.places[place{elems[i].Parent, elems[i].Index}] = i
		t.found[i] = finds(&elems[i], words)
	}
	return t
}

// finds reports whether a script may come upon an element by its id, a class,
// an attribute meant for scripts, or a tag that few elements have.
func finds(e *scan.Elem, words map[string]bool) bool {
	switch e.Tag {
	case "html", "body":
		return true
	case "img", "figure", "main", "nav", "picture", "header", "footer", "article", "aside":
		if words[e.Tag] || e.Tag == "img" && (words["IMG"] || words["images"]) {
			return true
		}
	}
	if e.ID != "" && words[e.ID] {
		return true
	}
	for _, c := range e.Classes {
		if words[c] {
			return true
		}
	}
	for i := 0; i+1 < len(e.Attrs); i += 2 {
		if words[e.Attrs[i]] && strings.HasPrefix(e.Attrs[i], "data-") {
			return true
		}
	}
	return false
}

// match reports whether element i matches s.
func (t *Tree) match(s *selector, i int) Truth { return t.matchFrom(s, 0, i, new(int)) }

// maxSteps bounds the search for ancestors of one match.
const maxSteps = 2000

func (t *Tree) matchFrom(s *selector, k, i int, steps *int) Truth {
	if *steps++; *steps > maxSteps {
		return Maybe
	}
	got := t.compound(&s.compounds[k], i)
	if got == No || k+1 == len(s.compounds) {
		return got
	}
	switch s.combinators[k] {
	case '>':
		p := t.Elems[i].Parent
		if p < 0 {
			return No
		}
		return both(got, t.matchFrom(s, k+1, p, steps))
	case '+', '~':
		best, all := No, true
		for back := 1; back <= t.Elems[i].Index; back++ {
			j, ok := t.sibling(i, -back)
			if !ok {
				all = false
			} else {
				best = max(best, t.matchFrom(s, k+1, j, steps))
			}
			if s.combinators[k] == '+' {
				break
			}
		}
		if !all { // only what stands beside a picture is in the outline
			best = max(best, Maybe)
		}
		return both(got, best)
	}
	best := No
	for p := t.Elems[i].Parent; p >= 0 && best != Yes; p = t.Elems[p].Parent {
		best = max(best, t.matchFrom(s, k+1, p, steps))
	}
	return both(got, best)
}

// sibling returns the element that stands by places after i under the same
// parent, and whether it is in the outline.
func (t *Tree) sibling(i, by int) (int, bool) {
	j, ok := t.places[place{t.Elems[i].Parent, t.Elems[i].Index + by}]
	return j, ok
}

// compound reports whether element i matches c.
func (t *Tree) compound(c *compound, i int) Truth {
	e := &t.Elems[i]
	if c.never || c.tag != "" && c.tag != e.Tag || c.id != "" && c.id != e.ID {
		return No
	}
	got := truth(!c.unknown)
	if c.unknown {
		got = Maybe
	}
	for _, class := range c.classes {
		got = both(got, t.class(i, class))
	}
	for _, a := range c.attrs {
		got = both(got, t.attr(i, a))
	}
	for k := range c.pseudos {
		if got == No {
			return No
		}
		got = both(got, t.pseudo(&c.pseudos[k], i))
	}
	return got
}

func (t *Tree) class(i int, class string) Truth {
	for _, c := range t.Elems[i].Classes {
		if c == class {
			return Yes
		}
	}
	if t.found[i] && t.words[class] {
		return Maybe
	}
	return No
}

func (t *Tree) attr(i int, a scan.AttrSelector) Truth {
	e := &t.Elems[i]
	v, ok := e.Attr(a.Name)
	switch a.Name {
	case "class":
		v, ok = strings.Join(e.Classes, " "), len(e.Classes) > 0
	case "id":
		v, ok = e.ID, e.ID != ""
	}
	hit := false
	if ok {
		switch a.Op {
		case "":
			hit = true
		case "=":
			hit = v == a.Value
		case "^=":
			hit = a.Value != "" && strings.HasPrefix(v, a.Value)
		case "$=":
			hit = a.Value != "" && strings.HasSuffix(v, a.Value)
		case "*=":
			hit = a.Value != "" && strings.Contains(v, a.Value)
		case "|=":
			hit = v == a.Value || strings.HasPrefix(v, a.Value+"-")
		case "~=":
			for _, w := range strings.Fields(v) {
				hit = hit || w == a.Value
			}
		default:
			return Maybe
		}
	}
	switch {
	case hit:
		return Yes
	case t.found[i] && t.words[a.Name] || a.Name == "class" || a.Name == "style" || a.Name == "src" || a.Name == "srcset" || a.Name == "sizes" || a.Name == "loading":
		return Maybe
	}
	return No
}

// pseudo reports whether a pseudo-class holds for element i (Selectors 4).
func (t *Tree) pseudo(p *pseudo, i int) Truth {
	e := &t.Elems[i]
	if t.anyhow && stateful[p.name] {
		return Maybe
	}
	switch p.name {
	case "not":
		return not(t.any(p.list, i))
	case "is", "where", "matches", "-webkit-any", "-moz-any":
		return t.any(p.list, i)
	case "root":
		return truth(e.Parent < 0)
	case "first-child":
		return truth(e.Index == 0)
	case "last-child":
		return truth(e.Index == e.Count-1)
	case "only-child":
		return truth(e.Count == 1)
	case "nth-child":
		return nth(p.arg, e.Index+1)
	case "nth-last-child":
		return nth(p.arg, e.Count-e.Index)
	case "hover", "active", "focus", "focus-within", "focus-visible", "visited", "target":
		return No // the page as it is when it opens
	case "link", "any-link":
		return both(Maybe, truth(e.Tag == "a"))
	case "empty":
		return No // it holds a picture, or is one
	}
	return Maybe
}

// stateful are the pseudo-classes that pseudo answers for the page as it opens
// with a picture in it.
var stateful = map[string]bool{"hover": true, "active": true, "focus": true, "focus-within": true, "focus-visible": true, "visited": true, "target": true, "empty": true}

func (t *Tree) any(list []selector, i int) Truth {
	best := No
	for k := range list {
		if len(list[k].compounds) > 0 {
			best = max(best, t.match(&list[k], i))
		}
	}
	return best
}

// nth reports whether the n-th child matches an+b (CSS Syntax 3, section 9).
func nth(arg string, n int) Truth {
	arg = strings.ToLower(strings.ReplaceAll(arg, " ", ""))
	switch arg {
	case "odd":
		arg = "2n+1"
	case "even":
		arg = "2n"
	}
	before, after, has := strings.Cut(arg, "n")
	if !has {
		b, err := strconv.Atoi(arg)
		if err != nil {
			return Maybe
		}
		return truth(n == b)
	}
	a, b := 1, 0
	switch before {
	case "", "+":
	case "-":
		a = -1
	default:
		v, err := strconv.Atoi(before)
		if err != nil {
			return Maybe
		}
		a = v
	}
	if after != "" {
		v, err := strconv.Atoi(after)
		if err != nil {
			return Maybe
		}
		b = v
	}
	if a == 0 {
		return truth(n == b)
	}
	return truth((n-b)%a == 0 && (n-b)/a >= 0)
}
