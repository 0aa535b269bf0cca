package svgpass

import (
	"math"
	"slices"
	"strings"
)

// shortenTransforms writes transform lists as the shortest list that maps
// alike.
func (d *drawing) shortenTransforms() {
	if d.loose || d.animated || d.Exact {
		return
	}
	d.edit(func(n *node) {
		for _, name := range []string{"transform", "gradientTransform", "patternTransform"} {
			v, ok := n.lookup(name)
			if !ok {
				continue
			}
			m, ok := parseTransform(v)
			if !ok || strings.Contains(n.get("style"), "transform") || n.has("transform-origin") || n.has("transform-box") {
				continue
			}
			s := formatMatrix(m, d.shiftDecimals(n))
			switch {
			case s == "" && !d.cssProps["transform"]:
				n.del(name)
				d.changed = true
			case s != "" && len(s) < len(v):
				n.set(name, s)
				d.changed = true
			}
		}
	})
}

// shiftDecimals returns how many decimals a translation of n needs, which is
// in the units of its parent.
func (d *drawing) shiftDecimals(n *node) int {
	if n.name != "linearGradient" && n.name != "radialGradient" && n.name != "pattern" && n.parent != nil {
		return d.decimalsOf(n.parent) + 1
	}
	return min(d.decimalsOf(n)+2, maxDecimals)
}

// foldTransforms applies the transforms of paths, and of groups of paths, to
// their data.
func (d *drawing) foldTransforms() {
	if !d.still() || d.Exact || d.cssProps["transform"] || d.cssProps["d"] {
		return
	}
	d.edit(func(n *node) {
		t, ok := n.lookup("transform")
		if !ok || d.bound(n) {
			return
		}
		m, ok := parseTransform(t)
		if !ok {
			return
		}
		var paths []*node
		switch {
		case n.name == "path":
			paths = []*node{n}
		case n.name == "g" && plain(n):
			for _, c := range n.children {
				if c.kind != element || c.name != "path" || c.has("transform") || d.bound(c) {
					return
				}
				paths = append(paths, c)
			}
		}
		d.fold(n, m, paths)
	})
}

// bound reports whether something depends on the coordinates of n itself.
func (d *drawing) bound(n *node) bool {
	return d.named(n) || n.has("style") || n.has("clip-path") || n.has("mask") || n.has("filter") || n.has("pathLength") || n.has("transform-origin") ||
		n.has("transform-box") || n.has("vector-effect") || !plain(n)
}

// fold replaces the transform m of n by changed path data, if all of it can
// and the text is no longer for it.
func (d *drawing) fold(n *node, m matrix, paths []*node) {
	if len(paths) == 0 {
		return
	}
	before := slices.Clone(n.attrs)
	gain := len(n.get("transform")) + len(` transform=""`)
	n.del("transform")
	scale := 1.0
	if n.parent != nil {
		scale = n.parent.scale
	}
	data := make([]string, len(paths))
	for i, p := range paths {
		was := p.scale
		p.scale = scale
		segs, ok := parsePath(p.get("d"))
		if ok = ok && d.paintStays(p, m) && transformPath(segs, m); ok {
			data[i], ok = writePath(segs, d.decimalsOf(p), false, d.strokeOf(p))
		}
		p.scale = was
		if gain += len(p.get("d")) - len(data[i]); !ok {
			gain = -1
			break
		}
	}
	if gain <= 0 {
		n.attrs = before
		return
	}
	n.scale = scale
	for i, p := range paths {
		p.set("d", data[i])
		p.scale = scale
	}
	d.changed = true
}

// paintStays reports whether a path looks the same with m in its data: its
// line keeps its width, and no paint is laid out in its coordinates.
func (d *drawing) paintStays(p *node, m matrix) bool {
	fill, ok := d.computed(p, "fill")
	line, ok2 := d.computed(p, "stroke")
	if !ok || !ok2 || strings.Contains(fill, "(") && !strings.HasPrefix(fill, "rgb(") || strings.Contains(line, "url(") || strings.HasPrefix(fill, "context") || d.markers {
		return false
	}
	return line == "none" && math.Abs(m.a*m.d-m.b*m.c) > 1e-12 || m.translation()
}
