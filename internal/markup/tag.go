package markup

import "github.com/hone-web/hone/site"

// tag reads the name and, for start tags, the attributes of the tag at
// t.Span, in the states "tag name" to "after attribute value (quoted)" of the
// standard (WHATWG HTML, sections 13.2.5.8 and 13.2.5.32 to 39).
func (p *parser) tag(t *Token) {
	src, i, end := p.src, t.Span.Start+1, t.Span.End
	if t.Type == EndTag {
		i++
	}
	start := i
	for i < end && !isSpace(src[i]) && src[i] != '/' && src[i] != '>' {
		i++
	}
	t.Name = p.name(src[start:i])
	if t.Type == EndTag {
		return
	}
	first := len(p.attrs)
	for {
		i = skipSpace(src, i, end)
		if i >= end || src[i] == '>' {
			break
		}
		if src[i] == '/' {
			i++
			continue
		}
		var a Attr
		a, i = p.attr(i, end)
		p.attrs = append(p.attrs, a)
	}
	if n := len(p.attrs); n > first {
		t.Attrs = p.attrs[first:n:n]
		markDups(t.Attrs)
	}
}

// attr reads one attribute, which starts at i, and returns where it ends.
func (p *parser) attr(i, end int) (Attr, int) {
	src := p.src
	start := i
	i++ // the first byte belongs to the name even if it is an equals sign
	for i < end && !isSpace(src[i]) && src[i] != '/' && src[i] != '>' && src[i] != '=' {
		i++
	}
	name := site.Span{Start: start, End: i}
	a := Attr{Name: p.name(src[start:i]), Span: name, NameSpan: name, Value: site.Span{Start: i, End: i}}
	j := skipSpace(src, i, end)
	if j >= end || src[j] != '=' {
		return a, i
	}
	a.HasValue = true
	j = skipSpace(src, j+1, end)
	switch {
	case j >= end || src[j] == '>':
		a.Value = site.Span{Start: j, End: j}
		a.Span.End = j
		return a, j
	case src[j] == '"' || src[j] == '\'':
		a.Quote = src[j]
		k := j + 1
		for k < end && src[k] != a.Quote {
			k++
		}
		a.Value = site.Span{Start: j + 1, End: k}
		a.Span.End = min(k+1, end)
		return a, a.Span.End
	}
	k := j
	for k < end && !isSpace(src[k]) && src[k] != '>' {
		k++
	}
	a.Value = site.Span{Start: j, End: k}
	a.Span.End = k
	return a, k
}

// markDups marks every attribute whose name an earlier one has. Few tags have
// many attributes, so a set is made only for those.
func markDups(attrs []Attr) {
	if len(attrs) <= 16 {
		for i := range attrs {
			for j := range i {
				if attrs[j].Name == attrs[i].Name {
					attrs[i].Dup = true
					break
				}
			}
		}
		return
	}
	seen := make(map[string]bool, len(attrs))
	for i := range attrs {
		attrs[i].Dup = seen[attrs[i].Name]
		seen[attrs[i].Name] = true
	}
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

func skipSpace(src []byte, i, end int) int {
	for i < end && isSpace(src[i]) {
		i++
	}
	return i
}
