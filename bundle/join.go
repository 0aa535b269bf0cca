package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Join makes one file of each group that combine-css and combine-js found,
// and changes the pages to load it.
var Join = &Combiner{
	Name: "join",
	Doc:  "writes the joined files and loads them where their parts were",
	Rank: 2,
	Plan: func(p *Planner) {
		for _, g := range p.rows {
			p.combiner = g.combiner
			p.join(g)
		}
	},
}

// Joined is a file made of others.
type Joined struct {
	Node   *Node
	Code   []byte
	Relocs []site.Reloc

	row   []*Node // the parts that pages load
	media string
}

// joined returns the file that was made of row for another part of the site.
func (p *Plan) joined(row []*Node, media string) *Joined {
	for _, j := range p.Joined {
		if slices.Equal(j.row, row) && (j.media == "\x00") == (media == "\x00") {
			return j
		}
	}
	return nil
}

// join checks the compiled parts of a group and joins those that can stand
// together.
func (p *Planner) join(g *group) {
	var row []*Node
	var size int64
	flush := func() {
		if len(row) > 1 || len(row) == 1 && len(p.whole(row[0])) > 1 {
			p.joinRow(g, row)
		}
		row, size = nil, 0
	}
	for _, n := range g.parts {
		more, why := p.weigh(n)
		if why != "" {
			p.Note(n.File.Path, "not combined: "+why)
			flush()
			continue
		}
		if size+more > maxJoined {
			flush()
		}
		row, size = append(row, n), size+more
	}
	flush()
}

// weigh returns the compiled size of a part, with what it imports, and why it
// cannot be one.
func (p *Planner) weigh(n *Node) (size int64, why string) {
	for _, m := range p.whole(n) {
		o := p.Object(m.File.Path)
		if why := p.unfit(m, o); why != "" {
			return 0, why
		}
		size += o.Size
	}
	if len(p.whole(n)) > 1 {
		s := &sheet{p: p, refs: map[*Node]int{}}
		if _, err := s.flatten(n); err != nil {
			return 0, err.Error()
		}
	}
	return size, ""
}

// unfit says why a compiled file cannot be a part.
func (p *Planner) unfit(n *Node, o *site.Object) string {
	code, err := p.Code(o)
	if err != nil {
		return "its bytes cannot be read"
	}
	if n.File.Kind == site.CSS {
		if err := sheetCloses(code); err != nil {
			return err.Error()
		}
	}
	if !isASCII(code) {
		for _, u := range n.In {
			if l := loadOf(u); l != nil && strings.Contains(l.Not, "charset") {
				return "it is read in another encoding"
			}
		}
	}
	return ""
}

func loadOf(u Use) *scan.Load {
	for i := range u.From.Doc.Loads {
		if l := &u.From.Doc.Loads[i]; l.Ref == u.Ref {
			return l
		}
	}
	return nil
}

// joinRow joins some files and edits the pages.
func (p *Planner) joinRow(g *group, row []*Node) {
	media := loadOf(g.uses[row[0]][0]).Media
	for _, n := range row {
		if loadOf(g.uses[n][0]).Media != media {
			media = "\x00" // each stands in a block for its media
		}
	}
	j := p.Plan.joined(row, media)
	if j == nil {
		var err error
		if j, err = p.write(g, row, media); err != nil {
			return // weigh has read it: the store is failing, which the build notices
		}
		p.Plan.Joined = append(p.Plan.Joined, j)
	}
	for i, n := range row {
		for _, u := range g.uses[n] {
			if i == 0 {
				p.redirect(u, j.Node, media == "\x00")
			} else {
				p.remove(u, loadOf(u).Span)
			}
		}
	}
	p.redirectHints(j.Node, row, g)
	var names []string
	for _, n := range j.Node.Parts {
		names = append(names, n.File.Path.Base())
	}
	text := fmt.Sprintf("%s combined: −%s on %s", strings.Join(names, " + "), plural(len(names)-1, "request"), plural(len(g.uses[row[0]]), "page"))
	for _, n := range j.Node.Parts {
		p.Note(n.File.Path, text)
	}
}

// write makes the joined file of row.
func (p *Planner) write(g *group, row []*Node, media string) (*Joined, error) {
	var all []*Node
	s := &sheet{p: p, refs: map[*Node]int{}}
	refs := 0
	for _, n := range row {
		for _, m := range p.whole(n) {
			s.refs[m] = refs
			refs += len(m.Doc.Refs)
			all = append(all, m)
		}
	}
	var parts []part
	for _, n := range row {
		q, err := s.flatten(n)
		if err != nil {
			return nil, err
		}
		q.strict = n.Doc.Unit.Strict
		if m := loadOf(g.uses[n][0]).Media; media == "\x00" && m != "" && m != "all" {
			q.media = m
		}
		parts = append(parts, q)
	}
	j := &Joined{Node: p.Graph.join(row, all, joinedStem(row, all)), row: row, media: media}
	if j.Node.File.Kind == site.CSS {
		j.Code, j.Relocs = joinSheets(parts)
	} else {
		j.Code, j.Relocs = joinScripts(parts)
	}
	p.Plan.adopt(j.Node)
	for _, i := range s.gone {
		p.Plan.Gone[Use{j.Node, i}] = true
	}
	return j, nil
}

