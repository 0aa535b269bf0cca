package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Lossy decides which pictures may lose detail: those that pages show. One that
// is linked to or downloaded is somebody's original, one of a well-known name is
// an icon, and what is done to one that only scripts know cannot be seen. A
// picture that keeps its name is recognised when the output is built again by
// how it is encoded: jpegli's tables, a palette.
var Lossy = &Combiner{
	Name: "lossy", Rank: 0,
	Doc: "keeps the pixels of pictures that are downloads or that only scripts know",
	Plan: func(p *Planner) {
		for _, n := range p.Graph.Nodes {
			if n.File.Kind == site.Image && n.Keep != "" && !onlyShown(n) {
				p.Plan.Lossless[n.File.Path] = n.Keep
			}
		}
	},
}

// onlyShown reports whether pages show a picture that is nobody's to keep.
func onlyShown(n *Node) bool {
	if n.Finished || n.File.Frozen != "" || n.File.Fixed || wellKnown[strings.ToLower(n.File.Path.Base())] {
		return false
	}
	shown := false
	for _, u := range n.In {
		switch u.ref().Role {
		case site.RoleImage, site.RoleSrcset, site.RoleBackground, site.RolePoster:
			shown = true
		case site.RoleMetaImage, site.RoleFeedImage, site.RoleHint:
		default:
			return false
		}
	}
	return shown
}

// Serve points references at a smaller encoding where one was made.
var Serve = &Combiner{
	Name: "serve", Rank: 1,
	Doc: "points pictures at their smaller encoding",
	Plan: func(p *Planner) {
		for _, n := range p.Graph.Nodes {
			o := p.Object(n.File.Path)
			if o == nil || len(o.Variants) == 0 {
				continue
			}
			p.serveWhole(n, o)
			p.serveShares(n, o)
			if p.Images.AVIF == "always" {
				p.serveAVIF(n, o)
			}
		}
	},
}

// serveWhole shows the lossless WebP of a picture where every browser reads it.
func (p *Planner) serveWhole(n *Node, o *site.Object) {
	v := whole(o, ".webp")
	switch {
	case v == nil:
		return
	case v.Size >= o.Size:
		p.Note(n.File.Path, "no "+v.Ext[1:]+": it is not smaller")
		return
	case slices.ContainsFunc(n.In, typedPreload):
		p.Note(n.File.Path, "no "+v.Ext[1:]+": a preload names its type, and the browser would fetch both")
		return
	}
	served, left := 0, 0
	for _, u := range n.In {
		if !p.anyFormat(u) {
			if r := u.ref(); r.Role.Loads() && Rewritable(r.Role) && r.Fixed == "" && r.Role != site.RoleIcon {
				left++
			}
			continue
		}
		p.Plan.Serve[u] = v.Key()
		served++
	}
	// A preload must name the file that is then used, or the browser
	// fetches both.
	for _, u := range n.In {
		if r := u.ref(); served > 0 && left == 0 && r.Role == site.RoleHint && r.Fixed == "" &&
			strings.EqualFold(r.Attrs["as"], "image") && r.Attrs["type"] == "" {
			p.Plan.Serve[u] = v.Key()
		}
	}
	if served > 0 {
		p.Note(n.File.Path, "shown as "+v.Ext[1:]+" ("+v.Note+")")
	}
}

// serveShares points og:image and twitter:image at a copy that is no wider
// than crawlers use.
func (p *Planner) serveShares(n *Node, o *site.Object) {
	v := variantOf(o, shareKey(o.Facts.Width, max(o.Facts.Height, 1)))
	if v == nil || v.Size >= o.Size || o.Facts.Width <= shareWidth {
		return
	}
	for _, u := range n.In {
		if u.ref().Role == site.RoleMetaImage && u.From.File.Kind == site.HTML && !u.From.Doc.ShareSize && u.ref().Fixed == "" {
			p.Plan.Serve[u] = v.Key()
			p.Note(n.File.Path, fmt.Sprintf("%s: %d px wide where links are shared", u.From.File.Path, v.Width))
		}
	}
}

// serveAVIF shows the AVIF of a picture as its only format where no <picture>
// can offer it, if the owner wants that.
func (p *Planner) serveAVIF(n *Node, o *site.Object) {
	v := whole(o, ".avif")
	if v == nil || v.Size >= o.Size || slices.ContainsFunc(n.In, typedPreload) {
		return
	}
	for _, u := range n.In {
		if pl := p.pictures[u]; pl != nil && !p.wraps(pl) && p.anyFormat(u) {
			p.Plan.Serve[u] = v.Key()
		}
	}
}

// whole returns the variant of an object with that extension and the width of
// the picture, nil if there is none.
func whole(o *site.Object, ext string) *site.Variant {
	for i := range o.Variants {
		if v := &o.Variants[i]; v.Ext == ext && v.Width == 0 {
			return v
		}
	}
	return nil
}

// typedPreload reports whether u preloads a picture and names its type.
func typedPreload(u Use) bool {
	r := u.ref()
	return r.Role == site.RoleHint && r.Attrs["type"] != ""
}

// anyFormat reports whether the reference shows a picture in a place that
// takes any format the browser knows, so that no one can tell a change.
func (p *Planner) anyFormat(u Use) bool {
	r := u.ref()
	if r.Fixed != "" || p.Plan.Into[u] != nil || u.From.Finished || u.From.File.Frozen != "" || p.ev.typePinned(u) {
		return false
	}
	switch r.Role {
	case site.RoleImage, site.RoleSrcset:
		return r.Attrs["<"] == "img"
	case site.RoleBackground:
		return u.From.File.Kind == site.CSS || u.From.File.Kind == site.HTML
	}
	return false
}
