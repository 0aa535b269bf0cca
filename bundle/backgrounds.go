package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// ImageSet offers smaller formats of pictures in style sheets: after each
// declaration a second one with image-set(), which browsers that do not know
// it drop (CSS Images 4, section 2.4).
var ImageSet = &Combiner{
	Name: "image-set", Rank: 1,
	Doc:  "offers AVIF for CSS backgrounds by image-set()",
	Plan: func(p *Planner) { p.imageSets(site.CSS) },
}

// ImageSetInline does so in style elements and attributes of pages.
var ImageSetInline = &Combiner{
	Name: "image-set-inline", Rank: 2,
	Doc:  "offers AVIF for backgrounds in style elements and attributes by image-set()",
	Plan: func(p *Planner) { p.imageSets(site.HTML) },
}

func (p *Planner) imageSets(kind site.Kind) {
	for _, n := range p.Graph.Nodes {
		if n.Doc == nil || n.File.Kind != kind || n.File.Frozen != "" {
			continue
		}
		for i := 0; i < len(n.Doc.Backs); {
			j := i
			for j < len(n.Doc.Backs) && n.Doc.Backs[j].Decl == n.Doc.Backs[i].Decl {
				j++
			}
			p.imageSet(n, n.Doc.Backs[i:j])
			i = j
		}
	}
}

// imageSet plans a second declaration after the one that holds backs.
func (p *Planner) imageSet(n *Node, backs []scan.Background) {
	d := backs[0]
	if d.Attr == ' ' || len(backs) != strings.Count(strings.ToLower(d.Text), "url(") {
		return
	}
	quote := byte('"')
	if d.Attr == '"' {
		quote = '\''
	}
	if d.Attr != 0 && strings.IndexByte(d.Text, quote) >= 0 && strings.IndexByte(d.Text, d.Attr) >= 0 {
		return
	}
	var e editor
	e.text(";")
	at, gain := d.Decl.Start, false
	for _, b := range backs {
		u := Use{n, b.Ref}
		e.ref = b.Ref
		o := p.Object(n.To[b.Ref].To)
		v := p.backgroundVariant(u, o)
		if v == nil {
			return // a declaration with a picture that stays is left alone
		}
		e.text(d.Text[at-d.Decl.Start : b.Func.Start-d.Decl.Start])
		e.text("image-set(url(")
		e.hole(v.Key())
		e.text(fmt.Sprintf(") type(%cimage/avif%c),url(", quote, quote))
		e.hole(p.Plan.Serve[u])
		e.text(fmt.Sprintf(") type(%c%s%c))", quote, servedType(o, p.Plan.Serve[u]), quote))
		at = b.Func.End
		gain = true
	}
	e.text(d.Text[at-d.Decl.Start:])
	if !gain {
		return
	}
	p.Plan.Edits[n.File.Path] = append(p.Plan.Edits[n.File.Path], site.Edit{Span: site.Span{Start: d.Decl.End, End: d.Decl.End}, New: e.b.String(), Holes: e.holes})
	for _, b := range backs {
		o := p.Object(n.To[b.Ref].To)
		p.Plan.show(Use{n, b.Ref}, ".avif")
		p.Note(o.Path, string(n.File.Path)+": AVIF by image-set()")
	}
}

// servedType returns the media type of what a reference names besides AVIF.
func servedType(o *site.Object, key string) string {
	if v := variantOf(o, key); v != nil {
		return v.Type
	}
	return site.TypeOf(o.Path)
}

// minGain is how many bytes a picture must save to be worth a second
// declaration.
const minGain = 1024

// backgroundVariant returns the AVIF of a background, nil if none pays or the
// reference must stay.
func (p *Planner) backgroundVariant(u Use, o *site.Object) *site.Variant {
	if o == nil || p.Images.AVIF == "off" || !p.anyFormat(u) || p.Graph.at[o.Path].Keep != "" || p.single[p.Graph.at[o.Path]] {
		return nil
	}
	least := o.Size
	if v := variantOf(o, p.Plan.Serve[u]); v != nil {
		least = v.Size
	}
	i := slices.IndexFunc(o.Variants, func(v site.Variant) bool { return v.Key() == ".avif" && v.Size <= least-minGain })
	if i < 0 {
		return nil
	}
	return &o.Variants[i]
}
