package bundle

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// ImageOptions say how far pages may be changed for their pictures.
type ImageOptions struct {
	// Picture says when a <picture> may be put around an <img>: "off", "safe"
	// (the default: where no selector and no script can tell) or "always".
	Picture string
	// AVIF is "auto" (the default: beside another format), "always" (also as
	// the only format) or "off".
	AVIF string
}

// picturePlan is what is known of one <img> before its file is compiled.
type picturePlan struct {
	pic    scan.Pic
	w, h   int // of the whole picture
	slot   layout.Slot
	need   [len(classes)]int // pixels that each class of screens needs; 0 is the whole picture
	wrap   string            // why no <picture> may be put around it; "" if it may
	fluid  string            // why it may not have files of several widths; "" if it may
	hidden bool              // it waits in a dialog
	none   bool              // nothing can be offered for it after all
	set    []int             // references of the candidates of its own srcset
	rise   int               // how far down it stands at the least, without what stands before it
	lazy   bool              // it is loaded when it comes near
	high   bool              // it is what a visitor waits for
}

// Pictures decides which encodings and widths of each picture to make.
var Pictures = &Combiner{
	Name: "pictures", Rank: 0,
	Doc: "offers AVIF and the widths that pages need for each img, where nothing else can tell",
	Plan: func(p *Planner) {
		v := newPictureView(p)
		for _, n := range p.Graph.Nodes {
			if n.File.Kind == site.HTML && n.Doc != nil {
				for t := range v.mixed(n) {
					p.single[t] = true
				}
			}
		}
		for _, n := range p.Graph.Nodes {
			if n.Doc != nil && n.File.Kind == site.HTML && len(n.Doc.Pics) > 0 && n.File.Frozen == "" {
				v.completePage(n)
				v.page(n)
			}
		}
		v.backgrounds()
		v.shares()
		v.ask()
	},
}

// pictureView is what planning pictures looks at more than once.
type pictureView struct {
	p      *Planner
	sheets map[*scan.Doc]*layout.Sheet
	want   map[*Node]map[string]bool
	ways   map[*Node]map[*Node]uint8
}

func newPictureView(p *Planner) *pictureView {
	p.pictures, p.single, p.complete = map[Use]*picturePlan{}, map[*Node]bool{}, map[Use]bool{}
	return &pictureView{ways: map[*Node]map[*Node]uint8{}, p: p, sheets: map[*scan.Doc]*layout.Sheet{}, want: map[*Node]map[string]bool{}}
}

// fit reports whether other encodings of a picture may be made at all.
func (v *pictureView) fit(n *Node) bool {
	if n == nil || n.File.Kind != site.Image || n.Keep != "" {
		return false
	}
	switch n.File.Path.Ext() {
	case ".jpg", ".jpeg", ".png", ".jfif", ".jpe", ".webp", ".gif", ".apng":
		return true
	}
	return false
}

// page plans the pictures of one page.
func (v *pictureView) page(n *Node) {
	p := v.p
	var page *layout.Page
	var cond *conditions
	var mixed map[*Node]bool
	shown := map[*Node][]*picturePlan{} // what a page shows at once of one file
	var all []*picturePlan
	for _, pic := range n.Doc.Pics {
		u := Use{n, pic.Ref}
		to := p.Graph.at[n.To[pic.Ref].To]
		if !v.fit(to) || !p.anyFormat(u) {
			continue
		}
		w, h := p.size(to)
		if w == 0 || h == 0 {
			continue
		}
		if page == nil {
			cond = v.conditions(n)
			page = layout.NewPage(cond.tree, cond.sheets)
		}
		pl := &picturePlan{pic: pic, slot: page.Slot(pic.Elem, w, h), w: w, h: h}
		pl.wrap, pl.fluid = cond.wrap(pic, u), cond.fluid(pic, u)
		if mixed == nil {
			mixed = v.mixed(n)
		}
		if mixed[to] {
			pl.wrap = cmp.Or(pl.wrap, "the page loads the same file in another way too")
		}
		if u.ref().Attrs["srcset"] != "" {
			if pl.set = v.srcset(n, pic); pl.set == nil {
				pl.wrap = "a candidate of its srcset has to stay"
			}
		}
		if pl.fluid == "" && !pl.slot.Neutral {
			pl.fluid = pl.slot.Why
		}
		pl.hidden = page.Hidden(pic.Elem)
		pl.rise = int(page.Rise(pic.Elem))
		pl.lazy = cond.lazy(pl)
		p.pictures[u] = pl
		all = append(all, pl)
		if pl.set == nil && !pl.lazyHidden() {
			shown[to] = append(shown[to], pl)
		}
	}
	v.agree(n, all)
	for _, same := range shown {
		share(same)
	}
	prefer(all, n)
	for _, pic := range n.Doc.Pics {
		if pl := p.pictures[Use{n, pic.Ref}]; pl != nil {
			if pl.fluid == "" {
				pl.need = copies(&pl.slot, pl.w, pl.h)
			}
			v.request(p.Graph.at[n.To[pic.Ref].To], pl)
			for _, ref := range pl.set {
				v.request(p.Graph.at[n.To[ref].To], pl)
			}
		}
	}
}

