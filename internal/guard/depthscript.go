package guard

// token reads one token of a script and counts what it nests.
func (s *depthScan) token(c byte) {
	// A line break after a value ends the statement unless an operator
	// follows; scripts written without semicolons rely on it.
	if s.line && s.prev == 'v' && (isWord(c) || c == '{' || c == '`') {
		s.end()
	}
	s.line = false
	switch {
	case isWord(c):
		s.word()
	case c == '`':
		s.i++
		s.template()
	case c == '(' || c == '[' || c == '{':
		s.open(c)
	case c == ')' || c == ']' || c == '}':
		s.close(c)
	case c == '/' && s.prev != 'v':
		s.regexp()
		s.prev = 'v'
	default:
		s.operator(c)
	}
}

// end notes the end of a statement.
func (s *depthScan) end() {
	l := s.top()
	l.chain, l.comma, l.colons = 0, 0, 0
}

func (s *depthScan) nest() {
	l := s.top()
	l.chain++
	s.chain = max(s.chain, l.chain)
}

func (s *depthScan) open(c byte) {
	l := level{open: c, call: s.prev == 'v', head: c == '(' && s.head}
	if c == '{' {
		l.call = false
	}
	s.i++
	s.head = false
	s.prev = 'o'
	s.push(l)
}

func (s *depthScan) close(c byte) {
	s.i++
	s.prev = 'v'
	if len(s.stack) == 1 {
		return
	}
	l := *s.top()
	s.stack = s.stack[:len(s.stack)-1]
	switch {
	case l.tmpl && c == '}':
		s.template()
	case l.head:
		s.prev = 'h'
	case c == '}' && !s.elseFollows():
		// The end of a block ends its statement. That of an object does not,
		// but then an operator, a comma or a semicolon comes next.
		if o := s.top().open; o == 0 || o == '{' {
			if s.valueEnds() {
				s.end()
			}
		}
	}
}

// valueEnds reports whether what follows a "}" cannot go on an expression.
func (s *depthScan) valueEnds() bool {
	j := s.i
	for j < len(s.code) && s.code[j] <= ' ' {
		j++
	}
	return j < len(s.code) && (isWord(s.code[j]) || s.code[j] == '}')
}

func (s *depthScan) elseFollows() bool {
	j := s.i
	for j < len(s.code) && s.code[j] <= ' ' {
		j++
	}
	return j+4 <= len(s.code) && s.code[j:j+4] == "else" && (j+4 == len(s.code) || !isWord(s.code[j+4]))
}

func (s *depthScan) word() {
	j := s.i
	for j < len(s.code) && isWord(s.code[j]) {
		j++
	}
	w := s.code[s.i:j]
	after := s.i > 0 && s.code[s.i-1] == '.' // a property may have any name
	s.i = j
	s.head = false
	if after {
		s.prev = 'v'
		return
	}
	switch w {
	case "if", "for", "while", "with":
		s.nest()
		s.head = true
		s.prev = 'k'
	case "else", "do", "typeof", "void", "delete", "await", "yield", "new", "throw", "try":
		s.nest()
		s.prev = 'k'
	case "return", "case", "in", "of", "instanceof", "default":
		s.prev = 'k'
	default:
		s.prev = 'v'
	}
}

func (s *depthScan) operator(c byte) {
	l := s.top()
	next := byte(0)
	if s.i+1 < len(s.code) {
		next = s.code[s.i+1]
	}
	s.i++
	switch {
	case c == ';':
		if !s.elseFollows() {
			s.end()
		}
		s.prev = 's'
		return
	case c == ',':
		s.comma(l)
	case c == '=' && next == '=':
		for s.i < len(s.code) && s.code[s.i] == '=' {
			s.i++
		}
	case c == '=' && next == '>':
		s.i++
		s.nest()
	case c == '=':
		s.nest()
	case c == '?' && next == '.':
	case c == '?' && next == '?':
		s.i++
	case c == '?':
		l.colons--
		s.nest()
	case c == ':':
		l.colons++
	case c == '*' && next == '*':
		s.i++
		s.nest()
	case (c == '+' || c == '-') && c == next && s.prev == 'v':
		s.i++ // a postfix operator: what came before stays a value
		return
	case c == '!' && next == '=' && s.prev == 'v':
		s.i++
	case c == '!' || c == '~' || (c == '+' || c == '-') && s.prev != 'v':
		s.nest()
	}
	s.prev = 'o'
}

// comma counts the operands of a comma expression. The commas of arguments,
// parameters, arrays and objects are no operators: esbuild takes those in
// linear time.
func (s *depthScan) comma(l *level) {
	array := l.open == '[' && !l.call
	pair := l.open == '{' && l.colons > 0
	l.chain, l.colons = 0, 0
	if array || pair || l.open == '(' && l.call {
		return
	}
	l.comma++
	s.commas = max(s.commas, l.comma)
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '$' || c == '#' || c >= 0x80
}
