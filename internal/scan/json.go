package scan

import (
	"bytes"
	"strings"

	"github.com/hone-web/hone/site"
)

// jsonValue is a value of JSON with the places of its strings.
type jsonValue struct {
	kind    byte // '{', '[', '"', or 'x' for a number, true, false or null
	str     view // of a string, with escapes undone
	members []jsonMember
}

// jsonMember is a property of an object, or an element of an array.
type jsonMember struct {
	key   view
	value jsonValue
}

// member returns the property of that name.
func (v *jsonValue) member(name string) *jsonValue {
	if v == nil || v.kind != '{' {
		return nil
	}
	for i := range v.members {
		if string(v.members[i].key.text) == name {
			return &v.members[i].value
		}
	}
	return nil
}

// each calls f for the elements of an array.
func (v *jsonValue) each(f func(*jsonValue)) {
	if v == nil || v.kind != '[' {
		return
	}
	for i := range v.members {
		f(&v.members[i].value)
	}
}

// maxJSON bounds nesting.
const maxJSON = 200

// jsonParser reads JSON (RFC 8259).
type jsonParser struct {
	v view
	i int
}

// parseJSON reads a whole text; ok is false if it is no JSON.
func parseJSON(v view) (_ jsonValue, ok bool) {
	p := &jsonParser{v: v}
	x, ok := p.value(0)
	p.space()
	return x, ok && p.i == len(v.text)
}

func (p *jsonParser) space() {
	for p.i < len(p.v.text) && isSpace(p.v.text[p.i]) {
		p.i++
	}
}

// peek returns the next byte after white space, 0 at the end.
func (p *jsonParser) peek() byte {
	p.space()
	if p.i == len(p.v.text) {
		return 0
	}
	return p.v.text[p.i]
}

func (p *jsonParser) value(depth int) (v jsonValue, ok bool) {
	c := p.peek()
	switch c {
	case 0:
		return v, false
	case '"':
		v.kind = c
		v.str, ok = p.str()
		return v, ok
	case '{', '[':
		v.kind = c
		return v, depth < maxJSON && p.members(&v, depth)
	}
	start := p.i
	for p.i < len(p.v.text) && strings.IndexByte("+-.0123456789abcdefghijklmnopqrstuvwxyzE", p.v.text[p.i]) >= 0 {
		p.i++
	}
	v.kind = 'x'
	return v, p.i > start
}

// members reads an object or array.
func (p *jsonParser) members(v *jsonValue, depth int) bool {
	p.i++
	closer := v.kind + 2 // in ASCII, "}" and "]" come two after "{" and "["
	if p.peek() == closer {
		p.i++
		return true
	}
	for {
		var m jsonMember
		var ok bool
		if v.kind == '{' {
			if p.peek() != '"' {
				return false
			}
			if m.key, ok = p.str(); !ok || p.peek() != ':' {
				return false
			}
			p.i++
		}
		if m.value, ok = p.value(depth + 1); !ok {
			return false
		}
		v.members = append(v.members, m)
		switch p.peek() {
		case ',':
			p.i++
		case closer:
			p.i++
			return true
		default:
			return false
		}
	}
}

func (p *jsonParser) str() (view, bool) {
	end := stringEnd(p.v.text, p.i)
	if end < 0 {
		return view{}, false
	}
	s := p.v.cut(p.i+1, end-1).js()
	p.i = end
	return s, true
}

// jsonStrings notes what the strings of JSON mention, but for those that
// begin where used says.
func (s *scanner) jsonStrings(v view, used map[int]bool) {
	b := v.text
	for i := 0; i < len(b); {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return
		}
		i += j
		end := stringEnd(b, i)
		if end < 0 {
			s.mention(b[i:])
			return
		}
		s.hexHash(b[i+1 : end-1])
		if str := v.cut(i+1, end-1); bytes.IndexByte(str.text, '.') >= 0 && !used[str.pos(0)] {
			s.mention(str.js().text)
		}
		i = end
	}
}

