package optimize

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// CSS minifies style sheets with esbuild. The output uses no feature that is
// newer than those its source uses.
var CSS = &Optimizer{
	Name:    "css",
	Doc:     "minify style sheets (esbuild), with no newer feature than they use",
	Version: 4,
	Kinds:   []site.Kind{site.CSS},
	Run: func(ctx context.Context, in *Input) (Output, error) {
		return runText(ctx, in, func(t *text, src []byte) ([]byte, error) { return t.unmapped(src, t.css) })
	},
}

// css minifies one style sheet.
func (t *text) css(src []byte) ([]byte, error) {
	if !utf8.Valid(src) {
		return nil, keep("not valid UTF-8")
	}
	body, bom := bytes.CutPrefix(src, utf8BOM)
	charset := charsetRule().Find(body)
	if charset != nil && !bytes.EqualFold(charset, []byte(`@charset "utf-8";`)) && !isASCII(body) {
		return nil, keep("declares a character encoding other than UTF-8")
	}
	body = body[len(charset):]
	source, err := readSheet(body)
	if err != nil {
		return nil, err
	}
	if source.sourceMap && !t.in.NoMap {
		return nil, keep(hasMap)
	}
	// With escapes for what is not ASCII the encoding that a server or page
	// declares cannot matter more than it did. Comments do not count.
	tr := guard.Transform{Code: hideWeights(string(body)), Loader: "css", Whitespace: true, ASCII: source.ascii, Legal: t.opts.KeepLegal}
	code, err := t.esbuildCSS(tr)
	var k *kept
	if errors.As(err, &k) {
		// Mostly a hack for old browsers that esbuild does not parse; browsers
		// skip it, and it may stay.
		if squeezed, ok := squeezeCSS(body); ok {
			code, err = string(squeezed), nil
		}
	}
	if err != nil {
		return nil, err
	}
	out := []byte(strings.ReplaceAll(strings.TrimSuffix(code, "\n"), hiddenWeight, ""))
	result, err := readSheet(out)
	if err != nil {
		return nil, err
	}
	if missing := source.differs(result); missing != "" {
		return nil, t.keepDiag("css-kept", site.Warn, guard.Message{Text: "minifying it would change the rule " + missing},
			"The style sheet", "Please report this style sheet: the rule should have stayed.")
	}
	if charset != nil && !isASCII(out) {
		out = append([]byte(`@charset "utf-8";`), bytes.TrimPrefix(out, []byte(`@charset "UTF-8";`))...)
	}
	if bom {
		out = append(bytes.Clone(utf8BOM), out...)
	}
	return out, nil
}

// esbuildCSS minifies with no feature that the sheet does not use.
func (t *text) esbuildCSS(tr guard.Transform) (string, error) {
	var err error
	if tr.Unsupported, err = t.unusedFeatures(tr); err != nil {
		return "", err
	}
	tr.Syntax = true
	return t.esbuild("css-kept", "The style sheet", tr)
}

// squeezeCSS drops what no CSS parser looks at: comments, and white space
// beside braces and semicolons and more than one of it elsewhere (CSS Syntax
// 3, section 4). Everything else stays byte for byte. A sheet whose braces do
// not match is refused: its end may be lost.
func squeezeCSS(src []byte) ([]byte, bool) {
	l := css.NewLexer(parse.NewInputBytes(bytes.Clone(src)))
	out := make([]byte, 0, len(src))
	depth := 0
	gap := false // white space is due before the next token
	for {
		tt, data := l.Next()
		if tt == css.ErrorToken {
			return out, depth == 0
		}
		last := byte('{')
		if len(out) > 0 {
			last = out[len(out)-1]
		}
		switch tt {
		case css.BadStringToken, css.BadURLToken:
			return nil, false
		case css.LeftBraceToken:
			depth++
		case css.RightBraceToken:
			if depth--; depth < 0 {
				return nil, false
			}
		case css.WhitespaceToken:
			gap = true
			continue
		case css.CommentToken:
			if !bytes.HasPrefix(data, []byte("/*!")) {
				if !gap && last != '{' && last != '}' && last != ';' {
					out = append(out, "/**/"...) // it keeps its neighbours apart
				}
				continue
			}
		}
		if first := data[0]; gap && first != '{' && first != '}' && first != ';' && last != '{' && last != '}' && last != ';' {
			out = append(out, ' ')
		}
		gap = false
		out = append(out, data...)
	}
}

// hiddenWeight stands before a word that esbuild would write as a number.
const hiddenWeight = "hone-keep-"

// fontFace finds the weights that fonts are declared with by name. Scripts see
// them as they are written (FontFace.weight, CSS Font Loading, section 2), and
// find a font by them.
var fontFace = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(@font-face\s*\{[^{}]*?font-weight\s*:\s*)(normal|bold)\b`)
})

func hideWeights(code string) string {
	if strings.Contains(code, hiddenWeight) {
		return code
	}
	return fontFace().ReplaceAllString(code, "${1}"+hiddenWeight+"${2}")
}

// charsetRule finds an @charset rule, which counts at the very beginning and
// in this spelling only (CSS Syntax 3, section 3.2).
var charsetRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\A@charset "[^"\n]{0,64}";`)
})

// features are the parts of CSS that esbuild can write in an older way, as
// its setting "supported" names them. While minifying it would use some of
// them where the source does not: inset for top, right, bottom and left,
// #rrggbbaa for rgba().
var features = []string{
	"color-functions", "gradient-double-position", "gradient-interpolation", "gradient-midpoints", "hex-rgba", "hwb",
	"inset-property", "is-pseudo-class", "media-range", "modern-rgb-hsl", "nesting", "rebecca-purple",
}

// unusedFeatures returns the features that a sheet does not use: those which
// esbuild prints the same whether they are supported or not.
func (t *text) unusedFeatures(tr guard.Transform) ([]string, error) {
	tr.Legal = false
	plain, err := t.esbuild("css-kept", "The style sheet", tr)
	if err != nil {
		return nil, err
	}
	unused := func(fs []string) (bool, error) {
		tr.Unsupported = fs
		out, err := t.esbuild("css-kept", "The style sheet", tr)
		if _, ok := err.(*kept); ok {
			return false, nil // it warns that it cannot replace the feature
		}
		return out == plain, err
	}
	// Most sheets use none, and then the ones they use lie close together, so
	// halves are tried before single features.
	var find func([]string) ([]string, error)
	find = func(fs []string) ([]string, error) {
		ok, err := unused(fs)
		if err != nil || ok {
			return fs, err
		}
		if len(fs) == 1 {
			return nil, nil
		}
		a, err := find(fs[:len(fs)/2])
		if err != nil {
			return nil, err
		}
		b, err := find(fs[len(fs)/2:])
		return slices.Concat(a, b), err
	}
	return find(features)
}
