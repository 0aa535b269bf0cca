package scan

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// LoadKind says what a style sheet or script of a page is, as far as its
// order among the others matters (WHATWG HTML, sections 4.2.4 and 4.12.1).
type LoadKind uint8

// The kinds of load.
const (
	LoadStyle        LoadKind = iota // <link rel=stylesheet>
	LoadInlineStyle                  // <style>, and style sheets for browsers without scripts
	LoadScript                       // <script src>: the parser waits for it
	LoadInlineScript                 // <script>
	LoadDefer                        // <script defer src>: runs in order after the page is parsed
	LoadModule                       // <script type=module>: takes its turn among the deferred ones
	LoadAsync                        // <script async src>: runs whenever it arrives
	LoadHint                         // <link rel=preload> and its like
)

// Load is an element of a page that loads or holds a style sheet or a script.
type Load struct {
	Kind LoadKind
	Ref  int       // in Refs; -1 for inline code
	Span site.Span // of the element, its end tag included
	// Not says why the element cannot be merged with its neighbour: what it
	// carries besides an address.
	Not string
	// Like holds the attributes that have to be equal for two elements to be
	// merged, and Media the media query list of a style sheet, in lower case.
	Like, Media string
	// Head says that the element stands in the head, where nothing is shown.
	Head bool
	// Gap says that an element or text stands between it and the load before.
	Gap bool
	// Tail says that only scripts follow up to the end of the body.
	Tail bool
}

// metadata are the elements that may stand in the head and take no place.
var metadata = map[string]bool{"html": true, "head": true, "meta": true, "title": true, "link": true, "script": true, "style": true,
	"base": true, "noscript": true, "template": true}

// loads lists the style sheets and scripts of a page in order.
func (h *htmlScan) loads() {
	head, gap, templates := true, false, 0
	text := h.v.text
	for i := 0; i < len(h.toks); i++ {
		t := &h.toks[i]
		switch t.Type {
		case markup.Comment, markup.Doctype:
			continue
		case markup.Text:
			if t.Raw && i > 0 && h.toks[i-1].Type == markup.StartTag {
				continue // content of the element before
			}
			if len(bytes.TrimSpace(text[t.Span.Start:t.Span.End])) > 0 && !t.Noscript {
				head, gap = false, true
			}
			continue
		case markup.EndTag:
			if t.Name == "template" && templates > 0 {
				templates--
			}
			gap = gap || t.Name != "script" && t.Name != "style" && t.Name != "head"
			continue
		}
		if t.Name == "template" && t.Type == markup.StartTag && !t.Foreign {
			templates++
		}
		if t.Name == "body" {
			h.doc.Body = Compound{ID: t.Get(text, "id"), Classes: strings.Fields(t.Get(text, "class"))}
		}
		if !t.Noscript && (t.Foreign || !metadata[t.Name]) {
			head = false
		}
		l, ok := h.load(i)
		if !ok || templates > 0 {
			gap = true
			continue
		}
		l.Head, l.Gap = head, gap
		gap = false
		h.found = append(h.found, l)
	}
	h.tails()
}

// load reads the element that begins at token i.
func (h *htmlScan) load(i int) (Load, bool) {
	t := &h.toks[i]
	e := &element{h: h, t: t}
	switch {
	case t.Name == "style":
		return Load{Kind: LoadInlineStyle, Ref: -1, Span: h.whole(i)}, true
	case t.Name == "link" && !t.Foreign:
		return e.linkLoad()
	case t.Name == "script":
		l, ok := e.scriptLoad(h.whole(i))
		if l.Span == t.Span {
			l.Not = "it has no end tag"
		}
		return l, ok
	}
	return Load{}, false
}

// whole returns the span of a raw text element with its end tag, that of the
// start tag if there is none.
func (h *htmlScan) whole(i int) site.Span {
	s := h.toks[i].Span
	for j := i + 1; j < len(h.toks) && j <= i+2; j++ {
		if h.toks[j].Type == markup.EndTag && h.toks[j].Name == h.toks[i].Name {
			s.End = h.toks[j].Span.End
		}
	}
	return s
}

