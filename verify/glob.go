package verify

import (
	"fmt"
	"regexp"
	"strings"
)

// Glob is a pattern of URL paths: ** stands for anything, * for anything
// within a segment, ? for one character of a segment, {a,b} for either.
type Glob struct {
	text     string
	prefix   string // the text before the first wildcard
	exact    bool   // there is no wildcard
	deep     bool   // the pattern is prefix and **
	literals int
	wild     int
	re       *regexp.Regexp // linear in the path, whatever the pattern
}

// maxGlob bounds a pattern; the longest path that hosts take in a rule is
// about 4 kB.
const maxGlob = 4096

// NewGlob compiles a pattern.
func NewGlob(text string) (*Glob, error) {
	if !strings.HasPrefix(text, "/") {
		return nil, fmt.Errorf("the pattern %q must begin with /, as the path of a URL does", text)
	}
	if len(text) > maxGlob {
		return nil, fmt.Errorf("the pattern %.40q… is longer than %d bytes", text, maxGlob)
	}
	g := &Glob{text: text}
	i := strings.IndexAny(text, "*?{")
	if i < 0 {
		g.prefix, g.exact, g.literals = text, true, len(text)
		return g, nil
	}
	g.prefix, g.deep = text[:i], text[i:] == "**"
	expr, err := g.expression()
	if err != nil {
		return nil, err
	}
	if g.re, err = regexp.Compile(`(?s)\A(?:` + expr + `)\z`); err != nil {
		return nil, fmt.Errorf("the pattern %q: %w", text, err)
	}
	return g, nil
}

// expression translates the pattern, counting what it is made of.
func (g *Glob) expression() (string, error) {
	var b strings.Builder
	depth := 0
	for t := g.text; t != ""; {
		switch {
		case strings.HasPrefix(t, "/**/"):
			b.WriteString(`/(?:.*/)?`)
			g.wild += 2
			g.literals++
			t = t[4:]
			continue
		case strings.HasPrefix(t, "**"):
			b.WriteString(`.*`)
			g.wild += 2
			t = strings.TrimLeft(t, "*")
			continue
		case t[0] == '*':
			b.WriteString(`[^/]*`)
			g.wild++
		case t[0] == '?':
			b.WriteString(`[^/]`)
			g.wild++
		case t[0] == '{':
			b.WriteString(`(?:`)
			depth++
			g.wild++
		case t[0] == '}' && depth > 0:
			b.WriteString(`)`)
			depth--
		case t[0] == ',' && depth > 0:
			b.WriteString(`|`)
		default:
			n := strings.IndexAny(t[1:], "*?{},/") + 1
			if n == 0 {
				n = len(t)
			}
			b.WriteString(regexp.QuoteMeta(t[:n]))
			g.literals += n
			t = t[n:]
			continue
		}
		t = t[1:]
	}
	if depth > 0 {
		return "", fmt.Errorf("the pattern %q opens a brace and does not close it", g.text)
	}
	return b.String(), nil
}

// String returns the pattern as it was written.
func (g *Glob) String() string { return g.text }

// Match reports whether the pattern covers a decoded URL path.
func (g *Glob) Match(url string) bool {
	switch {
	case g.exact:
		return url == g.text
	case !strings.HasPrefix(url, g.prefix):
		return false
	case g.deep:
		return true
	}
	return g.re.MatchString(url)
}

// compare orders patterns by how much they say: one path before many, then the
// longer text before the first wildcard, then more text in all, then fewer
// wildcards. Above 0 means that g says more.
func (g *Glob) compare(h *Glob) int {
	bit := map[bool]int{true: 1}
	for _, d := range [...]int{bit[g.exact] - bit[h.exact], len(g.prefix) - len(h.prefix), g.literals - h.literals, h.wild - g.wild} {
		if d != 0 {
			return d
		}
	}
	return 0
}
