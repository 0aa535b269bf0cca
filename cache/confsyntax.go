package cache

import "strings"

// directive is one directive of a configuration language of braces: that of
// nginx, or a Caddyfile.
type directive struct {
	line  int
	words []string
	block []*directive // nil unless it opens one
}

func (d *directive) name() string { return d.words[0] }

func (d *directive) arg(i int) string {
	if i+1 < len(d.words) {
		return d.words[i+1]
	}
	return ""
}

// nginxParse reads the directives of an nginx configuration. It stops at the
// first thing that nginx would refuse.
func nginxParse(text string) []*directive {
	p := &nginxReader{text: text, line: 1}
	return p.block(0)
}

type nginxReader struct {
	text string
	i    int
	line int
	n    int
}

func (p *nginxReader) block(depth int) []*directive {
	var out []*directive
	for {
		d := &directive{}
		for {
			w, ok := p.word()
			if !ok {
				return out
			}
			if d.line == 0 {
				d.line = p.line
			}
			if w == ";" || w == "{" || w == "}" {
				if w == "}" && len(d.words) == 0 {
					return out
				}
				if w == "{" && depth < maxNest {
					d.block = append([]*directive{}, p.block(depth+1)...)
				} else if w != ";" {
					return out
				}
				break
			}
			d.words = append(d.words, strings.TrimPrefix(w, "\x00"))
		}
		if p.n++; p.n > maxGates {
			return out
		}
		if len(d.words) > 0 {
			out = append(out, d)
		}
	}
}

// word returns the next word; a quoted one that could be taken for punctuation
// begins with a zero byte.
func (p *nginxReader) word() (string, bool) {
	t := p.text
	for p.i < len(t) {
		switch c := t[p.i]; c {
		case '\n':
			p.line++
			p.i++
			continue
		case ' ', '\t', '\r':
			p.i++
			continue
		case '#':
			for p.i < len(t) && t[p.i] != '\n' {
				p.i++
			}
			continue
		case ';', '{', '}':
			p.i++
			return string(c), true
		case '"', '\'':
			return p.quoted(c), true
		}
		start := p.i
		for p.i < len(t) && !strings.ContainsRune(" \t\r\n;", rune(t[p.i])) && (t[p.i] != '{' || p.i > start && t[p.i-1] == '$') {
			if t[p.i] == '$' && p.i+1 < len(t) && t[p.i+1] == '{' {
				if end := strings.IndexByte(t[p.i:], '}'); end > 0 {
					p.i += end
				}
			}
			if t[p.i] == '\\' && p.i+1 < len(t) {
				p.i++
			}
			p.i++
		}
		return t[start:min(p.i, len(t))], true
	}
	return "", false
}

func (p *nginxReader) quoted(q byte) string {
	var b strings.Builder
	b.WriteByte(0)
	for p.i++; p.i < len(p.text) && p.text[p.i] != q; p.i++ {
		c := p.text[p.i]
		if c == '\n' {
			p.line++
		}
		if c == '\\' && p.i+1 < len(p.text) {
			if n := p.text[p.i+1]; n == q || n == '\\' {
				p.i++
				c = n
			}
		}
		b.WriteByte(c)
	}
	p.i++
	return b.String()
}
