package scan

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// htmlScan reads one piece of HTML: a page, the content of a conditional
// comment or of srcdoc.
type htmlScan struct {
	*scanner
	v           view
	toks        []markup.Token
	fixed       string // why no reference may change
	scriptFixed string // why none in a script may
	styleFixed  string // why none in a style sheet or style attribute may
	depth       int
	opened      []openElement // elements that are open, outermost first
}

// maxHTML bounds HTML inside HTML.
const maxHTML = 3

// page reads a whole page: first what applies to all of it, then the rest.
func (s *scanner) page(v view) {
	h := &htmlScan{scanner: s, v: v, toks: markup.Parse(v.text)}
	if s.opts.KeepInline {
		h.scriptFixed = "inline scripts must stay as they are"
		h.styleFixed = "inline styles must stay as they are"
	}
	hasBase := false
	for i := range h.toks {
		t := &h.toks[i]
		if t.Type != markup.StartTag && t.Type != markup.SelfClosing || t.Foreign {
			continue
		}
		switch t.Name {
		case "base":
			if a, ok := t.Attr("href"); ok && !hasBase && !t.Noscript {
				hasBase = true
				s.base = strings.Trim(a.Text(v.text), " \t\n\r\f")
			}
		case "meta":
			if strings.EqualFold(strings.TrimSpace(t.Get(v.text, "http-equiv")), "content-security-policy") {
				s.doc.CSP = append(s.doc.CSP, t.Get(v.text, "content"))
			}
		}
	}
	for _, p := range s.doc.CSP {
		script, style := inlinePolicy(p)
		if script && h.scriptFixed == "" {
			h.scriptFixed = "the content security policy names inline scripts by hash or nonce"
		}
		if style && h.styleFixed == "" {
			h.styleFixed = "the content security policy names inline styles by hash or nonce"
		}
	}
	h.run()
	h.loads()
	h.outline()
	h.hero()
}

// inlinePolicy reports whether a policy (CSP 3, section 6.7.3) allows inline
// scripts or styles by hash or nonce.
func inlinePolicy(policy string) (script, style bool) {
	var seenScript, seenStyle, def bool
	for _, d := range strings.Split(policy, ";") {
		words := strings.Fields(strings.ToLower(d))
		if len(words) == 0 {
			continue
		}
		named := false
		for _, w := range words[1:] {
			if strings.HasPrefix(w, "'sha256-") || strings.HasPrefix(w, "'sha384-") || strings.HasPrefix(w, "'sha512-") || strings.HasPrefix(w, "'nonce-") {
				named = true
			}
		}
		switch words[0] {
		case "script-src", "script-src-elem", "script-src-attr":
			seenScript, script = true, script || named
		case "style-src", "style-src-elem", "style-src-attr":
			seenStyle, style = true, style || named
		case "default-src":
			def = named
		}
	}
	return script || def && !seenScript, style || def && !seenStyle
}

// nested reads HTML that stands inside a page, where nothing may change.
func (h *htmlScan) nested(v view, why string) {
	if h.depth == maxHTML {
		h.mention(v.text)
		return
	}
	n := &htmlScan{scanner: h.scanner, v: v, toks: markup.Parse(v.text), fixed: why, depth: h.depth + 1}
	n.run()
}

func (h *htmlScan) run() {
	var raw *element // open script or style
	for i := range h.toks {
		t := &h.toks[i]
		switch t.Type {
		case markup.StartTag, markup.SelfClosing:
			e := &element{h: h, t: t}
			h.names.markup(h.v.text, t)
			e.scan()
			h.box(e)
			raw = nil
			if t.Type == markup.StartTag && (t.Name == "script" || t.Name == "style") {
				raw = e
			}
		case markup.EndTag:
			h.closeElement(t.Name)
			if raw != nil && t.Name == raw.t.Name {
				raw = nil
			}
		case markup.Text:
			if raw != nil {
				raw.content(h.textOf(t))
			}
		case markup.Comment:
			if raw == nil {
				h.comment(h.v.cut(t.Span.Start, t.Span.End))
			}
		}
	}
}

// textOf returns the text of t as scripts and styles have it: references are
// decoded in foreign content, and CDATA brackets dropped.
func (h *htmlScan) textOf(t *markup.Token) view {
	v := h.v.cut(t.Span.Start, t.Span.End)
	if !t.Foreign {
		return v
	}
	if t.Raw {
		return cdata(v)
	}
	d, _ := v.xml()
	return d
}

// cdata drops the brackets of a CDATA section.
func cdata(v view) view {
	n := len(v.text)
	if bytes.HasPrefix(v.text, []byte("<![CDATA[")) {
		if bytes.HasSuffix(v.text, []byte("]]>")) && n >= 12 {
			return v.cut(9, n-3)
		}
		return v.cut(9, n)
	}
	return v
}

// comment reads a downlevel-hidden conditional comment of old Internet
// Explorer: <!--[if …]>…<![endif]-->.
func (h *htmlScan) comment(v view) {
	b := v.text
	h.nameText(b)
	if !bytes.HasPrefix(b, []byte("<!--[if")) {
		return
	}
	i := bytes.Index(b, []byte("]>"))
	j := bytes.LastIndex(b, []byte("<!["))
	if i < 0 || j < i+2 {
		return
	}
	h.nested(v.cut(i+2, j), "inside a conditional comment")
}

