package optimize

import (
	"bytes"
	"context"
	"strings"
	"unicode/utf8"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// JS minifies scripts with esbuild. A classic script keeps its top-level
// names, and no script comes to need a newer browser than its source.
var JS = &Optimizer{
	Name:    "js",
	Doc:     "minify scripts (esbuild), at the syntax level they are written in",
	Version: 3,
	Kinds:   []site.Kind{site.JS},
	Run: func(ctx context.Context, in *Input) (Output, error) {
		return runText(ctx, in, func(t *text, src []byte) ([]byte, error) {
			return t.unmapped(src, func(src []byte) ([]byte, error) {
				if strings.HasSuffix(strings.ToLower(in.Path.Stem()), ".min") {
					return nil, keep("already minified")
				}
				return t.js(src, in.Module || in.Path.Ext() == ".mjs")
			})
		})
	},
}

// js minifies one script. What esbuild warns about stays as it is.
func (t *text) js(src []byte, module bool) ([]byte, error) {
	switch {
	case !utf8.Valid(src):
		return nil, keep("not valid UTF-8")
	case hasSourceMap(src):
		return nil, keep(hasMap)
	case dense(src):
		return nil, keep("already minified")
	}
	reads := readsOf(src)
	reads.names = reads.names || t.in.Names
	if reads.comment {
		return nil, keep("a function holds a text in a comment")
	}
	src, bom := bytes.CutPrefix(src, utf8BOM)
	tr := guard.Transform{
		Code: string(src), Loader: "js", Module: module, ASCII: isASCII(src), Legal: t.opts.KeepLegal,
	}
	target, err := t.syntaxLevel(tr)
	if err != nil {
		return nil, err
	}
	// The simpler syntax drops the names of function expressions.
	tr.Target, tr.Whitespace, tr.Syntax, tr.Names = target, true, !reads.names, !reads.names && !reads.params
	out, err := t.esbuild("js-kept", "The script", tr)
	if err != nil {
		return nil, err
	}
	out = strings.TrimSuffix(out, "\n")
	if bom {
		out = string(utf8BOM) + out
	}
	return []byte(out), nil
}

var utf8BOM = []byte("\xef\xbb\xbf")

// levels are the syntax levels that esbuild knows, lowest first.
var levels = [...]string{"es5", "es2015", "es2016", "es2017", "es2018", "es2019", "es2020", "es2021", "es2022", "esnext"}

// syntaxLevel returns the lowest level at which esbuild has nothing to lower:
// the level the script is written in. Minified for that level it uses no
// newer syntax.
func (t *text) syntaxLevel(tr guard.Transform) (string, error) {
	tr.Whitespace = true // the shortest to compare
	tr.Legal = false
	plain, err := t.esbuild("js-kept", "The script", tr)
	if err != nil {
		return "", err
	}
	lo, hi := 0, len(levels)-1
	if tr.Module {
		lo = 1 // modules came with ES2015
	}
	for lo < hi {
		mid := (lo + hi) / 2
		tr.Target = levels[mid]
		out, err := t.esbuild("js-kept", "The script", tr)
		if err != nil {
			if t.ctx.Err() != nil {
				return "", err
			}
			if _, ok := err.(*kept); !ok {
				return "", err
			}
		}
		// An error means that this level has no way to say it.
		if err == nil && out == plain {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return levels[lo], nil
}

// dense reports whether a script was minified before: white space makes up
// less than a twentieth of it, where written code has a fifth and more.
// esbuild makes such scripts larger (by 1.5 % once compressed).
func dense(src []byte) bool {
	n := 0
	for _, c := range src {
		if c <= ' ' {
			n++
		}
	}
	return n*20 < len(src)
}
