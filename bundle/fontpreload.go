package bundle

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// FontPreload asks early for the fonts in which a page begins. Browsers ask
// for a font when they lay out text in it, with all style sheets at hand (CSS
// Fonts 4, section 4.8). Only what a page is sure to ask for is asked for
// early: everything else would take room from what it needs.
var FontPreload = &Combiner{
	Name: "font-preload", Rank: 2,
	Doc: "writes preload hints for the fonts in which the text at the top of a page is shown, where only style sheets name them",
	Plan: func(p *Planner) {
		if p.Source == nil || p.Code == nil {
			return
		}
		for _, page := range p.Graph.Nodes {
			if page.File.Kind == site.HTML && page.Doc != nil && page.File.Frozen == "" && !page.Finished && !p.policed(page) {
				p.fontPreload(page)
			}
		}
	},
}

// Bounds on the hints: more than two fonts would compete with the style sheets
// and with each other, and what a few letters are set in can wait.
const (
	maxFontHints = 2
	minLetters   = 12
)

func (p *Planner) fontPreload(page *Node) {
	at, ok := hintPlace(page.Doc)
	like := slices.IndexFunc(page.Doc.Loads, func(l scan.Load) bool { return l.Kind == scan.LoadStyle && l.Ref >= 0 })
	if !ok || like < 0 {
		return
	}
	v := &fontView{p: p, page: page, families: map[string][]*fontFace{}, odd: map[string]bool{}}
	if !v.gather() || !slices.ContainsFunc(v.faces, v.usable) {
		return
	}
	told := map[*Node]bool{}
	left := maxFontHints
	for _, i := range hints(page) {
		if page.Doc.Refs[i].Attrs["as"] == "font" || page.To[i].To.Ext() == ".woff2" {
			told[p.reached(Use{page, i})] = true
			left--
		}
	}
	letters := v.letters()
	var found []*fontFace
	for _, f := range v.faces {
		if letters[f] >= minLetters && v.usable(f) && !told[p.reached(f.source)] {
			told[p.reached(f.source)] = true
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(a, b *fontFace) int { return cmp.Compare(letters[b], letters[a]) })
	if found = found[:min(len(found), max(left, 0))]; len(found) == 0 {
		return
	}
	e := site.Edit{Span: at}
	var names []string
	for _, f := range found {
		e.New += `<link rel=preload as=font type=font/woff2 crossorigin href="`
		e.Holes = append(e.Holes, site.EditHole{Off: len(e.New), Ref: p.lend(page, page.Doc.Loads[like].Ref, f.source, site.RoleHint), Variant: f.variant})
		e.New += markup.EscapeAttr(f.suffix, '"') + `">`
		names = append(names, p.reached(f.source).File.Path.Base())
	}
	p.Plan.Edits[page.File.Path] = append(p.Plan.Edits[page.File.Path], e)
	p.Note(page.File.Path, "asks early for "+strings.Join(names, " and ")+": the text at its top is set in it, and only a style sheet names it")
}

// fontView is what decides about the fonts of one page.
type fontView struct {
	p        *Planner
	page     *Node
	sheets   []layout.Applied
	faces    []*fontFace
	families map[string][]*fontFace
	odd      map[string]bool // families that are not understood
	foreign  []string        // addresses of sheets of fonts of other hosts
	src      []byte
}

// usable reports whether a face may be hinted at.
func (v *fontView) usable(f *fontFace) bool {
	if f.source.From == nil {
		return false
	}
	to := v.p.reached(f.source)
	return to != nil && to.File.Kind == site.Font && (to.File.Path.Ext() == ".woff2" || f.variant != "") && to.File.Zone == v.page.File.Zone && f.source.ref().Fixed == ""
}

// gather reads the style sheets of the page in order; it fails where they are
// not all known.
func (v *fontView) gather() bool {
	for i := range v.page.Doc.Loads {
		x := &v.page.Doc.Loads[i]
		ok := true
		switch x.Kind {
		case scan.LoadStyle:
			ok = v.loaded(x)
		case scan.LoadInlineStyle:
			ok = v.written(x)
		}
		if !ok {
			return false
		}
	}
	for _, f := range v.faces {
		v.families[f.family] = append(v.families[f.family], f)
		for _, address := range v.foreign {
			v.odd[f.family] = v.odd[f.family] || strings.Contains(plainName(address), plainName(f.family))
		}
	}
	return true
}

// plainName returns the letters and digits of a name.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// loaded adds the style sheet of a <link>.
func (v *fontView) loaded(x *scan.Load) bool {
	if x.Ref < 0 {
		return false
	}
	u := Use{v.page, x.Ref}
	n := v.p.reached(u)
	if n == nil {
		v.foreign = append(v.foreign, u.ref().URL)
		return fontSheet(u.ref().URL)
	}
	inlined := false
	if v.p.Plan.Gone[u] {
		e := v.p.Plan.editAt(v.page.File.Path, x.Span)
		if inlined = e != nil && e.New != ""; !inlined {
			return true // a part of a joined file
		}
	}
	s := v.p.fontSheetOf(n)
	if s == nil || s.odd {
		return false
	}
	a := layout.Applied{Sheet: s.sheet, Media: strings.ToLower(strings.TrimSpace(x.Media)), Maybe: x.Not != ""}
	if n.Parts != nil {
		a.Media = ""
	}
	v.apply(s, a, inlined)
	return true
}

// written adds a <style> of the page.
func (v *fontView) written(x *scan.Load) bool {
	if v.src == nil {
		src, err := v.p.Source(v.page.File.Path)
		if err != nil || len(src) > maxFontPage {
			return false
		}
		v.src = src
	}
	tag, text, _ := strings.Cut(string(v.src[x.Span.Start:x.Span.End]), ">")
	if !strings.HasPrefix(strings.ToLower(tag), "<style") {
		return true // for browsers without scripts
	}
	if i := strings.LastIndex(text, "</"); i >= 0 {
		text = text[:i]
	}
	s := readFontSheet(&criticalSheet{code: []byte(text)})
	if s.odd {
		return false
	}
	v.apply(s, layout.Applied{Sheet: s.sheet, Maybe: strings.Contains(strings.ToLower(tag), "media")}, true)
	return true
}

// apply adds a sheet. Browsers see the fonts that the page itself names early
// enough.
func (v *fontView) apply(s *fontSheetRules, a layout.Applied, early bool) {
	v.sheets = append(v.sheets, a)
	for i := range s.faces {
		f := s.faces[i]
		if early {
			f.source = Use{}
		}
		v.odd[f.family] = v.odd[f.family] || f.odd || a.Maybe || a.Media != "" && a.Media != "all" && a.Media != "screen"
		v.faces = append(v.faces, &f)
	}
}
