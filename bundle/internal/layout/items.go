package layout

import (
	"math"
	"strconv"
	"strings"
)

// parentBox returns the parent that lays element i out: the nearest ancestor
// that has a box.
func (l *layoutPass) parentBox(i int) int {
	p := l.p.Tree.Elems[i].Parent
	for p >= 0 && l.display(p).is("contents") {
		p = l.p.Tree.Elems[p].Parent
	}
	return p
}

// isItem reports whether element i is, or may be, an item of a flex or grid
// container.
func (l *layoutPass) isItem(i int) bool {
	p := l.parentBox(i)
	return p >= 0 && l.display(p).may("flex", "inline-flex", "grid", "inline-grid", "-webkit-box", "-webkit-flex", "-ms-flexbox", "?")
}

// item returns the room that a flex or grid container gives element i at most.
func (l *layoutPass) item(i int, avail float64, definite bool) (float64, bool) {
	p := l.parentBox(i)
	d := l.display(p)
	switch {
	case d.is("flex", "inline-flex"):
		return l.flexItem(i, p, avail, definite)
	case d.is("grid", "inline-grid"):
		return l.gridItem(i, p, avail, definite)
	}
	return avail, false
}

func (l *layoutPass) flexItem(i, p int, avail float64, definite bool) (float64, bool) {
	if !l.get(p, "flex-direction").is("", "row", "row-reverse") {
		// In a column: stretched across, unless somebody aligns it.
		stretched := l.get(p, "align-items").is("", "normal", "stretch") && l.get(i, "align-self").is("", "auto", "normal", "stretch")
		return avail, definite && stretched
	}
	basis, grow := l.get(i, "flex-basis"), l.get(i, "flex-grow")
	if !grow.is("", "0") {
		// It grows; from a basis of nothing all grow without regard to what
		// they hold.
		return avail, definite && len(basis.maybe) == 0 && (basis.sure == "0" || basis.sure == "0px" || basis.sure == "0%")
	}
	if px, ok := l.units(avail).length(basis.sure); ok && len(basis.maybe) == 0 {
		return math.Min(px, math.Max(avail, px)), definite
	}
	return avail, false // as wide as its content, unless width says
}

func (l *layoutPass) gridItem(i, p int, avail float64, definite bool) (float64, bool) {
	if !l.get(i, "grid-column").is("", "auto") {
		return avail, false
	}
	t := l.get(p, "grid-template-columns")
	if len(t.maybe) > 0 {
		return avail, false
	}
	g := l.get(p, "column-gap")
	gap := 0.0
	if len(g.maybe) == 0 && g.sure != "" {
		gap, _ = l.units(avail).length(g.sure)
	}
	if t.sure == "" || t.sure == "none" {
		return avail, definite
	}
	widest, ok := l.tracks(t.sure, avail, gap)
	if !ok {
		return avail, false
	}
	stretched := l.get(p, "justify-items").is("", "normal", "stretch", "legacy") && l.get(i, "justify-self").is("", "auto", "normal", "stretch")
	return math.Min(widest, avail), definite && stretched
}

// maxTracks bounds the columns of a grid.
const maxTracks = 64

// tracks returns the width of the widest column of a grid.
func (l *layoutPass) tracks(template string, avail, gap float64) (float64, bool) {
	var list []string
	for _, f := range fields(template) {
		if f[0] == '[' {
			continue
		}
		arg, ok := strings.CutPrefix(f, "repeat(")
		if !ok {
			list = append(list, f)
			continue
		}
		count, track, ok := strings.Cut(strings.TrimSuffix(arg, ")"), ",")
		if !ok {
			return 0, false
		}
		count, track = strings.TrimSpace(count), strings.TrimSpace(track)
		if count == "auto-fill" || count == "auto-fit" {
			return l.autoTracks(track, avail, gap, count == "auto-fit")
		}
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 || n > maxTracks {
			return 0, false
		}
		for range n {
			list = append(list, fields(track)...)
		}
	}
	if len(list) == 0 || len(list) > maxTracks {
		return 0, false
	}
	fixed, frs, widest, most := gap*float64(len(list)-1), 0.0, 0.0, 0.0
	for _, t := range list {
		if arg, ok := strings.CutPrefix(t, "minmax("); ok {
			_, hi, _ := strings.Cut(strings.TrimSuffix(arg, ")"), ",")
			t = strings.TrimSpace(hi)
		}
		if n, ok := strings.CutSuffix(t, "fr"); ok {
			f, err := strconv.ParseFloat(n, 64)
			if err != nil {
				return 0, false
			}
			frs, most = frs+f, math.Max(most, f)
			continue
		}
		px, ok := l.units(avail).length(t)
		if !ok {
			return 0, false
		}
		fixed, widest = fixed+px, math.Max(widest, px)
	}
	if frs > 0 {
		widest = math.Max(widest, (avail-fixed)*most/math.Max(frs, 1))
	}
	return widest, true
}

// autoTracks returns the width of the columns of repeat(auto-fill, …): as many
// as fit, sharing what is left. With auto-fit empty columns vanish, so that a
// few items may share the whole row.
func (l *layoutPass) autoTracks(track string, avail, gap float64, fit bool) (float64, bool) {
	arg, ok := strings.CutPrefix(track, "minmax(")
	if !ok {
		px, ok := l.units(avail).length(track)
		return px, ok
	}
	lo, hi, _ := strings.Cut(strings.TrimSuffix(arg, ")"), ",")
	parts := splitTop(strings.TrimSuffix(arg, ")"), ',')
	if len(parts) == 2 {
		lo, hi = parts[0], parts[1]
	}
	least, ok := l.units(avail).length(strings.TrimSpace(lo))
	if !ok || least <= 0 || strings.TrimSpace(hi) != "1fr" {
		return 0, false
	}
	n := math.Max(1, math.Floor((avail+gap)/(least+gap)))
	if fit {
		return avail, true
	}
	return (avail - gap*(n-1)) / n, true
}
