package scan

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
)

// Names are what style rules may select by, as far as a file holds it, in
// lower case: a page without a doctype compares classes and ids so.
type Names struct {
	// Elems are what elements of the markup are: "tag", ".class", "#id" and
	// "[attribute".
	Elems []string
	// Strings are the words in strings of scripts, in data and in attributes
	// that scripts read: pieces that names may be made of. Those of hyphens and
	// underscores alone are what scripts put between such pieces.
	Strings []string
	// Words are the other words of scripts: keys of objects, say.
	Words []string
	// Heads and Tails are how names begin or end that a script puts together:
	// "btn-" + kind.
	Heads, Tails []string
	// Values are the words of styles in pages: custom properties, animations
	// and fonts that they use.
	Values []string
	// Hosts are the hosts of scripts that scripts load.
	Hosts []string
	// Lost says that there are more names than are kept, or that they cannot
	// be read.
	Lost bool
}

// Bounds on the names of one file.
const (
	maxNames = 1 << 18
	// MaxName bounds the length of a name; longer ones are not kept.
	MaxName = 64
)

// nameSet gathers Names.
type nameSet struct {
	elems, strings, words, heads, tails, values, hosts map[string]struct{}
	buf                                                []byte
	lost                                               bool
}

func (n *nameSet) add(m *map[string]struct{}, b []byte) {
	if len(b) > MaxName {
		return // whoever looks for one this long takes it to be there
	}
	n.buf = lowered(n.buf[:0], b)
	if _, ok := (*m)[string(n.buf)]; ok {
		return
	}
	if len(*m) >= maxNames {
		n.lost = true
		return
	}
	add(m, string(n.buf))
}

func lowered(to, b []byte) []byte {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		to = append(to, c)
	}
	return to
}

// list returns what was gathered.
func (n *nameSet) list() Names {
	for w := range n.strings {
		delete(n.words, w)
	}
	sorted := func(m map[string]struct{}) []string { return slices.Sorted(maps.Keys(m)) }
	return Names{Elems: sorted(n.elems), Strings: sorted(n.strings), Words: sorted(n.words), Heads: sorted(n.heads), Tails: sorted(n.tails),
		Values: sorted(n.values), Hosts: sorted(n.hosts), Lost: n.lost}
}

// eachName calls f with the place of each word in b.
func eachName(b []byte, f func(i, j int)) {
	for i := 0; i < len(b); {
		if !nameChar[b[i]] {
			i++
			continue
		}
		j := i + 1
		for j < len(b) && nameChar[b[j]] {
			j++
		}
		f(i, j)
		i = j
	}
}

// codeTag reports whether b begins with the code of a template.
func codeTag(b []byte) bool {
	return len(b) > 1 && b[0] == '<' && (b[1] == '%' || b[1] == '?')
}

func isJoint(c byte) bool { return c == '-' || c == '_' }

// text notes the words of a string. before and after say that something is
// put before or after it.
func (n *nameSet) text(b []byte, before, after bool) {
	eachName(b, func(i, j int) {
		w := b[i:j]
		n.add(&n.strings, w)
		if len(bytes.Trim(w, "-_")) == 0 {
			return
		}
		next, last := byte(0), byte(0)
		if j < len(b) {
			next = b[j]
		}
		if i > 0 {
			last = b[i-1]
		}
		if isJoint(w[len(w)-1]) || j == len(b) && after || next == '{' || next == '%' || next == '$' || codeTag(b[j:]) {
			n.add(&n.heads, w)
		}
		if last == '%' && len(w) > 1 { // "%s-icon"
			n.add(&n.tails, w[1:])
		}
		if isJoint(w[0]) || i == 0 && before || last == '}' || last == '>' && i > 1 && (b[i-2] == '%' || b[i-2] == '?') {
			n.add(&n.tails, w)
		}
	})
}

// markup notes what an element is called, and the words of the attributes
// that scripts may read.
func (n *nameSet) markup(src []byte, t *markup.Token) {
	n.add(&n.elems, []byte(t.Name))
	for _, a := range t.Attrs {
		if a.Dup {
			continue
		}
		n.add(&n.elems, []byte("["+a.Name))
		if !a.HasValue {
			continue
		}
		n.attribute(a.Name, []byte(a.Text(src)))
	}
}

// attribute notes the value of an attribute.
func (n *nameSet) attribute(name string, value []byte) {
	switch name {
	case "class":
		for _, c := range bytes.Fields(value) {
			n.add(&n.elems, append([]byte("."), c...))
		}
		if bytes.ContainsAny(value, "{<%$") { // a template
			n.text(value, false, false)
		}
	case "id":
		n.add(&n.elems, append([]byte("#"), bytes.TrimSpace(value)...))
	case "style":
		eachName(value, func(i, j int) { n.add(&n.values, value[i:j]) })
	case "href", "src", "srcset", "sizes", "alt", "title", "content", "d", "points", "width", "height", "viewbox", "transform", "integrity", "action", "aria-label", "placeholder", "datetime", "media":
		// Addresses, texts and shapes.
	default:
		n.text(value, false, false)
	}
}