func (e *element) linkLoad() (Load, bool) {
	l := Load{Kind: LoadStyle, Ref: -1, Span: e.t.Span}
	rel := strings.Fields(e.get("rel"))
	href, ok := e.t.Attr("href")
	switch {
	case !ok:
		return l, false
	case slices.Contains(rel, "preload") || slices.Contains(rel, "prefetch") || slices.Contains(rel, "modulepreload"):
		l.Kind = LoadHint
		if slices.Contains(rel, "stylesheet") {
			l.Kind, l.Not = LoadStyle, "its rel says more than stylesheet"
		}
	case slices.Contains(rel, "stylesheet"):
		if len(rel) > 1 {
			l.Not = "its rel says more than stylesheet"
		}
	default:
		return l, false
	}
	if e.t.Noscript && l.Kind == LoadStyle {
		return Load{Kind: LoadInlineStyle, Ref: -1, Span: e.t.Span, Not: "it is for browsers without scripts"}, true
	}
	l.Ref = href.Value.Start // an offset until finish knows the index
	for _, a := range e.t.Attrs {
		switch v := e.get(a.Name); a.Name {
		case "rel", "href":
		case "media":
			l.Media = v
		case "type":
			if v != "text/css" && v != "" {
				l.Not = "its type is not text/css"
			}
		case "nonce", "crossorigin":
			l.Like += " " + a.Name + "=" + a.Text(e.h.v.text)
		default:
			if l.Kind == LoadStyle {
				l.Not = "it has the attribute " + a.Name
			}
		}
	}
	return l, true
}

func (e *element) scriptLoad(whole site.Span) (Load, bool) {
	l := Load{Kind: LoadScript, Ref: -1, Span: whole}
	kind := scriptKind(e.get("type"))
	if kind != kindClassic && kind != kindModule {
		return l, false
	}
	if e.t.Foreign || e.t.Noscript {
		l.Kind = LoadInlineScript
		return l, !e.t.Noscript
	}
	src, external := e.t.Attr("src")
	switch {
	case kind == kindModule:
		l.Kind = LoadModule
	case !external:
		l.Kind = LoadInlineScript
		return l, true
	case e.has("async"):
		l.Kind = LoadAsync
	case e.has("defer"):
		l.Kind = LoadDefer
	}
	if external {
		l.Ref = src.Value.Start
	}
	for _, a := range e.t.Attrs {
		switch v := e.get(a.Name); a.Name {
		case "src", "type", "defer", "async":
		case "language":
			if v != "javascript" {
				l.Not = "it has the attribute language"
			}
		case "charset":
			if v != "utf-8" && v != "utf8" {
				l.Not = "it has the attribute charset"
			}
		case "nonce", "crossorigin":
			l.Like += " " + a.Name + "=" + a.Text(e.h.v.text)
		default:
			l.Not = "it has the attribute " + a.Name
		}
	}
	return l, true
}

// tails marks the scripts that end the body.
func (h *htmlScan) tails() {
	end := len(h.v.text)
	for i := len(h.toks) - 1; i >= 0; i-- {
		t := &h.toks[i]
		blank := t.Type == markup.Comment || t.Type == markup.Text && (t.Raw || len(bytes.TrimSpace(h.v.text[t.Span.Start:t.Span.End])) == 0)
		if !blank && t.Name != "script" && !(t.Type == markup.EndTag && (t.Name == "body" || t.Name == "html")) {
			break
		}
		end = t.Span.Start
	}
	for i := range h.found {
		h.found[i].Tail = h.found[i].Span.Start >= end
	}
}

// settleLoads puts indexes of references where offsets of addresses were.
func (s *scanner) settleLoads() {
	for _, l := range s.found {
		if l.Ref >= 0 {
			at := l.Ref
			i, _ := slices.BinarySearchFunc(s.doc.Refs, at, func(r site.Ref, at int) int { return cmp.Compare(r.Span.Start, at) })
			l.Ref = -1
			if i < len(s.doc.Refs) && s.doc.Refs[i].Span.Start < l.Span.End {
				l.Ref = i
			}
			if l.Ref < 0 || s.doc.Refs[i].Fixed != "" {
				l.Not = "its address cannot be changed"
			}
		}
		s.doc.Loads = append(s.doc.Loads, l)
	}
}
