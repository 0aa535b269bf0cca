package layout

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Slot is how wide a page shows a picture.
type Slot struct {
	// Neutral says that the page looks the same whatever width the file has.
	Neutral bool
	// Hint says that Neutral holds once the element has a width attribute of
	// the picture's own width.
	Hint bool
	// Follows says that a rule makes the height follow the width, so that a
	// height attribute changes nothing but the room kept before it arrives.
	Follows bool
	// Settled says that rules alone decide both sides of the picture.
	Settled bool
	// Why says why not, when Neutral is false.
	Why string

	at    func(w float64) float64
	edges []float64
}

// Merge returns a slot that is never narrower than any of list: that of a
// picture which a page shows in several places.
func Merge(list []Slot) Slot {
	m := list[0]
	for _, s := range list[1:] {
		m.edges = slices.Concat(m.edges, s.edges)
	}
	slices.Sort(m.edges)
	m.edges = slices.Compact(m.edges)
	m.at = func(w float64) float64 {
		most := 0.0
		for _, s := range list {
			most = math.Max(most, s.at(w))
		}
		return most
	}
	return m
}

// Most returns the largest width, in CSS pixels, in windows from lo to hi.
func (s *Slot) Most(lo, hi float64) float64 {
	most := 0.0
	for _, w := range s.edges {
		// A width may grow up to the window before it changes.
		for _, x := range [...]float64{w - 1, w} {
			if lo <= x && x <= hi {
				most = math.Max(most, s.at(x))
			}
		}
	}
	return math.Max(most, math.Max(s.at(lo), s.at(hi)))
}

// At returns the width in a window of width w, in CSS pixels.
func (s *Slot) At(w float64) float64 { return s.at(w) }

// The windows that a slot is worked out for, besides those at which a media
// query changes.
const (
	narrowest = 320
	widest    = 2560
)

// Slot returns the slot of the <img> at element i, whose picture is natW×natH
// pixels.
func (p *Page) Slot(i int, natW, natH int) Slot {
	s := Slot{Neutral: true, Follows: true, Settled: true}
	edges := []float64{narrowest}
	for _, b := range p.breaks {
		// Both sides of a breakpoint, whichever way it is written.
		for _, x := range [...]float64{math.Floor(b), math.Floor(b) + 1} {
			if x > narrowest && x < widest {
				edges = append(edges, x)
			}
		}
	}
	slices.Sort(edges)
	edges = append(slices.Compact(edges), widest)
	cache := map[float64]shown{}
	at := func(w float64) shown {
		v, ok := cache[w]
		if !ok {
			l := &layoutPass{p: p, w: w, boxes: make([]*box, len(p.Tree.Elems))}
			v = l.picture(i, float64(natW), float64(natH))
			v.width = math.Ceil(math.Min(v.width, math.Max(v.width, 0))*100) / 100
			cache[w] = v
		}
		return v
	}
	s.at = func(w float64) float64 { return at(w).width }
	for _, w := range edges {
		v := at(w)
		s.Hint = s.Hint || v.hint
		s.Follows = s.Follows && v.follows
		s.Settled = s.Settled && v.settled
		if v.why != "" {
			s.Neutral, s.Why = false, v.why
		}
	}
	s.edges = edges
	return s
}

// Hidden reports whether the picture at element i is not shown when the page
// opens because it waits in a dialog or a closed disclosure.
func (p *Page) Hidden(i int) bool {
	for k := i; k >= 0; k = p.Tree.Elems[k].Parent {
		e := &p.Tree.Elems[k]
		role, _ := e.Attr("role")
		_, open := e.Attr("open")
		waits := e.Tag == "dialog" && !open || role == "dialog" || role == "alertdialog"
		if waits && (e.Tag == "dialog" || p.get(k, "display", 1280).is("none") && p.get(k, "display", 375).is("none")) {
			return true
		}
	}
	return false
}

// shown is how a picture is shown in one window.
type shown struct {
	width   float64 // at most
	follows bool    // a rule says height: auto
	settled bool    // rules say both its sides
	hint    bool    // its width is its own: a width attribute settles it
	why     string  // not empty: why its own width shows in the layout
}

