package optimize

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
)

// tag writes a start tag: one space between attributes, no quotes where none
// are needed, no slash that means nothing.
func (p *page) tag(tok *markup.Token, raw []byte, void bool) {
	if raw[len(raw)-1] != '>' || odd(tok, raw) {
		p.emit(raw)
		return
	}
	p.out = append(p.out, raw[:1+len(tok.Name)]...)
	slash := tok.Type == markup.SelfClosing && !void
	bare := false // the last value has no quotes: a slash would join it
	for i, a := range tok.Attrs {
		p.out = append(p.out, ' ')
		p.out = append(p.out, p.src[a.NameSpan.Start:a.NameSpan.End]...)
		bare = false
		if !a.HasValue {
			continue
		}
		p.out = append(p.out, '=')
		v := p.value(tok, a)
		last := i == len(tok.Attrs)-1
		switch {
		case a.Quote == 0:
			p.out = append(p.out, v...)
			bare = true
		case unquotable(a.Name, v, last):
			p.out = append(p.out, v...)
			bare = true
		default:
			p.out = append(p.out, a.Quote)
			p.out = append(p.out, v...)
			p.out = append(p.out, a.Quote)
		}
	}
	if slash {
		if bare {
			p.out = append(p.out, ' ')
		}
		p.out = append(p.out, '/')
	}
	p.out = append(p.out, '>')
}

// odd reports whether a tag is written in a way that is not worth reading:
// attributes twice, a value that the next character may join, names that look
// like the marks of a template language.
func odd(tok *markup.Token, raw []byte) bool {
	for _, a := range tok.Attrs {
		if a.Dup || a.HasValue && a.Quote == 0 && a.Value.Len() == 0 || strings.ContainsAny(a.Name, "\"'<{%=") {
			return true
		}
		// An unclosed quote: the value runs to the end of the file.
		if a.Quote != 0 && a.Span.End-a.Value.End != 1 {
			return true
		}
		if end := a.Value.End - tok.Span.Start; a.Quote == 0 && a.HasValue && raw[end-1] == '/' {
			return true
		}
	}
	return false
}

// unquotable reports whether a quoted value may lose its quotes. Values that
// hashes are written into keep them, as do those that look like a template's;
// so does a final slash, which would be read as the end of the tag.
func unquotable(name string, v []byte, last bool) bool {
	if !markup.Unquotable(v) || name == "integrity" || bytes.ContainsAny(v, "{}[]$&") {
		return false
	}
	return !(last && v[len(v)-1] == '/')
}

// value returns the new value of an attribute as it stands in the source.
func (p *page) value(tok *markup.Token, a markup.Attr) []byte {
	v := p.src[a.Value.Start:a.Value.End]
	switch {
	case a.Name == "class" && a.Quote != 0 && !p.hydrated && untidy(v):
		return bytes.Join(bytes.FieldsFunc(v, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }), []byte(" "))
	case len(p.sums) > 0 && a.Name == "content" && isPolicy(tok, p.src):
		var pairs []string
		for _, old := range slices.Sorted(maps.Keys(p.sums)) {
			pairs = append(pairs, old, p.sums[old])
		}
		return []byte(strings.NewReplacer(pairs...).Replace(string(v)))
	case a.Name == "style" || strings.HasPrefix(a.Name, "on"):
		return p.attrCode(a, v)
	}
	return v
}

// untidy reports whether a list of classes has white space to spare.
func untidy(v []byte) bool {
	space := true
	for _, c := range v {
		if isSpace(c) {
			if space || c != ' ' {
				return true
			}
			space = true
		} else {
			space = false
		}
	}
	return space && len(v) > 0
}
