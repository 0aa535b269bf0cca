package scan

import (
	"bytes"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"github.com/hone-web/hone/site"
)

// cssToken is a token of CSS; it lies at text[start:end].
type cssToken struct {
	t          css.TokenType
	start, end int
}

// block is an open {…}.
type block struct {
	at      string     // name of the at-rule, "" for a style rule
	prelude []cssToken // of a style rule: its selector
	noted   uint8      // bit n: its subjects are in subjectSet n
	text    string     // of an at-rule: its condition
	decls   []Decl     // that layout depends on
	narrows bool       // it says max-width: 100%
	follows bool       // it says height: auto
}

// cssScan reads one style sheet or list of declarations. It works statement
// by statement: a statement is what stands between ";", "{" and "}".
type cssScan struct {
	*scanner
	v      view
	c      context
	blocks []block
	stmt   []cssToken // of the statement so far, without white space at its start and without comments
	funcs  []string   // open functions, "" for a parenthesis
	at     string     // name of the at-rule that stmt is, if it is one
	prop   string     // name of the declaration that stmt is, if it is one
	named  bool       // a colon has been seen, so prop is settled
	late   bool       // a rule has been seen: @import no longer counts
	smap   *view      // last sourceMappingURL
	set    subjectSet // where subjects are noted

	pending   []pendingBack // addresses of the current declaration
	attrQuote byte          // of the style attribute that is read
}

// maxBlocks bounds nesting; deeper blocks belong to the last one in bounds.
const maxBlocks = 64

// css reads a style sheet, or the declarations of a style attribute.
func (s *scanner) css(v view, c context) {
	p := &cssScan{scanner: s, v: v, c: c}
	p.run()
	if p.smap != nil {
		s.ref(*p.smap, site.RoleSourceMap, p.c)
	}
}

func (p *cssScan) run() {
	v := p.v
	l := css.NewLexer(parse.NewInputBytes(v.text[:len(v.text):len(v.text)]))
	pos := 0
	for pos < len(v.text) {
		tt, b := l.Next()
		if tt == css.ErrorToken || len(b) == 0 {
			break
		}
		p.token(cssToken{tt, pos, pos + len(b)}, b)
		pos += len(b)
	}
	p.endStatement()
}

// token takes the next token, whose bytes are b.
func (p *cssScan) token(t cssToken, b []byte) {
	switch t.t {
	case css.CommentToken:
		p.comment(t)
		return
	case css.WhitespaceToken:
		if n := len(p.stmt); n == 0 || p.stmt[n-1].t == css.WhitespaceToken {
			return
		}
	case css.AtKeywordToken:
		if len(p.stmt) == 0 {
			p.at = lower(b[1:])
			p.namespace = p.namespace || p.at == "namespace"
		}
	case css.SemicolonToken:
		p.endStatement()
		return
	case css.LeftBraceToken:
		p.open()
		return
	case css.RightBraceToken:
		p.endStatement()
		if n := len(p.blocks); n > 0 {
			if b := p.blocks[n-1]; b.narrows && !b.follows {
				p.note(sizedSet)
			}
			p.closeRule()
			p.blocks = p.blocks[:len(p.blocks)-1]
		}
		return
	case css.CDOToken, css.CDCToken:
		return
	case css.ColonToken:
		p.colon()
	case css.FunctionToken:
		p.counts(b)
		p.funcs = append(p.funcs, lower(p.cut(t.start, t.end-1).css().text))
	case css.LeftParenthesisToken:
		p.funcs = append(p.funcs, "")
	case css.RightParenthesisToken:
		if len(p.funcs) > 0 {
			p.funcs = p.funcs[:len(p.funcs)-1]
		}
	case css.URLToken:
		if inner, ok := urlInside(p.cut(t.start, t.end)); ok {
			n := len(p.refs)
			p.url(inner)
			if len(p.refs) > n {
				p.background(t, n)
			}
		}
	case css.StringToken:
		p.str(t, b)
	}
	p.stmt = append(p.stmt, t)
}

func (p *cssScan) cut(i, j int) view { return p.v.cut(i, j) }

func (p *cssScan) text(t cssToken) []byte { return p.v.text[t.start:t.end] }

