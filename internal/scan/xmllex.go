package scan

import "bytes"

// xmlKind says what a token of XML is.
type xmlKind uint8

const (
	xmlText xmlKind = iota
	xmlStart
	xmlEmpty // <a/>
	xmlEnd
	xmlCDATA
	xmlPI
	xmlOther // comment, document type
)

// xmlToken is a token of XML.
type xmlToken struct {
	kind  xmlKind
	name  string // of tags and processing instructions, with its prefix, as written
	attrs []xmlAttr
	text  view // of texts and CDATA sections, without brackets, references not decoded
}

// xmlAttr is an attribute; its value is as written.
type xmlAttr struct {
	name  string
	value view
}

// get returns the raw value of an attribute.
func (t *xmlToken) get(name string) (view, bool) {
	for _, a := range t.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return view{}, false
}

// decoded returns the value of an attribute with references decoded, "" if
// there is none.
func (t *xmlToken) decoded(name string) string {
	v, ok := t.get(name)
	if !ok {
		return ""
	}
	v, _ = v.xml()
	return string(v.text)
}

// local returns a name without its prefix.
func local(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == ':' {
			return name[i+1:]
		}
	}
	return name
}

// eachXML calls f for every token of XML (W3C XML 1.0). What is not well
// formed is passed as text or left out. The token is valid during the call.
func eachXML(v view, f func(*xmlToken)) {
	b := v.text
	t := new(xmlToken)
	for i := 0; i < len(b); {
		if b[i] != '<' {
			end := bytes.IndexByte(b[i:], '<')
			if end < 0 {
				end = len(b) - i
			}
			*t = xmlToken{kind: xmlText, text: v.cut(i, i+end), attrs: t.attrs[:0]}
			f(t)
			i += end
			continue
		}
		*t = xmlToken{kind: xmlOther, attrs: t.attrs[:0]}
		rest := b[i:]
		switch {
		case bytes.HasPrefix(rest, []byte("<!--")):
			i = after(b, i+4, "-->")
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			end := after(b, i+9, "]]>")
			t.kind, t.text = xmlCDATA, cdata(v.cut(i, end))
			i = end
		case bytes.HasPrefix(rest, []byte("<!")):
			i = doctypeEnd(b, i)
		case bytes.HasPrefix(rest, []byte("<?")):
			end := after(b, i+2, "?>")
			t.kind = xmlPI
			t.tag(v, i+2, max(end-2, i+2))
			i = end
		case len(rest) > 1 && rest[1] == '/':
			end := after(b, i, ">")
			t.kind = xmlEnd
			t.tag(v, i+2, max(end-1, i+2))
			i = end
		default:
			t.kind = xmlStart
			i = t.tag(v, i+1, len(b))
		}
		f(t)
	}
}

// after returns the offset after the next occurrence of s, or the end.
func after(b []byte, i int, s string) int {
	if i > len(b) {
		return len(b)
	}
	if j := bytes.Index(b[i:], []byte(s)); j >= 0 {
		return i + j + len(s)
	}
	return len(b)
}

// doctypeEnd returns where the declaration at i ends; an internal subset may
// hold further declarations and strings.
func doctypeEnd(b []byte, i int) int {
	subset := false
	for ; i < len(b); i++ {
		switch b[i] {
		case '[':
			subset = true
		case ']':
			subset = false
		case '"', '\'':
			j := bytes.IndexByte(b[i+1:], b[i])
			if j < 0 {
				return len(b)
			}
			i += j + 1
		case '>':
			if !subset {
				return i + 1
			}
		}
	}
	return len(b)
}

// tag reads name and attributes from i on and returns where the tag ends.
func (t *xmlToken) tag(v view, i, end int) int {
	b := v.text
	start := i
	for i < end && !isSpace(b[i]) && b[i] != '>' && b[i] != '/' {
		i++
	}
	t.name = string(b[start:i])
	for i < end {
		switch c := b[i]; {
		case isSpace(c):
			i++
			continue
		case c == '>':
			return i + 1
		case c == '/':
			if i+1 < end && b[i+1] == '>' && t.kind == xmlStart {
				t.kind = xmlEmpty
			}
			i++
			continue
		case c == '<':
			return i
		}
		start := i
		for i < end && !isSpace(b[i]) && b[i] != '=' && b[i] != '>' && b[i] != '/' && b[i] != '<' {
			i++
		}
		name := b[start:i]
		for i < end && isSpace(b[i]) {
			i++
		}
		if i >= end || b[i] != '=' {
			continue
		}
		i++
		for i < end && isSpace(b[i]) {
			i++
		}
		if i >= end || b[i] != '"' && b[i] != '\'' {
			continue
		}
		j := bytes.IndexByte(b[i+1:end], b[i])
		if j < 0 {
			return end
		}
		t.attrs = append(t.attrs, xmlAttr{string(name), v.cut(i+1, i+1+j)})
		i += j + 2
	}
	return end
}
