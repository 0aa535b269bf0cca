package bundle

import (
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Style sheets and scripts that stand side by side on a page become one file.
// Files are grouped by signature: neighbours that exactly the same pages load,
// in the same order. So no page loads what it did not load before, and a
// visitor who goes from page to page loads nothing twice.

// CombineCSS finds the style sheets that can be joined.
var CombineCSS = &Combiner{
	Name: "combine-css",
	Doc:  "joins neighbouring style sheets that the same pages load",
	Rank: 1,
	Plan: func(p *Planner) { p.groups(site.CSS, styleRuns) },
}

// CombineJS finds the classic scripts that can be joined.
var CombineJS = &Combiner{
	Name: "combine-js",
	Doc:  "joins neighbouring classic scripts that the same pages load, each with its own error boundary",
	Rank: 1,
	Plan: func(p *Planner) {
		p.groups(site.JS, scriptRuns)
		p.groups(site.JS, deferRuns)
	},
}

// group is a row of files to be joined.
type group struct {
	combiner string
	parts    []*Node
	uses     map[*Node][]Use // the elements that load each part
}

// row is what can be joined on one page: indexes into Loads.
type row []int

// breaks says why a load ends a row, for the report.
type breaks func(l *scan.Load, why string)

// styleRuns returns the rows of style sheets between which nothing stands that
// could tell how far the cascade has come.
func styleRuns(d *scan.Doc, stop breaks) []row {
	return rows(d, scan.LoadStyle, func(l *scan.Load) string {
		switch l.Kind {
		case scan.LoadInlineStyle:
			return "a style element stands between them"
		case scan.LoadScript, scan.LoadInlineScript:
			return "a script stands between them, which may ask for styles"
		}
		if !l.Head {
			return "something stands between them in the body"
		}
		return ""
	}, stop)
}

// scriptRuns returns the rows of scripts that the parser waits for.
func scriptRuns(d *scan.Doc, stop breaks) []row {
	return rows(d, scan.LoadScript, func(l *scan.Load) string {
		switch l.Kind {
		case scan.LoadInlineScript:
			return "an inline script stands between them"
		case scan.LoadDefer, scan.LoadAsync, scan.LoadModule:
			return "a script of another kind stands between them"
		}
		return "a style sheet or link stands between them"
	}, stop)
}

// deferRuns returns the rows of deferred scripts.
func deferRuns(d *scan.Doc, stop breaks) []row {
	return rows(d, scan.LoadDefer, func(l *scan.Load) string {
		if l.Kind == scan.LoadModule {
			return "a module takes its turn between them"
		}
		if !l.Head {
			return "something stands between them in the body"
		}
		return ""
	}, stop)
}

// rows cuts the loads of a kind into rows. between says why a load of another
// kind parts its neighbours; "" if it does not.
func rows(d *scan.Doc, kind scan.LoadKind, between func(*scan.Load) string, stop breaks) []row {
	var out []row
	var cur row
	why := ""
	end := func() {
		if len(cur) > 0 {
			out = append(out, cur)
		}
		cur = nil
	}
	for i := range d.Loads {
		l := &d.Loads[i]
		if l.Kind != kind {
			if w := between(l); w != "" && len(cur) > 0 {
				why = w
				end()
			}
			continue
		}
		if l.Gap && (!l.Head || kind == scan.LoadScript) && len(cur) > 0 {
			why = "something stands between them"
			end()
		}
		if l.Not != "" || l.Ref < 0 {
			stop(l, l.Not)
			why = ""
			end()
			continue
		}
		if len(cur) > 0 && d.Loads[cur[len(cur)-1]].Like != l.Like {
			why = "their attributes differ"
			end()
		}
		if len(cur) == 0 && why != "" {
			stop(l, why)
		}
		cur = append(cur, i)
	}
	end()
	return out
}
