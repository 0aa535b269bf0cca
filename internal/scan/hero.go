package scan

import (
	"bytes"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// heroText is how much visible text, in bytes, stands before the large picture
// of a page at most: the words of a menu.
const heroText = 600

// hero notes the first style attribute near the top of the body that asks for
// a picture, if nothing around it says that it is not shown at first.
func (h *htmlScan) hero() {
	text, before, body := h.v.text, 0, false
	var hides []string // open elements from one on that is not shown
	for i := range h.toks {
		t := &h.toks[i]
		switch t.Type {
		case markup.Text:
			if !t.Raw && !t.Noscript && body {
				before += len(bytes.TrimSpace(text[t.Span.Start:t.Span.End]))
			}
		case markup.EndTag:
			if n := len(hides); n > 0 && hides[n-1] == t.Name {
				hides = hides[:n-1]
			}
		case markup.StartTag:
			body = body || t.Name == "body"
			a, styled := t.Attr("style")
			style := ""
			if styled {
				style = strings.ToLower(a.Text(text))
			}
			if len(hides) > 0 || h.unseen(t, style) {
				if !isVoid[t.Name] {
					hides = append(hides, t.Name)
				}
				continue
			}
			if body && !t.Foreign && strings.Contains(style, "url(") && strings.Contains(style, "background") {
				h.doc.Hero = site.Span{Start: h.v.pos(a.Value.Start), End: h.v.pos(a.Value.End)}
				return
			}
		}
		if before > heroText {
			return
		}
	}
}

// unseen reports whether an element is not shown when the page opens, or not
// on every screen, as far as it says so itself: by an attribute, or by a class
// of the name that frameworks use.
func (h *htmlScan) unseen(t *markup.Token, style string) bool {
	if t.Name == "template" || t.Name == "dialog" || t.Name == "noscript" || t.Noscript || strings.Contains(style, "display") {
		return true
	}
	if _, hidden := t.Attr("hidden"); hidden {
		return true
	}
	for _, c := range strings.Fields(strings.ToLower(t.Get(h.v.text, "class"))) {
		switch c {
		case "d-none", "hidden", "hide", "modal", "fade", "collapse", "sr-only", "visually-hidden", "is-hidden":
			return true
		}
		if strings.Contains(c, ":hidden") || strings.HasPrefix(c, "hidden-") || strings.HasPrefix(c, "d-") && strings.HasSuffix(c, "-none") {
			return true
		}
	}
	return false
}

// isVoid are the elements without an end tag (WHATWG HTML, section 13.1.2).
var isVoid = map[string]bool{"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true, "link": true,
	"meta": true, "source": true, "track": true, "wbr": true}
