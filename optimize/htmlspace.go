package optimize

import (
	"bytes"
	"strings"

	"github.com/hone-web/hone/internal/markup"
)

// spaceRules say which elements show their white space.
type spaceRules struct {
	all                   bool
	class, id, tag, attrs map[string]bool
}

func newSpaceRules(f *SpaceFacts) *spaceRules {
	r := &spaceRules{class: map[string]bool{}, id: map[string]bool{}, attrs: map[string]bool{}, tag: map[string]bool{
		"pre": true, "textarea": true, "listing": true, "xmp": true, "plaintext": true,
		// The scripts of an island compare its text with their own.
		"astro-island": true,
	}}
	if f == nil {
		return r
	}
	for _, s := range f.Pre {
		switch {
		case s == "*":
			r.all = true
		case strings.HasPrefix(s, "."):
			r.class[s[1:]] = true
		case strings.HasPrefix(s, "#"):
			r.id[s[1:]] = true
		case strings.HasPrefix(s, "["):
			r.attrs[strings.ToLower(strings.Trim(s, "[]"))] = true
		default:
			r.tag[strings.ToLower(s)] = true
		}
	}
	return r
}

// keeps reports whether an element shows the white space inside it. Beyond
// what the rules name, these are editable elements, elements whose own style
// speaks of white space, and text in SVG and MathML.
func (r *spaceRules) keeps(name string, foreign bool, attr func(string) (string, bool)) bool {
	if r.all || r.tag[name] {
		return true
	}
	if foreign && (name == "text" || name == "annotation" || name == "annotation-xml" || name == "style" || name == "script") {
		return true
	}
	if v, ok := attr("contenteditable"); ok && !strings.EqualFold(v, "false") {
		return true
	}
	if v, ok := attr("style"); ok && strings.Contains(strings.ToLower(v), "white-space") {
		return true
	}
	if _, ok := attr("xml:space"); ok {
		return true
	}
	if len(r.id) > 0 {
		if v, ok := attr("id"); ok && r.id[v] {
			return true
		}
	}
	if len(r.class) > 0 {
		if v, ok := attr("class"); ok {
			for c := range strings.FieldsSeq(v) {
				if r.class[c] {
					return true
				}
			}
		}
	}
	for a := range r.attrs {
		if _, ok := attr(a); ok {
			return true
		}
	}
	return false
}

// chars writes a text.
func (p *page) chars(i int, tok *markup.Token, raw []byte) {
	if code, ok := p.code[i]; ok {
		p.emit(code)
		return
	}
	if tok.Raw || p.pre > 0 || p.hydrated {
		p.emit(raw)
		return
	}
	if len(bytes.Trim(raw, " \t\r\n\f")) > 0 {
		if p.zone < zoneBody || p.zone == zoneEnd {
			p.zone = zoneBody
		}
	} else if p.ignored(i, tok) {
		return
	}
	p.collapse(raw, p.prose())
}

// prose reports whether the text belongs to an element that holds running
// text. Other elements may hold lines for a script to read: a diagram, a
// template, code to edit.
func (p *page) prose() bool {
	if len(p.open) == 0 {
		return false
	}
	switch p.open[len(p.open)-1].name {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "a", "span", "em", "strong", "b", "i", "small", "label", "button", "th", "dt", "figcaption",
		"caption", "summary", "legend", "option", "cite", "q", "mark", "abbr", "title":
		return true
	}
	return false
}

// ignored reports whether white space between tags has no place to show:
// outside of the body, and between the elements of a drawing. In tables and
// lists it may show, since style sheets can make rows and items inline.
func (p *page) ignored(i int, tok *markup.Token) bool {
	if tok.Foreign {
		return p.svg > 0
	}
	if p.template > 0 || len(p.open) > 0 && p.zone == zoneHead && p.open[len(p.open)-1].name != "head" {
		return false
	}
	switch p.zone {
	case zoneBefore, zoneHead, zoneEnd:
		return true
	case zoneAfter:
		// It goes before the body only if the body's tag comes next, or soon
		// after some comments.
		for j := i + 1; j < min(i+16, len(p.toks)); j++ {
			switch p.toks[j].Type {
			case markup.Comment, markup.Text:
				if p.toks[j].Type == markup.Comment || len(bytes.TrimSpace(p.src[p.toks[j].Span.Start:p.toks[j].Span.End])) == 0 {
					continue
				}
				return false
			}
			return p.toks[j].Name == "body"
		}
	}
	return false
}

// collapse writes raw with each run of white space as one character. A line
// break stays one: browsers show it as a space, but between letters of East
// Asian scripts as nothing (CSS Text 3, section 4.1.3), and scripts that read
// the text may go by lines. Lines in the midst of a text that is not prose
// keep their indentation too.
func (p *page) collapse(raw []byte, prose bool) {
	last := len(bytes.TrimRight(raw, " \t\r\n\f"))
	for i := 0; i < len(raw); {
		if !isSpace(raw[i]) {
			j := i + 1
			for j < len(raw) && !isSpace(raw[j]) {
				j++
			}
			p.emit(raw[i:j])
			i = j
			continue
		}
		c, start := byte(' '), i
		for ; i < len(raw) && isSpace(raw[i]); i++ {
			if raw[i] == '\n' || raw[i] == '\r' {
				c = '\n'
			}
		}
		if c == '\n' && !prose && start > 0 && i < last {
			p.emit(raw[start:i])
			continue
		}
		if !p.gap {
			p.out = append(p.out, c)
			p.gap = true
		}
	}
}
