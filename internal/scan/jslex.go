package scan

import "bytes"

// jsKind says what a token of JavaScript is. White space and comments are no
// tokens.
type jsKind uint8

const (
	jsWord     jsKind = iota // identifier or keyword
	jsNumber                 //
	jsPunct                  // one byte
	jsString                 // with its quotes
	jsTemplate               // `…` without substitutions
	jsPart                   // a piece of a template with substitutions: `…${, }…${ or }…`
	jsRegexp                 // with its flags
)

// jsToken is a token; it lies at text[start:end].
type jsToken struct {
	start, end int32
	kind       jsKind
	top        bool // no bracket is open
}

// jsFrame is an open bracket.
type jsFrame struct {
	open   byte // '(', '[', '{', or '`' for a substitution in a template
	regexp bool // after the closing bracket a slash begins a regular expression
}

// jsLexer cuts JavaScript into tokens (ECMA-262, section 12). Whether a slash
// divides or begins a regular expression is told by the token before; for
// closing brackets, by what stood before the opening one.
type jsLexer struct {
	b      []byte
	i      int
	toks   []jsToken
	open   []jsFrame
	regexp bool // a slash here begins a regular expression
	// failed counts the bytes read for regular expressions that were none;
	// with budget it keeps the time linear.
	failed, budget int
	comment        func(start, end int)
}

// lexJS returns the tokens of b. If lost is not negative, b could not be read
// from there on. comment is called for every comment.
func lexJS(b []byte, comment func(start, end int)) (toks []jsToken, lost int) {
	l := &jsLexer{b: b, toks: make([]jsToken, 0, len(b)/6+8), regexp: true, budget: 2*len(b) + 1<<16, comment: comment}
	if bytes.HasPrefix(b, []byte("#!")) {
		l.i = lineEnd(b, 0)
	}
	for l.i < len(b) {
		start := l.i
		if !l.next() {
			return l.toks, start
		}
	}
	if n := len(l.open); n > 0 && l.open[n-1].open == '`' {
		return l.toks, len(b)
	}
	return l.toks, -1
}

func lineEnd(b []byte, i int) int {
	if j := bytes.IndexAny(b[i:], "\n\r"); j >= 0 {
		return i + j
	}
	return len(b)
}

// emit adds the token that ends at end.
func (l *jsLexer) emit(kind jsKind, end int) {
	l.toks = append(l.toks, jsToken{start: int32(l.i), end: int32(end), kind: kind, top: len(l.open) == 0})
	l.i = end
}

// next takes one token, comment or byte of white space; false means that the
// text makes no sense.
func (l *jsLexer) next() bool {
	b, i := l.b, l.i
	switch c := b[i]; {
	case c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\v' || c == '\f':
		l.i++
	case wordByte[c]:
		l.word()
	case '0' <= c && c <= '9' || c == '.' && i+1 < len(b) && '0' <= b[i+1] && b[i+1] <= '9':
		l.number()
	case c == '"' || c == '\'':
		end := stringEnd(b, i)
		if end < 0 {
			return false
		}
		l.emit(jsString, end)
		l.regexp = false
	case c == '`':
		return l.template()
	case c == '/':
		return l.slash()
	case c == '<' && bytes.HasPrefix(b[i:], []byte("<!--")) && l.lineStart():
		l.lineComment()
	case c == '-' && bytes.HasPrefix(b[i:], []byte("-->")) && l.lineStart():
		l.lineComment()
	default:
		return l.punct(c)
	}
	return true
}

// lineStart reports whether only white space stands before i in its line;
// there "<!--" and "-->" begin comments (ECMA-262, annex B.1.1). What may
// stand there besides is rarer than either.
func (l *jsLexer) lineStart() bool {
	for j := l.i - 1; j >= 0 && l.i-j < 256; j-- {
		switch l.b[j] {
		case '\n', '\r':
			return true
		case ' ', '\t':
		default:
			return false
		}
	}
	return l.i < 256
}

func (l *jsLexer) lineComment() {
	end := lineEnd(l.b, l.i)
	l.comment(l.i, end)
	l.i = end
}

func (l *jsLexer) word() {
	end := l.i + 1
	for end < len(l.b) && (wordByte[l.b[end]] || '0' <= l.b[end] && l.b[end] <= '9') {
		end++
	}
	property := l.last() == '.'
	word := l.b[l.i:end]
	l.emit(jsWord, end)
	l.regexp = false
	if !property {
		switch string(word) {
		case "return", "typeof", "instanceof", "in", "of", "new", "delete", "void", "throw", "case", "do", "else", "yield", "await", "extends", "default":
			l.regexp = true
		}
	}
}

// last returns the last byte of the last token, 0 if there is none.
func (l *jsLexer) last() byte {
	if n := len(l.toks); n > 0 {
		return l.b[l.toks[n-1].end-1]
	}
	return 0
}

