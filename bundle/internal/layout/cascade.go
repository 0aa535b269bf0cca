package layout

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/scan"
)

// Sheet is a style sheet with its selectors read, in the form that the cascade
// looks rules up in.
type Sheet struct {
	rules []rule
	keys  map[string][]int // rightmost class, id or tag → rules, in order
	any   []int            // rules whose rightmost compound names nothing
}

type rule struct {
	*scan.Rule
	selector selector
}

// Read reads the rules of a style sheet.
func Read(rules []scan.Rule) *Sheet {
	s := &Sheet{keys: map[string][]int{}}
	for i := range rules {
		for _, sel := range parseSelectors(rules[i].Selector, 0) {
			if len(sel.compounds) == 0 {
				continue
			}
			n := len(s.rules)
			s.rules = append(s.rules, rule{Rule: &rules[i], selector: sel})
			switch c := &sel.compounds[0]; {
			case c.id != "":
				s.keys["#"+c.id] = append(s.keys["#"+c.id], n)
			case len(c.classes) > 0:
				s.keys["."+c.classes[0]] = append(s.keys["."+c.classes[0]], n)
			case c.tag != "":
				s.keys[c.tag] = append(s.keys[c.tag], n)
			default:
				s.any = append(s.any, n)
			}
		}
	}
	return s
}

// Page is a page whose layout is asked about.
type Page struct {
	Tree   *Tree
	Sheets []Applied // in cascade order

	added  map[*Sheet][]string // keys of rules whose class a script may add
	hits   [][]hit
	breaks []float64
	rem    map[float64]float64
	fixed  map[property]values // those that are the same in every window
}

// property is a property of an element.
type property struct {
	elem int
	name string
}

// Applied is a sheet as a page applies it.
type Applied struct {
	Sheet *Sheet
	Media string // of its link; "" for all
	Maybe bool   // it may be switched off
}

// hit is a rule that matches an element.
type hit struct {
	*rule
	media string // of the sheet
	order int
	truth Truth
}

// NewPage prepares a page.
func NewPage(t *Tree, sheets []Applied) *Page {
	p := &Page{Tree: t, Sheets: sheets, hits: make([][]hit, len(t.Elems)), added: map[*Sheet][]string{}, rem: map[float64]float64{}, fixed: map[property]values{}}
	seen := map[string]bool{}
	for i := range t.Elems {
		p.hits[i] = p.find(i)
		for _, h := range p.hits[i] {
			for _, m := range [...]string{h.media, h.Media} {
				if m != "" && !seen[m] {
					seen[m] = true
					p.breaks = append(p.breaks, breakpoints(m)...)
				}
			}
		}
	}
	slices.Sort(p.breaks)
	p.breaks = slices.Compact(p.breaks)
	return p
}

// find returns the rules that match element i or may, in order.
func (p *Page) find(i int) []hit {
	e := &p.Tree.Elems[i]
	var out []hit
	order := 0
	for _, a := range p.Sheets {
		s := a.Sheet
		try := func(list []int) {
			for _, n := range list {
				r := &s.rules[n]
				t := p.Tree.match(&r.selector, i)
				if t == No {
					continue
				}
				if r.Maybe || a.Maybe {
					t = Maybe
				}
				out = append(out, hit{r, a.Media, order + n, t})
			}
		}
		try(s.any)
		try(s.keys[e.Tag])
		if e.ID != "" {
			try(s.keys["#"+e.ID])
		}
		for k, c := range e.Classes {
			if !slices.Contains(e.Classes[:k], c) {
				try(s.keys["."+c])
			}
		}
		for _, w := range p.dynamic(s) {
			if !p.Tree.found[i] {
				break
			}
			if !slices.Contains(e.Classes, w[1:]) {
				try(s.keys[w])
			}
		}
		order += len(s.rules)
	}
	slices.SortFunc(out, func(a, b hit) int { return cmp.Compare(a.order, b.order) })
	return out
}

