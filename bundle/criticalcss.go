package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// CriticalCSS repeats the rules that a page needs in the page itself, where its
// first style sheet was, and loads the sheets at the end of the body, in their
// order: a browser shows what stands before a style sheet in the body without
// waiting for it.
//
// The result is the same before the sheets are there and after. Each rule in
// the page stands in a sheet too, with the same selector, layer, conditions
// and importance. Take any element and property, and the declaration that wins
// among [page, sheets] (CSS Cascading 5, section 6.1). If it stood in the
// page, its copy in the sheets would tie with it in all but the order of
// appearance, which is compared last, and come later: so it would win. The
// winner stands in the sheets then, where nothing moved against anything else,
// so it is the winner among the sheets alone. Layers keep their order, for
// the page names all of them in the order of the sheets.
// Styles that scripts add would stand between the two, so there must be none.
// Before the sheets are there, what is missing are rules that need a class, id,
// attribute or type that the page has not, so they match none of its elements.
var CriticalCSS = &Combiner{
	Name: "critical-css", Rank: 2,
	Doc: "writes the style rules that a page needs into it and loads its sheets at its end, where the first paint gains (`css.critical`)",
	Plan: func(p *Planner) {
		if p.CSS.Critical == "off" || p.Source == nil {
			return
		}
		for _, page := range p.Graph.Nodes {
			if page.File.Kind != site.HTML || page.Doc == nil || page.File.Frozen != "" || page.Finished {
				continue
			}
			if why := p.criticalPage(page); why != "" {
				p.Note(page.File.Path, "no rules written into it for the first paint: "+why)
			}
		}
	},
}

// Bounds on what is written into a page: maxInline unless the owner asks for
// it always.
const maxCriticalAlways = 48 << 10

// late is what a page loads at its end.
type late struct {
	loads  []*scan.Load
	sheets []*criticalSheet
	media  []string
	at     int  // where
	last   bool // it is the end of the body
	utf8   bool // the page says that it is UTF-8
	early  bool // scripts run before, which may add classes and attributes
	names  []*scan.Names
}

// criticalPage moves the style sheets of a page to its end; why says what is
// against it, "" also where there is nothing to move.
func (p *Planner) criticalPage(page *Node) (why string) {
	always := p.CSS.Critical == "always"
	first := p.firstSheet(page)
	if first < 0 {
		return ""
	}
	switch {
	case p.policed(page):
		return "a content security policy may refuse them"
	case page.Doc.Names.Lost:
		return "the names in it cannot all be read"
	case !always && !p.Open && !styled(page.Doc):
		return "it has no styles of its own: a policy that the server sends may refuse them"
	}
	l := &late{}
	if why := p.end(page, l); why != "" {
		return why
	}
	if why := p.before(page, first, l); why != "" || len(l.loads) == 0 {
		return why
	}
	has := p.elements(page, l)
	if why := p.notices(page, l, has); why != "" {
		return why
	}
	text := criticalRules(l.sheets, l.media, has, page.Doc.Names.Values)
	if !isASCII(text.code) {
		if !l.utf8 {
			return "its rules hold other characters than ASCII, and it does not say that it is UTF-8"
		}
		text.escape()
	}
	if text.faces {
		return "a font that hides its text while it loads would hide what is shown already (font-display)"
	}
	var sheets int64
	for i, s := range l.sheets {
		if l.media[i] != "print" {
			sheets += s.wire
		}
	}
	own := p.Wire(text.code)
	visits := int64(min(walk, len(p.pagesWith(l.sheets[0].node))))
	switch {
	case sheets == 0 || own >= sheets:
		return "it needs nearly all of its style sheets"
	case !always && own > maxInline:
		return fmt.Sprintf("it needs %d bytes of them, more than %d", own, maxInline)
	case !always && own*visits > sheets:
		return fmt.Sprintf("a visitor of %s would load %d bytes more, and the sheets are %d", plural(int(visits), "page"), own*visits, sheets)
	case len(text.code) > maxCriticalAlways:
		return fmt.Sprintf("it needs %d bytes of them, more than %d", len(text.code), maxCriticalAlways)
	}
	p.writeCritical(page, l, text)
	if always {
		p.Plan.asked[page.File.Path] = own + 64*int64(len(l.loads))
	}
	p.Note(page.File.Path, fmt.Sprintf("holds the rules it needs: its first paint waits for %d bytes of style, in the page, and not for %d of %s and their requests; %d bytes more over %s", own, sheets, plural(len(l.loads), "file"), own*visits, plural(int(visits), "page")))
	return ""
}

// firstSheet returns the index of the first style sheet in the head of a page
// that is still a file, -1 if there is none.
func (p *Planner) firstSheet(page *Node) int {
	return slices.IndexFunc(page.Doc.Loads, func(l scan.Load) bool {
		return l.Kind == scan.LoadStyle && l.Head && l.Ref >= 0 && !p.Plan.Gone[Use{page, l.Ref}]
	})
}

// styled reports whether a page holds styles already, so that no policy which
// the server sends refuses them.
func styled(d *scan.Doc) bool {
	_, attr := slices.BinarySearch(d.Names.Elems, "[style")
	return attr || slices.ContainsFunc(d.Loads, func(l scan.Load) bool { return l.Kind == scan.LoadInlineStyle && l.Not == "" })
}

