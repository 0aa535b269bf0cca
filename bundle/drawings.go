package bundle

import (
	"strings"

	"github.com/hone-web/hone/site"
)

// Drawings finds the SVG files of which every reference shows the whole, so
// that parts may go which are only there to be referred to.
var Drawings = &Combiner{
	Name: "drawings", Rank: 1,
	Doc: "lets drawings that are only shown whole lose ids and definitions that nothing in them uses",
	Plan: func(p *Planner) {
		for _, n := range p.Graph.Nodes {
			if n.File.Kind == site.SVG && p.onlyShown(n) {
				p.Plan.Whole[n.File.Path] = true
			}
		}
	},
}

// onlyShown reports whether a drawing is used as a picture and in no other
// way. One that keeps its name may be asked for by anybody; one in an object or
// a frame is open to scripts; and there are scripts that put the drawing of an
// img into the page, where styles may name its parts.
func (p *Planner) onlyShown(n *Node) bool {
	if n.Keep != "" || len(n.In) == 0 || len(p.ev.edits) > 0 {
		return false
	}
	if _, ok := p.ev.mentioned[n.File.Path.Base()]; ok {
		return false
	}
	for _, u := range n.In {
		r := u.ref()
		if r.Fixed != "" || strings.Contains(r.URL, "#") || injected(r.Attrs) {
			return false
		}
		switch r.Role {
		case site.RoleImage, site.RoleSrcset, site.RoleBackground:
		default:
			return false
		}
	}
	return true
}

// injected reports whether an img is marked for a script that replaces it by
// its drawing: all that are in use go by a class, a data attribute or a handler
// of its own ("style-svg", "inject-me", "onload=SVGInject(this)").
func injected(attrs map[string]string) bool {
	for name, value := range attrs {
		if strings.HasPrefix(name, "on") || strings.HasPrefix(name, "data-") {
			return true
		}
		if name == "class" || name == "id" {
			value = strings.ToLower(value)
			if strings.Contains(value, "svg") || strings.Contains(value, "inject") || strings.Contains(value, "inline") {
				return true
			}
		}
	}
	return false
}