// colon looks whether the statement so far is the name of a declaration: one
// word, after the asterisk with which some address old browsers.
func (p *cssScan) colon() {
	if p.named {
		return
	}
	p.named = true
	ts := p.stmt
	if len(ts) > 0 && ts[0].t == css.DelimToken && p.v.text[ts[0].start] == '*' {
		ts = ts[1:]
	}
	if n := len(ts); n > 0 && ts[n-1].t == css.WhitespaceToken {
		ts = ts[:n-1]
	}
	if len(ts) == 1 && (ts[0].t == css.IdentToken || ts[0].t == css.CustomPropertyNameToken) {
		p.prop = lower(p.cut(ts[0].start, ts[0].end).css().text)
	}
}

// open begins a block: the statement so far was its prelude.
func (p *cssScan) open() {
	b := block{prelude: p.stmt}
	if p.at != "" {
		b.at, b.prelude = p.at, nil
		if len(p.stmt) > 1 {
			b.text = lower([]byte(p.prelude(p.stmt[1:])))
		}
	} else {
		p.nesting(p.stmt)
	}
	if p.at == "" || p.at == "scope" {
		p.attrSelectors(p.stmt)
	}
	p.late = true
	if len(p.blocks) == maxBlocks {
		p.blocks[maxBlocks-1] = b
	} else {
		p.blocks = append(p.blocks, b)
	}
	p.stmt = nil
	p.reset()
}

// endStatement ends a declaration or an at-rule without block.
func (p *cssScan) endStatement() {
	if keepsSpace(p.prop, p.stmt, p.v.text) {
		p.note(preSet)
	}
	p.boxDeclaration()
	p.declare()
	p.endBackground()
	p.importTail()
	p.reset()
}

// reset begins a new statement.
func (p *cssScan) reset() {
	p.stmt, p.at, p.prop, p.named, p.funcs = p.stmt[:0], "", "", false, p.funcs[:0]
}

// importTail writes what follows the URL of an @import (layer, supports, media
// queries) into the reference's attributes, and whether the import counts.
func (p *cssScan) importTail() {
	if p.at != "import" {
		return
	}
	for i, t := range p.stmt {
		if t.t != css.URLToken && t.t != css.StringToken {
			continue
		}
		n := len(p.refs)
		if n == 0 || p.refs[n-1].Role != site.RoleImport || p.refs[n-1].Span.Start < p.v.pos(t.start) {
			return
		}
		attrs := map[string]string{"@import": ""}
		for k, v := range p.c.attrs {
			attrs[k] = v
		}
		if rest := p.stmt[i+1:]; len(rest) > 0 {
			attrs["@import"] = string(bytes.TrimSpace(p.v.text[rest[0].start:rest[len(rest)-1].end]))
		}
		if p.late || len(p.blocks) > 0 {
			attrs["@late"] = ""
		}
		p.refs[n-1].Attrs = attrs
		return
	}
}

// first reports whether nothing but white space, and perhaps the name of one
// function, follows the at-keyword.
func (p *cssScan) first() bool {
	for i, t := range p.stmt[1:] {
		if i > 2 || t.t != css.WhitespaceToken && t.t != css.FunctionToken {
			return false
		}
	}
	return true
}

// str takes a string, which is a URL in few places.
func (p *cssScan) str(t cssToken, b []byte) {
	inner, ok := unquote(p.cut(t.start, t.end))
	if !ok {
		return
	}
	fn := ""
	if len(p.funcs) > 0 {
		fn = p.funcs[len(p.funcs)-1]
	}
	switch {
	case p.at == "import":
		if p.first() && (fn == "" || fn == "src") {
			p.ref(inner.css(), site.RoleImport, p.c)
		}
	case p.at != "":
	case fn == "image-set" || fn == "-webkit-image-set" || fn == "src":
		p.url(inner)
	case p.prop == "filter" || p.prop == "-ms-filter":
		p.legacyFilter(inner, b, fn)
	}
}

