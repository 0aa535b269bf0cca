package bundle

import (
	"fmt"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// ModulePreload tells browsers of the modules that a page's modules import, so
// that they are fetched at once and not one after another (WHATWG HTML,
// section 4.6.7.10).
var ModulePreload = &Combiner{
	Name: "modulepreload",
	Doc:  "writes a modulepreload hint for each module that a page's modules import",
	Rank: 2,
	Plan: func(p *Planner) {
		for _, page := range p.Graph.Nodes {
			if page.File.Kind == site.HTML && page.Doc != nil && page.File.Frozen == "" && !p.policed(page) {
				p.modulePreload(page)
			}
		}
	},
}

// maxHints bounds the hints of a page: beyond it they would compete with what
// is needed first.
const maxHints = 20

func (p *Planner) modulePreload(page *Node) {
	at, ok := hintPlace(page.Doc)
	like := -1
	told := map[*Node]bool{} // modules the page names already
	var queue []*Node
	for _, l := range page.Doc.Loads {
		if l.Ref < 0 || l.Kind != scan.LoadModule && l.Kind != scan.LoadHint {
			continue
		}
		t := p.reached(Use{page, l.Ref})
		if t == nil || t.File.Kind != site.JS {
			continue
		}
		told[t] = true
		if l.Kind == scan.LoadModule {
			if l.Not != "" || l.Like != "" {
				return // fetched with other credentials than a plain hint would
			}
			like = l.Ref
			queue = append(queue, t)
		}
	}
	for _, u := range hints(page) {
		told[p.reached(Use{page, u})] = true
	}
	if like < 0 || !ok {
		return
	}
	var found []Use
	for i := 0; i < len(queue); i++ {
		n := queue[i]
		if n.Doc == nil {
			continue
		}
		for r := range n.Doc.Refs {
			t := p.reached(Use{n, r})
			if n.Doc.Refs[r].Role == site.RoleModule && !p.Plan.Gone[Use{n, r}] && t != nil && t.File.Kind == site.JS && n.Doc.Refs[r].Fixed == "" && !told[t] {
				told[t] = true
				found = append(found, Use{n, r})
				queue = append(queue, t)
			}
		}
	}
	if len(found) == 0 || len(found) > maxHints {
		return
	}
	e := site.Edit{Span: at}
	for _, u := range found {
		e.New += `<link rel=modulepreload href="`
		e.Holes = append(e.Holes, site.EditHole{Off: len(e.New), Ref: p.lend(page, like, u, site.RoleHint)})
		e.New += `">`
	}
	p.Plan.Edits[page.File.Path] = append(p.Plan.Edits[page.File.Path], e)
	p.Note(page.File.Path, fmt.Sprintf("%s found at once instead of one after another", plural(len(found), "module")))
}

// hints returns the references of a page that are hints.
func hints(page *Node) []int {
	var out []int
	for i := range page.Doc.Refs {
		if page.Doc.Refs[i].Role == site.RoleHint {
			out = append(out, i)
		}
	}
	return out
}