func (l *jsLexer) number() {
	end := l.i + 1
	for end < len(l.b) {
		c := l.b[end]
		sign := (c == '+' || c == '-') && l.b[end-1]|0x20 == 'e' && l.b[l.i:][1]|0x20 != 'x'
		if !sign && c != '.' && !wordByte[c] && (c < '0' || c > '9') {
			break
		}
		end++
	}
	l.emit(jsNumber, end)
	l.regexp = false
}

// stringEnd returns where the string that begins at i ends, -1 if it does not.
func stringEnd(b []byte, i int) int {
	q := b[i]
	for i++; i < len(b); i++ {
		switch b[i] {
		case q:
			return i + 1
		case '\\':
			if i++; i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n' {
				i++
			}
		case '\n', '\r':
			return -1
		}
	}
	return -1
}

// template takes a template from its backquote, or from the brace that ends a
// substitution.
func (l *jsLexer) template() bool {
	b := l.b
	first := b[l.i] == '`'
	for i := l.i + 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '`':
			kind := jsTemplate
			if !first {
				kind = jsPart
				l.open = l.open[:len(l.open)-1]
			}
			l.emit(kind, i+1)
			l.regexp = false
			return true
		case '$':
			if i+1 < len(b) && b[i+1] == '{' {
				if first {
					l.open = append(l.open, jsFrame{open: '`'})
				}
				l.emit(jsPart, i+2)
				l.regexp = true
				return true
			}
		}
	}
	return false
}

// slash takes a comment, a regular expression or a division.
func (l *jsLexer) slash() bool {
	b := l.b
	if l.i+1 < len(b) {
		switch b[l.i+1] {
		case '/':
			l.lineComment()
			return true
		case '*':
			end := bytes.Index(b[l.i+2:], []byte("*/"))
			if end < 0 {
				return false
			}
			end += l.i + 4
			l.comment(l.i, end)
			l.i = end
			return true
		}
	}
	if l.regexp {
		end, ok := regexpEnd(b, l.i)
		if ok {
			l.emit(jsRegexp, end)
			l.regexp = false
			return true
		}
		if l.failed += end - l.i; l.failed > l.budget {
			return false
		}
	}
	return l.punct('/')
}

// regexpEnd returns where the regular expression that begins at i ends, flags
// included; ok is false if the line ends first.
func regexpEnd(b []byte, i int) (end int, ok bool) {
	class := false
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\n', '\r':
			return i, false
		case '\\':
			if i+1 < len(b) && b[i+1] != '\n' && b[i+1] != '\r' {
				i++
			}
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if !class {
				for i++; i < len(b) && wordByte[b[i]]; i++ {
				}
				return i, true
			}
		}
	}
	return len(b), false
}

// punct takes one byte of punctuation and keeps the brackets.
func (l *jsLexer) punct(c byte) bool {
	switch c {
	case '(':
		l.open = append(l.open, jsFrame{open: c, regexp: l.afterControl()})
	case '[':
		l.open = append(l.open, jsFrame{open: c})
	case '{':
		l.open = append(l.open, jsFrame{open: c, regexp: l.startsBlock()})
	case ')', ']', '}':
		n := len(l.open)
		if n == 0 {
			l.emit(jsPunct, l.i+1) // more closed than opened: go on
			l.regexp = c == '}'
			return true
		}
		f := l.open[n-1]
		if f.open == '`' {
			return c == '}' && l.template()
		}
		l.open = l.open[:n-1]
		l.emit(jsPunct, l.i+1)
		l.regexp = f.regexp
		return true
	}
	twice := (c == '+' || c == '-') && l.i > 0 && l.b[l.i-1] == c
	l.emit(jsPunct, l.i+1)
	l.regexp = !twice
	return true
}

// afterControl reports whether the last token is the keyword of a statement
// whose parentheses a statement follows: if (a) /b/.test(c).
func (l *jsLexer) afterControl() bool {
	n := len(l.toks)
	if n == 0 || l.toks[n-1].kind != jsWord || n > 1 && l.b[l.toks[n-2].end-1] == '.' {
		return false
	}
	switch string(l.b[l.toks[n-1].start:l.toks[n-1].end]) {
	case "if", "while", "for", "with", "await":
		return true
	}
	return false
}

// startsBlock reports whether a brace here opens a block, not an object.
func (l *jsLexer) startsBlock() bool {
	n := len(l.toks)
	if n == 0 {
		return true
	}
	switch t := l.toks[n-1]; t.kind {
	case jsWord:
		switch string(l.b[t.start:t.end]) {
		case "return", "typeof", "in", "of", "new", "void", "throw", "case", "yield", "await", "default":
			return false
		}
		return true
	case jsPunct:
		switch l.last() {
		case ')', ';', '{', '}':
			return true
		case '>':
			return n > 1 && l.toks[n-2].end == t.start && l.b[t.start-1] == '='
		}
	}
	return false
}

var wordByte = func() (t [256]bool) {
	for c := range t {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == '$' || c == '\\' || c == '#' || c >= 0x80
	}
	return t
}()
