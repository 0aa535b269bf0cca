package bundle

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sort"
	"strings"

	"github.com/hone-web/hone/site"
)

// CSSOptions are the settings of style sheets.
type CSSOptions struct {
	// Unused says what becomes of rules that match nothing: "report" (also "")
	// tells of them, "remove" takes them out, "off" does not look.
	Unused string
	// Critical says which pages hold the rules they need for the first paint:
	// "auto" (also "") means those that gain, "always" all where it is safe.
	Critical string
	// Safelist holds patterns (path.Match) of classes, ids, types and custom
	// properties that something adds which is no part of the site.
	Safelist []string
	// Trust names hosts whose scripts use none of the site's style rules.
	Trust []string
}

// RuleUnusedCSS is the rule of style sheets of which pages use little.
const RuleUnusedCSS = "css-unused"

// UnusedCSS finds the style rules that can match nothing on the site, because
// they ask for a class, id or element that stands on no page and in no script,
// and takes them out if the owner wants that.
var UnusedCSS = &Combiner{
	Name: "unused-css", Rank: 1,
	Doc: "reports style rules that match no page, or takes them out (`css.unused = \"remove\"`)",
	Plan: func(p *Planner) {
		if p.CSS.Unused == "off" || p.Source == nil {
			return
		}
		var todo []*Node
		users := map[*Node]map[*Node]bool{}
		for _, n := range p.Graph.Nodes {
			if n.File.Kind != site.CSS || n.Doc == nil || n.File.Size == 0 {
				continue
			}
			if users[n] = p.Graph.pagesOf(n); len(users[n]) > 0 && n.File.Frozen == "" && !n.Finished {
				todo = append(todo, n)
			}
		}
		if len(todo) > 0 {
			p.unusedCSS(todo, users)
		}
	},
}

func (p *Planner) unusedCSS(todo []*Node, users map[*Node]map[*Node]bool) {
	names, lost := p.names()
	r := &pruner{has: names.has, names: names, live: map[string]bool{}}
	for _, n := range p.Graph.Nodes {
		if n.File.Kind != site.CSS {
			continue
		}
		src, err := p.Source(n.File.Path)
		if err != nil {
			return // the build notices
		}
		r.read(n, src, !slices.Contains(todo, n))
	}
	foreign := p.foreign(todo, users)
	r.prune(!foreign.sheets)
	for _, s := range r.sheets {
		if len(s.edits) == 0 {
			continue
		}
		why := lost
		if hosts := foreign.hosts[s.node]; why == "" && len(hosts) > 0 {
			why = "pages load scripts from " + strings.Join(hosts, ", ") + ", which may add any class (css.trust)"
		}
		if p.CSS.Unused != "remove" || why != "" {
			p.reportUnused(s, why)
			continue
		}
		p.removeUnused(s)
	}
}

// Bounds below which nothing is said of a style sheet: what is unused is less
// than a request costs, or less than others need.
const (
	unusedShare = 50 // per cent
	unusedBytes = 4096
)

// reportUnused tells how much of a style sheet no page uses; why says why it
// was not taken out, although the owner asked for it.
func (p *Planner) reportUnused(s *prunedSheet, why string) {
	all, gone := s.weight()
	share := 100 * gone / max(all, 1)
	if p.CSS.Unused == "remove" {
		p.Note(s.node.File.Path, fmt.Sprintf("%d %% matches no page and stays: %s", share, why))
	} else if share < unusedShare {
		return
	}
	saved := p.Wire(s.src) - p.Wire(s.text())
	if saved < unusedBytes {
		return
	}
	d := site.Diagnostic{Rule: RuleUnusedCSS, Severity: site.Info, Path: s.node.File.Path,
		Message: fmt.Sprintf("%d %% of this style sheet matches no page: %d bytes, %d as gzip sends it", share, gone, saved),
		Hint:    `see docs/rules/css-unused.md, then set css.unused = "remove"`}
	if p.CSS.Unused != "remove" && why != "" {
		d.Hint += "; it would stay now: " + why
	} else if why != "" {
		d.Hint = "it stays: " + why + "; see docs/rules/css-unused.md"
	}
	p.Plan.Diags = append(p.Plan.Diags, d)
}

