package optimize

import (
	"bytes"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/markup"
)

// attrCode minifies a style attribute or an event handler. Neither is touched
// where a selector or a script of the site reads such attributes, where a
// policy may hold their hashes (CSP 3, 'unsafe-hashes'), or in a page that a
// framework compares with its own.
func (p *page) attrCode(a markup.Attr, v []byte) []byte {
	if p.hydrated || p.policy || p.in.KeepInline || p.in.Space == nil || p.in.Space.ReadAttrs || a.Quote == 0 ||
		bytes.IndexByte(v, '&') >= 0 || bytes.ContainsAny(v, "{<") {
		return v
	}
	out := v
	if a.Name == "style" {
		out = squeezeDeclarations(v)
	} else if len(a.Name) > 2 && a.Name[:2] == "on" && bytes.Contains(v, []byte("  ")) {
		out = p.handler(v)
	}
	if len(out) == 0 || len(out) >= len(v) || bytes.IndexByte(out, a.Quote) >= 0 && bytes.IndexByte(v, a.Quote) < 0 {
		return v
	}
	return out
}

// handler minifies the body of an event handler: white space only, because
// its names are looked up in the document and the form too (HTML, section
// 8.1.8.1).
func (p *page) handler(v []byte) []byte {
	const head, tail = "function hone(event){", "}"
	code, err := p.esbuild("js-kept", "The handler", guard.Transform{Code: head + string(v) + "\n" + tail, Loader: "js", Whitespace: true, ASCII: isASCII(v)})
	if err != nil {
		return v
	}
	body, ok := strings.CutPrefix(strings.TrimSpace(code), head)
	if !ok || !strings.HasSuffix(body, tail) {
		return v
	}
	body = strings.TrimSuffix(body, tail)
	if !strings.ContainsAny(body, "'`\\") {
		// The printer prefers the quotes that mostly surround the attribute.
		body = strings.ReplaceAll(body, `"`, "'")
	}
	return []byte(body)
}

// squeezeDeclarations drops the white space of a list of declarations that no
// CSS parser looks at: around it, around semicolons, after the colon of a
// declaration, and the last semicolon (CSS Syntax 3, section 5.4.4).
func squeezeDeclarations(v []byte) []byte {
	l := css.NewLexer(parse.NewInputBytes(bytes.Clone(v)))
	out := make([]byte, 0, len(v))
	gap, nest, named := false, 0, false
	for {
		tt, data := l.Next()
		last := byte(';')
		if len(out) > 0 {
			last = out[len(out)-1]
		}
		switch tt {
		case css.ErrorToken:
			if nest != 0 {
				return v
			}
			return bytes.TrimSuffix(out, []byte(";"))
		case css.BadStringToken, css.BadURLToken, css.CommentToken, css.LeftBraceToken, css.RightBraceToken, css.CustomPropertyNameToken, css.CustomPropertyValueToken:
			return v // rare, and custom properties keep their white space
		case css.WhitespaceToken:
			gap = true
			continue
		case css.SemicolonToken:
			named = named && nest > 0
		}
		colon := tt == css.ColonToken && nest == 0 && !named
		if gap && last != ';' && data[0] != ';' && !colon && !(last == ':' && nest == 0 && named && afterName(out)) {
			out = append(out, ' ')
		}
		gap, named = false, named || colon
		out = append(out, data...)
		switch tt {
		case css.FunctionToken, css.LeftParenthesisToken, css.LeftBracketToken:
			nest++
		case css.RightParenthesisToken, css.RightBracketToken:
			nest--
		}
	}
}

// afterName reports whether out ends with the name of a declaration and its
// colon.
func afterName(out []byte) bool {
	i := bytes.LastIndexByte(out, ';') + 1
	return bytes.IndexByte(out[i:], ':') == len(out)-i-1
}
