package bundle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// maxJoined bounds a joined file: a larger one is parsed late, and one changed
// part makes visitors load all of it again.
const maxJoined = 256 << 10

// chain follows the neighbours and keeps the groups.
func (p *Planner) chain(s *survey) {
	alone := map[*Node]string{} // why a file cannot be a part
	for _, n := range s.order {
		alone[n] = s.alone(n)
	}
	next := map[*Node]*Node{}
	led := map[*Node]bool{} // files that continue a group
	for _, a := range s.order {
		b := s.at[a].next
		if b == nil || b == a || led[b] {
			continue
		}
		why := cmp.Or(s.differs(a, b), alone[a], alone[b])
		if why == "" && s.kind == site.CSS {
			why = p.leads(b)
		}
		if why == "" {
			next[a], led[b] = b, true
		} else if s.apart[b] == "" {
			s.apart[b] = why
		}
	}
	for _, n := range s.order {
		if led[n] {
			continue
		}
		g := &group{combiner: p.combiner, uses: map[*Node][]Use{}}
		for ; n != nil; n = next[n] {
			if why := p.refuses(g, n); why != "" {
				s.apart[n] = cmp.Or(s.apart[n], why)
				p.keep(g, alone)
				g = &group{combiner: p.combiner, uses: map[*Node][]Use{}}
			}
			g.parts = append(g.parts, n)
			g.uses[n] = s.at[n].uses
		}
		p.keep(g, alone)
	}
	for _, n := range s.order {
		if why := s.apart[n]; why != "" && !p.joining[n] {
			p.Note(n.File.Path, "not combined with the one before: "+why)
		}
	}
}

// differs says why a and its neighbour b stay apart.
func (s *survey) differs(a, b *Node) string {
	x, y := s.at[a], s.at[b]
	css := s.kind == site.CSS
	switch {
	case x.torn || x.pairs != len(x.uses) || len(x.uses) != len(y.uses):
		return "not all pages that load one of them load the other next"
	case a.File.Zone != b.File.Zone:
		return "they lie in different paywall zones"
	case css && x.media != y.media && (a.Doc.Unit.First || !wrappable(x.media) || !wrappable(y.media)):
		return "their media differ"
	case css && x.media != y.media && max(lesser(x, a), lesser(y, b)) > maxForeignMedia:
		return "their media differ, and a sheet for other media would hold up the page"
	}
	return ""
}

// maxForeignMedia bounds a sheet for other media (print) that is joined to
// what every visitor needs: alone it would not hold up the first paint, so it
// must be shorter than the request it saves.
const maxForeignMedia = 4 << 10

// lesser returns the size of a sheet that does not apply to all screens.
func lesser(k *links, n *Node) int64 {
	if k.media == "" || k.media == "all" || k.media == "screen" {
		return 0
	}
	return n.File.Size
}

// wrappable reports whether a media query list may stand before a block.
func wrappable(media string) bool { return !strings.ContainsAny(media, "{};@\\\"'/<>&") }

// alone says why a file cannot be a part of another.
func (s *survey) alone(n *Node) string {
	k := s.at[n]
	switch {
	case n.Finished:
		return "it is finished already"
	case n.Keep != "":
		return "it keeps its name: " + n.Keep
	case n.Doc == nil:
		return "it was not read"
	case n.Doc.Unit.Not != "":
		return n.Doc.Unit.Not
	case k.medias:
		return "pages load it for different media"
	}
	pages := map[*Node]bool{}
	for _, u := range k.uses {
		if pages[u.From] {
			return string(u.From.File.Path) + " loads it twice"
		}
		pages[u.From] = true
	}
	return s.other[n]
}

// others says of each file how else it is loaded than by the elements that
// were found: in the pages that are looked at, or by files that are no pages.
func (p *Planner) others(s *survey, pages []*Node) {
	s.other = map[*Node]string{}
	for _, n := range s.order {
		if why := p.loadedByFiles(n); why != "" {
			s.other[n] = why
		}
	}
	for _, page := range pages {
		for i := range page.To {
			n := p.Graph.at[page.To[i].To]
			k := s.at[n]
			u := Use{page, i}
			if k == nil || k.known[u] || s.other[n] != "" {
				continue
			}
			switch u.ref().Role {
			case site.RoleSourceMap:
			case site.RoleHint:
				if hintOf(u) == nil {
					s.other[n] = "a hint in " + string(page.File.Path) + " names it and cannot be changed"
				}
			default:
				s.other[n] = string(page.File.Path) + " loads it in another way"
			}
		}
	}
}

// loadedByFiles says which file that is no page loads n; "" if none does.
func (p *Planner) loadedByFiles(n *Node) string {
	why, ok := p.byFiles[n]
	if ok {
		return why
	}
	for _, u := range n.In {
		if u.From.File.Kind != site.HTML && u.ref().Role != site.RoleSourceMap {
			why = string(u.From.File.Path) + " loads it in another way"
			break
		}
	}
	p.byFiles[n] = why
	return why
}

// hintOf returns the element of a hint, nil if it is no plain one.
func hintOf(u Use) *scan.Load {
	for i := range u.From.Doc.Loads {
		if l := &u.From.Doc.Loads[i]; l.Kind == scan.LoadHint && l.Ref == u.Ref {
			return l
		}
	}
	return nil
}

// refuses says why n cannot follow the parts of g.
func (p *Planner) refuses(g *group, n *Node) string {
	if len(g.parts) == 0 {
		return ""
	}
	if n.File.Kind == site.CSS {
		for _, m := range p.whole(n) {
			if m.File.Path.Dir() != g.parts[0].File.Path.Dir() {
				if why := m.rooted(); why != "" {
					return why
				}
			}
		}
		return ""
	}
	for _, a := range g.parts {
		for _, v := range n.Doc.Unit.Vars {
			if _, free := slices.BinarySearch(a.Doc.Unit.Free, v); free {
				return fmt.Sprintf("it declares %s, which %s may ask for before", v, a.File.Path.Base())
			}
			if slices.Contains(a.Doc.Words, v) {
				return fmt.Sprintf("it declares %s, whose name stands in %s", v, a.File.Path.Base())
			}
		}
	}
	return ""
}

// rooted says which address of a style sheet cannot be written for another
// folder.
func (n *Node) rooted() string {
	for i := range n.Doc.Refs {
		r, a := &n.Doc.Refs[i], n.To[i]
		relative := a.Style == site.Relative || a.Style == site.Dotted
		if relative && r.Role != site.RoleSourceMap && (r.Fixed != "" || a.To == "" || !Rewritable(r.Role)) {
			return "its address " + r.URL + " cannot be written for another folder"
		}
	}
	return ""
}

// keep remembers a group of more than one file, imported ones included.
func (p *Planner) keep(g *group, alone map[*Node]string) {
	if len(g.parts) == 0 || len(g.uses[g.parts[0]]) == 0 || len(g.parts) == 1 && (alone[g.parts[0]] != "" || len(p.whole(g.parts[0])) == 1) {
		return
	}
	for _, n := range g.parts {
		p.joining[n] = true
		for _, m := range p.whole(n) {
			p.Plan.Portable[m.File.Path] = true
		}
	}
	p.rows = append(p.rows, g)
}
