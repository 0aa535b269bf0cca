package svgpass

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	maxDepth = 150
	maxAttrs = 100 // of one element; the search for repeats is quadratic
	svgNS    = "http://www.w3.org/2000/svg"
)

type parser struct {
	src   []byte
	pos   int
	legal bool
	kept  [][]byte // legal comments before the root
	root  *node
	cur   *node
	depth int
	start []int // of the open elements
}

// parse reads a drawing. It is stricter than XML asks: anything unusual is an
// error, so that what follows need not think of it.
func parse(src []byte, legal bool) (*node, [][]byte, error) {
	p := &parser{src: bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), legal: legal}
	if !utf8.Valid(src) || bytes.ContainsFunc(src, func(r rune) bool { return !isChar(r) }) {
		return nil, nil, ErrSyntax
	}
	for p.pos < len(p.src) {
		if err := p.next(); err != nil {
			return nil, nil, err
		}
	}
	if p.root == nil || p.cur != nil {
		return nil, nil, ErrSyntax
	}
	if p.root.name != "svg" || p.root.get("xmlns") != svgNS || p.root.opaque {
		return nil, nil, ErrSyntax
	}
	return p.root, p.kept, nil
}

func (p *parser) next() error {
	rest := p.src[p.pos:]
	switch {
	case rest[0] != '<':
		return p.text()
	case bytes.HasPrefix(rest, []byte("<!--")):
		return p.comment()
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return p.cdata()
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		return p.doctype()
	case bytes.HasPrefix(rest, []byte("<?")):
		return p.instruction()
	case bytes.HasPrefix(rest, []byte("</")):
		return p.end()
	}
	return p.element()
}

func (p *parser) add(n *node) {
	n.parent = p.cur
	p.cur.children = append(p.cur.children, n)
}

func (p *parser) text() error {
	end := bytes.IndexByte(p.src[p.pos:], '<')
	if end < 0 {
		end = len(p.src) - p.pos
	}
	raw := p.src[p.pos : p.pos+end]
	p.pos += end
	blank := len(bytes.Trim(raw, " \t\r\n")) == 0
	switch {
	case blank && (p.cur == nil || !p.cur.opaque):
		return nil
	case p.cur == nil || bytes.Contains(raw, []byte("]]>")):
		return ErrSyntax
	}
	for i, c := range raw {
		if c != '&' {
			continue
		}
		semi := bytes.IndexByte(raw[i:min(len(raw), i+12)], ';')
		if semi < 0 {
			return ErrSyntax
		}
		if _, ok := reference(string(raw[i+1 : i+semi])); !ok {
			return ErrEntities
		}
	}
	// Text between graphics is never drawn (SVG 2, 5.1.2).
	if p.cur.opaque {
		p.add(&node{kind: text, raw: raw})
	}
	return nil
}

