package svgpass

import (
	"slices"
	"strings"
)

// collapseGroups dissolves groups without attributes, and gives those of a
// group to its only child.
func (d *drawing) collapseGroups() {
	if !d.still() {
		return
	}
	d.edit(func(n *node) {
		if n.name == "switch" || n.name == "clipPath" {
			return
		}
		var out []*node
		changed := false
		for _, c := range n.children {
			if c.kind == element && !c.opaque && c.name == "g" && plain(c) && !d.cssTags["g"] {
				d.merge(c)
				if len(c.attrs) == 0 {
					for _, k := range c.children {
						k.parent = n
					}
					out = append(out, c.children...)
					changed = true
					continue
				}
			}
			out = append(out, c)
		}
		if changed {
			n.children, d.changed = out, true
		}
	})
}

// merge moves the attributes of a group to its only child where they mean the
// same there.
func (d *drawing) merge(g *node) {
	if len(g.children) != 1 || g.children[0].kind != element || d.named(g) {
		return
	}
	c := g.children[0]
	if c.opaque || d.named(c) || !shape(c.name) && c.name != "g" && c.name != "use" && c.name != "image" || !plain(c) || c.has("style") {
		return
	}
	for _, a := range g.attrs {
		if !d.movable(g, c, a) {
			return
		}
	}
	for _, a := range g.attrs {
		switch v, own := c.lookup(a.name); {
		case a.name == "transform" && own:
			c.set("transform", a.value+v)
		case !own || v == "inherit":
			c.set(a.name, a.value)
		}
	}
	g.attrs = nil
	d.changed = true
}

// movable reports whether an attribute of g means the same on its child c.
func (d *drawing) movable(g, c *node, a attr) bool {
	if d.cssProps[a.name] {
		return false
	}
	effects := func(n *node, names ...string) bool {
		return slices.ContainsFunc(names, n.has)
	}
	switch a.name {
	case "transform":
		// An effect on the child is laid out in its own coordinates, and so
		// are its geometry and the transform's.
		return !effects(g, "transform-origin", "transform-box") && !effects(c, "transform-origin", "transform-box", "vector-effect") &&
			(!c.has("transform") || len(a.value)+len(c.get("transform")) < 500)
	case "opacity":
		return !c.has("opacity") && c.name != "use" && c.name != "image" || !c.has("opacity") && c.name == "image"
	case "clip-path":
		return !effects(c, "clip-path", "mask", "transform", "filter") && c.name != "use"
	case "mask", "filter":
		return !effects(c, "clip-path", "mask", "transform", "filter", "opacity") && c.name != "use"
	case "display", "overflow", "vector-effect", "cursor", "pointer-events":
		return false
	}
	// A value relative to the parent's needs the parent to have one.
	if v, own := c.lookup(a.name); own && (properties[a.name].text || relative(v) || strings.Contains(v, "%")) {
		return false
	}
	return properties[a.name].inherited
}

// liftable are the properties worth stating once for all children.
var liftable = []string{
	"fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-opacity", "fill-rule",
	"clip-rule", "fill-opacity",
}

// liftAttributes moves what all the children of an element state to it.
func (d *drawing) liftAttributes() {
	if !d.still() {
		return
	}
	d.edit(func(n *node) {
		if n != d.root && n.name != "g" || n.has("style") || d.referred(n) {
			return
		}
		var kids []*node
		for _, c := range n.children {
			switch {
			case c.kind != element || c.name == "title" || c.name == "desc":
			case c.opaque || !shape(c.name) && c.name != "g" || d.referred(c) || c.has("style"):
				return
			default:
				kids = append(kids, c)
			}
		}
		if len(kids) < 2 {
			return
		}
		for _, name := range liftable {
			d.lift(n, kids, name)
		}
	})
}

func (d *drawing) lift(n *node, kids []*node, name string) {
	v, ok := kids[0].lookup(name)
	if !ok || v == "inherit" || relative(v) || d.cssProps[name] {
		return
	}
	for _, k := range kids {
		if w, ok := k.lookup(name); !ok || w != v {
			return
		}
	}
	n.set(name, v)
	for _, k := range kids {
		k.del(name)
	}
	d.changed = true
}

// dropEmpty removes containers with nothing in them.
func (d *drawing) dropEmpty() {
	if !d.still() {
		return
	}
	d.edit(func(n *node) {
		if n.name == "switch" {
			return
		}
		d.removeChildren(n, func(c *node) bool {
			if c.kind != element || c.opaque || len(c.children) > 0 || d.named(c) {
				return false
			}
			switch c.name {
			case "defs":
				return true
			case "g":
				return !c.has("filter") && !c.has("style") // a filter may flood an empty group
			}
			return false
		})
	})
}
