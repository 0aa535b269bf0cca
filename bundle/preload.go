package bundle

import (
	"fmt"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Preload asks early for the large picture that a page begins with when a
// style attribute holds it: browsers look ahead for the pictures of elements,
// but learn of this one only once all style sheets are there (WHATWG HTML,
// section 4.6.7.13).
var Preload = &Combiner{
	Name: "preload",
	Doc:  "writes a preload hint for the background with which a page begins",
	Rank: 2,
	Plan: func(p *Planner) {
		for _, page := range p.Graph.Nodes {
			if page.File.Kind == site.HTML && page.Doc != nil && page.File.Frozen == "" && page.Doc.Hero.Len() > 0 && !p.policed(page) {
				p.preload(page)
			}
		}
	},
}

// maxPreload bounds what is asked for early, in bytes. A hint gains the time
// in which the line would be idle, some round trips. What takes longer than
// that on a slow line (64 KiB: a third of a second at 1.6 Mbit/s) shares it with
// the style sheets and scripts that the first paint waits for, and is not there
// any sooner: with 400 kB the first paint came two seconds later, and the
// picture when it came before.
const maxPreload = 64 << 10

func (p *Planner) preload(page *Node) {
	back := hero(page.Doc)
	at, ok := hintPlace(page.Doc)
	if !ok || back == nil {
		return
	}
	u := Use{page, back.Ref}
	to := p.Graph.at[page.To[back.Ref].To]
	if to == nil || to.File.Kind != site.Image || to.File.Zone != page.File.Zone || u.ref().Fixed != "" || to.Keep != "" {
		return
	}
	for _, i := range hints(page) {
		r := &page.Doc.Refs[i]
		if page.To[i].To == to.File.Path || r.Attrs["as"] == "image" || r.Attrs["fetchpriority"] == "high" {
			return // the page says what comes first
		}
	}
	text := "<link rel=preload as=image"
	variant, first := "", true
	bytes := to.File.Size
	if o := p.Object(to.File.Path); o != nil {
		bytes = o.Size
	}
	if p.Plan.Show[u] != "" {
		variant = p.Plan.Show[u]
		v := variantOf(p.Object(to.File.Path), variant)
		if v == nil {
			return
		}
		text += " type=" + v.Type
		bytes = v.Size
	}
	if bytes > maxPreload {
		p.Note(page.File.Path, fmt.Sprintf("does not ask early for %s, the background it begins with: its %d bytes would hold up the first paint", to.File.Path, bytes))
		return
	}
	for i := range page.Doc.Refs {
		first = first && page.Doc.Refs[i].Attrs["fetchpriority"] == ""
	}
	for _, pic := range page.Doc.Pics {
		pl := p.pictures[Use{page, pic.Ref}]
		first = first && (pl == nil || !pl.high)
	}
	if first {
		text += " fetchpriority=high"
	}
	text += ` href="`
	e := site.Edit{Span: at, New: text + `">`}
	e.Holes = []site.EditHole{{Off: len(text), Ref: p.lend(page, back.Ref, u, site.RoleHint), Variant: variant}}
	p.Plan.Edits[page.File.Path] = append(p.Plan.Edits[page.File.Path], e)
	p.Note(page.File.Path, "asks early for "+string(to.File.Path)+", the background it begins with")
}

// hero returns the one picture of the style attribute that a page begins with.
func hero(d *scan.Doc) *scan.Background {
	var found *scan.Background
	for i := range d.Backs {
		b := &d.Backs[i]
		if b.Decl.Start < d.Hero.Start || b.Decl.End > d.Hero.End {
			continue
		}
		if found != nil || b.Prop != "background" && b.Prop != "background-image" || strings.Count(b.Text, "url(") != 1 {
			return nil
		}
		found = b
	}
	return found
}
