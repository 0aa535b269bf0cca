package optimize

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// CSS minifies style sheets with esbuild. The output uses no feature that is
// newer than those its source uses.
var CSS = &Optimizer{
	Name:    "css",
	Doc:     "minify style sheets (esbuild), with no newer feature than they use",
	Version: 1,
	Kinds:   []site.Kind{site.CSS},
	Run: func(ctx context.Context, in *Input) (Output, error) {
		return runText(ctx, in, (*text).css)
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
	if source.sourceMap {
		return nil, keep("has a source map")
	}
	// With escapes for what is not ASCII the encoding that a server or page
	// declares cannot matter more than it did. Comments do not count.
	tr := guard.Transform{Code: string(body), Loader: "css", Whitespace: true, ASCII: source.ascii, Legal: t.opts.KeepLegal}
	if tr.Unsupported, err = t.unusedFeatures(tr); err != nil {
		return nil, err
	}
	tr.Syntax = true
	code, err := t.esbuild("css-kept", "The style sheet", tr)
	if err != nil {
		return nil, err
	}
	out := []byte(strings.TrimSuffix(code, "\n"))
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
