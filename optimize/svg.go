package optimize

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"sync"

	"github.com/hone-web/hone/optimize/internal/svgpass"
	"github.com/hone-web/hone/site"
)

// SVG minifies drawings. Those that scripts could look at are kept.
var SVG = &Optimizer{
	Name:    "svg",
	Doc:     "minify drawings: paths, numbers, groups, attributes, editors' data",
	Version: 2,
	Kinds:   []site.Kind{site.SVG},
	Run: func(ctx context.Context, in *Input) (Output, error) {
		return runText(ctx, in, (*text).svg)
	},
}

// delicate finds what the minifier cannot be trusted with: the spaces of
// text, styles and scripts in other languages, HTML inside, entities that
// the document defines, and times and values of animations.
var delicate = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)<(?:[\w-]+:)?(text|tspan|script|foreignObject|style|animate\w*|set)\b|<!ENTITY|xml:space|<!DOCTYPE[^>]*\[|<!\[CDATA\[`)
})

// svg runs our own passes, which know what the drawing shows, or the minifier
// where they refuse: on documents with prefixes for the elements of SVG.
func (t *text) svg(src []byte) ([]byte, error) {
	out, err := svgpass.Run(src, svgpass.Options{KeepLegal: t.opts.KeepLegal, Exact: t.in.Lossless, Whole: t.in.Whole})
	if err == nil {
		return out, nil
	}
	if out, minErr := minifyDrawing(src, t.opts.KeepLegal); minErr == nil {
		return out, nil
	}
	return nil, keep(err.Error())
}

// minifyDrawing runs the minifier where it can be trusted.
func minifyDrawing(src []byte, legal bool) ([]byte, error) {
	if delicate().Match(src) || legal && bytes.Contains(src, []byte("<!--")) {
		return nil, keep("contains what the minifier does not keep")
	}
	before, err := svgShape(src)
	if err != nil {
		return nil, err
	}
	out, err := minifySVG(src)
	if err != nil {
		return nil, err
	}
	after, err := svgShape(out)
	if err != nil || !slices.Equal(before, after) {
		return nil, keep("minifying it would change its elements")
	}
	return out, nil
}

// svgShape returns the elements of a drawing in order, with the attributes
// that others can refer to. Left out is what the minifier may drop: metadata,
// elements of editors' namespaces, empty groups' white space.
func svgShape(src []byte) ([]string, error) {
	d := xml.NewDecoder(bytes.NewReader(src))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, keep("its encoding is not UTF-8") }
	var out []string
	skip, depth := 0, 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, keep("not well-formed XML")
		}
		switch v := tok.(type) {
		case xml.StartElement:
			depth++
			foreign := v.Name.Space != "" && v.Name.Space != "http://www.w3.org/2000/svg"
			if skip == 0 && (v.Name.Local == "metadata" || foreign) {
				skip = depth
			}
			if skip > 0 {
				continue
			}
			s := v.Name.Local
			for _, a := range v.Attr {
				if a.Name.Local == "id" || a.Name.Local == "href" || a.Name.Local == "class" {
					s += " " + a.Name.Local + "=" + string(bytes.Join(bytes.Fields([]byte(a.Value)), []byte(" ")))
				}
			}
			out = append(out, s)
		case xml.EndElement:
			if depth == skip {
				skip = 0
			} else if skip == 0 {
				out = append(out, "/")
			}
			depth--
		}
	}
}