// json reads a file: only a web app manifest has references.
func (s *scanner) json(v view) {
	used := make(map[int]bool)
	if base := s.path.Base(); s.path.Ext() == ".webmanifest" || base == "manifest.json" {
		if m, ok := parseJSON(v); ok {
			s.manifest(&m)
		}
		for _, r := range s.refs {
			used[r.Span.Start] = true
		}
	}
	s.jsonStrings(v, used)
	s.nameText(v.text)
}

// manifest reads a web app manifest (W3C Web Application Manifest).
func (s *scanner) manifest(m *jsonValue) {
	str := func(v *jsonValue, role site.Role) {
		if v != nil && v.kind == '"' {
			s.ref(v.str, role, context{})
		}
	}
	images := func(v *jsonValue, name string) {
		v.member(name).each(func(i *jsonValue) { str(i.member("src"), site.RoleIcon) })
	}
	str(m.member("start_url"), site.RoleLink)
	str(m.member("scope"), site.RoleLink)
	str(m.member("share_target").member("action"), site.RoleLink)
	images(m, "icons")
	images(m, "screenshots")
	m.member("shortcuts").each(func(c *jsonValue) {
		str(c.member("url"), site.RoleLink)
		images(c, "icons")
	})
}

// importMap reads an import map (WHATWG HTML, section 8.1.5.1).
func (s *scanner) importMap(v view, c context) {
	m, ok := parseJSON(v)
	if !ok {
		s.mention(v.text)
		return
	}
	imports := func(x *jsonValue) {
		if x == nil || x.kind != '{' {
			return
		}
		for _, i := range x.members {
			if isAddress(i.key.text) {
				s.doc.Module.Remaps = true
			}
			// An address that ends in a slash maps a whole folder.
			if i.value.kind != '"' || !isAddress(i.value.str.text) {
				continue
			}
			ic := c
			if ic.fixed == "" && bytes.HasSuffix(i.value.str.text, []byte("/")) {
				ic.fixed = MapFolder
			}
			s.ref(i.value.str, site.RoleModule, ic)
		}
	}
	imports(m.member("imports"))
	if scopes := m.member("scopes"); scopes != nil && scopes.kind == '{' {
		s.doc.Module.Remaps = true
		for i := range scopes.members {
			imports(&scopes.members[i].value)
		}
	}
	if sums := m.member("integrity"); sums != nil && sums.kind == '{' {
		for _, i := range sums.members {
			if i.value.kind == '"' && isAddress(i.key.text) {
				s.integrity(i.value.str, s.ref(i.key, site.RoleModule, c))
			}
		}
	}
}

// isAddress reports whether a specifier is resolved as a URL.
func isAddress(b []byte) bool {
	u := string(b)
	return strings.HasPrefix(u, "/") || strings.HasPrefix(u, "./") || strings.HasPrefix(u, "../") || scheme(u) != ""
}

// linkedData reads JSON-LD with the vocabulary of schema.org.
func (s *scanner) linkedData(v view, c context) {
	m, ok := parseJSON(v)
	if ok {
		s.linked(&m, false, c)
	}
}

// linked reads one node; image says that it describes a picture.
func (s *scanner) linked(v *jsonValue, image bool, c context) {
	for i := range v.members {
		m := &v.members[i]
		key, img := string(m.key.text), image
		address := v.kind == '['
		switch key {
		case "image", "logo", "thumbnail", "thumbnailUrl", "photo", "primaryImageOfPage":
			img, address = true, true
		case "url", "contentUrl":
			address = true
		default:
			if v.kind == '{' {
				img = false
			}
		}
		switch m.value.kind {
		case '{', '[':
			s.linked(&m.value, img, c)
		case '"':
			role := site.RoleCanonical
			if img || key == "contentUrl" {
				role = site.RoleFeedImage
			}
			if address && (v.kind == '{' || image) {
				s.ref(m.value.str, role, c)
			}
		}
	}
}
