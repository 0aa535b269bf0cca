package pipeline

import (
	"strings"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// earlyOf lists the style sheets that a finished page is not shown without, in
// its order: those of its head that apply to every screen. A hint is used only
// if browsers would send the very same request, so it leaves out what is fetched
// in another way (with CORS, a nonce, a hash or a query) or from another host.
func earlyOf(page site.Path, doc *scan.Doc, r *bundle.Resolver) []site.Path {
	if doc == nil {
		return nil
	}
	var out []site.Path
	for i := range doc.Loads {
		l := &doc.Loads[i]
		if l.Kind != scan.LoadStyle || !l.Head || l.Media != "" && l.Media != "all" && l.Media != "screen" {
			continue
		}
		if l.Not != "" || l.Like != "" || l.Ref < 0 {
			continue
		}
		ref := &doc.Refs[l.Ref]
		a := r.Resolve(page, ref.Base, ref.URL)
		if a.To == "" || a.External || a.Origin != "" || strings.ContainsRune(ref.URL, '?') {
			continue
		}
		out = append(out, a.To)
	}
	return out
}

// policy is the owner's, with what only the finished pages tell.
func (b *build) policy(all []emitted) *cache.Policy {
	p := b.o.Cache
	p.Sniff = sniffed(b.graph)
	p.Prefix = b.base.Prefix
	if !b.o.Link {
		return &p
	}
	early := map[site.Path][]site.Path{}
	for i := range all {
		early[all[i].entry.Path] = all[i].early
	}
	p.Early = func(page site.Path) []site.Path { return early[page] }
	return &p
}
