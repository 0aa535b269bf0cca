package bundle

import (
	"bytes"
	"errors"
	"regexp"
	"sync"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"github.com/hone-web/hone/site"
)

// part is a compiled file on its way into a joined one.
type part struct {
	code   []byte
	relocs []site.Reloc
	refs   int    // its references begin there among those of the joined file
	media  string // of a style sheet whose media are not those of the joined one
	strict bool   // of a script
}

var (
	errEncoding = errors.New("it is not UTF-8")
	errOpen     = errors.New("a block, string or comment in it does not end")
)

// writer puts parts one after another, moving their holes.
type joinWriter struct {
	code   []byte
	relocs []site.Reloc
}

// copy appends code[from:to] of a part with the holes in it.
func (w *joinWriter) copy(p *part, from, to int) {
	for _, r := range p.relocs {
		if r.Off >= from && r.Off <= to {
			r.Off += len(w.code) - from
			r.Ref += p.refs
			w.relocs = append(w.relocs, r)
		}
	}
	w.code = append(w.code, p.code[from:to]...)
}

// sheetMap and scriptMap find the comment with the address of a source map
// that ends a file. One map cannot speak for several files.
var (
	sheetMap  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\s*/\*[#@]\s*sourceMappingURL=[^*]*\*/\s*$`) })
	scriptMap = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("\\s*(?://[#@]\\s*sourceMappingURL=[^\\s'\"`]*|/\\*[#@]\\s*sourceMappingURL=[^\\s'\"`*]*\\s*\\*/)\\s*$")
	})
	charset = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\A@charset "utf-8";`) })
)

var bom = []byte("\xef\xbb\xbf")

// bounds returns what of a part is code: without byte order mark and the
// address of its source map.
func (p *part) bounds(smap *regexp.Regexp) (from, to int) {
	to = len(p.code)
	if bytes.HasPrefix(p.code, bom) {
		from = len(bom)
	}
	const tail = 4096 // a longer one holds the map itself
	start := max(from, to-tail)
	if m := smap.FindIndex(p.code[start:]); m != nil {
		to = start + m[0]
	}
	return from, to
}

// joinSheets joins style sheets in the order of the cascade.
func joinSheets(parts []part) ([]byte, []site.Reloc) {
	w := &joinWriter{}
	const utf8Rule = `@charset "utf-8";`
	ascii := true
	for i := range parts {
		ascii = ascii && isASCII(parts[i].code)
	}
	if !ascii {
		w.code = append(w.code, utf8Rule...)
	}
	for i := range parts {
		p := &parts[i]
		from, to := p.bounds(sheetMap())
		if m := charset().FindIndex(p.code[from:to]); m != nil {
			from += m[1]
		}
		if p.media != "" {
			w.code = append(append(append(w.code, "@media "...), p.media...), '{')
		}
		w.copy(p, from, to)
		if p.media != "" {
			w.code = append(w.code, '}')
		}
	}
	return w.code, w.relocs
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// joinScripts joins classic scripts. What one throws is thrown again later, so
// that the next one runs, as it would from a file of its own. A strict script
// stands in a function, for its directive must not reach the others; var
// declarations of the others reach the global object through the block.
func joinScripts(parts []part) ([]byte, []site.Reloc) {
	w := &joinWriter{}
	for i := range parts {
		p := &parts[i]
		last := i == len(parts)-1
		from, to := p.bounds(scriptMap())
		if !last {
			w.code = append(w.code, "try{"...)
		}
		if p.strict {
			w.code = append(w.code, "(function(){"...)
		}
		w.copy(p, from, to)
		w.code = append(w.code, '\n') // it may end in a comment
		if p.strict {
			w.code = append(w.code, "}).call(this)"...)
		}
		if !last {
			w.code = append(w.code, "}catch(e){setTimeout(function(){throw e})}"...)
		}
	}
	return w.code, w.relocs
}

// sheetCloses returns an error unless a style sheet ends where it should, so
// that what follows is read as it would be alone (CSS Syntax 3, section 5.4).
func sheetCloses(code []byte) error {
	if !utf8.Valid(code) {
		return errEncoding
	}
	l := css.NewLexer(parse.NewInputBytes(bytes.Clone(code)))
	var open []css.TokenType
	last := css.SemicolonToken
	for {
		tt, data := l.Next()
		switch tt {
		case css.ErrorToken:
			if len(open) > 0 || last != css.RightBraceToken && last != css.SemicolonToken {
				return errOpen
			}
			return nil
		case css.BadStringToken, css.BadURLToken, css.CDOToken, css.CDCToken:
			return errOpen
		case css.CommentToken:
			if !bytes.HasSuffix(data, []byte("*/")) || len(data) < 4 {
				return errOpen
			}
			continue
		case css.WhitespaceToken:
			continue
		case css.StringToken:
			if n := len(data); n < 2 || data[0] != data[n-1] {
				return errOpen
			}
		case css.URLToken:
			if data[len(data)-1] != ')' {
				return errOpen
			}
		case css.LeftBraceToken:
			open = append(open, css.RightBraceToken)
		case css.LeftBracketToken:
			open = append(open, css.RightBracketToken)
		case css.LeftParenthesisToken, css.FunctionToken:
			open = append(open, css.RightParenthesisToken)
		case css.RightBraceToken, css.RightBracketToken, css.RightParenthesisToken:
			if len(open) == 0 || open[len(open)-1] != tt {
				return errOpen
			}
			open = open[:len(open)-1]
		}
		last = tt
	}
}
