package guard

import (
	"errors"
	"fmt"
)

// ErrRefused says that the input is not shown to esbuild.
var ErrRefused = errors.New("nested too deeply for esbuild")

// esbuild parses by recursion: 200,000 levels overflow its stack, and some
// shapes take quadratic time from a few thousand on (5,000 levels of if, ?:
// or comma: 1 to 4 s of CPU). Written code stays under 100 levels; generated
// code was seen to reach a few hundred.
const (
	maxDepth = 1000 // brackets inside brackets
	maxChain = 1000 // operators and statements that nest to the right
	maxComma = 2000 // operands of one comma expression
)

// Refuse returns an error wrapping ErrRefused if code nests deeper than
// esbuild can be trusted with. It takes linear time.
func Refuse(code, loader string) error {
	d, c, n := Depth(code, loader)
	switch {
	case d > maxDepth:
		return fmt.Errorf("%w: more than %d brackets inside each other", ErrRefused, maxDepth)
	case c > maxChain:
		return fmt.Errorf("%w: a chain of more than %d operators or statements", ErrRefused, maxChain)
	case n > maxComma:
		return fmt.Errorf("%w: more than %d operands in one comma expression", ErrRefused, maxComma)
	}
	return nil
}

// Depth estimates how deep code nests: in brackets, in right-nesting chains
// (if, else, ?:, =>, assignments, prefix operators) and in operands of comma
// expressions. It stops at the first that passes its bound. The estimate may
// be high for odd code, which then is left as it is; where it is too low, the
// deadline of the child is what is left.
func Depth(code, loader string) (brackets, chain, commas int) {
	s := depthScan{code: code, js: loader == "js", stack: make([]level, 1, 64)}
	s.run()
	return s.brackets, s.chain, s.commas
}

// level is what is known of one open bracket.
type level struct {
	open   byte
	call   bool // a "(" or "[" that follows a value: arguments, parameters, an index
	head   bool // the parenthesis of if, for, while or with
	tmpl   bool // a "{" that a template literal opened
	chain  int
	comma  int
	colons int // since the last comma: a pair of an object has one more colon than question marks
}

type depthScan struct {
	code  string
	js    bool
	i     int
	stack []level
	// prev classes the last token: 'v' a value, 'o' an operator or opening
	// bracket, 'k' a keyword that an operand follows, 'h' the closed head of
	// an if or a loop, 's' the start of a statement.
	prev byte
	head bool // the last keyword was if, for, while or with
	line bool // a line break follows the last token

	brackets, chain, commas int
}

func (s *depthScan) over() bool {
	return s.brackets > maxDepth || s.chain > maxChain || s.commas > maxComma
}

func (s *depthScan) run() {
	s.prev = 's'
	for s.i < len(s.code) && !s.over() {
		c := s.code[s.i]
		switch {
		case c == '\n' || c == '\r':
			s.line = true
			s.i++
		case c <= ' ':
			s.i++
		case c == '/' && s.comment():
		case c == '"' || c == '\'':
			s.text(c)
			s.prev = 'v'
		case !s.js:
			s.css(c)
		default:
			s.token(c)
		}
	}
}

func (s *depthScan) top() *level { return &s.stack[len(s.stack)-1] }

func (s *depthScan) push(l level) {
	s.stack = append(s.stack, l)
	s.brackets = max(s.brackets, len(s.stack)-1)
}

func (s *depthScan) css(c byte) {
	s.i++
	switch c {
	case '\\':
		s.i++
	case '(', '[', '{':
		s.push(level{open: c})
	case ')', ']', '}':
		if len(s.stack) > 1 {
			s.stack = s.stack[:len(s.stack)-1]
		}
	}
}

// comment skips a comment, and reports whether there was one.
func (s *depthScan) comment() bool {
	rest := s.code[s.i:]
	if len(rest) < 2 || rest[1] != '*' && (rest[1] != '/' || !s.js) {
		return false
	}
	j := s.i + 2
	if rest[1] == '/' {
		for j < len(s.code) && s.code[j] != '\n' {
			j++
		}
		s.i = j
		return true
	}
	for j < len(s.code) && !(s.code[j] == '*' && j+1 < len(s.code) && s.code[j+1] == '/') {
		if s.code[j] == '\n' {
			s.line = true
		}
		j++
	}
	s.i = min(j+2, len(s.code))
	return true
}

// text skips a string. It ends at the line's end at the latest.
func (s *depthScan) text(quote byte) {
	s.i++
	for s.i < len(s.code) {
		switch s.code[s.i] {
		case '\\':
			s.i++
		case '\n':
			return
		case quote:
			s.i++
			return
		}
		s.i++
	}
}

// regexp skips a regular expression literal.
func (s *depthScan) regexp() {
	class := false
	for s.i++; s.i < len(s.code); s.i++ {
		switch s.code[s.i] {
		case '\\':
			s.i++
		case '\n':
			return
		case '[':
			class = true
		case ']':
			class = false
		case '/':
			if !class {
				s.i++
				return
			}
		}
	}
}

// template skips the text of a template literal up to its end or "${".
func (s *depthScan) template() {
	for ; s.i < len(s.code); s.i++ {
		switch s.code[s.i] {
		case '\\':
			s.i++
		case '`':
			s.i++
			s.prev = 'v'
			return
		case '$':
			if s.i+1 < len(s.code) && s.code[s.i+1] == '{' {
				s.i += 2
				s.push(level{open: '{', tmpl: true})
				s.prev = 'o'
				return
			}
		}
	}
}
