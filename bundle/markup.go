package bundle

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Picture writes the encodings that were made into the pages: a <picture>
// around an img, or candidates of several widths in its srcset.
var Picture = &Combiner{
	Name: "picture", Rank: 2,
	Doc: "puts a picture element around an img, or gives it a srcset, where nothing else can tell",
	Plan: func(p *Planner) {
		for _, n := range p.Graph.Nodes {
			if n.Doc == nil || n.File.Kind != site.HTML {
				continue
			}
			why := map[string]int{}
			p.withdraw(n)
			for _, pic := range n.Doc.Pics {
				u := Use{n, pic.Ref}
				if pl := p.pictures[u]; pl != nil {
					p.picture(u, pic, pl, why)
				}
			}
			for _, reason := range sortedReasons(why) {
				p.Note(n.File.Path, fmt.Sprintf("%s stay as they are: %s", plural(why[reason], "img"), reason))
			}
		}
	},
}

// withdraw gives up the pictures of a page for whose files no encoding turned
// out to pay, and those that would then be fetched in two formats.
func (p *Planner) withdraw(n *Node) {
	left := map[*Node]bool{}
	for again := true; again; {
		again = false
		for _, pic := range n.Doc.Pics {
			u := Use{n, pic.Ref}
			pl := p.pictures[u]
			if pl == nil || pl.none || pl.lazyHidden() {
				continue
			}
			files := p.filesOf(n, pl)
			if !p.offers(u, pl) || slices.ContainsFunc(files, func(f *Node) bool { return left[f] }) {
				pl.none, again = true, true
				for _, f := range files {
					left[f] = true
				}
			}
		}
	}
}

// offers reports whether there is anything to offer for a picture.
func (p *Planner) offers(u Use, pl *picturePlan) bool {
	o := p.Object(u.From.To[u.Ref].To)
	if o == nil || u.ref().Fixed != "" || !p.wraps(pl) {
		return false
	}
	if pl.set != nil {
		return p.candidates(new(editor), u, pl)
	}
	return len(p.sources(u, pl, o)) > 0
}

func sortedReasons(why map[string]int) []string {
	list := make([]string, 0, len(why))
	for r := range why {
		list = append(list, r)
	}
	slices.Sort(list)
	return list
}

// picture plans the markup of one img.
func (p *Planner) picture(u Use, pic scan.Pic, pl *picturePlan, why map[string]int) {
	o := p.Object(u.From.To[u.Ref].To)
	if o == nil || u.ref().Fixed != "" {
		return
	}
	if !p.wraps(pl) {
		why[cmp.Or(pl.wrap, "the configuration says so")]++
		return
	}
	if pl.none {
		return
	}
	e := editor{ref: u.Ref}
	e.text("<picture style=display:contents>")
	told := ""
	if pl.set != nil {
		if !p.candidates(&e, u, pl) {
			return
		}
		for _, ref := range pl.set {
			p.Plan.show(Use{u.From, ref}, ".avif")
		}
		told = "avif for each candidate of its srcset"
	} else {
		list := p.sources(u, pl, o)
		if len(list) == 0 {
			return
		}
		for _, s := range list {
			e.source(s)
		}
		if v := shownOnLaptop(list); v != nil {
			p.Plan.show(u, v.Key())
		}
		told = describe(list, o.Facts.Width)
	}
	start, end := pic.Tag.Start, pic.Tag.End
	edits := append(p.Plan.Edits[u.From.File.Path], site.Edit{Span: site.Span{Start: start, End: start}, New: e.b.String(), Holes: e.holes})
	if attrs := p.attributes(u, pl, o); attrs != "" {
		at := start + len("<img")
		edits = append(edits, site.Edit{Span: site.Span{Start: at, End: at}, New: attrs})
	}
	p.Plan.Edits[u.From.File.Path] = append(edits, site.Edit{Span: site.Span{Start: end, End: end}, New: "</picture>"})
	p.Note(o.Path, fmt.Sprintf("%s: %s", u.From.File.Path, told))
}

// candidates writes a <source> with the AVIF of every candidate of an img's own
// srcset, and reports whether there is one for each.
func (p *Planner) candidates(e *editor, u Use, pl *picturePlan) bool {
	e.text("<source type=image/avif")
	return p.avifSet(e, u, pl.set) && e.end()
}

// avifSet writes srcset and sizes with the AVIF of every candidate of the set
// that u is of, and reports whether there is one for each.
func (p *Planner) avifSet(e *editor, u Use, set []int) bool {
	attrs := u.ref().Attrs
	list := scan.Srcset(attrs["srcset"])
	if len(list) == 0 { // an img with nothing but its src
		list = []scan.Candidate{{}}
	}
	e.text(` srcset="`)
	for i, ref := range set {
		c := Use{u.From, ref}
		o := p.Object(u.From.To[ref].To)
		if o == nil {
			return false
		}
		v, limit := whole(o, ".avif"), o.Size
		if s := variantOf(o, p.Plan.Serve[c]); s != nil {
			limit = s.Size
		}
		if v == nil || v.Size >= limit {
			return false
		}
		if i > 0 {
			e.text(", ")
		}
		e.ref = ref
		e.hole(v.Key())
		if d := list[i].Descriptor; d != "" {
			e.text(" " + markup.EscapeAttr(d, '"'))
		}
	}
	e.text(`"`)
	if sizes := attrs["sizes"]; sizes != "" {
		e.text(` sizes="` + markup.EscapeAttr(sizes, '"') + `"`)
	}
	return true
}

// chosen is a <source>: the file of one class of screens, nil for the file
// that the img itself names.
type chosen struct {
	class *class
	v     *site.Variant
}

