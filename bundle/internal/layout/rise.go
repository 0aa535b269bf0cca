package layout

import "math"

// Rise returns what has to be added to an estimate of how far down the page
// element i stands that went by the content of all that comes before it, one
// below the other: the padding and heights that rules demand of what stands
// above or around it, less the content of what stands beside it or is not
// shown. CSS pixels, the least over a phone and a desktop window.
func (p *Page) Rise(i int) float64 {
	least := math.Inf(1)
	for _, w := range [...]float64{390, 1280} {
		l := &layoutPass{p: p, w: w, boxes: make([]*box, len(p.Tree.Elems))}
		least = math.Min(least, l.rise(i))
	}
	return least
}

// lowWindow is how tall a window is at the least, in CSS pixels: a phone held
// upright or a small laptop shows more.
const lowWindow = 500

func (l *layoutPass) rise(i int) float64 {
	sum := 0.0
	for k := i; k >= 0; k = l.p.Tree.Elems[k].Parent {
		e := &l.p.Tree.Elems[k]
		if k != i {
			top, _ := l.padding(k)
			sum += top
		}
		if l.sure(k, "position") == "fixed" {
			return -1e6
		}
		if e.Parent < 0 {
			break
		}
		stacked := l.stacks(e.Parent) && l.sure(k, "position") != "absolute"
		for back := 1; back <= e.Index; back++ {
			s, ok := l.p.Tree.sibling(k, -back)
			switch {
			case !ok:
			case !stacked || !l.inFlow(s) || l.sure(s, "display") == "none":
				sum -= float64(l.p.Tree.Elems[s].Tall)
			case l.block(s):
				sum += l.tall(s)
			}
		}
	}
	return sum
}

// sure returns the value of a property as the page stands: what scripts may
// change it to is left out, for this is an estimate.
func (l *layoutPass) sure(i int, prop string) string { return l.get(i, prop).sure }

// stacks reports whether element i sets its children one below the other.
func (l *layoutPass) stacks(i int) bool {
	if l.sure(i, "display") == "flex" {
		return l.sure(i, "flex-direction") == "column"
	}
	return l.block(i)
}

// block reports whether element i is a box as wide as its place that others
// stand above and below of.
func (l *layoutPass) block(i int) bool {
	switch l.sure(i, "display") {
	case "":
		return defaultDisplay(l.p.Tree.Elems[i].Tag) == "block"
	case "block", "flow-root", "flex", "grid":
		return true
	}
	return false
}

// inFlow reports whether element i takes its place among the others.
func (l *layoutPass) inFlow(i int) bool {
	position, float := l.sure(i, "position"), l.sure(i, "float")
	return (position == "" || position == "static" || position == "relative") && (float == "" || float == "none")
}

// padding returns the padding above and below element i.
func (l *layoutPass) padding(i int) (top, bottom float64) {
	of := l.content(l.p.Tree.Elems[i].Parent).width
	for prop, to := range map[string]*float64{"padding-top": &top, "padding-bottom": &bottom} {
		if px, ok := l.side(l.sure(i, prop), of); ok {
			*to = math.Max(px, 0)
		}
	}
	return top, bottom
}

// tall returns how tall element i is at the least, whatever it holds.
func (l *layoutPass) tall(i int) float64 {
	top, bottom := l.padding(i)
	u := l.units(0)
	u.tall = lowWindow
	px, ok := u.length(l.sure(i, "min-height"))
	if !ok {
		return top + bottom
	}
	if l.sure(i, "box-sizing") == "border-box" {
		return math.Max(top+bottom, px)
	}
	return top + bottom + math.Max(px, 0)
}
