package vendor

import (
	"bytes"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"github.com/hone-web/hone/site"
)

// OnlyWOFF2 takes the other formats out of the src of font faces of a style
// sheet that offer WOFF2, which all browsers read that run hone's other output.
// local() stays. A text that cannot be read to its end stays as it is.
func OnlyWOFF2(sheet []byte) []byte {
	if !bytes.Contains(bytes.ToLower(sheet), []byte("@font-face")) {
		return sheet
	}
	s := faceScanner{text: sheet, l: css.NewLexer(parse.NewInputBytes(bytes.Clone(sheet)))}
	if !s.run() {
		return sheet
	}
	return Apply(sheet, s.edits)
}

type faceScanner struct {
	text  []byte
	l     *css.Lexer
	at    int // end of the last token
	edits []site.Edit

	face  int      // depth of the open @font-face, 0 outside
	depth int      // of braces
	srcs  []source // of the open face
}

// source is a src descriptor.
type source struct {
	span  site.Span // with its semicolon
	parts []part
}

// part is one of its alternatives, without the commas around it.
type part struct {
	span         site.Span
	woff2, local bool
}

func (s *faceScanner) next() (css.TokenType, []byte) {
	t, b := s.l.Next()
	s.at += len(b)
	return t, b
}

// run reads the sheet and reports whether it was read to its end.
func (s *faceScanner) run() bool {
	pending, fresh := false, true // fresh: a descriptor may begin here
	for {
		t, b := s.next()
		switch t {
		case css.ErrorToken:
			return s.at == len(s.text) && s.depth == 0
		case css.BadStringToken, css.BadURLToken:
			return false
		case css.AtKeywordToken:
			pending = strings.EqualFold(string(b), "@font-face")
		case css.LeftBraceToken:
			s.depth++
			fresh = true
			if pending && s.face == 0 {
				s.face, s.srcs = s.depth, nil
			}
			pending = false
		case css.RightBraceToken:
			if s.depth == s.face && s.face > 0 {
				s.close()
			}
			s.depth--
			fresh = true
		case css.SemicolonToken:
			fresh, pending = true, false
		case css.WhitespaceToken, css.CommentToken:
		case css.IdentToken:
			if fresh && s.face > 0 && s.depth == s.face && strings.EqualFold(string(b), "src") {
				if !s.source(s.at - len(b)) {
					return false
				}
				continue // what ends it was read
			}
			fresh = false
		default:
			fresh = false
		}
	}
}

// source reads a src descriptor from its name on, up to its semicolon or the
// brace that ends the face.
func (s *faceScanner) source(start int) bool {
	src := source{span: site.Span{Start: start}}
	var p part
	parens, colon, format := 0, false, false
	flush := func(end int) {
		if p.span.Start > 0 {
			p.span.End = end
			src.parts = append(src.parts, p)
		}
		p = part{}
	}
	last := s.at // end of the last token that counts
	for {
		t, b := s.next()
		from := s.at - len(b)
		switch {
		case t == css.ErrorToken || t == css.BadStringToken || t == css.BadURLToken || t == css.LeftBraceToken:
			return false
		case t == css.WhitespaceToken || t == css.CommentToken:
			continue
		case t == css.ColonToken && !colon:
			colon = true
			continue
		case !colon:
			return false
		case parens == 0 && (t == css.SemicolonToken || t == css.RightBraceToken):
			flush(last)
			src.span.End = last
			if t == css.SemicolonToken {
				src.span.End = s.at
			}
			s.srcs = append(s.srcs, src)
			if t == css.RightBraceToken {
				s.close()
				s.depth--
			}
			return true
		case parens == 0 && t == css.CommaToken:
			flush(last)
			last = s.at
			continue
		}
		if p.span.Start == 0 {
			p.span.Start = from
		}
		word := strings.ToLower(string(b))
		switch t {
		case css.FunctionToken:
			parens++
			format = word == "format("
			p.local = p.local || word == "local("
		case css.LeftParenthesisToken:
			parens++
		case css.RightParenthesisToken:
			parens--
			format = false
		case css.URLToken, css.StringToken, css.IdentToken:
			w := strings.Trim(word, `"'`)
			switch {
			case format:
				p.woff2 = p.woff2 || w == "woff2" || w == "woff2-variations"
			case t != css.IdentToken:
				w, _, _ = strings.Cut(strings.TrimSuffix(strings.Trim(strings.TrimPrefix(w, "url("), `"' `), ")"), "?")
				w, _, _ = strings.Cut(strings.Trim(w, `"' )`), "#")
				p.woff2 = p.woff2 || strings.HasSuffix(w, ".woff2")
			}
		}
		last = s.at
	}
}

// close ends a face: of the last src, which is the one that counts, the
// alternatives stay that are WOFF2 or local.
func (s *faceScanner) close() {
	srcs := s.srcs
	s.face, s.srcs = 0, nil
	if len(srcs) == 0 {
		return
	}
	last := srcs[len(srcs)-1]
	var keep []string
	woff2 := false
	for _, p := range last.parts {
		if p.woff2 || p.local {
			keep = append(keep, string(s.text[p.span.Start:p.span.End]))
			woff2 = woff2 || p.woff2
		}
	}
	if !woff2 {
		return
	}
	for _, old := range srcs[:len(srcs)-1] {
		s.edits = append(s.edits, site.Edit{Span: old.span})
	}
	if len(keep) < len(last.parts) {
		s.edits = append(s.edits, site.Edit{Span: site.Span{Start: last.parts[0].span.Start, End: last.parts[len(last.parts)-1].span.End}, New: strings.Join(keep, ",")})
	}
}