// sources returns the <source> elements of a picture, in order. Each file is
// smaller than what the img itself loads and, by enough to be worth a place in
// caches, than the next wider one.
func (p *Planner) sources(u Use, pl *picturePlan, o *site.Object) []chosen {
	ext := p.offered(o)
	limit := o.Size // what the img itself loads
	if v := variantOf(o, p.Plan.Serve[u]); v != nil {
		limit = v.Size
	}
	var got [len(classes)]*site.Variant
	whole := variantOf(o, ext)
	if whole != nil && whole.Size >= limit {
		whole = nil
	}
	if pl.fluid != "" {
		if whole == nil {
			return nil
		}
		return []chosen{{&classes[len(classes)-1], whole}}
	}
	for i := range classes {
		if got[i] = enough(o, ext, pl.need[i], limit); got[i] == nil {
			got[i] = whole
		}
	}
	var list []chosen
	for i := range classes {
		// The class that would be asked next for the same screens.
		next := i + 1
		if i == 1 {
			next = 3
		}
		if next < len(classes) && got[i] == got[next] || next >= len(classes) && got[i] == nil {
			continue
		}
		if got[i] == nil {
			return nil // it would need a source for the file that the img names
		}
		list = append(list, chosen{&classes[i], got[i]})
	}
	return list
}

// offered returns the extension of what a <picture> offers of a file: AVIF, or
// narrower copies in a format that every browser reads where AVIF is not wanted
// or would not look the same.
func (p *Planner) offered(o *site.Object) string {
	if p.Images.AVIF != "off" && slices.ContainsFunc(o.Variants, func(v site.Variant) bool { return v.Ext == ".avif" }) {
		return ".avif"
	}
	if slices.ContainsFunc(o.Variants, func(v site.Variant) bool { return v.Ext == ".webp" }) {
		return ".webp"
	}
	return sameFormat(p.Graph.at[o.Path])
}

// byteStep is how much smaller a narrower file must be than the next wider one
// to be worth offering.
const byteStep = 0.8

// enough returns the narrowest variant of at least that many pixels that is
// worth offering; 0 asks for the whole picture.
func enough(o *site.Object, ext string, need int, limit int64) *site.Variant {
	var best *site.Variant
	for i := range o.Variants {
		v := &o.Variants[i]
		if v.Ext != ext || v.Size >= limit || v.Width > 0 && (need == 0 || v.Width < need) {
			continue
		}
		if best == nil || wide(v) > wide(best) && float64(best.Size) > byteStep*float64(v.Size) || wide(v) < wide(best) && float64(v.Size) <= byteStep*float64(best.Size) {
			best = v
		}
	}
	return best
}

// wide returns the width of a variant for comparing; the whole picture is the
// widest.
func wide(v *site.Variant) int {
	if v.Width == 0 {
		return math.MaxInt
	}
	return v.Width
}

// shownOnLaptop returns what a wide screen of single density takes.
func shownOnLaptop(list []chosen) *site.Variant {
	for _, c := range list {
		if c.class.hi > 1440 {
			return c.v
		}
	}
	return nil
}

// describe says what a page offers.
func describe(list []chosen, natural int) string {
	var widths []int
	for _, c := range list {
		w := c.v.Width
		if w == 0 {
			w = natural
		}
		if !slices.Contains(widths, w) {
			widths = append(widths, w)
		}
	}
	slices.Sort(widths)
	text := strings.Trim(strings.ReplaceAll(fmt.Sprint(widths), " ", ", "), "[]")
	return fmt.Sprintf("%s at %s px", strings.TrimPrefix(list[0].v.Type, "image/"), text)
}

func variantOf(o *site.Object, key string) *site.Variant {
	for i := range o.Variants {
		if key != "" && o.Variants[i].Key() == key {
			return &o.Variants[i]
		}
	}
	return nil
}

// attributes returns what else the tag of an img gets: its size where that
// settles its layout, and when it is loaded.
func (p *Planner) attributes(u Use, pl *picturePlan, o *site.Object) string {
	s := ""
	if pl.fluid == "" && pl.slot.Hint {
		s = " width=" + strconv.Itoa(o.Facts.Width)
		if _, ok := u.ref().Attrs["height"]; !ok && pl.slot.Follows {
			s += " height=" + strconv.Itoa(o.Facts.Height)
		}
		if p.sized == nil {
			p.sized = map[Use]bool{}
		}
		p.sized[u] = true
	}
	switch {
	case pl.lazy:
		if pl.hidden {
			p.Plan.Waits[u] = true
		}
		s += " loading=lazy decoding=async"
	case pl.high:
		s += " fetchpriority=high"
	}
	return s
}

// editor writes new markup with holes for addresses.
type editor struct {
	b     strings.Builder
	ref   int
	holes []site.EditHole
}

func (e *editor) text(s string) { e.b.WriteString(s) }

// end closes a tag.
func (e *editor) end() bool {
	e.text(">")
	return true
}

func (e *editor) hole(variant string) {
	e.holes = append(e.holes, site.EditHole{Off: e.b.Len(), Ref: e.ref, Variant: variant})
}

// source writes a <source> (HTML, section 4.8.2).
func (e *editor) source(c chosen) {
	e.text("<source")
	if c.class.media != "" {
		e.text(` media="` + c.class.media + `"`)
	}
	if c.v.Ext == ".avif" { // the others every browser reads
		e.text(" type=" + c.v.Type)
	}
	e.text(` srcset="`)
	e.hole(c.v.Key())
	e.text(`">`)
}
