package bundle

import (
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// PictureSources completes the <picture> elements of authors: before each
// <source> one with the same media and sizes and the AVIF of its files, so that
// art direction stays as it is (HTML, section 4.8.4.3.7: the first source that
// fits counts).
var PictureSources = &Combiner{
	Name: "picture-sources", Rank: 2,
	Doc: "offers AVIF in the picture elements of authors, before each of their sources",
	Plan: func(p *Planner) {
		for _, n := range p.Graph.Nodes {
			if n.Doc == nil || n.File.Kind != site.HTML {
				continue
			}
			for _, pic := range n.Doc.Pics {
				if p.complete[Use{n, pic.Ref}] {
					p.completeSources(n, pic)
				}
			}
		}
	},
}

// alternative is a way in which a <picture> shows something: one of its
// sources, or its img.
type alternative struct {
	at   int   // where its tag begins
	refs []int // its candidates; for an img without srcset its src
	last bool  // every browser that knows AVIF takes it if it comes to it
}

// alternatives returns the ways of a picture in order, up to the one after
// which no browser that knows AVIF looks; nil where there are none.
func alternatives(d *scan.Doc, pic scan.Pic) []alternative {
	var out []alternative
	for _, tag := range append(slices.Clone(pic.Sources), pic.Tag) {
		a := alternative{at: tag.Start}
		first := refsIn(d, tag, site.RoleSrcset)
		if tag == pic.Tag && first == nil {
			first = []int{pic.Ref}
		}
		if len(first) == 0 {
			return nil
		}
		a.refs = first
		a.last = d.Refs[first[0]].Attrs["media"] == "" || tag == pic.Tag
		if out = append(out, a); a.last {
			break
		}
	}
	return out
}

// refsIn returns the references of a role inside of a tag.
func refsIn(d *scan.Doc, tag site.Span, role site.Role) (out []int) {
	i, _ := slices.BinarySearchFunc(d.Refs, tag.Start, func(r site.Ref, at int) int { return r.Span.Start - at })
	for ; i < len(d.Refs) && d.Refs[i].Span.End <= tag.End; i++ {
		if d.Refs[i].Role == role {
			out = append(out, i)
		}
	}
	return out
}

// pictureRefs returns all references of a <picture> with sources, that of the
// img and of its candidates too; nil for other pictures.
func pictureRefs(d *scan.Doc, pic scan.Pic) []int {
	if len(pic.Sources) == 0 {
		return nil
	}
	out := []int{pic.Ref}
	for _, tag := range append(slices.Clone(pic.Sources), pic.Tag) {
		out = append(out, refsIn(d, tag, site.RoleSrcset)...)
	}
	return out
}

// completePage asks for the AVIF of what the <picture> elements of a page show.
func (v *pictureView) completePage(n *Node) {
	p := v.p
	if p.Images.AVIF == "off" || p.Images.Picture == "off" {
		return
	}
	var cond *conditions
	for _, pic := range n.Doc.Pics {
		if len(pic.Sources) == 0 || !v.completable(n, pic) {
			continue
		}
		if cond == nil {
			cond = v.conditions(n)
		}
		u := Use{n, pic.Ref}
		if why := cond.completed(pic, u); why != "" && p.Images.Picture != "always" {
			p.Note(n.File.Path, "no AVIF in the picture around "+u.ref().URL+": "+why)
			continue
		}
		p.complete[u] = true
		for _, a := range alternatives(n.Doc, pic) {
			for _, ref := range a.refs {
				t := p.Graph.at[n.To[ref].To]
				if v.want[t] == nil {
					v.want[t] = map[string]bool{}
				}
				v.want[t][".avif"] = true
			}
		}
	}
}

// completable reports whether every way of a picture could be offered as AVIF,
// and none is yet.
func (v *pictureView) completable(n *Node, pic scan.Pic) bool {
	ways := alternatives(n.Doc, pic)
	for _, a := range ways {
		attrs := n.Doc.Refs[a.refs[0]].Attrs
		switch strings.ToLower(strings.TrimSpace(attrs["type"])) {
		case "", "image/jpeg", "image/png", "image/webp":
		default:
			return false
		}
		for name := range attrs {
			if strings.HasPrefix(name, "data-") || strings.HasPrefix(name, "on") || strings.HasPrefix(name, ":") || strings.HasPrefix(name, "v-") {
				return false
			}
		}
		if set := attrs["srcset"]; set != "" && len(scan.Srcset(set)) != len(a.refs) {
			return false
		}
		for _, ref := range a.refs {
			t := v.p.Graph.at[n.To[ref].To]
			if n.Doc.Refs[ref].Fixed != "" || n.Finished || v.p.ev.typePinned(Use{n, ref}) || !v.fit(t) || v.p.single[t] {
				return false
			}
		}
	}
	return len(ways) > 0
}

// completeSources plans the sources of one picture. A way whose AVIF does not
// pay is left as it is; the others do not depend on it.
func (p *Planner) completeSources(n *Node, pic scan.Pic) {
	for _, a := range alternatives(n.Doc, pic) {
		u := Use{n, a.refs[0]}
		e := editor{ref: a.refs[0]}
		e.text("<source type=image/avif")
		attrs := u.ref().Attrs
		for _, name := range []string{"media", "width", "height"} {
			if value := attrs[name]; value != "" && a.at != pic.Tag.Start {
				e.text(" " + name + `="` + markup.EscapeAttr(value, '"') + `"`)
			}
		}
		if !p.avifSet(&e, u, a.refs) {
			continue
		}
		e.end()
		p.Plan.Edits[n.File.Path] = append(p.Plan.Edits[n.File.Path], site.Edit{Span: site.Span{Start: a.at, End: a.at}, New: e.b.String(), Holes: e.holes})
		for _, ref := range a.refs {
			p.Plan.show(Use{n, ref}, ".avif")
			p.Note(p.Graph.at[n.To[ref].To].File.Path, string(n.File.Path)+": AVIF in the author's picture")
		}
	}
}