// legalComment finds what a licence asks to keep.
var legalComment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^!|@licen[cs]e|@preserve|copyright|\(c\)|©|\blicen[cs]ed?\b`)
})

func (p *parser) comment() error {
	end := bytes.Index(p.src[p.pos+4:], []byte("-->"))
	if end < 0 {
		return ErrSyntax
	}
	raw := p.src[p.pos : p.pos+4+end+3]
	body := raw[4 : len(raw)-3]
	if bytes.Contains(body, []byte("--")) || bytes.HasSuffix(body, []byte("-")) {
		return ErrSyntax
	}
	p.pos += len(raw)
	switch {
	case !p.legal || !legalComment().Match(body):
	case p.cur == nil && p.root == nil:
		p.kept = append(p.kept, raw)
	case p.cur != nil:
		p.add(&node{kind: comment, raw: raw})
	case p.root != nil:
		p.root.children = append(p.root.children, &node{kind: comment, raw: raw, parent: p.root})
	}
	return nil
}

func (p *parser) cdata() error {
	end := bytes.Index(p.src[p.pos:], []byte("]]>"))
	if end < 0 || p.cur == nil {
		return ErrSyntax
	}
	if p.cur.opaque {
		p.add(&node{kind: text, raw: p.src[p.pos : p.pos+end+3]})
	}
	p.pos += end + 3
	return nil
}

func (p *parser) doctype() error {
	end := bytes.IndexByte(p.src[p.pos:], '>')
	if end < 0 || p.root != nil {
		return ErrSyntax
	}
	if bytes.IndexByte(p.src[p.pos:p.pos+end], '[') >= 0 {
		return ErrEntities
	}
	p.pos += end + 1
	return nil
}

func (p *parser) instruction() error {
	end := bytes.Index(p.src[p.pos:], []byte("?>"))
	if end < 2 { // "<?>" neither begins nor ends one
		return ErrSyntax
	}
	raw := string(p.src[p.pos+2 : p.pos+end])
	name, rest, _ := strings.Cut(strings.NewReplacer("\n", " ", "\t", " ", "\r", " ").Replace(raw), " ")
	switch {
	case name == "xml-stylesheet":
		return ErrScript
	case name == "xml" && p.pos == 0:
		if _, enc, ok := strings.Cut(rest, "encoding"); ok {
			enc = strings.ToLower(strings.Trim(enc, " =\"'"))
			if !strings.HasPrefix(enc, "utf-8") {
				return ErrSyntax
			}
		}
		if strings.Contains(rest, "1.1") {
			return ErrSyntax
		}
	case strings.EqualFold(name, "xml") || name == "":
		return ErrSyntax
	}
	p.pos += end + 2
	return nil
}

func (p *parser) end() error {
	end := bytes.IndexByte(p.src[p.pos:], '>')
	if end < 0 || p.cur == nil {
		return ErrSyntax
	}
	if string(bytes.TrimRight(p.src[p.pos+2:p.pos+end], " \t\r\n")) != p.cur.name {
		return ErrSyntax
	}
	p.pos += end + 1
	p.close()
	return nil
}

func (p *parser) close() {
	p.cur.raw = p.src[p.start[p.depth-1]:p.pos]
	p.depth--
	p.start = p.start[:p.depth]
	p.cur = p.cur.parent
}

func (p *parser) element() error {
	if p.cur == nil && p.root != nil {
		return ErrSyntax
	}
	if p.depth >= maxDepth {
		return ErrUnbounded
	}
	n := &node{kind: element, parent: p.cur}
	start := p.pos
	p.pos++
	if n.name = p.name(); n.name == "" {
		return ErrSyntax
	}
	empty, err := p.attributes(n)
	if err != nil {
		return err
	}
	if err := scripted(n); err != nil {
		return err
	}
	n.opaque = p.cur != nil && (p.cur.opaque || staysRaw(n))
	if p.cur != nil {
		p.cur.children = append(p.cur.children, n)
	} else {
		p.root = n
	}
	p.cur = n
	p.depth++
	p.start = append(p.start, start)
	if empty {
		p.close()
	}
	return nil
}

// scripted reports what a script could run in.
func scripted(n *node) error {
	if n.name == "script" || strings.HasSuffix(n.name, ":script") {
		return ErrScript
	}
	for _, a := range n.attrs {
		if strings.HasPrefix(a.name, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.value)), "javascript:") {
			return ErrScript
		}
	}
	return nil
}

// staysRaw reports whether an element is kept as written, with all in it:
// where white space counts, and what is not SVG.
func staysRaw(n *node) bool {
	switch n.name {
	case "text", "foreignObject", "style", "title", "desc", "font", "font-face", "tspan", "textPath", "video", "audio", "iframe", "canvas":
		return true
	}
	ns, own := n.lookup("xmlns")
	return animation(n.name) || own && ns != svgNS || strings.Contains(n.name, ":")
}

// animation reports whether an element is one of SMIL.
func animation(name string) bool {
	return strings.HasPrefix(name, "animate") || name == "set" || name == "discard" || name == "mpath"
}

func (p *parser) space() bool {
	start := p.pos
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
	return p.pos > start
}

func (p *parser) name() string {
	start := p.pos
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= 0x80
		if !letter && (p.pos == start || c != '-' && c != '.' && (c < '0' || c > '9')) {
			break
		}
		p.pos++
	}
	return string(p.src[start:p.pos])
}

// attributes reads up to the end of a start tag.
func (p *parser) attributes(n *node) (empty bool, err error) {
	for {
		spaced := p.space()
		if p.pos >= len(p.src) {
			return false, ErrSyntax
		}
		switch p.src[p.pos] {
		case '>':
			p.pos++
			return false, nil
		case '/':
			p.pos++
			if p.pos >= len(p.src) || p.src[p.pos] != '>' {
				return false, ErrSyntax
			}
			p.pos++
			return true, nil
		}
		if !spaced || len(n.attrs) >= maxAttrs {
			return false, ErrSyntax
		}
		a, err := p.attribute()
		if err != nil || n.has(a.name) {
			return false, ErrSyntax
		}
		n.attrs = append(n.attrs, a)
	}
}

func (p *parser) attribute() (a attr, err error) {
	if a.name = p.name(); a.name == "" {
		return a, ErrSyntax
	}
	p.space()
	if p.pos >= len(p.src) || p.src[p.pos] != '=' {
		return a, ErrSyntax
	}
	p.pos++
	p.space()
	if p.pos >= len(p.src) || !slices.Contains([]byte(`"'`), p.src[p.pos]) {
		return a, ErrSyntax
	}
	end := bytes.IndexByte(p.src[p.pos+1:], p.src[p.pos])
	if end < 0 {
		return a, ErrSyntax
	}
	v, ok := decode(p.src[p.pos+1 : p.pos+1+end])
	if !ok {
		return a, ErrSyntax
	}
	a.value = v
	p.pos += end + 2
	return a, nil
}
