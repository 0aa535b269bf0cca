package svgpass

import "strings"

// dropUnusedIDs removes ids that nothing refers to.
func (d *drawing) dropUnusedIDs() {
	if !d.Whole || d.allIDs {
		return
	}
	d.edit(func(n *node) {
		d.removeAttrs(n, func(a attr) bool { return a.name == "id" && (!d.refs[a.value] || a.value == "") })
	})
}

// dropUnusedDefs removes definitions that nothing refers to: they are drawn
// by reference only (SVG 2, 5.3).
func (d *drawing) dropUnusedDefs() {
	if !d.still() {
		return
	}
	var inside func(n *node) bool
	inside = func(n *node) bool {
		if d.referred(n) || n.opaque && n.name != "title" && n.name != "desc" {
			return true
		}
		for _, c := range n.children {
			if c.kind == comment || c.kind == element && inside(c) {
				return true
			}
		}
		return false
	}
	d.edit(func(n *node) {
		d.removeChildren(n, func(c *node) bool {
			if c.kind != element || c.opaque || inside(c) {
				return false
			}
			switch c.name {
			case "linearGradient", "radialGradient", "clipPath", "mask", "pattern", "filter", "symbol", "marker":
				return true
			}
			return n.name == "defs"
		})
	})
}

// rootDefaults are attributes of the root that say what holds anyway, or what
// no browser reads.
var rootDefaults = map[string]string{
	"x": "0", "y": "0", "version": "1.1", "baseProfile": "none", "contentScriptType": "application/ecmascript", "contentStyleType": "text/css",
	"preserveAspectRatio": "xMidYMid meet", "zoomAndPan": "magnify", "enable-background": "*",
}

// geometryDefaults are lengths that are zero unless stated.
func geometryDefault(element, name, value string) bool {
	v, ok := length(value)
	if !ok || v != 0 {
		return false
	}
	switch element {
	case "rect", "image", "use":
		return name == "x" || name == "y"
	case "circle", "ellipse":
		return name == "cx" || name == "cy"
	case "line":
		return name == "x1" || name == "x2" || name == "y1" || name == "y2"
	}
	return false
}

// dropUseless removes attributes that change nothing.
func (d *drawing) dropUseless() {
	if !d.still() {
		return
	}
	d.edit(func(n *node) {
		d.removeAttrs(n, func(a attr) bool {
			if want, ok := rootDefaults[a.name]; ok && (n == d.root || a.name == "enable-background") && (want == "*" || want == a.value ||
				(want == "0" || a.name == "version" && (a.value == "1" || a.value == "1.0" || a.value == "1.2" || a.value == "2.0")) && (want != "0" || a.value == "0px")) {
				return true
			}
			return geometryDefault(n.name, a.name, a.value) && !d.cssProps[a.name] || d.uselessProperty(n, a)
		})
	})
}

// uselessProperty reports whether a presentation attribute could go.
func (d *drawing) uselessProperty(n *node, a attr) bool {
	p, ok := properties[a.name]
	if !ok || d.cssProps[a.name] {
		return false
	}
	switch {
	case p.text && !d.text && !d.fontUnits:
		return true
	case a.name == "color" && !d.current, a.name == "clip-rule" && !d.clips && (d.Whole || !n.within("defs")):
		return true
	case strings.HasPrefix(a.name, "marker") && a.value == "none" && !d.markersUsed:
		return true
	}
	if d.sameWithout(n, a) {
		return true
	}
	if !shape(n.name) || d.referred(n) || len(n.children) > 0 {
		return false
	}
	switch a.name {
	case "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "stroke-opacity":
		// Markers are as wide as the line, drawn or not.
		v, ok := d.computed(n, "stroke")
		return ok && v == "none" && !d.markers
	case "fill-rule", "fill-opacity":
		v, ok := d.computed(n, "fill")
		return ok && v == "none" && !n.within("clipPath")
	}
	return false
}

// sameWithout reports whether n has the value a states without stating it.
func (d *drawing) sameWithout(n *node, a attr) bool {
	if a.value == "inherit" || relative(a.value) || strings.Contains(a.value, "%") || properties[a.name].text || d.animated || d.loose || n.has("style") && mentions(n.get("style"), a.name) {
		return false
	}
	if !properties[a.name].inherited {
		if a.name == "overflow" {
			return shape(n.name) || n.name == "g"
		}
		return initialValue(a.name, a.value)
	}
	if d.referred(n) {
		return false
	}
	if n.parent == nil {
		return initialValue(a.name, a.value)
	}
	v, ok := d.computed(n.parent, a.name)
	return ok && (v == a.value || initialValue(a.name, a.value) && initialValue(a.name, v))
}

// relative reports whether a value may hold a length in units of a font (CSS
// Values 4, 6.1).
func relative(v string) bool {
	for i := 1; i < len(v); i++ {
		if !isDigit(v[i-1]) && v[i-1] != '.' {
			continue
		}
		for _, unit := range []string{"em", "ex", "ch", "ic", "cap", "lh", "rem", "rex", "rch", "ric", "rlh", "rcap"} {
			if end := min(len(v), i+len(unit)); strings.EqualFold(v[i:end], unit) {
				return true
			}
		}
	}
	return false
}

// dropInvisible removes shapes that paint nothing.
func (d *drawing) dropInvisible() {
	if !d.still() {
		return
	}
	d.edit(func(n *node) {
		if n.within("a", "clipPath", "switch", "marker", "symbol", "pattern", "defs") {
			return
		}
		d.removeChildren(n, func(c *node) bool {
			if c.kind != element || c.opaque || len(c.children) > 0 && shape(c.name) || d.holdsNamed(c) || !shape(c.name) && c.name != "g" {
				return false
			}
			if v, ok := c.lookup("display"); ok && v == "none" && !d.cssProps["display"] && !c.has("style") {
				return true
			}
			return shape(c.name) && !d.boxed(n) && d.unpainted(c)
		})
	})
}

// holdsNamed reports whether n, or anything in it, may be singled out.
func (d *drawing) holdsNamed(n *node) bool {
	found := false
	n.walk(func(c *node) bool {
		found = found || d.named(c) || c.name == "a" || c.opaque && c.name != "text"
		return !found
	})
	for _, c := range n.children {
		found = found || c.kind == comment
	}
	return found
}

// boxed reports whether an effect around n depends on the box of what is in
// it.
func (d *drawing) boxed(n *node) bool {
	for ; n != nil; n = n.parent {
		if n.has("style") || n.has("filter") || n.has("mask") || n.has("clip-path") || d.referred(n) {
			return true
		}
	}
	return d.cssProps["filter"] || d.cssProps["mask"] || d.cssProps["clip-path"]
}

// unpainted reports whether a shape surely has neither paint.
func (d *drawing) unpainted(c *node) bool {
	if d.markers || c.has("style") || c.has("filter") {
		return false
	}
	if c.name == "path" && strings.TrimSpace(c.get("d")) == "" && !d.cssProps["d"] {
		return true
	}
	fill, ok := d.computed(c, "fill")
	line, ok2 := d.computed(c, "stroke")
	return ok && ok2 && fill == "none" && line == "none"
}
