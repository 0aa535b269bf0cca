package scan

import (
	"bytes"
	"strings"

	"github.com/hone-web/hone/site"
)

// xmlScan reads sitemaps, feeds and the like. Which element holds an address
// is told by its local name and its parent's; prefixes are taken as people
// write them, not resolved.
type xmlScan struct {
	*scanner
	open []string // names of the open elements
	text site.Role
	want bool // the text of the open element is an address, of role text
	buf  view // that text, when it has been seen
	seen bool
}

// maxXML bounds the stack of open elements.
const maxXML = 256

func (s *scanner) xml(v view) {
	if root := xmlRoot(v); root == "html" {
		s.page(v)
		return
	} else if root == "svg" {
		s.svg(v)
		return
	}
	s.nameText(v.text)
	x := &xmlScan{scanner: s}
	eachXML(v, func(t *xmlToken) {
		switch t.kind {
		case xmlPI:
			s.stylesheetPI(t)
		case xmlStart, xmlEmpty:
			x.want, x.seen = false, false
			x.start(t)
			if t.kind == xmlStart && len(x.open) < maxXML {
				x.open = append(x.open, t.name)
			}
		case xmlEnd:
			x.end(t)
		case xmlText, xmlCDATA:
			if x.want && len(bytes.TrimSpace(t.text.text)) > 0 {
				if x.seen { // an address in pieces is left alone
					x.want = false
				}
				x.buf, x.seen = t.text, true
				if t.kind == xmlText {
					var ok bool
					x.buf, ok = t.text.xml()
					x.want = x.want && ok
				}
			}
		}
	})
}

// xmlRoot returns the local name of the root element.
func xmlRoot(v view) string {
	root := ""
	head := v.cut(0, min(len(v.text), 64<<10))
	eachXML(head, func(t *xmlToken) {
		if root == "" && (t.kind == xmlStart || t.kind == xmlEmpty) {
			root = strings.ToLower(local(t.name))
		}
	})
	return root
}

// end closes the innermost element of that name, and notes its text.
func (x *xmlScan) end(t *xmlToken) {
	if x.want && x.seen {
		x.ref(x.buf, x.text, context{attrs: map[string]string{"<": strings.ToLower(t.name)}})
	}
	x.want, x.seen = false, false
	if n := len(x.open); n > 0 && x.open[n-1] == t.name {
		x.open = x.open[:n-1]
	}
}

// start reads the attributes of an element, and says whether its text is an
// address.
func (x *xmlScan) start(t *xmlToken) {
	parent := ""
	if n := len(x.open); n > 0 {
		parent = x.open[n-1]
	}
	text := func(r site.Role) { x.text, x.want = r, true }
	attr := func(name string, r site.Role) {
		if v, ok := t.get(name); ok {
			x.xmlRef(v, r, context{attrs: t.attributes()})
		}
	}
	switch t.name {
	case "loc": // sitemaps.org
		text(site.RoleCanonical)
	case "image:loc", "video:thumbnail_loc":
		text(site.RoleFeedImage)
	case "video:content_loc":
		text(site.RoleLink)
	case "link", "atom:link", "xhtml:link": // RSS has text, Atom an attribute
		text(site.RoleCanonical)
		if t.decoded("rel") == "enclosure" {
			attr("href", mediaRole(t))
		} else {
			attr("href", site.RoleCanonical)
		}
	case "url":
		if parent == "image" {
			text(site.RoleFeedImage)
		}
	case "icon", "logo", "atom:icon", "atom:logo":
		text(site.RoleFeedImage)
	case "enclosure", "media:content":
		attr("url", mediaRole(t))
	case "media:thumbnail":
		attr("url", site.RoleFeedImage)
	case "itunes:image":
		attr("href", site.RoleFeedImage)
	case "content", "atom:content":
		attr("src", site.RoleLink)
	case "TileImage", "square70x70logo", "square150x150logo", "wide310x150logo", "square310x310logo": // browserconfig.xml
		attr("src", site.RoleIcon)
	}
}

// mediaRole tells images from other media by type.
func mediaRole(t *xmlToken) site.Role {
	typ := t.decoded("type")
	if t.decoded("medium") == "image" || strings.HasPrefix(typ, "image/") {
		return site.RoleFeedImage
	}
	if url := site.Path(t.decoded("url")); typ == "" && site.KindOf(url) == site.Image {
		return site.RoleFeedImage
	}
	return site.RoleLink
}
