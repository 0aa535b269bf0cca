package optimize

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
)

// sheet is what a style sheet is compared by: which selectors have
// declarations in which context, and what its statements are.
type sheet struct {
	ascii     bool // but for comments
	sourceMap bool
	rules     map[string]bool
	budget    int // bytes of paths that may still be made: nested lists multiply
}

// block is an open "{".
type block struct {
	paths []string // the selectors and conditions that lead here, one for each way
	skip  bool     // nothing inside counts: keyframes, the value of a custom property
	used  bool     // it has declarations
}

// readSheet reads a style sheet.
func readSheet(src []byte) (*sheet, error) {
	s := &sheet{ascii: true, rules: make(map[string]bool), budget: 16*len(src) + 1<<20}
	// The lexer writes a terminator behind the slice it gets.
	l := css.NewLexer(parse.NewInputBytes(bytes.Clone(src)))
	stack := []block{{paths: []string{""}}}
	var p prelude
	for {
		tt, data := l.Next()
		if tt == css.ErrorToken {
			break
		}
		if tt == css.CommentToken {
			s.sourceMap = s.sourceMap || bytes.Contains(data, []byte("# sourceMappingURL="))
			continue
		}
		s.ascii = s.ascii && isASCII(data)
		top := &stack[len(stack)-1]
		switch {
		case p.depth == 0 && tt == css.LeftBraceToken:
			b, err := s.open(top, &p)
			if err != nil {
				return nil, err
			}
			stack = append(stack, b)
			p.reset()
		case p.depth == 0 && tt == css.SemicolonToken, tt == css.RightBraceToken:
			s.statement(top, &p)
			p.reset()
			if tt == css.RightBraceToken && len(stack) > 1 {
				s.close(top)
				stack = stack[:len(stack)-1]
			}
		default:
			p.add(tt, data)
		}
	}
	s.statement(&stack[len(stack)-1], &p)
	for i := len(stack) - 1; i > 0; i-- {
		s.close(&stack[i])
	}
	return s, nil
}

func (s *sheet) close(b *block) {
	if b.used && !b.skip {
		for _, p := range b.paths {
			s.rules[p] = true
		}
	}
}

// statement takes what a ";" or "}" ended: a declaration, or an at-rule
// without a block.
func (s *sheet) statement(b *block, p *prelude) {
	text := p.text()
	switch {
	case text == "":
	case text[0] != '@':
		b.used = true
	case strings.HasPrefix(text, "@charset"):
	case !b.skip && len(b.paths) > 0:
		text = strings.NewReplacer("url(", "", "(", "", ")", "", `"`, "", "'", "", " ", "").Replace(text)
		s.rules[b.paths[0]+"{"+text] = true
	}
}

// open returns the block that the prelude p begins inside b.
func (s *sheet) open(b *block, p *prelude) (block, error) {
	text := p.text()
	name, _, _ := strings.Cut(text, " ")
	switch {
	case b.skip || strings.HasPrefix(text, "--"):
		b.used = true
		return block{skip: true}, nil
	case strings.HasPrefix(name, "@") && strings.HasSuffix(name, "keyframes"), name == "@font-face", name == "@property",
		name == "@counter-style", name == "@font-palette-values", name == "@view-transition", name == "@position-try":
		s.rules[b.paths[0]+"{"+text] = true
		return block{skip: true}, nil
	}
	parts := []string{text}
	if !strings.HasPrefix(text, "@") {
		parts = p.list()
	}
	nb := block{}
	for _, up := range b.paths {
		for _, part := range parts {
			path := up + "{" + part
			if s.budget -= len(path) + 16; s.budget < 0 {
				return block{}, keep("too many selectors inside each other")
			}
			nb.paths = append(nb.paths, path)
		}
	}
	return nb, nil
}

// differs returns a rule that only one of the two sheets has, "" if they
// agree.
func (s *sheet) differs(o *sheet) string {
	least := ""
	for _, pair := range [...][2]*sheet{{s, o}, {o, s}} {
		for r := range pair[0].rules {
			if !pair[1].rules[r] && (least == "" || r < least) {
				least = r
			}
		}
	}
	if len(least) > 100 {
		least = strings.ToValidUTF8(least[:100], "") + "…"
	}
	return strings.TrimPrefix(least, "{")
}

// prelude gathers the tokens before a "{" or ";" in a normal form, in which
// the ways to write one selector or condition are the same.
type prelude struct {
	b     []byte
	depth int   // of brackets
	nth   int   // the depth inside :nth-child( and its like, 0 outside
	cuts  []int // commas outside brackets
	space bool
}

func (p *prelude) reset() { p.b, p.depth, p.nth, p.cuts, p.space = p.b[:0], 0, 0, p.cuts[:0], false }