// redirect makes u load the joined file. The media attribute goes if the parts
// carry theirs.
func (p *Planner) redirect(u Use, to *Node, dropMedia bool) {
	p.Plan.Into[u] = to
	to.In = append(to.In, u)
	l := loadOf(u)
	if !dropMedia || l.Media == "" {
		return
	}
	// The element anew: nothing but rel, address and what Like holds.
	head := "<link rel=stylesheet"
	for _, k := range []string{"nonce", "crossorigin"} {
		if v, ok := u.ref().Attrs[k]; ok {
			head += " " + k + `="` + markup.EscapeAttr(v, '"') + `"`
		}
	}
	head += ` href="`
	p.Plan.Edits[u.From.File.Path] = append(p.Plan.Edits[u.From.File.Path],
		site.Edit{Span: l.Span, New: head + `">`, Holes: []site.EditHole{{Off: len(head), Ref: u.Ref}}})
}

// remove takes an element out of a page.
func (p *Planner) remove(u Use, s site.Span) {
	p.Plan.Gone[u] = true
	p.Plan.Edits[u.From.File.Path] = append(p.Plan.Edits[u.From.File.Path], site.Edit{Span: s})
}

// redirectHints makes hints to the parts name the joined file, once a page.
func (p *Planner) redirectHints(to *Node, row []*Node, g *group) {
	for _, use := range g.uses[row[0]] {
		page, done := use.From, false
		for i := range page.Doc.Loads {
			l := &page.Doc.Loads[i]
			if l.Kind != scan.LoadHint || l.Ref < 0 || !slices.Contains(row, p.Graph.at[page.To[l.Ref].To]) {
				continue
			}
			u := Use{page, l.Ref}
			if done {
				p.remove(u, l.Span)
				continue
			}
			done = true
			p.Plan.Into[u] = to
			to.In = append(to.In, u)
		}
	}
}

// join adds a file of that stem, made of parts, to the graph; row are those of
// them that pages load.
func (g *Graph) join(row, parts []*Node, stem string) *Node {
	first := row[0].File
	dir := first.Path.Dir()
	n := &Node{Doc: &scan.Doc{}, Parts: parts}
	n.File = &site.File{Path: g.freeName(dir, stem, first.Path.Ext()), Kind: first.Kind, Zone: first.Zone}
	for _, m := range parts {
		n.File.Size += m.File.Size
		n.Doc.Refs = append(n.Doc.Refs, m.Doc.Refs...)
		for _, a := range m.To {
			if a.Style == site.Relative || a.Style == site.Dotted {
				a.Dir = dir
			}
			n.To = append(n.To, a)
		}
	}
	g.insert(n)
	return n
}

// insert adds a file.
func (g *Graph) insert(n *Node) {
	g.at[n.File.Path] = n
	i, _ := slices.BinarySearchFunc(g.Nodes, n, func(a, b *Node) int { return cmpPath(a.File.Path, b.File.Path) })
	g.Nodes = slices.Insert(g.Nodes, i, n)
}

// maxStem bounds the name of a joined file.
const maxStem = 48

// joinedStem names a joined file after the parts that pages load; one with
// its imports after all of them.
func joinedStem(row, parts []*Node) string {
	var stems []string
	if len(row) == 1 {
		row = append(slices.Clone(row), slices.DeleteFunc(slices.Clone(parts), func(n *Node) bool { return n == row[0] })...)
	}
	for _, n := range row {
		stems = append(stems, strings.TrimSuffix(n.File.Path.Stem(), ".min"))
	}
	s := strings.Join(stems, "-")
	if len(s) > maxStem {
		s = fmt.Sprintf("%s-and-%d-more", stems[0], len(stems)-1)
	}
	return s
}

// freeName returns a path that no file has.
func (g *Graph) freeName(dir, stem, ext string) site.Path {
	p := site.Join(dir, stem+ext)
	for i := 2; g.at[p] != nil; i++ {
		p = site.Join(dir, fmt.Sprintf("%s-%d%s", stem, i, ext))
	}
	return p
}

// adopt gives a joined file the decisions about the references of its parts.
func (p *Plan) adopt(j *Node) {
	at := 0
	for _, m := range j.Parts {
		for i := range m.Doc.Refs {
			from, to := Use{m, i}, Use{j, at + i}
			if k, ok := p.Serve[from]; ok {
				p.Serve[to] = k
			}
			if k, ok := p.Show[from]; ok {
				p.Show[to] = k
			}
			if s := p.Into[from]; s != nil && s.File.Kind == site.Image {
				p.Into[to] = s
				s.In = append(s.In, to)
			}
			if p.Waits[from] {
				p.Waits[to] = true
			}
		}
		at += len(m.Doc.Refs)
	}
}

// Loaders returns the pages that load a joined file.
func (p *Plan) Loaders(j *Node) []*Node {
	var pages []*Node
	for _, u := range j.In {
		if p.Into[u] == j && !slices.Contains(pages, u.From) {
			pages = append(pages, u.From)
		}
	}
	return pages
}
