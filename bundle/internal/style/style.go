// Package style reads style sheets as trees of rules with their places in the
// text, so that rules can be taken out and nothing else changes.
package style

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"github.com/hone-web/hone/site"
)

// Rule is a style rule or an at-rule.
type Rule struct {
	Span site.Span // from the first byte of its prelude to its closing brace or semicolon
	At   string    // of an at-rule: its name in lower case
	// Prelude is the selector list, or what follows the name of the at-rule.
	Prelude site.Span
	// Body is what stands between the braces; empty for a rule without.
	Body site.Span
	// Block says that there are braces.
	Block bool
	// Rules are those inside it, of an at-rule that groups rules and of a
	// style rule with others nested in it.
	Rules []Rule
	Decls []Decl
}

// Decl is a declaration.
type Decl struct {
	Prop  string    // in lower case, but for a custom property, which is as written
	Span  site.Span // with its semicolon
	Value site.Span
}

// Text returns a piece of the source without white space around it.
func Text(src []byte, s site.Span) string {
	return strings.TrimSpace(string(src[s.Start:s.End]))
}

// maxNest bounds rules in rules.
const maxNest = 32

// Parse reads a style sheet. It is not ok when the text does not end where its
// blocks and strings end, or holds what browsers drop: then nothing may be
// taken out of it.
func Parse(src []byte) (rules []Rule, ok bool) {
	if !utf8.Valid(src) {
		return nil, false
	}
	p := &parser{src: src}
	if !p.lex() {
		return nil, false
	}
	rules, ok = p.rules(0)
	return rules, ok && p.i == len(p.toks)
}

type token struct {
	t          css.TokenType
	start, end int
}

type parser struct {
	src  []byte
	toks []token
	i    int
}

// lex cuts the text into tokens, comments left out.
func (p *parser) lex() bool {
	l := css.NewLexer(parse.NewInputBytes(bytes.Clone(p.src)))
	pos := 0
	if bytes.HasPrefix(p.src, []byte("\xef\xbb\xbf")) {
		pos = 3
		l = css.NewLexer(parse.NewInputBytes(bytes.Clone(p.src[3:])))
	}
	for {
		t, b := l.Next()
		switch t {
		case css.ErrorToken:
			return pos == len(p.src)
		case css.BadStringToken, css.BadURLToken, css.CDOToken, css.CDCToken:
			return false
		case css.CommentToken:
			if len(b) < 4 || !bytes.HasSuffix(b, []byte("*/")) {
				return false
			}
			pos += len(b)
			continue
		case css.StringToken:
			if n := len(b); n < 2 || b[0] != b[n-1] {
				return false
			}
		case css.URLToken:
			if b[len(b)-1] != ')' {
				return false
			}
		}
		p.toks = append(p.toks, token{t, pos, pos + len(b)})
		pos += len(b)
	}
}

func (p *parser) space() {
	for p.i < len(p.toks) && p.toks[p.i].t == css.WhitespaceToken {
		p.i++
	}
}

// to moves past tokens up to one of the kinds that end a statement, which it
// leaves, and skips what brackets hold.
func (p *parser) to(braces bool) (end css.TokenType, ok bool) {
	var open []css.TokenType
	for ; p.i < len(p.toks); p.i++ {
		t := p.toks[p.i].t
		if len(open) == 0 {
			switch t {
			case css.SemicolonToken, css.RightBraceToken:
				return t, true
			case css.LeftBraceToken:
				if !braces {
					return t, true
				}
			}
		}
		switch t {
		case css.LeftBraceToken:
			open = append(open, css.RightBraceToken)
		case css.LeftBracketToken:
			open = append(open, css.RightBracketToken)
		case css.LeftParenthesisToken, css.FunctionToken:
			open = append(open, css.RightParenthesisToken)
		case css.RightBraceToken, css.RightBracketToken, css.RightParenthesisToken:
			if len(open) == 0 || open[len(open)-1] != t {
				return 0, false
			}
			open = open[:len(open)-1]
		}
	}
	return 0, len(open) == 0
}

// span returns the place of tokens a to b, b left out, without white space
// around them.
func (p *parser) span(a, b int) site.Span {
	for a < b && p.toks[a].t == css.WhitespaceToken {
		a++
	}
	for a < b && p.toks[b-1].t == css.WhitespaceToken {
		b--
	}
	if a == b {
		at := len(p.src)
		if a < len(p.toks) {
			at = p.toks[a].start
		}
		return site.Span{Start: at, End: at}
	}
	return site.Span{Start: p.toks[a].start, End: p.toks[b-1].end}
}

