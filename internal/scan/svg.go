package scan

import (
	"bytes"
	"strings"

	"github.com/hone-web/hone/site"
)

// svgRole returns what href or xlink:href of an SVG element refers to; tag is
// in lower case (SVG 2, the index of attributes).
func svgRole(tag, attr string) (role site.Role, ok bool) {
	if attr != "href" && attr != "xlink:href" {
		return 0, false
	}
	switch tag {
	case "a":
		return site.RoleLink, true
	case "image", "feimage":
		return site.RoleImage, true
	case "script":
		return site.RoleScript, true
	case "cursor":
		return site.RoleBackground, true
	case "use", "textpath", "mpath", "tref", "lineargradient", "radialgradient", "pattern", "filter", "mask", "clippath", "marker",
		"animate", "animatetransform", "animatemotion", "set", "font-face-uri", "color-profile", "glyphref", "altglyph":
		return site.RoleUse, true
	}
	return 0, false
}

// imageOrUse returns RoleUse if an image is one element of its file.
func imageOrUse(v view, role site.Role) site.Role {
	if bytes.IndexByte(v.text, '#') >= 0 {
		return site.RoleUse
	}
	return role
}

// svgPaint lists the presentation attributes whose value may be a url().
func svgPaint(attr string) bool {
	switch attr {
	case "fill", "stroke", "filter", "mask", "clip-path", "marker", "marker-start", "marker-mid", "marker-end", "cursor":
		return true
	}
	return false
}

// svgPaintAttr reads such a value as the declaration it stands for.
func (s *scanner) svgPaintAttr(name string, v view, c context) {
	p := &cssScan{scanner: s, v: v, c: c, prop: name, named: true}
	p.run()
}

// svg reads an SVG file.
func (s *scanner) svg(v view) {
	var raw string // "style" or "script" while one is open
	eachXML(v, func(t *xmlToken) {
		switch t.kind {
		case xmlStart, xmlEmpty:
			s.nameElement(t)
			s.svgElement(t)
			raw = ""
			if n := local(t.name); t.kind == xmlStart && (n == "style" || n == "script") {
				raw = n
			}
		case xmlEnd:
			raw = ""
		case xmlPI:
			s.stylesheetPI(t)
		case xmlText, xmlCDATA:
			text := t.text
			if t.kind == xmlText {
				text, _ = text.xml()
			}
			switch raw {
			case "style":
				s.nameValues(text.text)
				s.css(text, context{attrs: map[string]string{"<": "style"}})
			case "script":
				s.js(text, jsContext{context: context{attrs: map[string]string{"<": "script"}}})
			}
		}
	})
}

// stylesheetPI reads <?xml-stylesheet href="…"?> (W3C, Associating Style
// Sheets with XML documents).
func (s *scanner) stylesheetPI(t *xmlToken) {
	if t.name != "xml-stylesheet" {
		return
	}
	if href, ok := t.get("href"); ok {
		s.xmlRef(href, site.RoleStyle, context{attrs: t.attributes()})
	}
}

// attributes returns the attributes as references carry them.
func (t *xmlToken) attributes() map[string]string {
	m := make(map[string]string, len(t.attrs)+1)
	for _, a := range t.attrs {
		name := strings.ToLower(a.name)
		if _, ok := m[name]; !ok {
			v, _ := a.value.xml()
			m[name] = string(v.text)
		}
	}
	m["<"] = strings.ToLower(t.name)
	return m
}

// xmlRef notes the reference in v, which is as written in XML. An entity that
// is declared elsewhere makes it none.
func (s *scanner) xmlRef(v view, role site.Role, c context) int {
	d, ok := v.xml()
	if !ok {
		return -1
	}
	return s.ref(d, role, c)
}

// svgElement reads the attributes of one element of an SVG file.
func (s *scanner) svgElement(t *xmlToken) {
	tag := strings.ToLower(local(t.name))
	var c context
	ctx := func() context {
		if c.attrs == nil {
			c.attrs = t.attributes()
			c.attrs["<"] = tag
		}
		return c
	}
	for _, a := range t.attrs {
		role, ok := svgRole(tag, a.name)
		switch {
		case ok:
			if tag == "image" || tag == "feimage" {
				role = imageOrUse(a.value, role)
			}
			s.xmlRef(a.value, role, ctx())
		case a.name == "style":
			d, _ := a.value.xml()
			s.css(d, ctx())
		case svgPaint(a.name) && bytes.Contains(a.value.text, []byte("url(")):
			d, _ := a.value.xml()
			s.svgPaintAttr(a.name, d, ctx())
		case strings.HasPrefix(a.name, "on"):
			d, _ := a.value.xml()
			cc := ctx()
			cc.fixed = "inside an event handler"
			s.js(d, jsContext{context: cc})
		}
	}
}