// legacyFilter finds the address in
// progid:DXImageTransform.Microsoft.AlphaImageLoader(src='x.png'), which old
// Internet Explorer resolves against the page.
func (p *cssScan) legacyFilter(inner view, b []byte, fn string) {
	c := p.c
	c.fixed = "a filter of old browsers resolves it against the page"
	if strings.HasSuffix(fn, "alphaimageloader") {
		p.ref(inner.css(), site.RoleBackground, c)
		return
	}
	i := bytes.Index(bytes.ToLower(b), []byte("src="))
	if i < 0 || !bytes.Contains(bytes.ToLower(b), []byte("progid:")) || i+5 >= len(b) {
		return
	}
	q := b[i+4]
	if j := bytes.IndexByte(b[i+5:], q); (q == '"' || q == '\'') && j >= 0 {
		p.ref(inner.cut(i+4, i+4+j), site.RoleBackground, c) // inner lacks the opening quote of b
	}
}

// url takes a URL that the statement holds; v is as written.
func (p *cssScan) url(v view) {
	c := p.c
	fix := func(why string) {
		if c.fixed == "" {
			c.fixed = why
		}
	}
	switch p.at {
	case "import":
		if p.first() {
			p.ref(v.css(), site.RoleImport, c)
		}
		return
	case "":
	default: // @namespace, @document, @supports: nothing is loaded
		return
	}
	at := ""
	if n := len(p.blocks); n > 0 {
		at = p.blocks[n-1].at
	}
	v = v.css()
	switch {
	case at == "font-face" && p.prop == "src":
		p.ref(v, site.RoleFont, c)
	case strings.HasPrefix(p.prop, "--") || at == "property":
		fix("inside a custom property")
		p.ref(v, site.RoleBackground, c)
	case p.prop == "behavior" || p.prop == "-ms-behavior" || p.prop == "-moz-binding":
		fix("only old browsers read it")
		p.ref(v, site.RoleUse, c)
	case usesElement(p.prop, v.text):
		p.ref(v, site.RoleUse, c)
	default:
		p.ref(v, site.RoleBackground, c)
	}
}

// usesElement reports whether a URL in property prop names an SVG element.
func usesElement(prop string, url []byte) bool {
	prop = strings.TrimPrefix(prop, "-webkit-")
	switch prop {
	case "filter", "backdrop-filter", "clip-path", "fill", "stroke", "marker", "marker-start", "marker-mid", "marker-end", "offset-path":
		return true
	case "mask", "mask-image":
		return bytes.IndexByte(url, '#') >= 0
	}
	return false
}

// comment looks for a sourceMappingURL; the last one counts.
func (p *cssScan) comment(t cssToken) {
	v := p.cut(t.start, t.end)
	v.text = bytes.TrimSuffix(v.text, []byte("*/"))
	if m, ok := sourceMap(v); ok {
		p.smap = &m
	}
}

// sourceMap returns the URL of a comment "/*# sourceMappingURL=x" or
// "//# sourceMappingURL=x" (ECMA-426, section 11.1.2); "@" is the old form.
func sourceMap(v view) (view, bool) {
	const name = "sourceMappingURL="
	b := v.text
	if len(b) < 4+len(name) || b[2] != '#' && b[2] != '@' || !isSpace(b[3]) {
		return view{}, false
	}
	i := 4
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if !bytes.HasPrefix(b[i:], []byte(name)) {
		return view{}, false
	}
	i += len(name)
	j := i
	for j < len(b) && !isSpace(b[j]) && b[j] != '"' && b[j] != '\'' {
		j++
	}
	return v.cut(i, j), true
}

// urlInside returns what stands in url(…), quoted or not.
func urlInside(v view) (view, bool) {
	i := bytes.IndexByte(v.text, '(')
	j := len(v.text)
	if j > 0 && v.text[j-1] == ')' {
		j--
	}
	if i < 0 || i+1 > j {
		return view{}, false
	}
	v = v.cut(i+1, j).trim()
	if len(v.text) > 0 && (v.text[0] == '"' || v.text[0] == '\'') {
		return unquote(v)
	}
	return v, true
}

// unquote returns what stands between the quotes of v.
func unquote(v view) (view, bool) {
	n := len(v.text)
	if n < 2 || v.text[n-1] != v.text[0] {
		return view{}, false
	}
	return v.cut(1, n-1), true
}

func lower(b []byte) string { return strings.ToLower(string(b)) }