// element is a tag with what is asked of it more than once.
type element struct {
	h     *htmlScan
	t     *markup.Token
	attrs map[string]string
	main  int // index of the reference that integrity is about, plus one
}

// value returns the value of an attribute with references decoded.
func (e *element) value(a markup.Attr) view {
	return e.h.v.cut(a.Value.Start, a.Value.End).attr()
}

// get returns the value of an attribute in lower case, trimmed, for the
// attributes whose values are keywords.
func (e *element) get(name string) string {
	return strings.ToLower(strings.TrimSpace(e.t.Get(e.h.v.text, name)))
}

func (e *element) has(name string) bool {
	_, ok := e.t.Attr(name)
	return ok
}

// context returns the attributes as references carry them.
func (e *element) context(fixed string) context {
	if e.attrs == nil {
		e.attrs = make(map[string]string, len(e.t.Attrs)+1)
		for _, a := range e.t.Attrs {
			if !a.Dup {
				e.attrs[a.Name] = a.Text(e.h.v.text)
			}
		}
		e.attrs["<"] = e.t.Name
		if e.t.Noscript {
			e.attrs["<noscript"] = ""
		}
	}
	if e.h.fixed != "" {
		fixed = e.h.fixed
	}
	return context{attrs: e.attrs, fixed: fixed}
}

// scan reads the attributes.
func (e *element) scan() {
	for _, a := range e.t.Attrs {
		if a.Dup || !a.HasValue || a.Value.Len() == 0 {
			continue
		}
		e.attribute(a)
	}
	if a, ok := e.t.Attr("integrity"); ok && e.main > 0 {
		e.h.integrity(e.value(a), e.main-1)
	}
}

// attribute reads one attribute.
func (e *element) attribute(a markup.Attr) {
	h := e.h
	switch {
	case strings.HasPrefix(a.Name, "data-"):
		e.data(a)
		return
	case strings.HasPrefix(a.Name, "on"):
		h.js(e.value(a), jsContext{context: e.context("inside an event handler")})
		return
	case e.t.Foreign && e.foreign(a):
		return
	}
	switch a.Name {
	case "style":
		if v := e.value(a); bytes.IndexByte(v.text, '(') >= 0 { // else there is no address
			p := &cssScan{scanner: h.scanner, v: v, c: e.context(h.styleFixed), attrQuote: a.Quote}
			if a.Quote == 0 {
				p.attrQuote = ' ' // nothing with a quote or a space can be added
			}
			p.run()
		}
	case "srcset", "imagesrcset":
		if a.Name == "srcset" && e.t.Name != "img" && e.t.Name != "source" || a.Name == "imagesrcset" && e.t.Name != "link" {
			return
		}
		e.srcset(e.value(a), e.context(""))
	case "srcdoc":
		if e.t.Name == "iframe" {
			h.nested(e.value(a), "inside srcdoc")
		}
	case "content":
		if e.t.Name == "meta" {
			e.meta(e.value(a))
		}
	default:
		role, ok := e.role(a.Name)
		if !ok {
			if e.t.Name == "link" && a.Name == "href" && slices.Contains(strings.Fields(e.get("rel")), "preconnect") {
				add(&h.connects, strings.ToLower(strings.TrimSpace(a.Text(h.v.text))))
			}
			return
		}
		id := h.ref(e.value(a), role, e.context(""))
		if e.t.Name == "link" || e.t.Name == "script" {
			e.main = id + 1
		}
		if e.t.Name == "link" && e.get("rel") == "canonical" && h.doc.Canonical == "" {
			h.doc.Canonical = strings.TrimSpace(a.Text(h.v.text))
		}
	}
}

// srcset notes each candidate.
func (e *element) srcset(v view, c context) {
	for _, k := range Srcset(string(v.text)) {
		e.h.ref(v.cut(k.URL.Start, k.URL.End), site.RoleSrcset, c)
	}
}

// data reads an attribute that only scripts read. Those that lazy-loading
// scripts use hold addresses.
func (e *element) data(a markup.Attr) {
	v := e.value(a)
	e.h.mention(v.text)
	name := strings.TrimPrefix(a.Name, "data-")
	c := func() context { return e.context(ReadByScript) }
	switch {
	case name == "srcset" || strings.HasPrefix(name, "lazy") && strings.HasSuffix(name, "srcset"):
		e.srcset(v, c())
	case name == "src" || name == "bg" || name == "background" || name == "background-image" || name == "original" ||
		name == "href" || name == "poster" || strings.HasPrefix(name, "lazy"):
		t := v.trim().text
		if !bytes.ContainsAny(t, " \t\n{}()<>;,\"'") && (bytes.IndexByte(t, '/') >= 0 || bytes.IndexByte(t, '.') > 0) {
			role := site.RoleImage
			switch {
			case name == "href":
				role = site.RoleLink
			case e.t.Name == "iframe":
				role = site.RoleFrame
			case e.t.Name == "video" || e.t.Name == "audio" || e.t.Name == "source":
				role = site.RoleMedia
			case e.t.Name == "script":
				role = site.RoleScript
			}
			e.h.ref(v, role, c())
		}
	}
}