// rules reads rules up to the brace that closes what they stand in.
func (p *parser) rules(depth int) (out []Rule, ok bool) {
	for {
		p.space()
		if p.i == len(p.toks) {
			return out, depth == 0
		}
		switch p.toks[p.i].t {
		case css.RightBraceToken:
			return out, depth > 0
		case css.SemicolonToken:
			return nil, false // browsers take it as the beginning of the next selector
		}
		r, ok := p.rule(depth)
		if !ok {
			return nil, false
		}
		out = append(out, r)
	}
}

// groups are the at-rules that hold rules which apply as if they stood
// outside, under a condition.
var groups = map[string]bool{"media": true, "supports": true, "layer": true, "container": true, "starting-style": true, "scope": true}

func (p *parser) rule(depth int) (r Rule, ok bool) {
	if depth >= maxNest {
		return r, false
	}
	start := p.i
	if t := p.toks[p.i]; t.t == css.AtKeywordToken {
		r.At = strings.ToLower(string(p.src[t.start+1 : t.end]))
		p.i++
	}
	first := p.i
	end, ok := p.to(false)
	r.Prelude = p.span(first, p.i)
	switch {
	case !ok || end == css.RightBraceToken:
		return r, false
	case p.i == len(p.toks): // no semicolon at the end of the text
		r.Span = p.span(start, p.i)
		return r, r.At != ""
	case end == css.SemicolonToken:
		p.i++
		r.Span = p.span(start, p.i)
		return r, r.At != ""
	}
	p.i++
	r.Block = true
	body := p.i
	switch {
	case groups[r.At]:
		r.Rules, ok = p.rules(depth + 1)
	case r.At == "" || r.At == "font-face":
		ok = p.declarations(&r, depth+1)
	default:
		ok = p.skip()
	}
	if !ok || p.i == len(p.toks) {
		return r, false
	}
	r.Body = site.Span{Start: p.toks[body-1].end, End: p.toks[p.i].start}
	p.i++
	r.Span = p.span(start, p.i)
	return r, true
}

// skip moves to the brace that closes a block which is not looked into.
func (p *parser) skip() bool {
	for {
		end, ok := p.to(true)
		if !ok || p.i == len(p.toks) {
			return false
		}
		if end == css.RightBraceToken {
			return true
		}
		p.i++
	}
}

// declarations reads the inside of a style rule: declarations, and rules
// nested in it (CSS Nesting 1, section 2).
func (p *parser) declarations(r *Rule, depth int) bool {
	for {
		p.space()
		if p.i == len(p.toks) {
			return false
		}
		t := p.toks[p.i]
		switch t.t {
		case css.RightBraceToken:
			return true
		case css.SemicolonToken:
			p.i++
			continue
		case css.AtKeywordToken:
			n, ok := p.nestedAt(depth)
			if !ok {
				return false
			}
			r.Rules = append(r.Rules, n)
			continue
		}
		custom := t.t == css.CustomPropertyNameToken
		start := p.i
		end, ok := p.to(custom)
		if !ok || p.i == len(p.toks) {
			return false
		}
		if end == css.LeftBraceToken {
			p.i = start
			n, ok := p.rule(depth)
			if !ok {
				return false
			}
			r.Rules = append(r.Rules, n)
			continue
		}
		if d, ok := p.declaration(start, p.i); ok {
			if end == css.SemicolonToken {
				d.Span.End = p.toks[p.i].end
			}
			r.Decls = append(r.Decls, d)
		}
	}
}

// nestedAt reads an at-rule in a style rule, in which declarations and rules
// may stand: it is not looked into.
func (p *parser) nestedAt(depth int) (r Rule, ok bool) {
	start := p.i
	r.At = strings.ToLower(string(p.src[p.toks[p.i].start+1 : p.toks[p.i].end]))
	p.i++
	end, ok := p.to(false)
	if !ok || p.i == len(p.toks) || depth >= maxNest {
		return r, false
	}
	if end == css.LeftBraceToken {
		p.i++
		if !p.skip() {
			return r, false
		}
		p.i++
		r.Block = true
	} else if end == css.SemicolonToken {
		p.i++
	}
	r.Span = p.span(start, p.i)
	return r, true
}

// declaration reads the declaration in tokens a to b.
func (p *parser) declaration(a, b int) (d Decl, ok bool) {
	k := a
	for k < b && p.toks[k].t != css.ColonToken {
		k++
	}
	if k == b {
		return d, false
	}
	d.Span, d.Value = p.span(a, b), p.span(k+1, b)
	if d.Value.Len() == 0 { // what stands after the colon is not of the declaration
		d.Value = site.Span{Start: p.toks[k].end, End: p.toks[k].end}
	}
	d.Prop = Text(p.src, p.span(a, k))
	if !strings.HasPrefix(d.Prop, "--") {
		d.Prop = strings.ToLower(d.Prop)
	}
	return d, true
}
