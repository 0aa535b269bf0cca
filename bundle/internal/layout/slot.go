package layout

import (
	"math"
	"strings"
)

// box is what is known of the content box of an element in a window of some
// width: how wide it is at most, and whether its width is settled without
// regard to what it holds.
type box struct {
	width    float64
	definite bool
}

// rootFontSize returns the font size of the root in a window of width w.
func (p *Page) rootFontSize(w float64) float64 {
	if v, ok := p.rem[w]; ok {
		return v
	}
	size := float64(rootFont)
	if len(p.Tree.Elems) > 0 && p.Tree.Elems[0].Tag == "html" {
		v := p.get(0, "font-size", w)
		for _, s := range v.all() {
			if px, ok := (units{of: rootFont, window: w, rem: rootFont, em: rootFont}).length(s); ok {
				size = max(size, px) // the larger unit gives the wider picture
				if len(v.maybe) == 0 {
					size = px
				}
			}
		}
	}
	p.rem[w] = size
	return size
}

// layoutPass is the layout of a page in a window of one width.
type layoutPass struct {
	p     *Page
	w     float64
	boxes []*box
}

func (l *layoutPass) units(of float64) units {
	return units{of: of, window: l.w, rem: l.p.rootFontSize(l.w)}
}

func (l *layoutPass) get(i int, prop string) values { return l.p.get(i, prop, l.w) }

// content returns the content box of element i.
func (l *layoutPass) content(i int) box {
	if i < 0 {
		return box{l.w, true}
	}
	if l.boxes[i] == nil {
		b := l.lay(i)
		b.width = math.Max(b.width, 0)
		l.boxes[i] = &b
	}
	return *l.boxes[i]
}

// container returns the element whose content box percentages of i refer to:
// the nearest ancestor that is not inline.
func (l *layoutPass) container(i int) int {
	for p := l.p.Tree.Elems[i].Parent; p >= 0; p = l.p.Tree.Elems[p].Parent {
		if d := l.display(p); !d.is("inline", "contents") {
			return p
		}
	}
	return -1
}

// display returns the possible values of display of element i, but none: what
// is not shown loads no picture, and what is shown later is laid out by the
// other values.
func (l *layoutPass) display(i int) values {
	v := l.get(i, "display")
	def := defaultDisplay(l.p.Tree.Elems[i].Tag)
	if v.sure == "" || v.sure == "none" || v.sure == "inherit" || v.sure == "initial" || v.sure == "unset" || v.sure == "revert" {
		v.sure = def
	}
	var maybe []string
	for _, m := range v.maybe {
		if m != "none" && m != v.sure {
			maybe = append(maybe, m)
		}
	}
	v.maybe = maybe
	return v
}

// defaultDisplay returns what the style sheet of browsers says (HTML, section
// 15.3).
func defaultDisplay(tag string) string {
	switch tag {
	case "a", "span", "b", "i", "em", "strong", "small", "abbr", "cite", "code", "font", "u", "s", "sub", "sup", "label", "mark", "picture",
		"q", "time", "var", "bdi", "bdo", "del", "ins", "data", "kbd", "samp", "img", "noscript", "map", "object":
		return "inline"
	case "table":
		return "table"
	case "td", "th":
		return "table-cell"
	case "tr":
		return "table-row"
	case "tbody", "thead", "tfoot":
		return "table-row-group"
	case "button", "input", "select":
		return "inline-block"
	case "div", "p", "section", "article", "main", "header", "footer", "nav", "aside", "figure", "figcaption", "ul", "ol", "li", "dl", "dt", "dd",
		"h1", "h2", "h3", "h4", "h5", "h6", "body", "html", "form", "fieldset", "blockquote", "center", "address", "details", "summary", "hgroup", "pre", "search", "dialog":
		return "block"
	}
	if strings.Contains(tag, "-") {
		return "inline" // a custom element
	}
	return "inline"
}

// sides adds up the padding and border, or the margins, of both sides: the
// least they may take, and whether that is certain.
func (l *layoutPass) sides(i int, of float64, props ...string) (sum float64, sure bool) {
	sure = true
	for _, prop := range props {
		v := l.get(i, prop)
		least, seen := 0.0, false
		for _, s := range v.all() {
			px, ok := l.side(s, of)
			if !ok {
				sure = false
				continue
			}
			if !seen || px < least {
				least, seen = px, true
			}
		}
		sure = sure && len(v.maybe) == 0
		if seen {
			sum += least
		}
	}
	return sum, sure
}