// text returns the whole prelude. Spaces in at-rules separate words only,
// and not even those beside brackets, so they are dropped.
func (p *prelude) text() string {
	s := strings.TrimSpace(string(p.b))
	if strings.HasPrefix(s, "@") {
		name, rest, _ := strings.Cut(s, " ")
		if i := strings.IndexByte(name, '('); i > 0 {
			name, rest = name[:i], name[i:]+rest
		}
		s = name + " " + strings.ReplaceAll(rest, " ", "")
	}
	return s
}

// list returns the parts between the commas, without their repeats.
func (p *prelude) list() []string {
	var out []string
	seen := make(map[string]bool)
	start := 0
	for _, c := range append(p.cuts, len(p.b)) {
		s := strings.TrimPrefix(strings.TrimSpace(string(p.b[start:c])), "& ")
		start = min(c+1, len(p.b))
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func (p *prelude) last() byte {
	if len(p.b) == 0 {
		return 0
	}
	return p.b[len(p.b)-1]
}

func (p *prelude) add(tt css.TokenType, data []byte) {
	switch tt {
	case css.WhitespaceToken:
		p.space = true
		return
	case css.LeftParenthesisToken, css.LeftBracketToken, css.FunctionToken:
		p.depth++
		if tt == css.FunctionToken && bytes.HasPrefix(bytes.ToLower(data), []byte("nth-")) {
			p.nth = p.depth
		}
	case css.RightParenthesisToken, css.RightBracketToken:
		p.depth = max(p.depth-1, 0)
		if p.depth < p.nth {
			p.nth = 0
		}
	}
	p.separate(tt, data)
	switch tt {
	case css.CommaToken:
		if p.depth == 0 {
			p.cuts = append(p.cuts, len(p.b))
		}
		p.b = append(p.b, ',')
	case css.StringToken:
		p.b = append(p.b, strings.ToLower(unescapeCSS(bytes.Trim(data, `"'`)))...)
	case css.NumberToken, css.PercentageToken, css.DimensionToken:
		if p.nth > 0 && data[0] == '+' && p.last() != '(' {
			p.b = append(p.b, '+') // 3n+1 ends in the number +1, 3n + 1 in a sign and a number
		}
		p.b = append(p.b, shortNumber(data)...)
	default:
		p.b = append(p.b, strings.ToLower(unescapeCSS(data))...)
		p.shorten()
	}
}

// separate writes the space that came before a token if it means something.
func (p *prelude) separate(tt css.TokenType, data []byte) {
	space := p.space
	p.space = false
	if last := p.last(); !space || last == 0 || strings.IndexByte(">+~,([=:", last) >= 0 {
		return
	}
	if p.nth > 0 && (p.last() == '-' || data[0] == '+' || data[0] == '-') {
		return // An+B (CSS Syntax 3, section 6) may stand apart or close together
	}
	switch {
	case tt == css.CommaToken, tt == css.RightParenthesisToken, tt == css.RightBracketToken,
		tt == css.DelimToken && strings.IndexByte(">+~=<", data[0]) >= 0,
		tt == css.ColonToken && p.depth > 0,
		tt >= css.IncludeMatchToken && tt <= css.SubstringMatchToken:
		return
	}
	p.b = append(p.b, ' ')
}

// shorten brings what was just added into the form esbuild prefers.
func (p *prelude) shorten() {
	for _, name := range [...]string{"before", "after", "first-line", "first-letter"} {
		if bytes.HasSuffix(p.b, []byte("::"+name)) {
			p.b = append(p.b[:len(p.b)-len(name)-2], ":"+name...)
			return
		}
	}
	if n := len(p.b); n >= 2 && p.b[n-2] == '*' && strings.IndexByte(".:#[", p.b[n-1]) >= 0 {
		p.b = append(p.b[:n-2], p.b[n-1])
	}
	for _, odd := range [...][2]string{{"(odd", "(2n+1"}, {"(even", "(2n"}} {
		if bytes.HasSuffix(p.b, []byte(odd[0])) && bytes.Contains(p.b[max(0, len(p.b)-24):], []byte(":nth-")) {
			p.b = append(p.b[:len(p.b)-len(odd[0])], odd[1]...)
		}
	}
}

// shortNumber drops the zeros and the plus sign that mean nothing.
func shortNumber(b []byte) string {
	s := strings.ToLower(strings.TrimPrefix(string(b), "+"))
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.' || s[n] == '-' && n == 0) {
		n++
	}
	f, err := strconv.ParseFloat(s[:n], 64)
	if err != nil {
		return s
	}
	return strconv.FormatFloat(f, 'g', -1, 64) + s[n:]
}

// unescapeCSS decodes escapes (CSS Syntax 3, section 4.3.7).
func unescapeCSS(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b)
	}
	var out []byte
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		j := i + 1
		for j < len(b) && j < i+7 && isHex(b[j]) {
			j++
		}
		if j == i+1 {
			i++
			out = append(out, b[i])
			continue
		}
		r, _ := strconv.ParseUint(string(b[i+1:j]), 16, 32)
		out = utf8.AppendRune(out, rune(r))
		if j < len(b) && isSpace(b[j]) {
			j++
		}
		i = j - 1
	}
	return string(out)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
