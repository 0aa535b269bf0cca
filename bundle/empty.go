package bundle

import (
	"bytes"
	"fmt"
	"io"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
	"github.com/tdewolff/parse/v2/js"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Empty takes the elements out of pages that load nothing but comments and
// white space: templates come with a script or sheet for one's own code. The
// file stays.
var Empty = &Combiner{
	Name: "empty", Rank: 2,
	Doc: "takes scripts and style sheets that hold nothing but comments out of the pages",
	Plan: func(p *Planner) {
		bare, dropped := map[*Node]bool{}, map[*Node]int{}
		for _, page := range p.Graph.Nodes {
			if page.File.Kind == site.HTML && page.Doc != nil && page.File.Frozen == "" {
				p.dropEmpty(page, bare, dropped)
			}
		}
		for _, n := range p.Graph.Nodes {
			if dropped[n] > 0 {
				p.Note(n.File.Path, fmt.Sprintf("it holds nothing but comments: −1 request on %s", plural(dropped[n], "page")))
			}
		}
	},
}

// dropEmpty takes them out of one page. A script that the parser waits for
// holds it up until the style sheets before it are there, and so holds up
// DOMContentLoaded: the last one stays where a script before the last sheet
// could wait for that.
func (p *Planner) dropEmpty(page *Node, bare map[*Node]bool, dropped map[*Node]int) {
	loads := page.Doc.Loads
	script, sheet := -1, -1 // the first script and the last sheet
	for i := range loads {
		switch loads[i].Kind {
		case scan.LoadStyle, scan.LoadInlineStyle:
			sheet = i
		case scan.LoadScript, scan.LoadInlineScript, scan.LoadDefer, scan.LoadAsync, scan.LoadModule:
			if script < 0 && !p.isEmpty(page, &loads[i], bare) {
				script = i
			}
		}
	}
	for i := range loads {
		l := &loads[i]
		if !p.isEmpty(page, l, bare) || l.Kind == scan.LoadScript && script >= 0 && script < sheet && !p.waits(page, i, bare) {
			continue
		}
		u := Use{page, l.Ref}
		p.remove(u, l.Span)
		dropped[p.Graph.at[page.To[l.Ref].To]]++
	}
}

// waits reports whether a script after load i makes the parser wait for the
// style sheets as well.
func (p *Planner) waits(page *Node, i int, bare map[*Node]bool) bool {
	for k := i + 1; k < len(page.Doc.Loads); k++ {
		l := &page.Doc.Loads[k]
		if (l.Kind == scan.LoadScript || l.Kind == scan.LoadInlineScript || l.Kind == scan.LoadDefer) && !p.isEmpty(page, l, bare) {
			return true
		}
	}
	return false
}

// isEmpty reports whether a load is an element that does nothing: a plain one,
// whose file has no code.
func (p *Planner) isEmpty(page *Node, l *scan.Load, bare map[*Node]bool) bool {
	if l.Kind != scan.LoadScript && l.Kind != scan.LoadDefer && l.Kind != scan.LoadStyle {
		return false
	}
	if l.Ref < 0 || l.Not != "" || p.Plan.Gone[Use{page, l.Ref}] || p.Plan.Into[Use{page, l.Ref}] != nil {
		return false
	}
	n := p.Graph.at[page.To[l.Ref].To]
	if n == nil || n.Keep != "" || n.Doc == nil {
		return false
	}
	is, ok := bare[n]
	if !ok {
		text, err := p.Source(n.File.Path)
		is = err == nil && len(text) <= maxBare && noCode(text, n.File.Kind)
		bare[n] = is
	}
	return is
}

// maxBare bounds the file that is looked at; a longer one has code in it.
const maxBare = 16 << 10

// noCode reports whether a text is comments and white space alone.
func noCode(text []byte, kind site.Kind) bool {
	in := parse.NewInputBytes(bytes.Clone(bytes.TrimPrefix(text, bom)))
	if kind == site.CSS {
		l := css.NewLexer(in)
		for {
			switch tt, _ := l.Next(); tt {
			case css.ErrorToken:
				return l.Err() == io.EOF
			case css.WhitespaceToken, css.CommentToken:
			default:
				return false
			}
		}
	}
	if kind != site.JS {
		return false
	}
	l := js.NewLexer(in)
	for {
		switch tt, _ := l.Next(); tt {
		case js.ErrorToken:
			return l.Err() == io.EOF
		case js.WhitespaceToken, js.LineTerminatorToken, js.CommentToken, js.CommentLineTerminatorToken:
		default:
			return false
		}
	}
}
