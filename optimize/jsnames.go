package optimize

import (
	"bytes"
	"regexp"
	"sync"

	"github.com/hone-web/hone/internal/guard"
)

// jsReads says what of a script's own text its program looks at: whatever
// Function.prototype.toString (ECMA-262, section 20.2.3.5) or a name property
// hands out cannot be changed by a minifier unseen.
type jsReads struct {
	params  bool // the names of parameters
	names   bool // the names of functions and classes
	comment bool // a comment in a function
}

// sourceReaders are the ways in which scripts of the web read their own text.
// They are looked for in the text, strings and comments included: where they
// stand without meaning it, names stay longer than they must.
var sourceReaders = sync.OnceValue(func() (r struct{ params, heredoc *regexp.Regexp }) {
	r.params = regexp.MustCompile(
		// AngularJS injects by the names of parameters.
		`\bangular\b|[(,]\s*\$(?:scope|rootScope|http|q|timeout|injector|provide|\w+Provider)\s*[,)]` +
			`|\.(?:controller|directive|factory|service|provider|decorator|animation|component)\(\s*["'][^"'\n]*["']\s*,\s*(?:async\s+)?(?:function\b|\()` +
			// Prototype gives a method its parent by the parameter $super.
			`|[(,]\s*\$super\b` +
			// AMD loaders look for calls of require in a factory without a list
			// of dependencies ("Simplified CommonJS wrapping").
			`|\bdefine\s*\(\s*(?:["'][^"'\n]*["']\s*,\s*)?(?:function\b[^(]*\(\s*require\b|\(\s*require\b[^()]*\)\s*=>|require\s*=>)`)
	r.heredoc = regexp.MustCompile(`(.)\s*(?:function\b[^(){}]*\([^(){}]*\)|\([^(){}]*\)\s*=>)\s*\{\s*/\*`)
	return r
})

// readsOf looks for the ways in which src reads its own text.
func readsOf(src []byte) jsReads {
	re := sourceReaders()
	return jsReads{params: re.params.Match(src), names: guard.ReadsNames(src), comment: readsComment(re.heredoc, src)}
}

// readsComment reports whether a function holds nothing but a comment of
// several lines, and is an argument or called at once, or the script asks for
// the text of functions: the way to write long texts before ES2015.
func readsComment(heredoc *regexp.Regexp, src []byte) bool {
	asked := bytes.Contains(src, []byte("toString"))
	for {
		m := heredoc.FindSubmatchIndex(src)
		if m == nil {
			return false
		}
		before := src[m[2]]
		src = src[m[1]:]
		body, rest, ok := bytes.Cut(src, []byte("*/"))
		if !ok {
			return false
		}
		alone := bytes.HasPrefix(bytes.TrimLeft(rest, " \t\r\n;"), []byte("}"))
		if alone && bytes.IndexByte(body, '\n') >= 0 && (asked || before == '(' || before == ',') {
			return true
		}
		src = rest
	}
}