func (l *layoutPass) side(s string, of float64) (float64, bool) {
	switch s {
	case "", "0", "auto", "none", "initial", "medium", "unset":
		return 0, true
	}
	if px, ok := l.units(of).length(s); ok {
		return px, true
	}
	for _, w := range fields(s) { // a border: "1px solid red"
		if w == "none" || w == "hidden" {
			return 0, true
		}
	}
	for _, w := range fields(s) {
		if px, ok := l.units(of).length(w); ok {
			return px, true
		}
	}
	return 0, false
}

// lay works out the content box of element i, which holds pictures.
func (l *layoutPass) lay(i int) box {
	e := &l.p.Tree.Elems[i]
	parent := l.content(e.Parent)
	d := l.display(i)
	if e.Parent < 0 {
		return box{l.w, true}
	}
	if d.is("inline", "contents") {
		return parent
	}
	avail, definite := parent.width, parent.definite && !d.may("inline", "contents")
	pos := l.get(i, "position")
	out := pos.may("absolute", "fixed", "?")
	switch {
	case out:
		// Its container is some ancestor, perhaps wider than the parent.
		avail, definite = math.Max(avail, l.w), false
	case l.isItem(i):
		avail, definite = l.item(i, avail, definite)
	case !d.is("block", "flow-root", "list-item", "flex", "grid"), !l.get(i, "float").is("", "none"):
		definite = false // as wide as its content, unless it has a width
	}
	margins, sureM := l.sides(i, parent.width, "margin-left", "margin-right")
	if e.Tag == "body" && l.get(i, "margin-left").sure == "" {
		margins += 16
	}
	inner, sureP := l.sides(i, parent.width, "padding-left", "padding-right", "border-left", "border-right")
	outer := avail - margins
	width, set := l.ownWidth(i, parent, outer, inner)
	if set == setSure && !out {
		definite = parent.definite || !l.relative(i)
	}
	if set == setNot {
		definite = definite && sureM && sureP
	}
	if set == setMaybe {
		definite = false
	}
	return box{width, definite}
}

// What is known of the width property of an element.
type widthSet uint8

const (
	setNot widthSet = iota
	setMaybe
	setSure
)

// relative reports whether the width of element i refers to its container.
func (l *layoutPass) relative(i int) bool {
	for _, s := range l.get(i, "width").all() {
		if strings.Contains(s, "%") || s == "?" {
			return true
		}
	}
	return false
}

// ownWidth returns how wide the content box of element i is at most by its
// width, min-width and max-width. outer is the room its margin box leaves,
// inner its padding and borders.
func (l *layoutPass) ownWidth(i int, parent box, outer, inner float64) (float64, widthSet) {
	border := l.get(i, "box-sizing").is("border-box")
	toContent := func(px float64) float64 {
		if border {
			return px - inner
		}
		return px
	}
	u := l.units(parent.width)
	v := l.get(i, "width")
	set := setNot
	width := 0.0
	for k, s := range v.all() {
		px, ok := u.length(s)
		switch {
		case ok:
			width = math.Max(width, toContent(px))
			if k == 0 && len(v.maybe) == 0 {
				set = setSure
			} else if set == setNot {
				set = setMaybe
			}
		case s == "" || s == "auto" || s == "initial" || s == "unset":
			width = math.Max(width, outer-inner)
			if len(v.maybe) > 0 {
				set = setMaybe
			}
		default: // fit-content, stretch, "?": no wider than the room there is
			width = math.Max(width, outer-inner)
			set = setMaybe
		}
	}
	if m := l.get(i, "max-width"); m.sure != "" && m.sure != "none" {
		most := 0.0
		for _, s := range m.all() {
			if px, ok := u.length(s); ok {
				most = math.Max(most, toContent(px))
			} else {
				most = math.Inf(1)
			}
		}
		if most < width {
			width = most
		}
		if len(m.maybe) > 0 {
			set = max(set, setMaybe)
		}
	}
	for _, s := range l.get(i, "min-width").all() {
		if px, ok := u.length(s); ok && px > 0 {
			width = math.Max(width, toContent(px))
		}
	}
	return width, set
}
