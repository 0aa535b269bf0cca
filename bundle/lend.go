package bundle

import (
	"slices"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// lend gives page a reference to what u leads to, for text that an edit adds,
// and returns its number. The address is written as the page writes that of
// reference like. A lent reference has no place in the source.
func (p *Planner) lend(page *Node, like int, u Use, role site.Role) int {
	doc := *page.Doc
	doc.Refs = append(slices.Clip(doc.Refs), site.Ref{URL: u.ref().URL, Role: role})
	page.Doc = &doc
	to := p.reached(u)
	a := page.To[like]
	a.External, a.Folder, a.To = false, false, to.File.Path
	i := len(page.To)
	page.To = append(slices.Clip(page.To), a)
	lent := Use{page, i}
	if k, ok := p.Plan.Serve[u]; ok {
		p.Plan.Serve[lent] = k
	}
	if k, ok := p.Plan.Show[u]; ok {
		p.Plan.Show[lent] = k
	}
	if to.Parts != nil {
		p.Plan.Into[lent] = to
	}
	to.In = append(to.In, lent)
	return i
}

// reached returns the file that u leads to now: a joined one, or its target.
func (p *Planner) reached(u Use) *Node {
	if j := p.Plan.Into[u]; j != nil {
		return j
	}
	return p.Graph.at[u.From.To[u.Ref].To]
}

// policed says why nothing may be added to a page that a policy could refuse;
// "" if it may.
func (p *Planner) policed(page *Node) bool { return p.Policy || len(page.Doc.CSP) > 0 }

// firstInHead returns the first load of a page's head.
func firstInHead(d *scan.Doc) *scan.Load {
	for i := range d.Loads {
		if d.Loads[i].Head {
			return &d.Loads[i]
		}
	}
	return nil
}

// hintPlace returns where in a page's head to ask early for what its first
// paint can do without: after the style sheets and scripts that it waits for.
// Servers that send in the order of the requests would hold them up otherwise.
func hintPlace(d *scan.Doc) (at site.Span, ok bool) {
	first := firstInHead(d)
	if first == nil {
		return at, false
	}
	at = site.Span{Start: first.Span.Start, End: first.Span.Start}
	for i := range d.Loads {
		if l := &d.Loads[i]; l.Head && l.Ref >= 0 && (l.Kind == scan.LoadStyle || l.Kind == scan.LoadScript) && waits(&d.Refs[l.Ref]) {
			at = site.Span{Start: l.Span.End, End: l.Span.End}
		}
	}
	return at, true
}

// Written reports whether all that loaded a file holds its text now.
func (p *Plan) Written(n *Node) bool {
	for _, u := range n.In {
		if !p.Gone[u] {
			return false
		}
	}
	return len(n.In) > 0 && n.Parts == nil
}
