package svgpass

import "strings"

// shapesToPaths writes polygons, lines and plain rectangles as paths where
// that is shorter.
func (d *drawing) shapesToPaths() {
	if !d.still() {
		return
	}
	d.edit(func(n *node) {
		if d.cssTags[n.name] || d.cssTags["path"] || len(n.children) > 0 || d.markers && n.name != "polygon" && n.name != "polyline" || n.has("pathLength") || d.referred(n) {
			return
		}
		if n.name == "rect" && !d.strokeOf(n).none {
			return // browsers draw the line of a rectangle by other means than a path's
		}
		data, geometry := d.outline(n)
		if data == "" {
			return
		}
		old := 0
		for _, name := range geometry {
			if v, ok := n.lookup(name); ok {
				old += len(name) + len(v) + 4
			}
		}
		if len("path")+len(data)+len(` d=""`) > old+len(n.name) {
			return
		}
		for _, name := range geometry {
			n.del(name)
		}
		n.name = "path"
		n.set("d", data)
		d.changed = true
	})
}

// outline returns the path of a shape and the attributes that it replaces.
func (d *drawing) outline(n *node) (data string, geometry []string) {
	at := func(name string) string {
		v, ok := n.lookup(name)
		if !ok {
			return "0"
		}
		if _, ok := parseNumber(v); !ok || d.cssProps[name] {
			return ""
		}
		return v
	}
	switch n.name {
	case "rect":
		x, y, w, h := at("x"), at("y"), at("width"), at("height")
		wide, _ := parseNumber(w)
		high, _ := parseNumber(h)
		if x == "" || y == "" || !(wide > 0) || !(high > 0) || n.has("rx") || n.has("ry") || d.cssProps["rx"] || d.cssProps["ry"] {
			return "", nil
		}
		left, _ := parseNumber(x)
		return "M" + x + " " + y + "h" + w + "v" + h + "H" + format(left, -1) + "z", []string{"x", "y", "width", "height"}
	case "line":
		x1, y1, x2, y2 := at("x1"), at("y1"), at("x2"), at("y2")
		if x1 == "" || y1 == "" || x2 == "" || y2 == "" {
			return "", nil
		}
		return "M" + x1 + " " + y1 + " " + x2 + " " + y2, []string{"x1", "y1", "x2", "y2"}
	case "polygon", "polyline":
		p := n.get("points")
		v, ok := numbers(p)
		if !ok || len(v) < 4 || len(v)%2 != 0 {
			return "", nil
		}
		data = "M" + strings.TrimSpace(p)
		if n.name == "polygon" {
			data += "z"
		}
		return data, []string{"points"}
	}
	return "", nil
}

// shortenPaths rewrites path data.
func (d *drawing) shortenPaths() {
	if d.loose || d.animated {
		return
	}
	d.edit(func(n *node) {
		data, ok := n.lookup("d")
		if n.name != "path" || !ok {
			return
		}
		segs, ok := parsePath(data)
		if !ok {
			return
		}
		if out, ok := d.formatPath(n, segs, data); ok && len(out) < len(data) {
			n.set("d", out)
			d.changed = true
		}
	})
}

// formatPath writes the segments of n, which stand as source in it.
func (d *drawing) formatPath(n *node, segs []segment, source string) (string, bool) {
	dec, exact := d.decimalsOf(n), d.Exact || n.has("pathLength") || d.referred(n)
	if d.Exact {
		if dec = mostDecimals(source); dec < 0 {
			return "", false
		}
	}
	return writePath(segs, dec, exact, d.strokeOf(n))
}

// mostDecimals returns how many decimals the numbers of s have at most, or -1
// if that is past what fixed point holds.
func mostDecimals(s string) int {
	most := 0
	for i := 0; i < len(s); i++ {
		if s[i]|0x20 == 'e' {
			return -1
		}
		if s[i] != '.' {
			continue
		}
		start := i
		for i+1 < len(s) && isDigit(s[i+1]) {
			i++
		}
		most = max(most, i-start)
	}
	if most > maxDecimals-3 {
		return -1
	}
	return most
}
