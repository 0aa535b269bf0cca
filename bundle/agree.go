package bundle

import (
	"cmp"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/site"
)

// agree sees to it that no file is fetched in two formats by one page: where
// one picture cannot be offered another format, the others that show the same
// file, at once or as a candidate, are not either.
func (v *pictureView) agree(n *Node, all []*picturePlan) {
	files := func(pl *picturePlan) []*Node { return v.p.filesOf(n, pl) }
	stays, candidate := map[*Node]string{}, map[*Node]bool{}
	for _, u := range n.Doc.Pics { // candidates that could not be planned at all
		for i := range n.Doc.Refs {
			r := &n.Doc.Refs[i]
			if r.Role == site.RoleSrcset && r.Span.Start >= u.Tag.Start && r.Span.End <= u.Tag.End && (v.p.pictures[Use{n, u.Ref}] == nil || v.p.pictures[Use{n, u.Ref}].set == nil) {
				if t := v.p.Graph.at[n.To[i].To]; t != nil {
					stays[t] = "another img shows it as it is"
				}
			}
		}
	}
	for again := true; again; {
		again = false
		for _, pl := range all {
			for _, f := range files(pl) {
				switch {
				case pl.wrap != "" && stays[f] == "" && !pl.lazyHidden():
					stays[f], again = "another img shows it as it is", true
				case pl.wrap == "" && stays[f] != "" && !pl.lazyHidden():
					pl.wrap, again = stays[f], true
				}
				candidate[f] = candidate[f] || pl.set != nil
			}
		}
	}
	for _, pl := range all {
		if pl.set == nil && candidate[files(pl)[0]] {
			pl.fluid = cmp.Or(pl.fluid, "it is a candidate of another img")
		}
	}
}

// filesOf returns the files that a picture of page n may show.
func (p *Planner) filesOf(n *Node, pl *picturePlan) []*Node {
	if pl.set == nil {
		return []*Node{p.Graph.at[n.To[pl.pic.Ref].To]}
	}
	var out []*Node
	for _, ref := range pl.set {
		out = append(out, p.Graph.at[n.To[ref].To])
	}
	return out
}

// lazyHidden reports whether the picture is fetched when a dialog opens.
func (pl *picturePlan) lazyHidden() bool { return pl.lazy && pl.hidden }

// share makes one plan of several pictures that show the same file, so that a
// browser fetches it once.
func share(same []*picturePlan) {
	if len(same) < 2 {
		return
	}
	var slots []layout.Slot
	wrap, fluid := "", ""
	for _, pl := range same {
		slots = append(slots, pl.slot)
		wrap, fluid = cmp.Or(wrap, pl.wrap), cmp.Or(fluid, pl.fluid)
	}
	m := layout.Merge(slots)
	for _, pl := range same {
		own := pl.slot
		pl.slot = m
		pl.slot.Hint, pl.slot.Follows, pl.slot.Settled, pl.slot.Neutral, pl.slot.Why = own.Hint, own.Follows, own.Settled, own.Neutral, own.Why
		pl.wrap, pl.fluid = wrap, fluid
	}
}

// Where pictures are taken to be out of sight when a page opens, and how large
// the one must be that is taken to be what a visitor waits for; in CSS pixels.
// Pictures estimated to be further down than 1,200 were never within the first
// 840, on 181 pictures of twenty-five sites in windows of 1280×800 and 390×844.
const (
	belowFold = 1200
	inSight   = 500
	largeSide = 300
)

// prefer marks the picture that is likely the largest thing to be painted
// first (Largest Contentful Paint), if there is one.
func prefer(all []*picturePlan, n *Node) {
	for i := range n.Doc.Refs {
		if n.Doc.Refs[i].Attrs["fetchpriority"] != "" {
			return
		}
	}
	var best *picturePlan
	area := func(pl *picturePlan) float64 {
		w := pl.slot.At(1280)
		return w * w * float64(pl.h) / float64(pl.w)
	}
	for _, pl := range all {
		if pl.pic.Top+pl.rise > inSight || n.Doc.Refs[pl.pic.Ref].Attrs["loading"] != "" || pl.hidden || pl.lazy || pl.slot.At(1280) < largeSide {
			continue
		}
		if best == nil || area(pl) > 1.5*area(best) {
			best = pl
		}
	}
	if best != nil {
		best.high = true
	}
}
