// Package markup cuts HTML into tokens that tile the source byte for byte, so
// that a page can be read and spliced without being written anew. It knows
// where tags, attributes and text lie; what they mean is for its callers.
//
// The tokens are those of the HTML standard's tokenization stage (WHATWG
// HTML, section 13.2.5) as golang.org/x/net/html implements it. Of tree
// construction it follows only what changes tokens: raw text elements and
// whether a token lies in SVG or MathML.
package markup

import (
	"bytes"

	"golang.org/x/net/html"

	"github.com/hone-web/hone/site"
)

// Type says what a token is.
type Type uint8

// The types of token. Comment also covers what HTML treats as a comment:
// "<?xml … ?>", "<!foo>", "</ >".
const (
	Text Type = iota
	StartTag
	EndTag
	SelfClosing
	Comment
	Doctype
)

var typeNames = [...]string{"text", "start tag", "end tag", "self-closing tag", "comment", "doctype"}

func (t Type) String() string { return typeNames[t] }

// Token is one token. Consecutive tokens tile the source.
type Token struct {
	Type  Type
	Span  site.Span // the whole token
	Name  string    // of tags, in lower case
	Attrs []Attr    // of start and self-closing tags, in source order
	// Raw says that a text is not markup: the content of script, style,
	// textarea, title, xmp, iframe, noembed, noframes and plaintext, a CDATA
	// section with its brackets, or a tag that the end of the file cut off.
	// References are decoded in none of them but textarea and title.
	Raw bool
	// Foreign says that the token is SVG or MathML, or directly inside it.
	Foreign bool
	// Noscript says that the token lies inside noscript: with scripting on,
	// all of it is one text.
	Noscript bool
}

// Attr is one attribute of a tag.
type Attr struct {
	Name     string    // in lower case
	Span     site.Span // name, equals sign, value and quotes
	NameSpan site.Span
	Value    site.Span // without quotes; empty at the end of the name if there is none
	Quote    byte      // '"', '\'' or 0
	HasValue bool      // there is an equals sign
	Dup      bool      // an earlier attribute has the same name: this one is ignored
}

// Text returns the value with its character references decoded.
func (a Attr) Text(src []byte) string {
	return UnescapeAttr(src[a.Value.Start:a.Value.End])
}

// Attr returns the attribute of that name, the first if there are several.
func (t *Token) Attr(name string) (Attr, bool) {
	for _, a := range t.Attrs {
		if a.Name == name {
			return a, true
		}
	}
	return Attr{}, false
}

// Get returns the decoded value of the attribute of that name, "" if there is
// none.
func (t *Token) Get(src []byte, name string) string {
	if a, ok := t.Attr(name); ok {
		return a.Text(src)
	}
	return ""
}

// Parse cuts src into tokens. It takes any bytes.
func Parse(src []byte) []Token {
	p := parser{src: src, toks: make([]Token, 0, len(src)/24+4), attrs: make([]Attr, 0, len(src)/64+4), names: make(map[string]string)}
	p.run(0, len(src), false)
	return p.toks
}

// parser holds what one Parse gathers.
type parser struct {
	src   []byte
	toks  []Token
	attrs []Attr // the slab that tokens' Attrs are cut from
	names map[string]string
}

// run tokenizes src[off:end]. Inside noscript no nested noscript is raw.
func (p *parser) run(off, end int, noscript bool) {
	z := html.NewTokenizer(bytes.NewReader(p.src[off:end]))
	var f foreign
	body := false // the next text is that of a noscript element
	raw := false  // the next text is raw
	pos := off
	for {
		z.AllowCDATA(f.content())
		tt := z.Next()
		n := len(z.Raw())
		if tt == html.ErrorToken {
			break
		}
		t := Token{Span: site.Span{Start: pos, End: pos + n}, Foreign: f.content(), Noscript: noscript}
		pos += n
		if tt == html.TextToken && body {
			body = false
			p.run(t.Span.Start, t.Span.End, true)
			continue
		}
		wasRaw := raw
		raw, body = false, false
		switch tt {
		case html.TextToken:
			t.Raw = wasRaw || t.Foreign && bytes.HasPrefix(p.src[t.Span.Start:], []byte("<![CDATA["))
		case html.CommentToken:
			t.Type = Comment
		case html.DoctypeToken:
			t.Type = Doctype
		case html.EndTagToken:
			t.Type = EndTag
			p.tag(&t)
			f.end(t.Name)
		default:
			t.Type = StartTag
			if tt == html.SelfClosingTagToken {
				t.Type = SelfClosing
			}
			p.tag(&t)
			f.start(&t, p.src)
			switch {
			case t.Foreign:
				z.NextIsNotRawText()
			case t.Name == "noscript" && noscript:
				z.NextIsNotRawText()
			case t.Name == "noscript":
				body = true
			default:
				raw = rawText(t.Name)
			}
		}
		p.toks = append(p.toks, t)
	}
	if pos < end {
		p.toks = append(p.toks, Token{Span: site.Span{Start: pos, End: end}, Raw: true, Foreign: f.content(), Noscript: noscript})
	}
}

// rawText lists the elements whose content is one text.
func rawText(name string) bool {
	switch name {
	case "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext":
		return true
	}
	return false
}

// name returns b as a string in lower case, one copy for each name in a page.
func (p *parser) name(b []byte) string {
	if s, ok := p.names[string(b)]; ok {
		return s
	}
	s := asciiLower(b)
	p.names[string(b)] = s
	return s
}

func asciiLower(b []byte) string {
	c := bytes.Clone(b)
	for i, x := range c {
		if 'A' <= x && x <= 'Z' {
			c[i] = x + 'a' - 'A'
		}
	}
	return string(c)
}
