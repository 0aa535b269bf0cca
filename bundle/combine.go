package bundle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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

// links is what the pages say about one file.
type links struct {
	next   *Node // the file that follows it on every page
	pairs  int   // on how many pages next follows
	torn   bool  // different files follow it
	uses   []Use // elements in rows
	known  map[Use]bool
	media  string
	medias bool // it is loaded with different media
}

// groups plans the groups of one kind of load, for each part of the site by
// itself: nobody goes from one to another, so what they share costs nothing.
func (p *Planner) groups(kind site.Kind, runs func(*scan.Doc, breaks) []row) {
	for _, pages := range p.Graph.parts() {
		p.groupsOf(pages, kind, runs)
	}
}

// survey is what some pages say about the files of one kind.
type survey struct {
	kind  site.Kind
	order []*Node // the files, in the order in which pages load them
	at    map[*Node]*links
	apart map[*Node]string // why a file is not joined to the one before it
	other map[*Node]string // how else a file is loaded
}

func (p *Planner) groupsOf(pages []*Node, kind site.Kind, runs func(*scan.Doc, breaks) []row) {
	s := &survey{kind: kind, at: map[*Node]*links{}, apart: map[*Node]string{}}
	for _, page := range pages {
		if len(page.Doc.Loads) > 1 && page.File.Frozen == "" {
			p.survey(s, page, runs)
		}
	}
	p.others(s, pages)
	p.chain(s)
}

// survey reads the rows of one page.
func (p *Planner) survey(s *survey, page *Node, runs func(*scan.Doc, breaks) []row) {
	target := func(l *scan.Load) *Node { return p.Graph.at[page.To[l.Ref].To] }
	rows := runs(page.Doc, func(l *scan.Load, why string) {
		if l.Ref >= 0 {
			if n := target(l); n != nil && s.apart[n] == "" {
				s.apart[n] = why
			}
		}
	})
	for _, r := range rows {
		var last *Node
		foreign := false
		for _, i := range r {
			l := &page.Doc.Loads[i]
			n := target(l)
			if n == nil || n.File.Kind != s.kind {
				last, foreign = nil, true
				continue
			}
			k := s.at[n]
			if k == nil {
				k = &links{known: map[Use]bool{}, media: l.Media}
				s.at[n] = k
				s.order = append(s.order, n)
			}
			if why := p.counted(page, l); why != "" {
				last, s.apart[n] = nil, why
				continue
			}
			if foreign && s.apart[n] == "" {
				s.apart[n] = "a file of another site, or none, stands between them"
			}
			foreign = false
			u := Use{page, l.Ref}
			k.medias = k.medias || k.media != l.Media
			k.uses, k.known[u] = append(k.uses, u), true
			if last != nil {
				s.at[last].follow(n)
			}
			last = n
		}
	}
}

func (k *links) follow(n *Node) {
	if k.next == nil {
		k.next = n
	}
	k.torn = k.torn || k.next != n
	k.pairs++
}

// counted says which selector would notice that an element of the body is
// gone, because it counts children; "" if none does.
func (p *Planner) counted(page *Node, l *scan.Load) string {
	if l.Head {
		return ""
	}
	counts, ok := p.counts[page]
	if !ok {
		counts = p.countsOf(page)
		p.counts[page] = counts
	}
	if l.Tail {
		return counts[1]
	}
	return cmp.Or(counts[0], counts[1])
}

// countsOf says which style sheet of a page counts the children of an element
// from either end, and which those of the body from its end.
func (p *Planner) countsOf(page *Node) (out [2]string) {
	loads := p.Graph.Loads(page)
	added := func(class string) bool { // a script may give the body that class
		return slices.ContainsFunc(loads, func(n *Node) bool {
			if n.Doc == nil {
				return false
			}
			_, found := slices.BinarySearch(n.Doc.Words, class)
			return found
		})
	}
	for _, n := range loads {
		if n.Doc == nil {
			continue
		}
		for _, c := range n.Doc.Counters {
			why := string(n.File.Path) + " counts the children of elements, of which it is one"
			if out[0] == "" {
				out[0] = why
			}
			if out[1] == "" && c.Last && c.Parent.Matches("body", page.Doc.Body, added) {
				out[1] = why
			}
		}
	}
	return out
}

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