// elements tells which names the elements of a page may have while its sheets
// are on their way.
func (p *Planner) elements(page *Node, l *late) func(kind byte, name string) bool {
	u := &usedNames{elems: map[string]bool{}, strings: map[string]bool{}, words: map[string]bool{}, heads: map[string]bool{}, tails: map[string]bool{},
		values: map[string]bool{}, known: map[string]bool{}, scripts: l.early}
	names := page.Doc.Names
	if !l.early {
		names = scan.Names{Elems: names.Elems}
	}
	u.add(&names)
	for _, n := range l.names {
		u.add(n)
	}
	for _, k := range implied {
		u.elems[k] = true
		u.elems[strings.TrimPrefix(k, "<")] = true
	}
	if l.early {
		return u.has
	}
	var key []byte
	return func(kind byte, name string) bool { // asked for every name of every sheet
		if key = key[:0]; kind != '<' {
			key = append(key, kind)
		}
		key = append(key, strings.ToLower(name)...)
		return len(name) > scan.MaxName || u.elems[string(key)]
	}
}

// pagesWith returns the pages that load a style sheet, joined or not.
func (p *Planner) pagesWith(n *Node) []*Node {
	if n.Parts != nil {
		return p.Plan.Loaders(n)
	}
	var out []*Node
	for _, u := range n.In {
		if u.From.File.Kind == site.HTML && u.ref().Role == site.RoleStyle && (len(out) == 0 || out[len(out)-1] != u.From) {
			out = append(out, u.From)
		}
	}
	return out
}

// writeCritical plans the change of a page.
func (p *Planner) writeCritical(page *Node, l *late, text criticalText) {
	path := page.File.Path
	c := &criticalEdits{}
	var e editor
	for i, x := range l.loads {
		if l.media[i] == "print" || slices.ContainsFunc(hints(page), func(h int) bool { return p.reached(Use{page, h}) == l.sheets[i].node }) {
			continue
		}
		e.text("<link rel=preload as=style")
		if l.media[i] != "" {
			e.text(` media="` + markup.EscapeAttr(l.media[i], '"') + `"`)
		}
		e.text(` href="`)
		u := Use{page, x.Ref}
		e.holes = append(e.holes, site.EditHole{Off: e.b.Len(), Ref: p.lend(page, x.Ref, u, site.RoleHint)})
		e.text(`">`)
	}
	e.text("<style>")
	for _, h := range text.holes {
		e.holes = append(e.holes, site.EditHole{Off: e.b.Len() + h.off, Ref: p.lend(page, l.loads[0].Ref, h.from, h.from.ref().Role), Variant: h.variant})
	}
	e.text(string(text.code) + "</style>")
	var end editor
	for i, x := range l.loads {
		end.text("<link rel=stylesheet")
		if l.media[i] != "" {
			end.text(` media="` + markup.EscapeAttr(l.media[i], '"') + `"`)
		}
		end.text(` href="`)
		end.holes = append(end.holes, site.EditHole{Off: end.b.Len(), Ref: x.Ref})
		end.text(`">`)
		edit := site.Edit{Span: x.Span}
		if i == 0 {
			edit.New, edit.Holes = e.b.String(), e.holes
		}
		if old := p.Plan.editAt(path, x.Span); old != nil {
			c.replaced = append(c.replaced, *old)
			p.Plan.Edits[path] = without(p.Plan.Edits[path], x.Span)
		}
		c.added = append(c.added, edit)
		p.Plan.Late[Use{page, x.Ref}] = true
	}
	c.added = append(c.added, site.Edit{Span: site.Span{Start: l.at, End: l.at}, New: end.b.String(), Holes: end.holes})
	p.Plan.Edits[path] = append(c.added[:len(c.added):len(c.added)], p.Plan.Edits[path]...)
	p.Plan.critical[path] = c
}

// criticalEdits are what CriticalCSS did to a page.
type criticalEdits struct{ added, replaced []site.Edit }

// editAt returns the edit of a span, nil if there is none.
func (p *Plan) editAt(path site.Path, s site.Span) *site.Edit {
	for i := range p.Edits[path] {
		if e := &p.Edits[path][i]; e.Span == s && s.Len() > 0 {
			return e
		}
	}
	return nil
}

// UndoCritical makes a page load its style sheets where it did, and reports
// whether it did not.
func (p *Plan) UndoCritical(n *Node) bool {
	path := n.File.Path
	c := p.critical[path]
	if c == nil {
		return false
	}
	delete(p.critical, path)
	delete(p.asked, path)
	p.Edits[path] = slices.DeleteFunc(p.Edits[path], func(e site.Edit) bool {
		return slices.ContainsFunc(c.added, func(a site.Edit) bool { return a.Span == e.Span && a.New == e.New })
	})
	p.Edits[path] = append(p.Edits[path], c.replaced...)
	for i := range n.To {
		delete(p.Late, Use{n, i})
	}
	p.Notes = append(p.Notes, Note{Combiner: CriticalCSS.Name, Path: path, Text: "no rules written into it for the first paint: with them it would be heavier than it was"})
	return true
}

// Asked returns how many bytes a page may grow because its owner asked for it.
func (p *Plan) Asked(path site.Path) int64 {
	n := p.asked[path]
	if m := p.measured[path]; m != nil {
		n += m.more
	}
	return n
}
