package scan

import (
	"bytes"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// boxDeclaration notes a declaration that decides how large a picture is
// shown: one that sets a size, or one that lays the children of an element out
// so that they may be stretched (CSS Sizing 3; CSS Flexbox 1, section 8.3; CSS
// Grid 2, section 6.2).
func (p *cssScan) boxDeclaration() {
	n := len(p.blocks)
	if n == 0 || p.prop == "" {
		return
	}
	switch strings.TrimPrefix(p.prop, "-webkit-") {
	case "display":
		v := bytes.ToLower(p.value())
		for _, w := range [...]string{"flex", "grid", "box", "contents", "masonry", "var("} {
			if bytes.Contains(v, []byte(w)) {
				p.note(flexSet)
			}
		}
	case "max-width":
		switch string(bytes.ToLower(p.value())) {
		case "none":
		case "100%":
			p.blocks[n-1].narrows = true
		default:
			p.note(sizedSet)
		}
	case "height":
		if string(bytes.ToLower(p.value())) == "auto" {
			p.blocks[n-1].follows = true
			return
		}
		p.note(sizedSet)
	case "width":
		if string(bytes.ToLower(p.value())) != "auto" {
			p.note(sizedSet)
		}
	case "min-width", "min-height", "max-height", "aspect-ratio", "object-fit", "inline-size", "block-size", "min-inline-size", "max-inline-size",
		"min-block-size", "max-block-size", "zoom", "all", "contain", "content":
		p.note(sizedSet)
	}
}

// value returns the value of the current declaration without white space and
// !important.
func (p *cssScan) value() []byte {
	last := len(p.stmt) - 1
	if last < 0 {
		return nil
	}
	text := p.v.text[p.stmt[0].start:p.stmt[last].end]
	i := bytes.IndexByte(text, ':')
	if i < 0 {
		return nil
	}
	text = bytes.TrimSpace(text[i+1:])
	if j := bytes.IndexByte(text, '!'); j >= 0 {
		text = bytes.TrimSpace(text[:j])
	}
	return text
}

// setsStyle reports whether a script may set sizes. The words are those that
// every way of doing so needs.
func setsStyle(text []byte) bool {
	for _, w := range [...]string{"style", "Style", ".css(", "width", "Width", "height", "Height", "className", "classList", "Class("} {
		if bytes.Contains(text, []byte(w)) {
			return true
		}
	}
	return false
}

// Box is an <img> whose tag gives it no size, or a <video>, which has one Box
// for each of its files.
type Box struct {
	Ref     int      // its src, or that of a source
	At      int      // where attributes may be inserted
	Self    []string // the simple selectors that match it, in the form of Pre
	Parents []string // those that match the element that holds it, or may
}

// openElement is an element on the way to the current one.
type openElement struct {
	name      string
	selectors []string
	video     *openVideo // of a video whose size is of interest
}

// maxOpen bounds the elements that are followed; below that no box is noted.
const maxOpen = 512

// optionalEnd are elements whose end tag may be left out (HTML, section
// 13.1.2.4): one that seems open may have ended.
var optionalEnd = map[string]bool{"p": true, "li": true, "dt": true, "dd": true, "option": true, "optgroup": true, "tr": true, "td": true, "th": true,
	"thead": true, "tbody": true, "tfoot": true, "rt": true, "rp": true, "colgroup": true}

// box follows the elements of a page and notes the pictures without a size.
func (h *htmlScan) box(e *element) {
	t := e.t
	var video *openVideo
	if len(h.opened) < maxOpen {
		switch {
		case t.Name == "img" && !t.Foreign && h.fixed == "":
			h.image(e)
		case t.Name == "video":
			video = h.video(e)
		case t.Name == "source":
			h.source(e)
		}
	}
	switch t.Name {
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr":
		return
	}
	if !(t.Foreign && t.Type == markup.SelfClosing) && len(h.opened) < maxOpen {
		h.opened = append(h.opened, openElement{t.Name, e.selectors(), video})
	}
}

func (h *htmlScan) closeElement(name string) {
	for i := len(h.opened) - 1; i >= 0; i-- {
		if h.opened[i].name == name {
			for _, o := range h.opened[i:] {
				h.closeVideo(o.video)
			}
			h.opened = h.opened[:i]
			return
		}
	}
}

// image notes an img that neither its attributes nor its own style give a
// size, and that shows one file.
func (h *htmlScan) image(e *element) {
	src, ok := e.t.Attr("src")
	if !ok || len(h.refs) == 0 {
		return
	}
	if e.claimed() {
		return
	}
	ref := h.refAt(src, site.RoleImage)
	if ref < 0 || len(h.opened) == 0 {
		return
	}
	h.boxes = append(h.boxes, Box{Ref: ref, At: h.v.pos(e.t.Span.Start + len("<img")), Self: e.selectors(), Parents: h.parents()})
}

// claimed reports whether a tag says how large its element is, or that a
// script has plans for it.
func (e *element) claimed() bool {
	for _, a := range e.t.Attrs {
		switch a.Name {
		case "width", "height", "srcset", "sizes", "style", "usemap", "ismap", "is", "slot", "part":
			return true
		}
		if strings.HasPrefix(a.Name, "data-") || strings.HasPrefix(a.Name, "on") || strings.HasPrefix(a.Name, ":") || strings.HasPrefix(a.Name, "@") {
			return true
		}
	}
	return false
}

// refAt returns the reference that an attribute of the current tag holds, -1
// if it holds none.
func (h *htmlScan) refAt(a markup.Attr, role site.Role) int {
	at := h.v.cut(a.Value.Start, a.Value.End).trim().span().Start
	for i := len(h.refs) - 1; i >= 0 && i >= len(h.refs)-8; i-- {
		if h.refs[i].Span.Start == at && h.refs[i].Role == role {
			return i
		}
	}
	return -1
}

// parents returns the selectors that match the element that holds the current
// tag, or may.
func (h *htmlScan) parents() []string {
	var list []string
	for i := len(h.opened) - 1; i >= 0; i-- {
		o := h.opened[i]
		list = append(list, o.selectors...)
		if !optionalEnd[o.name] {
			break
		}
	}
	return list
}

// selectors returns the simple selectors that match an element: its name,
// classes, id and attributes. A style of its own counts as one that any rule
// may have set.
func (e *element) selectors() []string {
	list := []string{e.t.Name}
	for _, a := range e.t.Attrs {
		if a.Dup {
			continue
		}
		list = append(list, "["+a.Name+"]")
		switch a.Name {
		case "class":
			for c := range strings.FieldsSeq(a.Text(e.h.v.text)) {
				list = append(list, "."+c)
			}
		case "id":
			list = append(list, "#"+a.Text(e.h.v.text))
		case "style":
			if v := strings.ToLower(a.Text(e.h.v.text)); strings.Contains(v, "display") {
				list = append(list, OwnDisplay)
			}
		}
	}
	return list
}

// OwnDisplay stands among the selectors of an element whose style attribute
// sets its display.
const OwnDisplay = "style=display"