// srcset returns the references of the candidates of an img, nil if one of
// them cannot be offered in another format.
func (v *pictureView) srcset(n *Node, pic scan.Pic) []int {
	var set []int
	for i := range n.Doc.Refs {
		r := &n.Doc.Refs[i]
		if r.Role != site.RoleSrcset || r.Span.Start < pic.Tag.Start || r.Span.End > pic.Tag.End {
			continue
		}
		if t := v.p.Graph.at[n.To[i].To]; !v.fit(t) || v.p.single[t] || !v.p.anyFormat(Use{n, i}) {
			return nil
		}
		set = append(set, i)
	}
	if len(set) != len(scan.Srcset(n.Doc.Refs[pic.Ref].Attrs["srcset"])) {
		return nil
	}
	return set
}

// request notes the encodings that a picture's use asks for.
func (v *pictureView) request(to *Node, pl *picturePlan) {
	ask := func(key string) {
		if v.want[to] == nil {
			v.want[to] = map[string]bool{}
		}
		v.want[to][key] = true
	}
	if !v.p.wraps(pl) {
		if v.p.Images.AVIF == "always" {
			ask(".avif")
		}
		return
	}
	ext := ".avif"
	if v.p.Images.AVIF == "off" {
		ext = sameFormat(to)
	}
	for _, w := range pl.need {
		if ext != "" && (w > 0 || ext == ".avif") {
			ask(site.VariantKey(ext, w))
		}
	}
}

// wraps reports whether a <picture> may be put around the picture.
func (p *Planner) wraps(pl *picturePlan) bool {
	return p.Images.Picture != "off" && (pl.wrap == "" || p.Images.Picture == "always")
}

// sameFormat returns the extension of narrower copies that every browser
// reads, "" if there are none.
func sameFormat(n *Node) string {
	switch {
	case lossless[n.File.Path.Ext()]:
		return ".webp"
	case n.File.Path.Ext() == ".webp":
		return "" // there is nothing but AVIF for it
	}
	return ".jpg"
}

// backgrounds asks for the formats of pictures in style sheets.
func (v *pictureView) backgrounds() {
	for _, n := range v.p.Graph.Nodes {
		if n.Doc == nil || n.File.Frozen != "" {
			continue
		}
		for i := range n.Doc.Backs {
			b := &n.Doc.Backs[i]
			u := Use{n, b.Ref}
			to := v.p.Graph.at[n.To[b.Ref].To]
			if !v.fit(to) || !v.p.anyFormat(u) || b.Attr == ' ' || v.p.single[to] {
				continue
			}
			if v.want[to] == nil {
				v.want[to] = map[string]bool{}
			}
			if v.p.Images.AVIF != "off" {
				v.want[to][".avif"] = true
			}
		}
	}
}

// shareWidth is how wide a picture is that a link to a page is shown with on
// social sites; wider ones are scaled down there.
const shareWidth = 1200

// shares asks for copies of og:image and twitter:image pictures that are not
// wider than any crawler uses, as JPEG, which all of them read.
func (v *pictureView) shares() {
	for _, n := range v.p.Graph.Nodes {
		for _, u := range n.In {
			if u.ref().Role != site.RoleMetaImage || u.From.File.Kind != site.HTML || u.From.Doc.ShareSize || u.ref().Fixed != "" || !v.fit(n) {
				continue
			}
			if w, h := v.p.size(n); w > shareWidth && h > 0 {
				if v.want[n] == nil {
					v.want[n] = map[string]bool{}
				}
				v.want[n][shareKey(w, h)] = true
			}
		}
	}
}

// shareKey returns the key of the copy of a w×h picture for link previews: the
// width at which its height comes out nearest to whole pixels.
func shareKey(w, h int) string {
	best, off := shareWidth, 1.0
	for x := shareWidth; x >= shareWidth-shareWidth/20; x-- {
		f := float64(x) * float64(h) / float64(w)
		if d := math.Abs(f - math.Round(f)); d < off-1e-9 {
			best, off = x, d
		}
	}
	return site.VariantKey(".jpg", best)
}

// lossless are the formats whose pictures WebP holds without loss, animated
// ones too.
var lossless = map[string]bool{".png": true, ".gif": true, ".apng": true}

// ask writes the requests into the plan.
func (v *pictureView) ask() {
	for _, n := range v.p.Graph.Nodes {
		keys := v.want[n]
		if lossless[n.File.Path.Ext()] && v.fit(n) && slices.ContainsFunc(n.In, v.p.anyFormat) {
			if keys == nil {
				keys = map[string]bool{}
			}
			keys[".webp"] = true // lossless, and every browser reads it
		}
		if len(keys) == 0 {
			continue
		}
		list := make([]string, 0, len(keys))
		for k := range keys {
			list = append(list, k)
		}
		slices.SortFunc(list, compareKeys)
		v.p.Plan.Want[n.File.Path] = list
	}
}

// compareKeys orders keys by extension, then by width, the whole picture last.
func compareKeys(a, b string) int {
	ea, wa := site.ParseVariantKey(a)
	eb, wb := site.ParseVariantKey(b)
	if ea != eb {
		return strings.Compare(ea, eb)
	}
	if (wa == 0) != (wb == 0) {
		return wb - wa
	}
	return wa - wb
}

// size returns the pixels of a picture as it is seen, zeros if they are not
// known.
func (p *Planner) size(n *Node) (w, h int) {
	if p.Size == nil {
		return 0, 0
	}
	return p.Size(n.File.Path)
}

// plural returns "1 picture" or "n pictures".
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
