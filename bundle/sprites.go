package bundle

import (
	"cmp"
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Sprites puts the small pictures that the rules of one style sheet show as
// backgrounds into one picture, of which each box shows its part. A box must
// show nothing of its neighbours, so its size has to be known for every
// element on every page, whatever state it is in (spritebox.go), and the
// pixels must be the same at every scale (spritepack.go).
var Sprites = &Combiner{
	Name: "sprites", Rank: 1,
	Doc: "puts small backgrounds of boxes of a known size, of one style sheet, into one picture",
	Plan: func(p *Planner) {
		if p.Sprite == "off" || p.Source == nil || p.Shrink == nil {
			return
		}
		for _, n := range slices.Clone(p.Graph.Nodes) {
			if n.File.Kind == site.CSS && n.Doc != nil && n.File.Frozen == "" && !n.Finished && len(n.Doc.Backs) > 1 {
				p.sprite(n)
			}
		}
	},
}

// Bounds on what goes into one picture.
const (
	maxIcons     = 128
	maxIconSide  = 256
	maxIconBytes = 64 << 10
)

// icon is a picture with the part of the sheet that shows it.
type icon struct {
	node  *Node
	img   *image.NRGBA
	box   image.Point // of the elements that show it
	off   image.Point // where it stands in the box
	at    image.Point // where the box is in the picture made
	rules []*iconRule
	pages map[*Node]bool
	known bool   // box and off are set
	why   string // why it stays alone
}

// sprite makes one picture of the backgrounds of a style sheet.
func (p *Planner) sprite(n *Node) {
	rules, ok := p.iconRules(n)
	if !ok || len(rules) < 2 {
		return
	}
	icons := p.icons(n, rules)
	if len(icons) < 2 {
		return
	}
	if why := p.iconBoxes(n, rules, icons); why != "" {
		for _, c := range icons {
			p.Note(c.node.File.Path, "not put together with others: "+why)
		}
		return
	}
	var fit []*icon
	for _, c := range icons {
		if c.why == "" && len(c.pages) == 0 {
			c.why = "no element is sure to show it"
		}
		if c.why == "" {
			c.why = edges(c)
		}
		if c.why != "" {
			p.Note(c.node.File.Path, "not put together with others: "+c.why)
			continue
		}
		fit = append(fit, c)
	}
	if len(fit) < 2 || len(fit) > maxIcons {
		return
	}
	p.makeSprite(n, fit)
}

// icons returns the pictures of the rules that nothing else shows.
func (p *Planner) icons(n *Node, rules []*iconRule) []*icon {
	byNode := map[*Node]*icon{}
	var out []*icon
	for _, r := range rules {
		t := p.Graph.at[n.To[r.ref].To]
		if t == nil {
			continue
		}
		c := byNode[t]
		if c == nil {
			c = &icon{node: t, pages: map[*Node]bool{}}
			c.why = p.iconFile(n, t)
			byNode[t] = c
			out = append(out, c)
		}
		c.rules = append(c.rules, r)
		r.icon = c
	}
	var good []*icon
	for _, c := range out {
		shown := 0
		for _, u := range c.node.In {
			if u.From == n && slices.ContainsFunc(c.rules, func(r *iconRule) bool { return r.ref == u.Ref }) && p.anyFormat(u) {
				shown++
			}
		}
		if c.why == "" && shown == len(c.node.In) {
			if c.img, c.why = p.iconPixels(c.node); c.why == "" {
				good = append(good, c)
				continue
			}
		}
		for _, r := range c.rules {
			r.icon = nil
		}
	}
	slices.SortFunc(good, func(a, b *icon) int { return cmpPath(a.node.File.Path, b.node.File.Path) })
	return good
}

// iconFile says why a file cannot be part of another one.
func (p *Planner) iconFile(sheet, n *Node) string {
	f := n.File
	switch {
	case f.Kind != site.Image || f.Frozen != "" || n.Finished || f.Fixed:
		return "it has to stay as it is"
	case f.Zone != sheet.File.Zone:
		return "it lies in another paywall zone"
	case f.Size > maxIconBytes:
		return "it is large"
	case p.Object(f.Path) == nil:
		return "it was not read"
	}
	return ""
}

// served returns the bytes that a picture takes by itself.
func (p *Planner) served(n *Node) int64 {
	o := p.Object(n.File.Path)
	size := o.Size
	if v := whole(o, ".webp"); v != nil {
		size = min(size, v.Size)
	}
	return size
}

// makeSprite packs the icons and plans the change if it pays: what the pages
// that show some of them load, with their requests, must get less.
func (p *Planner) makeSprite(n *Node, icons []*icon) {
	data, err := draw(icons)
	if err != nil {
		return
	}
	dir := icons[0].node.File.Path.Dir()
	path := p.Graph.freeName(dir, "icons", ".png")
	if data, err = p.Shrink(path, data); err != nil {
		return
	}
	var before, after, apart int64
	pages := map[*Node]bool{}
	for _, c := range icons {
		apart += p.served(c.node)
		for page := range c.pages {
			pages[page] = true
			before += p.served(c.node) + p.request()
		}
	}
	size := int64(len(data))
	after = int64(len(pages)) * (size + p.request())
	saved := apart - size
	if after >= before || size > apart+p.request()*int64(len(icons)-1) {
		for _, c := range icons {
			p.Note(c.node.File.Path, fmt.Sprintf("not put together with %d others: they would be %d bytes in one file, and are %d; pages show few of them", len(icons)-1, size, apart))
		}
		return
	}
	s := &Node{Doc: &scan.Doc{}, File: &site.File{Path: path, Kind: site.Image, Zone: n.File.Zone}}
	for _, c := range icons {
		s.Parts = append(s.Parts, c.node)
		s.File.Size += c.node.File.Size
	}
	p.Graph.insert(s)
	p.Plan.Joined = append(p.Plan.Joined, &Joined{Node: s, Code: data, row: s.Parts})
	text := fmt.Sprintf("%s in one file: −%s, %+d B on %s", plural(len(icons), "background"), plural(len(icons)-1, "request"), -saved, plural(len(pages), "page"))
	for _, c := range icons {
		for _, r := range c.rules {
			u := Use{n, r.ref}
			p.Plan.Into[u] = s
			s.In = append(s.In, u)
			p.Plan.Edits[n.File.Path] = append(p.Plan.Edits[n.File.Path], r.edits(c)...)
		}
		p.Note(c.node.File.Path, text)
	}
	slices.SortStableFunc(p.Plan.Edits[n.File.Path], func(a, b site.Edit) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	p.Note(n.File.Path, text)
}

// edits writes the rule of an icon anew.
func (r *iconRule) edits(c *icon) []site.Edit {
	pos := px(-c.at.X) + " " + px(-c.at.Y)
	head, tail := "background-image:url(", ");background-position:"+pos+";"
	if r.short {
		head, tail = "background:"+strings.TrimLeft(r.color+" ", " ")+"url(", ") no-repeat "+pos+";"
	}
	out := []site.Edit{{Span: r.decl, New: head + tail, Holes: []site.EditHole{{Off: len(head), Ref: r.ref}}}}
	for _, s := range r.drop {
		out = append(out, site.Edit{Span: s})
	}
	return out
}

func px(n int) string {
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%dpx", n)
}
