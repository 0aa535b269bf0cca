package markup

import "strings"

// foreign follows SVG and MathML, where no element has raw text, CDATA
// sections exist and "/>" closes. It holds the open elements that switch
// between HTML and foreign content; true means that the content is foreign.
type foreign struct {
	open []boundary
}

type boundary struct {
	name    string
	foreign bool
}

// maxOpen bounds the stack: deeper nesting switches no more, which costs
// exactness on hostile pages only.
const maxOpen = 256

// content reports whether what comes next is foreign.
func (f *foreign) content() bool {
	return len(f.open) > 0 && f.open[len(f.open)-1].foreign
}

// start takes note of a start tag and sets t.Foreign.
func (f *foreign) start(t *Token, src []byte) {
	if f.content() && f.breaksOut(t) {
		for f.content() {
			f.open = f.open[:len(f.open)-1]
		}
	}
	in := f.content()
	root := t.Name == "svg" || t.Name == "math"
	t.Foreign = in || root
	if t.Type == SelfClosing && t.Foreign || len(f.open) >= maxOpen {
		return
	}
	switch {
	case root:
		f.open = append(f.open, boundary{t.Name, true})
	case in && f.integrates(t, src):
		f.open = append(f.open, boundary{t.Name, false})
	}
}

// integrates reports whether HTML may stand inside the foreign element t
// (WHATWG HTML, section 13.2.6, integration points).
func (f *foreign) integrates(t *Token, src []byte) bool {
	switch t.Name {
	case "foreignobject", "desc", "title":
		return f.open[len(f.open)-1].name == "svg"
	case "mi", "mo", "mn", "ms", "mtext":
		return f.open[len(f.open)-1].name == "math"
	case "annotation-xml":
		e := t.Get(src, "encoding")
		return strings.EqualFold(e, "text/html") || strings.EqualFold(e, "application/xhtml+xml")
	}
	return false
}

// end takes note of an end tag: it closes the nearest boundary of its name.
// An end tag of HTML never closes more than the integration point it is in.
func (f *foreign) end(name string) {
	for i := len(f.open) - 1; i >= 0; i-- {
		if f.open[i].name == name {
			f.open = f.open[:i]
			return
		}
	}
}

// breaksOut reports whether t is one of the HTML elements that end foreign
// content (WHATWG HTML, section 13.2.6.5).
func (f *foreign) breaksOut(t *Token) bool {
	switch t.Name {
	case "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed",
		"h1", "h2", "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr",
		"ol", "p", "pre", "ruby", "s", "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u",
		"ul", "var":
		return true
	case "font":
		for _, n := range [...]string{"color", "face", "size"} {
			if _, ok := t.Attr(n); ok {
				return true
			}
		}
	}
	return false
}