// removeUnused plans to take out what no page uses.
func (p *Planner) removeUnused(s *prunedSheet) {
	path := s.node.File.Path
	all, gone := s.weight()
	var edits []site.Edit
	for _, e := range p.Plan.Edits[path] { // of other combiners, where the rule stays
		i := sort.Search(len(s.edits), func(i int) bool { return s.edits[i].Span.End > e.Span.Start })
		if i == len(s.edits) || s.edits[i].Span.Start >= e.Span.End {
			edits = append(edits, e)
		}
	}
	p.Plan.Edits[path] = append(edits, s.edits...)
	slices.SortStableFunc(p.Plan.Edits[path], func(a, b site.Edit) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	at := 0
	for i := range s.node.Doc.Refs {
		span := s.node.Doc.Refs[i].Span
		for at < len(s.edits) && s.edits[at].Span.End <= span.Start {
			at++
		}
		if at < len(s.edits) && s.edits[at].Span.Start <= span.Start {
			p.Plan.Gone[Use{s.node, i}] = true
		}
	}
	p.Note(path, fmt.Sprintf("%d of %d bytes match no page and were taken out (%d %%)", gone, all, 100*gone/max(all, 1)))
}

// pagesOf returns the pages that load a style sheet, by themselves or through
// other sheets.
func (g *Graph) pagesOf(n *Node) map[*Node]bool {
	pages, seen := map[*Node]bool{}, map[*Node]bool{n: true}
	for queue := []*Node{n}; len(queue) > 0; queue = queue[1:] {
		for _, u := range queue[0].In {
			switch role := u.ref().Role; {
			case u.From.File.Kind == site.HTML && (role == site.RoleStyle || role == site.RoleImport):
				pages[u.From] = true
			case u.From.File.Kind == site.CSS && role == site.RoleImport && !seen[u.From]:
				seen[u.From] = true
				queue = append(queue, u.From)
			}
		}
	}
	return pages
}

// foreign is what pages load from other hosts.
type foreign struct {
	hosts  map[*Node][]string // of scripts that run where a sheet applies
	sheets bool               // some page loads a style sheet
}

func (p *Planner) foreign(todo []*Node, users map[*Node]map[*Node]bool) foreign {
	f := foreign{hosts: map[*Node][]string{}}
	everywhere := map[string]bool{} // loaded by scripts, and who runs those is not looked at
	byPage := map[*Node]map[string]bool{}
	for _, n := range p.Graph.Nodes {
		if n.Doc == nil {
			continue
		}
		page := n.File.Kind == site.HTML
		to := everywhere
		if page {
			to = map[string]bool{}
			byPage[n] = to
		}
		for _, h := range n.Doc.Names.Hosts {
			p.distrust(to, h)
		}
		for i := range n.Doc.Refs {
			r := &n.Doc.Refs[i]
			if !n.To[i].External || !remote(r.URL) {
				continue
			}
			switch r.Role {
			case site.RoleScript, site.RoleModule, site.RoleDynamic:
				if u, err := url.Parse(r.URL); err == nil {
					p.distrust(to, strings.ToLower(u.Host))
				} else {
					to["another host"] = true
				}
			case site.RoleStyle, site.RoleImport:
				f.sheets = true
			}
		}
	}
	for _, s := range todo {
		all := maps.Clone(everywhere)
		for page := range users[s] {
			maps.Copy(all, byPage[page])
		}
		f.hosts[s] = slices.Sorted(maps.Keys(all))
	}
	return f
}

func (p *Planner) distrust(to map[string]bool, host string) {
	if !slices.Contains(p.CSS.Trust, host) {
		to[host] = true
	}
}
