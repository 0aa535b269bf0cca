package pipeline

import (
	"context"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/internal/par"
	"github.com/hone-web/hone/site"
)

// pages settles every page: filled with fingerprinted names, or with kept
// names where those would make it heavier, or left as it was.
func (b *build) pages(ctx context.Context) ([]Page, error) {
	costs, err := b.fileCosts(ctx)
	if err != nil {
		return nil, err
	}
	var todo []*bundle.Node
	for _, n := range b.graph.Nodes {
		if n.File.Kind == site.HTML {
			todo = append(todo, n)
		}
	}
	pages, loads, foreign := map[site.Path]Page{}, map[site.Path][2][]Resource{}, map[site.Path][]bundle.Foreign{}
	for len(todo) > 0 {
		done := counter(b.o, "pages", len(todo))
		got, err := par.Map(ctx, par.Limits{Jobs: b.o.Jobs, Weight: b.o.MemoryLimit}, todo, func(n *bundle.Node) int64 { return 8 * n.File.Size },
			func(_ context.Context, n *bundle.Node) (weighed, error) {
				defer done()
				return b.page(n, costs)
			})
		if err != nil {
			return nil, err
		}
		var again []*bundle.Node
		for i, n := range todo {
			for _, t := range got[i].twice {
				if !b.pinned[t] {
					b.pinned[t] = true
					b.relink = true
				}
			}
			pages[n.File.Path] = got[i].Page
			foreign[n.File.Path] = got[i].foreign
			loads[n.File.Path] = got[i].loads
			if got[i].After.Bytes <= got[i].Before.Bytes+b.plan.Asked(n.File.Path) {
				continue
			}
			back, err := b.retreat(ctx, n)
			if err != nil {
				return nil, err
			}
			if back {
				again = append(again, n)
			}
		}
		todo = again
	}
	out := make([]Page, 0, len(pages))
	for _, n := range b.graph.Nodes {
		if p, ok := pages[n.File.Path]; ok {
			out = append(out, p)
		}
	}
	b.resources = number(out, loads)
	b.external = hostsOf(foreign)
	return out, nil
}

// retreat takes one step back with a page that grew and reports whether there
// was one to take.
func (b *build) retreat(ctx context.Context, n *bundle.Node) (bool, error) {
	p := n.File.Path
	if undone, err := b.undoEdits(ctx, n); undone || err != nil {
		_, summed := b.linked.Digest(p)
		b.relink = b.relink || summed
		return undone, err
	}
	o := b.objects[p]
	switch {
	case len(o.Relocs) > 0 && !b.plain[p]:
		b.plain[p] = true
	case !o.Same:
		b.restore(n)
		for _, t := range b.graph.Entangled(n) {
			b.pinned[t.File.Path] = true
			b.relink = true
		}
	default:
		return false, nil
	}
	_, summed := b.linked.Digest(p)
	b.relink = b.relink || summed
	return true, nil
}

// fileCost is what a file weighs on the wire before and after.
type fileCost struct{ before, after int64 }

func (b *build) fileCosts(ctx context.Context) (map[site.Path]fileCost, error) {
	got, err := par.Map(ctx, par.Limits{Jobs: b.o.Jobs}, b.graph.Nodes, nil, func(_ context.Context, n *bundle.Node) (c fileCost, err error) {
		if n.File.Kind == site.HTML {
			return c, nil
		}
		if c.before, err = b.sourceTransfer(n); err == nil {
			c.after, err = b.finalTransfer(n)
		}
		return c, err
	})
	if err != nil {
		return nil, err
	}
	m := make(map[site.Path]fileCost, len(got))
	for i, n := range b.graph.Nodes {
		m[n.File.Path] = got[i]
	}
	return m, nil
}

// weighed is a page with the files that it would load under two names.
type weighed struct {
	Page
	twice   []site.Path
	foreign []bundle.Foreign
	loads   [2][]Resource // before and after
}

// page weighs a page before and after.
func (b *build) page(n *bundle.Node, costs map[site.Path]fileCost) (weighed, error) {
	p := weighed{Page: Page{Path: n.File.Path}}
	own, err := b.sourceTransfer(n)
	if err != nil {
		return p, err
	}
	direct := func(u bundle.Use) *bundle.Node { return b.graph.Node(u.From.To[u.Ref].To) }
	critical := b.graph.Critical(n, direct)
	p.foreign = b.graph.Foreign(n)
	p.External = len(p.foreign)
	p.Before.own(own)
	for _, t := range b.graph.Loads(n)[1:] {
		if t.Parts != nil {
			continue // hone made it
		}
		r := Resource{t.File.Path, t.File.Kind.String(), costs[t.File.Path].before}
		p.Before.add(r.Bytes, critical[t])
		p.loads[0] = append(p.loads[0], r)
	}
	sum, _, err := b.seal(n)
	if err != nil {
		return p, err
	}
	if own, err = b.transfer(sum, n.File.Kind, func() ([]byte, error) { return b.final(n) }); err != nil {
		return p, err
	}
	critical = b.graph.Critical(n, func(u bundle.Use) *bundle.Node {
		if b.plan.Late[u] {
			return nil
		}
		return b.to(u)
	})
	p.After.own(own)
	names := map[site.Path]site.Path{}
	for _, l := range b.graph.LoadsAfter(n, b.to, b.shown) {
		v := b.served(l)
		if v == nil || !b.plan.Offers(l.To.File.Path) {
			if name, ok := names[l.To.File.Path]; ok && name != l.Path {
				p.twice = append(p.twice, l.To.File.Path)
			}
			names[l.To.File.Path] = l.Path
		}
		r := Resource{l.Path, l.To.File.Kind.String(), costs[l.To.File.Path].after}
		if v != nil {
			r.Bytes = v.Size
		}
		p.After.add(r.Bytes, critical[l.To])
		p.loads[1] = append(p.loads[1], r)
	}
	// A preload is a fetch of its own unless it names what is then used.
	for i := range n.Doc.Refs {
		u := bundle.Use{From: n, Ref: i}
		if n.Doc.Refs[i].Role != site.RoleHint {
			continue
		}
		if t := b.to(u); t != nil && !b.plan.Offers(t.File.Path) {
			if name, ok := names[t.File.Path]; ok && b.shown(u) != "" && name != b.shown(u) {
				p.twice = append(p.twice, t.File.Path)
			}
		}
	}
	return p, nil
}