// picture works out how wide the <img> at element i is shown at most.
func (l *layoutPass) picture(i int, natW, natH float64) shown {
	e := &l.p.Tree.Elems[i]
	cb := l.content(l.container(i))
	u := l.units(cb.width)
	natural := natW
	attr := func(name string) float64 {
		v, _ := e.Attr(name)
		px, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(v), "px"), 64)
		if err != nil || px <= 0 {
			return 0
		}
		return px
	}
	var s shown
	s.follows = l.get(i, "height").is("auto") && l.heightFollows(i, true)
	width := l.get(i, "width")
	s.settled = l.rigid(width) && l.rigid(l.get(i, "height"))
	hasAttr := attr("width") > 0
	if v, _ := e.Attr("width"); width.sure == "" && strings.HasSuffix(strings.TrimSpace(v), "%") {
		width.sure = strings.TrimSpace(v)
	} else if width.sure == "" && hasAttr {
		width.sure = strconv.FormatFloat(attr("width"), 'f', -1, 64) + "px"
	}
	px := 0.0
	for _, v := range width.all() {
		x, ok := u.length(v)
		switch {
		case ok:
			px = math.Max(px, x)
			if strings.Contains(v, "%") && !cb.definite {
				s.why = "its container is as wide as what it holds"
			}
		case v == "" || v == "auto":
			px = math.Max(px, l.autoWidth(i, attr("height"), natW, natH))
			if v == "" && !hasAttr {
				s.hint = true
			} else {
				s.why = "a style rule says width: auto"
			}
		default:
			px = math.Max(px, natural)
			s.why = "its width is " + v
		}
	}
	if s.hint && len(width.maybe) > 0 {
		s.why = "a script may change its width"
	}
	if s.hint && l.isItem(i) {
		s.why = "it is an item of a flex or grid container"
	}
	if s.hint && !l.heightFollows(i, attr("height") > 0) {
		s.why = "a style rule sets its height, and its width follows"
	}
	if m := l.get(i, "max-width"); m.sure != "" && m.sure != "none" {
		most := 0.0
		for _, v := range m.all() {
			x, ok := u.length(v)
			if !ok {
				x = math.Inf(1)
			}
			most = math.Max(most, x)
		}
		px = math.Min(px, most)
	}
	for _, v := range l.get(i, "min-width").all() {
		if x, ok := u.length(v); ok {
			px = math.Max(px, x)
		}
	}
	if fit := l.get(i, "object-fit"); !fit.is("", "fill", "initial") {
		px = l.cover(i, px, natW, natH)
	}
	if !l.get(i, "zoom").is("", "1", "normal") || l.get(i, "content").sure != "" {
		px = natural
	}
	if px > natural && natural > 0 {
		px = natural
	}
	s.width = px
	return s
}

// heightFollows reports whether the height of the picture follows from its
// width in every case.
func (l *layoutPass) heightFollows(i int, attr bool) bool {
	h := l.get(i, "height")
	if h.sure == "" && attr {
		return false
	}
	if !h.is("", "auto", "initial") {
		return false
	}
	for _, p := range [...]string{"max-height", "min-height"} {
		if !l.get(i, p).is("", "none", "auto", "0", "0px") {
			return false
		}
	}
	return true
}

// autoWidth returns the width of a picture whose width is auto: its own, or
// what a height in pixels gives.
func (l *layoutPass) autoWidth(i int, attrHeight, natW, natH float64) float64 {
	h := l.get(i, "height")
	if h.sure == "" && attrHeight > 0 && len(h.maybe) == 0 && natH > 0 {
		return attrHeight * natW / natH
	}
	most := 0.0
	for _, v := range h.all() {
		px, ok := l.units(0).length(v)
		if !ok || strings.Contains(v, "%") || natH == 0 {
			return natW
		}
		most = math.Max(most, px*natW/natH)
	}
	return most
}

// cover returns how wide a picture must be that fills its box: the box may be
// taller than the picture's shape.
func (l *layoutPass) cover(i int, px, natW, natH float64) float64 {
	h := l.get(i, "height")
	for _, v := range h.all() {
		if v == "auto" || v == "" {
			if l.get(i, "aspect-ratio").is("", "auto") {
				continue
			}
			return natW
		}
		y, ok := l.units(0).length(v)
		if !ok || strings.Contains(v, "%") || natH == 0 {
			return natW
		}
		px = math.Max(px, y*natW/natH)
	}
	return px
}

// rigid reports whether v is a length that refers to nothing else.
func (l *layoutPass) rigid(v values) bool {
	_, ok := l.units(0).length(v.sure)
	return ok && len(v.maybe) == 0 && v.sure != "" && !strings.Contains(v.sure, "%")
}
