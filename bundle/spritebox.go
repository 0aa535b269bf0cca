package bundle

import (
	"bytes"
	"fmt"
	"image"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// boxView is what decides about the boxes of the elements that show icons.
type boxView struct {
	p       *Planner
	sheet   *Node
	byStart map[int]*iconRule // by where the rule begins in the sheet
	rules   map[*scan.Rule]*iconRule
	sheets  map[*Node]*boxSheet
	scripts *usedNames
}

// boxSheet is a style sheet with what it says about boxes.
type boxSheet struct {
	sheet *layout.Sheet
	why   string // why it cannot be read
}

// maxBoxElems bounds the elements of a page whose tree is looked at.
const maxBoxElems = 20000

// iconBoxes finds the boxes of the icons on all pages. why says what is
// against the whole sheet; what is against one icon is noted in it.
func (p *Planner) iconBoxes(n *Node, rules []*iconRule, icons []*icon) (why string) {
	v := &boxView{p: p, sheet: n, byStart: map[int]*iconRule{}, rules: map[*scan.Rule]*iconRule{}, sheets: map[*Node]*boxSheet{}}
	if v.scripts, why = p.names(); why != "" {
		return why
	}
	v.scripts.elems = map[string]bool{}
	for _, w := range []string{"backgroundposition", "background-position", "backgroundsize", "background-size", "backgroundimage", "background-image"} {
		if v.scripts.words[w] || v.scripts.strings[w] {
			return "a script may set backgrounds"
		}
	}
	subjects := map[string]bool{}
	for _, r := range rules {
		v.byStart[r.span.Start] = r
		for _, s := range layout.Selectors(r.selector) {
			names, sure := s.Subject()
			mine := slices.DeleteFunc(names, func(x string) bool { return v.scripts.written(strings.ToLower(x[1:])) })
			if r.icon != nil && (!sure || len(mine) == 0) {
				r.icon.why = "elements that scripts add, or what stands before or after one, may show it"
			}
			for _, x := range mine {
				subjects[strings.ToLower(x)] = true
			}
		}
	}
	pages := p.Graph.pagesOf(n)
	for _, page := range p.Graph.Nodes {
		if page.Doc == nil || page.File.Kind == site.CSS || page.File.Kind == site.JS {
			continue
		}
		if page.File.Kind == site.HTML && page.Doc.Names.Lost {
			return "the names in " + string(page.File.Path) + " cannot all be read"
		}
		shows := slices.ContainsFunc(page.Doc.Names.Elems, func(e string) bool { return subjects[e] })
		switch {
		case !shows:
		case pages[page]:
			if why := v.page(page); why != "" {
				return why
			}
		case page.File.Kind != site.HTML || !slices.ContainsFunc(page.Doc.Loads, func(l scan.Load) bool { return l.Kind == scan.LoadStyle }):
			return string(page.File.Path) + " may become a part of a page"
		}
	}
	return ""
}

// page looks at the elements of a page.
func (v *boxView) page(page *Node) (why string) {
	sheets, why := v.gather(page)
	if why != "" {
		return why
	}
	src, err := v.p.Source(page.File.Path)
	if err != nil || len(src) > maxFontPage || bytes.Contains(bytes.ToLower(src), []byte("<noscript")) && v.hides(src) {
		return string(page.File.Path) + " cannot be read whole"
	}
	root, err := html.Parse(bytes.NewReader(src))
	if err != nil {
		return string(page.File.Path) + " cannot be read"
	}
	t := &boxWalk{}
	t.walk(root, -1, 0)
	if t.deep {
		return string(page.File.Path) + " holds too many elements"
	}
	words := map[string]bool{}
	for _, n := range v.p.Graph.Loads(page) {
		if n.Doc != nil && (n == page || n.File.Kind == site.JS) {
			for _, w := range n.Doc.Words {
				if strings.HasPrefix(w, scan.ImgIn) {
					w = "img"
				}
				words[w] = true
			}
		}
	}
	tree := layout.NewTree(t.elems, words)
	tree.Anyhow()
	lay := layout.NewPage(tree, sheets)
	for i := range t.elems {
		v.elem(page, lay, words, i)
	}
	return ""
}

// hides reports whether markup for browsers without scripts holds an icon.
func (v *boxView) hides(src []byte) bool {
	low := bytes.ToLower(src)
	for {
		i := bytes.Index(low, []byte("<noscript"))
		if i < 0 {
			return false
		}
		low = low[i:]
		end := bytes.Index(low, []byte("</noscript"))
		if end < 0 || bytes.Contains(low[:end], []byte("class=")) || bytes.Contains(low[:end], []byte("id=")) || bytes.Contains(low[:end], []byte("style")) {
			return true
		}
		low = low[end:]
	}
}

// gather returns the style sheets of a page in the order of the cascade.
func (v *boxView) gather(page *Node) (out []layout.Applied, why string) {
	src, err := v.p.Source(page.File.Path)
	if err != nil {
		return nil, "a page cannot be read"
	}
	for i := range page.Doc.Loads {
		x := &page.Doc.Loads[i]
		var s *boxSheet
		maybe := x.Not != "" || x.Media != "" && x.Media != "all" && x.Media != "screen"
		switch {
		case x.Kind == scan.LoadInlineStyle:
			tag, text, _ := strings.Cut(string(src[x.Span.Start:x.Span.End]), ">")
			if k := strings.LastIndex(text, "</"); k >= 0 && strings.HasPrefix(strings.ToLower(tag), "<style") {
				text = text[:k]
			}
			s, maybe = v.read(nil, []byte(text)), maybe || strings.Contains(tag, "media")
		case x.Kind != scan.LoadStyle:
			continue
		case x.Ref < 0:
			return nil, "a style sheet has no address"
		default:
			n := v.p.Graph.at[page.To[x.Ref].To]
			if n == nil {
				if fontSheet(page.Doc.Refs[x.Ref].URL) {
					continue
				}
				return nil, "the style sheet " + page.Doc.Refs[x.Ref].URL + " is not part of the site"
			}
			if s = v.sheets[n]; s == nil {
				text, err := v.p.Source(n.File.Path)
				if err != nil {
					return nil, "a style sheet cannot be read"
				}
				s = v.read(n, text)
				v.sheets[n] = s
			}
		}
		if s.why != "" {
			return nil, s.why
		}
		out = append(out, layout.Applied{Sheet: s.sheet, Maybe: maybe})
	}
	return out, ""
}

// read reads a style sheet of a page, n if it is a file.
func (v *boxView) read(n *Node, text []byte) *boxSheet {
	rules, ok := style.Parse(text)
	if !ok {
		return &boxSheet{why: "a style sheet cannot be read to the end"}
	}
	out := &boxSheet{}
	var list []scan.Rule
	out.why = boxRules(text, rules, false, &list)
	out.sheet = layout.Read(list)
	if n == v.sheet {
		for i := range list {
			if r := v.byStart[list[i].At]; r != nil {
				v.rules[&list[i]] = r
			}
		}
	}
	return out
}

// boxRules lists rules with what they say about boxes.
func boxRules(text []byte, rules []style.Rule, maybe bool, list *[]scan.Rule) (why string) {
	for i := range rules {
		r := &rules[i]
		switch {
		case r.At == "import":
			return "a style sheet imports another"
		case r.At != "":
			if why := boxRules(text, r.Rules, true, list); why != "" {
				return why
			}
		case len(r.Rules) > 0:
			return "rules are nested"
		default:
			rule := scan.Rule{At: r.Span.Start, Selector: style.Text(text, r.Prelude), Maybe: maybe}
			for _, d := range r.Decls {
				rule.Decls = append(rule.Decls, boxDecls(text, d)...)
			}
			if len(rule.Decls) > maxRuleDecls {
				return "a rule holds too many declarations"
			}
			if len(rule.Decls) > 0 {
				*list = append(*list, rule)
			}
		}
	}
	return ""
}

// elem looks at one element: if some rule shows an icon in it, then nothing
// may make its box another.
func (v *boxView) elem(page *Node, lay *layout.Page, words map[string]bool, i int) {
	hits := lay.Matched(i)
	var mine []*iconRule
	sure := false
	for _, h := range hits {
		if r := v.rules[h.Rule]; r != nil && r.icon != nil {
			mine = append(mine, r)
			sure = sure || h.Sure
		}
	}
	if len(mine) == 0 {
		return
	}
	box, why := v.box(lay, i, words, hits)
	for _, r := range mine {
		c := r.icon
		at, whole := r.place(box, c.img.Rect.Size())
		switch {
		case c.why != "":
		case why != "":
			c.why = fmt.Sprintf("%s: <%s> %s", page.File.Path, lay.Tree.Elems[i].Tag, why)
		case !whole:
			c.why = "it stands between two pixels"
		case c.known && (c.box != box || c.off != at):
			c.why = "it is shown in boxes of several sizes"
		default:
			c.box, c.off, c.known = box, at, true
		}
		if sure && c.why == "" {
			c.pages[page] = true
		}
	}
}

// box returns the size of an element, or why it is not known.
func (v *boxView) box(lay *layout.Page, i int, words map[string]bool, hits []layout.Matched) (size image.Point, why string) {
	e := &lay.Tree.Elems[i]
	for k := 0; k+1 < len(e.Attrs); k += 2 {
		if a := e.Attrs[k]; a == "style" || strings.HasPrefix(a, "on") || strings.ContainsAny(a, ":@") || strings.HasPrefix(a, "v-") || strings.HasPrefix(a, "x-") || strings.HasPrefix(a, "ng-") {
			return size, "has the attribute " + a
		}
	}
	if words[e.Tag] {
		return size, "may be found by a script (" + e.Tag + ")"
	}
	for _, name := range append(slices.Clone(e.Classes), e.ID) {
		if name != "" && v.scripts.written(strings.ToLower(name)) && v.scripts.scripts {
			return size, "may be found by a script (" + name + ")"
		}
	}
	for _, h := range hits {
		for _, d := range h.Rule.Decls {
			if !harmless(d, v.rules[h.Rule] != nil) {
				return size, "may get " + d.Prop + ": " + d.Value
			}
		}
	}
	for _, r := range hits {
		if c := v.rules[r.Rule]; c != nil && c.icon == nil {
			return size, "may show another picture by a rule like it"
		}
	}
	var ok bool
	if size, why = boxSize(lay, i); why != "" {
		return size, why
	}
	for _, side := range []string{"padding-top", "padding-right", "padding-bottom", "padding-left"} {
		for _, x := range lay.Values(i, side, 0) {
			if ok = x == "" || isZero(x); !ok {
				return size, "may get " + side + ": " + x
			}
		}
	}
	for _, x := range lay.Values(i, "background-repeat", 0) {
		if x != "no-repeat" {
			return size, "may repeat it"
		}
	}
	return size, ""
}