// dynamic returns the classes that rules of s are keyed by and that a script
// may give to any element.
func (p *Page) dynamic(s *Sheet) []string {
	if out, ok := p.added[s]; ok {
		return out
	}
	out := []string{}
	for k := range s.keys {
		if k[0] == '.' && p.Tree.words[k[1:]] {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	p.added[s] = out
	return out
}

// values are the values that a property may have: the winner of the cascade,
// and those that rules which may or may not apply would set above it. No value
// at all is "".
type values struct {
	sure  string
	maybe []string
}

func (v values) all() []string {
	return append([]string{v.sure}, v.maybe...)
}

// is reports whether every possible value is among list.
func (v values) is(list ...string) bool {
	for _, x := range v.all() {
		if !slices.Contains(list, x) {
			return false
		}
	}
	return true
}

// may reports whether one possible value is among list.
func (v values) may(list ...string) bool {
	for _, x := range v.all() {
		if slices.Contains(list, x) {
			return true
		}
	}
	return false
}

// weight orders declarations: importance, then the style attribute, then
// specificity, then order (CSS Cascade 5, section 6.1).
type weight struct {
	important bool
	inline    bool
	spec      int
	order     int
}

func (a weight) less(b weight) bool {
	switch {
	case a.important != b.important:
		return b.important
	case a.inline != b.inline:
		return b.inline
	case a.spec != b.spec:
		return a.spec < b.spec
	}
	return a.order < b.order
}

// shorthands maps a property to those that set it too.
var shorthands = map[string][]string{
	"width": {"inline-size"}, "max-width": {"max-inline-size"}, "min-width": {"min-inline-size"}, "height": {"block-size"},
	"flex-basis": {"flex"}, "flex-grow": {"flex"}, "flex-direction": {"flex-flow"}, "column-gap": {"gap", "grid-gap", "grid-column-gap"},
	"grid-template-columns": {"grid", "grid-template"}, "grid-column": {"grid-area", "grid-column-start", "grid-column-end"}, "column-count": {"columns"},
	"padding-top": {"padding", "padding-block"}, "padding-bottom": {"padding", "padding-block"}, "min-height": {"min-block-size"},
	"padding-left": {"padding", "padding-inline"}, "padding-right": {"padding", "padding-inline"}, "margin-left": {"margin", "margin-inline"},
	"margin-right": {"margin", "margin-inline"}, "border-left": {"border", "border-width"}, "border-right": {"border", "border-width"},
	"font-family": {"font"}, "font-weight": {"font"}, "font-style": {"font"},
}

// get returns the values of a property in a window of width w.
func (p *Page) get(i int, prop string, w float64) values {
	style, styled := p.Tree.Elems[i].Attr("style")
	if len(p.hits[i]) == 0 && !styled {
		return values{}
	}
	if v, ok := p.fixed[property{i, prop}]; ok {
		return v
	}
	v, fixed := p.cascade(i, prop, w, style)
	if fixed {
		p.fixed[property{i, prop}] = v
	}
	return v
}

// cascade works out the values of a property, and whether they are the same in
// every window.
func (p *Page) cascade(i int, prop string, w float64, style string) (out values, fixed bool) {
	fixed = true
	type candidate struct {
		weight
		value string
		truth Truth
	}
	var list []candidate
	props := append([]string{prop, "all"}, shorthands[prop]...)
	take := func(ds []scan.Decl, spec, order int, inline bool, t Truth) {
		for k, d := range ds {
			if !slices.Contains(props, d.Prop) {
				continue
			}
			v := d.Value
			if d.Prop == "all" {
				v = "initial"
			} else if d.Prop != prop {
				v = part(d.Prop, prop, d.Value)
			}
			fixed = fixed && !strings.Contains(v, "var(")
			list = append(list, candidate{weight{d.Important, inline, spec, order<<6 + k}, v, t})
		}
	}
	for _, h := range p.hits[i] {
		t := both(h.truth, both(media(h.media, w), media(h.Media, w)))
		if (h.media != "" || h.Media != "") && fixed {
			fixed = !slices.ContainsFunc(h.Decls, func(d scan.Decl) bool { return slices.Contains(props, d.Prop) })
		}
		if t != No {
			take(h.Decls, h.selector.specificity, h.order, false, t)
		}
	}
	if style != "" {
		take(declarations(style), 0, 1<<20, true, Yes)
	}
	slices.SortFunc(list, func(a, b candidate) int {
		if a.less(b.weight) {
			return 1
		}
		return -1
	})
	for _, c := range list { // heaviest first
		v := p.resolve(i, c.value, w)
		if c.truth == Yes {
			out.sure = v
			return out, fixed
		}
		if !slices.Contains(out.maybe, v) {
			out.maybe = append(out.maybe, v)
		}
	}
	return out, fixed
}

// declarations reads a style attribute.
func declarations(style string) []scan.Decl {
	var out []scan.Decl
	for _, d := range splitTop(style, ';') {
		name, value, ok := strings.Cut(d, ":")
		if !ok {
			continue
		}
		value = strings.ToLower(strings.TrimSpace(value))
		v, important := strings.CutSuffix(value, "!important")
		out = append(out, scan.Decl{Prop: strings.ToLower(strings.TrimSpace(name)), Value: strings.TrimSpace(v), Important: important})
	}
	return out
}

// maxVars bounds custom properties that refer to each other.
const maxVars = 8

// resolve replaces var() in a value by what the element and its ancestors set
// the custom property to. A value that cannot be settled is "?".
func (p *Page) resolve(i int, value string, w float64) string {
	for range maxVars {
		k := strings.Index(value, "var(")
		if k < 0 {
			return value
		}
		end, nest := -1, 0
		for j := k + 3; j < len(value); j++ {
			if value[j] == '(' {
				nest++
			} else if value[j] == ')' {
				if nest--; nest == 0 {
					end = j
					break
				}
			}
		}
		if end < 0 {
			return "?"
		}
		name, fallback, has := strings.Cut(value[k+4:end], ",")
		v, ok := p.custom(i, strings.TrimSpace(name), w)
		if !ok {
			return "?"
		}
		if v == "" {
			if !has {
				return "?"
			}
			v = strings.TrimSpace(fallback)
		}
		value = value[:k] + v + value[end+1:]
		if len(value) > 1024 {
			return "?"
		}
	}
	return "?"
}

// custom returns the value of a custom property, "" when nothing sets it, and
// whether that is certain. The name is in lower case as values are, so two
// properties that differ in case alone are not told apart, and not trusted.
func (p *Page) custom(i int, name string, w float64) (string, bool) {
	for ; i >= 0; i = p.Tree.Elems[i].Parent {
		v := p.rawCustom(i, name, w)
		if len(v.maybe) > 0 {
			return "", false
		}
		if v.sure != "" {
			return v.sure, true
		}
	}
	return "", true
}

func (p *Page) rawCustom(i int, name string, w float64) values {
	var out values
	var best weight
	take := func(ds []scan.Decl, spec, order int, inline bool, t Truth) {
		for k, d := range ds {
			if !strings.HasPrefix(d.Prop, "--") || strings.ToLower(d.Prop) != name {
				continue
			}
			c := weight{d.Important, inline, spec, order<<6 + k}
			switch {
			case t == Maybe:
				if !slices.Contains(out.maybe, d.Value) {
					out.maybe = append(out.maybe, d.Value)
				}
			case out.sure == "" || best.less(c):
				out.sure, best = d.Value, c
			}
		}
	}
	for _, h := range p.hits[i] {
		if t := both(h.truth, both(media(h.media, w), media(h.Media, w))); t != No {
			take(h.Decls, h.selector.specificity, h.order, false, t)
		}
	}
	if style, ok := p.Tree.Elems[i].Attr("style"); ok && strings.Contains(style, "--") {
		take(declarations(style), 0, 1<<20, true, Yes)
	}
	if len(out.maybe) == 1 && out.maybe[0] == out.sure {
		out.maybe = nil
	}
	return out
}
