package svgpass

import "strings"

// editorData are namespaces of programs that draw, which no browser looks at.
var editorData = []string{
	"http://sodipodi.sourceforge.net", "http://www.inkscape.org/", "http://inkscape.sourceforge.net", "http://www.bohemiancoding.com/sketch",
	"http://ns.adobe.com/", "&ns_", "http://www.figma.com/figma", "https://www.figma.com", "http://www.serif.com/", "https://boxy-svg.com",
	"http://www.w3.org/1999/02/22-rdf-syntax-ns", "http://creativecommons.org/ns", "http://web.resource.org/cc/", "http://purl.org/dc/",
	"http://schemas.microsoft.com/visio", "http://taptrix.com/vectorillustrator", "http://www.vectornator.io", "http://vectornator.io",
	"http://www.corel.com", "http://krita.org/namespaces", "http://www.openclipart.org", "http://openclipart.org", "http://svgjs.com/svgjs", "http://svgjs.dev/svgjs",
	"https://sketch.io", "https://penpot.app/xmlns", "http://www.vecta.io", "http://vecta.io/nano", "http://www.w3.org/2000/xmlns-cc",
}

func editorNS(uri string) bool {
	for _, p := range editorData {
		if strings.HasPrefix(uri, p) {
			return true
		}
	}
	return false
}

// dropEditorData removes elements and attributes of editors' namespaces, and
// metadata.
func (d *drawing) dropEditorData() {
	editors := map[string]bool{}
	d.root.walk(func(n *node) bool {
		for _, a := range n.attrs {
			if p, ok := strings.CutPrefix(a.name, "xmlns:"); ok {
				// A prefix with two meanings has none that is sure.
				if was, seen := editors[p]; seen && was != editorNS(a.value) {
					editors[p] = false
				} else {
					editors[p] = editorNS(a.value)
				}
			}
		}
		return true
	})
	editor := func(name string) bool {
		p, _, ok := strings.Cut(name, ":")
		return ok && editors[p]
	}
	d.edit(func(n *node) {
		d.removeChildren(n, func(c *node) bool {
			return c.kind == element && (editor(c.name) || c.name == "metadata" && !d.loose)
		})
		d.removeAttrs(n, func(a attr) bool { return editor(a.name) })
	})
}

// dropNamespaces removes declarations of prefixes that nothing uses.
func (d *drawing) dropNamespaces() {
	d.survey()
	d.edit(func(n *node) {
		d.removeAttrs(n, func(a attr) bool {
			p, ok := strings.CutPrefix(a.name, "xmlns:")
			return ok && !d.prefixes[p] || a.name == "xmlns" && n != d.root
		})
	})
}

// splitStyles turns style attributes into presentation attributes, which are
// shorter and can be seen by the other passes.
func (d *drawing) splitStyles() {
	if d.styled || d.animated {
		return
	}
	d.edit(func(n *node) {
		style, ok := n.lookup("style")
		if !ok {
			return
		}
		decls, ok := declarations(style)
		if !ok {
			return
		}
		var rest []string
		for _, c := range decls {
			dead, text := styleOnly(c.name)
			_, known := properties[c.name]
			switch {
			case dead, text && !d.text:
			case known && c.name != "marker" && !strings.Contains(c.value, "!") && attributeValue(c.name, c.value):
				n.set(c.name, c.value)
			default:
				rest = append(rest, c.name+":"+c.value)
			}
		}
		if len(rest) == 0 {
			n.del("style")
			d.changed = true
		} else if s := strings.Join(rest, ";"); s != style {
			n.set("style", s)
			d.changed = true
		}
	})
}

// attributeValue reports whether a value of CSS means the same in an
// attribute, where it has no variables to look up.
func attributeValue(name, v string) bool {
	return !strings.Contains(v, "var(") && !strings.Contains(v, "env(") && v != "" && !strings.Contains(v, "/*")
}

// declarations splits a style attribute; it fails if a name repeats, for then
// it matters which of them a browser understands.
func declarations(style string) ([]attr, bool) {
	if strings.ContainsAny(style, `{}\"'`) || strings.Contains(style, "/*") {
		return nil, false
	}
	var out []attr
	seen := map[string]bool{}
	for style != "" {
		end, depth := len(style), 0
	scan:
		for i := range len(style) {
			switch style[i] {
			case '(':
				depth++
			case ')':
				depth--
			case ';':
				if depth <= 0 {
					end = i
					break scan
				}
			}
		}
		decl := style[:end]
		style = style[min(end+1, len(style)):]
		if strings.TrimSpace(decl) == "" {
			continue
		}
		name, value, ok := strings.Cut(decl, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || seen[name] || strings.HasPrefix(name, "--") {
			return nil, false
		}
		seen[name] = true
		out = append(out, attr{name, strings.TrimSpace(value)})
	}
	return out, true
}
