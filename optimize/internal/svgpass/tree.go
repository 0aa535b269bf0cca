package svgpass

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	element kind = iota
	text         // raw, with its references
	comment      // a legal one
)

// node is an element, a run of text or a comment.
type node struct {
	kind     kind
	name     string
	attrs    []attr // values decoded
	children []*node
	parent   *node
	raw      []byte // as written: text, comments, and elements that stay so
	opaque   bool   // written as raw
	scale    float64
}

type attr struct{ name, value string }

func (n *node) get(name string) string {
	v, _ := n.lookup(name)
	return v
}

func (n *node) has(name string) bool {
	_, ok := n.lookup(name)
	return ok
}

func (n *node) lookup(name string) (string, bool) {
	for i := range n.attrs {
		if n.attrs[i].name == name {
			return n.attrs[i].value, true
		}
	}
	return "", false
}

func (n *node) set(name, value string) {
	for i := range n.attrs {
		if n.attrs[i].name == name {
			n.attrs[i].value = value
			return
		}
	}
	n.attrs = append(n.attrs, attr{name, value})
}

func (n *node) del(name string) {
	n.attrs = slices.DeleteFunc(n.attrs, func(a attr) bool { return a.name == name })
}

// walk calls f for n and the elements below, those inside opaque ones too,
// until f refuses to go deeper.
func (n *node) walk(f func(*node) bool) {
	if n.kind != element || !f(n) {
		return
	}
	for _, c := range n.children {
		c.walk(f)
	}
}

// edit calls f for every element that may be rewritten, parents first.
func (d *drawing) edit(f func(*node)) {
	d.root.walk(func(n *node) bool {
		if n.opaque {
			return false
		}
		f(n)
		return true
	})
}

// removeChildren removes the children of n for which f holds.
func (d *drawing) removeChildren(n *node, f func(*node) bool) {
	before := len(n.children)
	n.children = slices.DeleteFunc(n.children, f)
	if len(n.children) != before {
		d.changed = true
	}
}

// removeAttrs removes the attributes of n for which f holds.
func (d *drawing) removeAttrs(n *node, f func(attr) bool) {
	// All are judged before the first goes, for f may look at the others.
	var out []attr
	for _, a := range n.attrs {
		if !f(a) {
			out = append(out, a)
		}
	}
	if len(out) != len(n.attrs) {
		n.attrs, d.changed = out, true
	}
}

// within reports whether n or an ancestor has one of the names.
func (n *node) within(names ...string) bool {
	for ; n != nil; n = n.parent {
		if slices.Contains(names, n.name) {
			return true
		}
	}
	return false
}

func (d *drawing) write(legal [][]byte) []byte {
	var b bytes.Buffer
	for _, c := range legal {
		b.Write(c)
	}
	d.root.write(&b)
	return b.Bytes()
}

func (n *node) write(b *bytes.Buffer) {
	if n.kind != element || n.opaque {
		b.Write(n.raw)
		return
	}
	b.WriteByte('<')
	b.WriteString(n.name)
	for _, a := range n.attrs {
		b.WriteByte(' ')
		b.WriteString(a.name)
		b.WriteByte('=')
		writeValue(b, a.value)
	}
	if len(n.children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	for _, c := range n.children {
		c.write(b)
	}
	b.WriteString("</")
	b.WriteString(n.name)
	b.WriteByte('>')
}

// writeValue writes an attribute value (XML 1.0, 2.3 and 3.3.3).
func writeValue(b *bytes.Buffer, v string) {
	quote := byte('"')
	if strings.Count(v, `"`) > strings.Count(v, "'") {
		quote = '\''
	}
	b.WriteByte(quote)
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '&':
			b.WriteString("&amp;")
		case c == '<':
			b.WriteString("&lt;")
		case c == quote && c == '"':
			b.WriteString("&#34;")
		case c == quote:
			b.WriteString("&#39;")
		case c < ' ':
			b.WriteString("&#" + strconv.Itoa(int(c)) + ";")
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte(quote)
}

// decode resolves the references of an attribute value and its white space
// (XML 1.0, 3.3.3). It fails for entities that XML does not predefine.
func decode(raw []byte) (string, bool) {
	if bytes.IndexByte(raw, '<') >= 0 {
		return "", false
	}
	if bytes.IndexByte(raw, '&') < 0 && !bytes.ContainsAny(raw, "\n\r\t") {
		return string(raw), true
	}
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte(" "))
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch c {
		case '\n', '\r', '\t':
			b = append(b, ' ')
		case '&':
			end := bytes.IndexByte(raw[i:min(len(raw), i+12)], ';')
			if end < 0 {
				return "", false
			}
			r, ok := reference(string(raw[i+1 : i+end]))
			if !ok {
				return "", false
			}
			b = utf8.AppendRune(b, r)
			i += end
		default:
			b = append(b, c)
		}
	}
	return string(b), true
}

func reference(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !isChar(rune(n)) || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}

// isChar follows XML 1.0, production 2.
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000
}