// nameText notes the words of data that scripts read.
func (s *scanner) nameText(b []byte) { s.names.text(b, false, false) }

// nameValues notes the words of a style sheet in a page.
func (s *scanner) nameValues(b []byte) {
	eachName(b, func(i, j int) { s.names.add(&s.names.values, b[i:j]) })
}

// packed begins the code of a packer that keeps names in pieces.
var packed = []byte("eval(function(p,a,c,k,e,")

// TextNames returns the words of a text that scripts may read.
func TextNames(b []byte) Names {
	n := nameSet{}
	n.text(b, false, false)
	return n.list()
}

// nameScript notes the words of a script that could be read up to lost.
func (p *jsScan) nameScript(lost int) {
	n := &p.names
	b := p.v.text
	eachName(b, func(i, j int) { n.add(&n.words, b[i:j]) })
	n.lost = n.lost || bytes.Contains(b, packed)
	if lost >= 0 {
		n.text(b[lost:], false, false)
	}
	loads := bytes.Contains(b, []byte("createElement")) || bytes.Contains(b, []byte("import("))
	for i, t := range p.toks {
		if t.kind != jsString && t.kind != jsTemplate && t.kind != jsPart {
			continue
		}
		from, to := int(t.start)+1, int(t.end)-1
		before, after := p.joins(i-1, true), p.joins(i+1, false)
		if t.kind == jsPart {
			before = before || b[t.start] == '}'
			if b[to] == '{' {
				after, to = true, to-1
			}
		}
		if from > to {
			continue
		}
		str := p.v.cut(from, to).js().text
		n.text(str, before, after)
		if h := scriptHost(str); loads && h != "" {
			n.add(&n.hosts, []byte(h))
		}
	}
}

// joins reports whether token i, which stands before or after a string, puts
// it together with something: by a plus, or by a call of concat.
func (p *jsScan) joins(i int, before bool) bool {
	switch {
	case p.is(i, "+"):
		return true
	case !before:
		return p.is(i, ".") && p.is(i+1, "concat") || p.is(i, ",") && p.concatenates(i)
	}
	return (p.is(i, "(") || p.is(i, ",")) && p.concatenates(i)
}

// concatenates reports whether token i stands among the arguments of concat.
func (p *jsScan) concatenates(i int) bool {
	nest := 0
	for k := i; k > max(0, i-32); k-- {
		switch {
		case p.is(k, ")"):
			nest++
		case p.is(k, "("):
			if nest--; nest < 0 {
				return p.is(k-1, "concat")
			}
		}
	}
	return false
}

// scriptHost returns the host of the address of a script, "" if it is none.
func scriptHost(b []byte) string {
	if len(b) > 2048 || len(b) < 8 {
		return ""
	}
	s := string(bytes.TrimSpace(b))
	rest, ok := strings.CutPrefix(s, "https:")
	if !ok {
		rest, _ = strings.CutPrefix(s, "http:")
	}
	rest, ok = strings.CutPrefix(rest, "//")
	if !ok {
		return ""
	}
	host, path, _ := strings.Cut(rest, "/")
	if strings.Contains(path, ".js") || strings.Contains(path, ".mjs") || strings.Contains(path, "/js") || strings.HasPrefix(path, "js") {
		return strings.ToLower(host)
	}
	return ""
}

// nameElement notes what an element of an SVG file is called.
func (s *scanner) nameElement(t *xmlToken) {
	n := &s.names
	n.add(&n.elems, []byte(local(t.name)))
	for _, a := range t.attrs {
		name := strings.ToLower(a.name)
		n.add(&n.elems, []byte("["+name))
		v, _ := a.value.xml()
		n.attribute(name, v.text)
	}
}

// names writes Names.
func (e *encoder) names(n *Names) {
	for _, list := range [...][]string{n.Elems, n.Strings, n.Words, n.Heads, n.Tails, n.Values, n.Hosts} {
		e.strs(list)
	}
	e.bit(n.Lost)
}

// names reads what encoder.names wrote.
func (r *decoder) names(n *Names) {
	for _, list := range [...]*[]string{&n.Elems, &n.Strings, &n.Words, &n.Heads, &n.Tails, &n.Values, &n.Hosts} {
		*list = r.strs()
	}
	n.Lost = r.num() == 1
}
