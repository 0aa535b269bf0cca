package scan

import (
	"bytes"
	"path"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// role returns what an attribute of an HTML element refers to; ok is false if
// it holds no address (WHATWG HTML, the attribute index).
func (e *element) role(attr string) (role site.Role, ok bool) {
	tag := e.t.Name
	switch attr {
	case "href":
		switch tag {
		case "a", "area":
			if e.has("download") {
				return site.RoleDownload, true
			}
			return site.RoleLink, true
		case "link":
			return linkRole(strings.Fields(e.get("rel")))
		}
	case "src":
		return e.srcRole()
	case "poster":
		return site.RolePoster, tag == "video"
	case "data":
		return e.embedRole(), tag == "object"
	case "action":
		return site.RoleLink, tag == "form"
	case "formaction":
		return site.RoleLink, tag == "button" || tag == "input"
	case "cite":
		return site.RoleLink, tag == "blockquote" || tag == "q" || tag == "ins" || tag == "del"
	case "longdesc":
		return site.RoleLink, tag == "img" || tag == "iframe" || tag == "frame"
	case "background":
		return site.RoleImage, tag == "body" || tag == "table" || tag == "td" || tag == "th" || tag == "tr" ||
			tag == "thead" || tag == "tbody" || tag == "tfoot"
	case "manifest":
		return site.RoleLink, tag == "html"
	}
	return 0, false
}

func (e *element) srcRole() (site.Role, bool) {
	switch e.t.Name {
	case "img", "input":
		return site.RoleImage, true
	case "script":
		switch scriptKind(e.get("type")) {
		case kindModule:
			return site.RoleModule, true
		case kindClassic:
			return site.RoleScript, true
		}
		return site.RoleDownload, true
	case "video", "audio", "source", "track":
		return site.RoleMedia, true
	case "iframe", "frame":
		return site.RoleFrame, true
	case "embed":
		return e.embedRole(), true
	}
	return 0, false
}

// embedRole tells the pages among what object and embed show.
func (e *element) embedRole() site.Role {
	typ := e.get("type")
	u := e.get("src")
	if e.t.Name == "object" {
		u = e.get("data")
	}
	u, _, _ = strings.Cut(u, "#")
	u, _, _ = strings.Cut(u, "?")
	ext := path.Ext(u)
	if strings.HasPrefix(typ, "text/html") || typ == "" && (ext == ".html" || ext == ".htm" || strings.HasSuffix(u, "/")) {
		return site.RoleFrame
	}
	return site.RoleDownload
}

// linkRole returns the role of <link> with the keywords of rel (WHATWG HTML,
// section 4.6.7). What is loaded wins over what is not.
func linkRole(rel []string) (role site.Role, ok bool) {
	for _, r := range rel {
		switch r {
		case "stylesheet":
			return site.RoleStyle, true
		case "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon", "fluid-icon", "apple-touch-startup-image":
			return site.RoleIcon, true
		case "manifest":
			return site.RoleManifest, true
		}
	}
	for _, r := range rel {
		switch r {
		case "preload", "modulepreload", "prefetch", "prerender":
			return site.RoleHint, true
		case "canonical", "alternate", "next", "prev", "previous", "shortlink", "amphtml":
			return site.RoleCanonical, true
		case "image_src":
			return site.RoleMetaImage, true
		case "preconnect", "dns-prefetch":
			return 0, false
		}
	}
	return site.RoleLink, true
}

// meta reads the content of a meta element.
func (e *element) meta(v view) {
	h := e.h
	if e.get("http-equiv") == "refresh" {
		if u, ok := refreshURL(v); ok {
			h.ref(u, site.RoleLink, e.context(""))
		}
		return
	}
	name := e.get("property")
	if name == "" {
		name = e.get("name")
	}
	if name == "" {
		name = e.get("itemprop")
	}
	switch name {
	case "og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "og:video", "og:video:url",
		"og:video:secure_url", "og:audio", "og:audio:url", "image", "thumbnailurl", "msapplication-tileimage",
		"msapplication-square70x70logo", "msapplication-square150x150logo", "msapplication-square310x310logo", "msapplication-wide310x150logo":
		if name == "image" && !looksLikeFile(v.text) {
			return
		}
		h.ref(v, site.RoleMetaImage, e.context(""))
	case "og:image:width", "og:image:height", "twitter:image:width", "twitter:image:height":
		h.doc.ShareSize = true
	case "og:url", "twitter:url":
		h.ref(v, site.RoleCanonical, e.context(""))
	case "msapplication-config":
		if looksLikeFile(v.text) { // the other value is "none"
			h.ref(v, site.RoleLink, e.context(""))
		}
	}
}

func looksLikeFile(b []byte) bool {
	return bytes.IndexByte(b, '.') >= 0 || bytes.IndexByte(b, '/') >= 0
}

// refreshURL returns the address in "5; url='x'" (WHATWG HTML, section
// 4.2.5.3, shared declarative refresh steps).
func refreshURL(v view) (view, bool) {
	b := v.text
	i := bytes.IndexAny(b, ";,")
	if i < 0 {
		return v, false
	}
	i++
	skip := func() {
		for i < len(b) && isSpace(b[i]) {
			i++
		}
	}
	skip()
	if i+3 <= len(b) && strings.EqualFold(string(b[i:i+3]), "url") {
		i += 3
		skip()
		if i == len(b) || b[i] != '=' {
			return v, false
		}
		i++
		skip()
	}
	end := len(b)
	if i < len(b) && (b[i] == '"' || b[i] == '\'') {
		if j := bytes.IndexByte(b[i+1:], b[i]); j >= 0 {
			end = i + 1 + j
		}
		i++
	}
	return v.cut(i, end), true
}

// foreign reads an attribute of an SVG element and reports whether it was one
// with an address or a style in it.
func (e *element) foreign(a markup.Attr) bool {
	role, ok := svgRole(e.t.Name, a.Name)
	switch {
	case ok:
		if v := e.value(a); e.t.Name == "image" || e.t.Name == "feimage" {
			e.h.ref(v, imageOrUse(v, role), e.context(""))
		} else {
			e.h.ref(v, role, e.context(""))
		}
		return true
	case svgPaint(a.Name) && bytes.Contains(bytes.ToLower(e.h.v.text[a.Value.Start:a.Value.End]), []byte("url(")):
		e.h.svgPaintAttr(a.Name, e.value(a), e.context(""))
		return true
	}
	return false
}

// scriptType sorts scripts by their type attribute.
type scriptType uint8

const (
	kindClassic scriptType = iota
	kindModule
	kindImportMap
	kindJSON
	kindLinkedData
	kindSpeculation
	kindData
)

// scriptKind returns the kind of a script (WHATWG HTML, section 4.12.1.1,
// prepare the script element).
func scriptKind(typ string) scriptType {
	if i := strings.IndexByte(typ, ';'); i >= 0 {
		typ = strings.TrimSpace(typ[:i])
	}
	switch typ {
	case "":
		return kindClassic
	case "text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript", "application/ecmascript",
		"text/jscript", "text/livescript", "text/x-javascript", "text/x-ecmascript", "application/x-ecmascript", "text/javascript1.0",
		"text/javascript1.1", "text/javascript1.2", "text/javascript1.3", "text/javascript1.4", "text/javascript1.5":
		return kindClassic
	case "module":
		return kindModule
	case "importmap":
		return kindImportMap
	case "speculationrules":
		return kindSpeculation
	case "application/ld+json":
		return kindLinkedData
	}
	if strings.HasSuffix(typ, "/json") || strings.HasSuffix(typ, "+json") {
		return kindJSON
	}
	return kindData
}

// content reads the text of a script or style element.
func (e *element) content(v view) {
	h := e.h
	if e.t.Name == "style" {
		h.nameValues(v.text)
		if t := e.get("type"); t == "" || t == "text/css" {
			h.css(v, e.context(h.styleFixed))
		} else {
			h.mention(v.text)
		}
		return
	}
	if e.has("src") && !e.t.Foreign {
		return // the text is ignored
	}
	switch scriptKind(e.get("type")) {
	case kindClassic, kindModule:
		h.js(v, jsContext{context: e.context(h.scriptFixed)})
	case kindImportMap:
		h.importMap(v, e.context(h.scriptFixed))
	case kindLinkedData:
		h.linkedData(v, e.context(""))
	case kindJSON:
		h.jsonStrings(v, nil)
		h.nameText(v.text)
	case kindSpeculation:
	default:
		h.mention(v.text)
		h.nameText(v.text)
	}
}
