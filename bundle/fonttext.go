package bundle

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Bounds on what is looked at: pages, the elements at the top of one, and the
// letters that fill a first screen.
const (
	maxFontPage    = 1 << 20
	maxFontElems   = 600
	maxFontDepth   = 256
	maxFontLetters = 700
	maxFontText    = 3 * maxFontLetters // hidden menus included
)

// fontWidths are the windows in which a page must ask for a font: a phone's
// and a desktop's.
var fontWidths = [...]float64{390, 1366}

// textElem is an element with the letters of its own text.
type textElem struct {
	elem    int
	letters []rune
}

// letters returns for each face how many letters of the first screen are sure
// to be set in it.
func (v *fontView) letters() map[*fontFace]int {
	out := map[*fontFace]int{}
	src, err := v.p.Source(v.page.File.Path)
	if err != nil || len(src) > maxFontPage {
		return out
	}
	root, err := html.Parse(bytes.NewReader(src))
	if err != nil {
		return out
	}
	t := &textWalk{}
	t.walk(root, -1, 0, false)
	words := map[string]bool{}
	for _, n := range v.p.Graph.Loads(v.page) {
		if n.Doc != nil && (n == v.page || n.File.Kind == site.JS) {
			for _, w := range n.Doc.Words {
				if strings.HasPrefix(w, scan.ImgIn) {
					w = "img"
				}
				words[w] = true
			}
		}
	}
	page := layout.NewPage(layout.NewTree(t.elems, words), v.sheets)
	seen := 0
	for _, x := range t.texts {
		if seen >= maxFontLetters {
			break
		}
		shown := true
		for _, w := range fontWidths {
			shown = shown && page.Shown(x.elem, w)
		}
		if !shown {
			continue
		}
		seen += len(x.letters)
		v.count(page, x, out)
	}
	return out
}

// count adds the letters of an element to the faces that they are set in.
func (v *fontView) count(page *layout.Page, x textElem, out map[*fontFace]int) {
	var faces []*fontFace
	for i, w := range fontWidths {
		font, sure := page.Font(x.elem, w)
		if !sure || len(font.Families) == 0 || v.odd[font.Families[0]] {
			return
		}
		got := matchFaces(v.families[font.Families[0]], font)
		if i > 0 && !slices.Equal(got, faces) {
			return
		}
		faces = got
	}
	for _, f := range faces {
		if f.light != faces[0].light || f.heavy != faces[0].heavy || f.italic != faces[0].italic {
			return // it is not said which of them comes first
		}
	}
	for _, r := range x.letters {
		if i := slices.IndexFunc(faces, func(f *fontFace) bool { return f.has(r) }); i >= 0 {
			out[faces[i]]++
		}
	}
}

// textWalk lists the elements of the beginning of a page, and its text.
type textWalk struct {
	elems []scan.Elem
	texts []textElem
	text  int // letters so far
}

func (t *textWalk) full() bool { return len(t.elems) >= maxFontElems || t.text >= maxFontText }

// unseen are elements whose content is not shown, or not as text of the page.
var unseen = map[string]bool{"head": true, "script": true, "style": true, "noscript": true, "template": true, "select": true, "textarea": true, "iframe": true,
	"object": true, "video": true, "audio": true, "canvas": true, "dialog": true, "datalist": true, "details": true, "frameset": true, "noframes": true,
	"noembed": true, "rp": true, "slot": true, "marquee": true}

func (t *textWalk) walk(n *html.Node, parent, depth int, out bool) {
	if depth > maxFontDepth || t.full() {
		return
	}
	count := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			count++
		}
	}
	var own []rune
	index := 0
	first := len(t.texts)
	if parent >= 0 && !out {
		t.texts = append(t.texts, textElem{elem: parent})
	}
	for c := n.FirstChild; c != nil && !t.full(); c = c.NextSibling {
		switch c.Type {
		case html.TextNode:
			for _, r := range c.Data {
				if !out && len(own) < maxFontLetters && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
					own = append(own, r)
					t.text++
				}
			}
		case html.ElementNode:
			i := len(t.elems)
			e := elemOf(c, parent, index, count)
			t.elems = append(t.elems, e)
			index++
			_, hidden := e.Attr("hidden")
			_, popover := e.Attr("popover")
			t.walk(c, i, depth+1, out || c.Namespace != "" || unseen[e.Tag] || strings.Contains(e.Tag, "-") || hidden || popover)
		}
	}
	if parent >= 0 && !out {
		t.texts[first].letters = own
	}
}

func elemOf(n *html.Node, parent, index, count int) scan.Elem {
	e := scan.Elem{Parent: parent, Tag: n.Data, Index: index, Count: count}
	for _, a := range n.Attr {
		switch a.Key {
		case "id":
			e.ID = a.Val
		case "class":
			e.Classes = strings.Fields(a.Val)
		default:
			e.Attrs = append(e.Attrs, a.Key, a.Val)
		}
	}
	return e
}

// fontProps are the properties that decide whether text is shown and in which
// font.
var fontProps = map[string]bool{"font": true, "font-family": true, "font-weight": true, "font-style": true, "display": true, "content-visibility": true, "all": true}

// fontSheetOf reads what a style sheet says about fonts, once for all pages;
// nil if it cannot be read.
func (p *Planner) fontSheetOf(n *Node) *fontSheetRules {
	if s, ok := p.fontSheets[n]; ok {
		return s
	}
	if p.fontSheets == nil {
		p.fontSheets = map[*Node]*fontSheetRules{}
	}
	var out *fontSheetRules
	if s := p.criticalSheet(n); s.err == nil {
		out = fontRules(s, s.rules)
	}
	p.fontSheets[n] = out
	return out
}

// readFontSheet reads a style sheet that stands in a page.
func readFontSheet(s *criticalSheet) *fontSheetRules {
	rules, ok := style.Parse(s.code)
	if ok {
		s.rules, s.err = s.prepare(rules)
	}
	if !ok || s.err != nil {
		return &fontSheetRules{odd: true}
	}
	return fontRules(s, s.rules)
}

func fontRules(s *criticalSheet, rules []criticalRule) *fontSheetRules {
	out := &fontSheetRules{}
	var list []scan.Rule
	out.add(s, rules, "", false, &list)
	out.sheet = layout.Read(list)
	return out
}

// maxRuleDecls is how many declarations of a rule the cascade tells apart.
const maxRuleDecls = 60

// add adds rules that stand under a condition: that of media rules, and, if
// maybe, another one.
func (o *fontSheetRules) add(s *criticalSheet, rules []criticalRule, media string, maybe bool, list *[]scan.Rule) {
	for i := range rules {
		r := &rules[i]
		switch {
		case r.At == "font-face":
			f, ok := readFace(s, r)
			f.odd = !ok || maybe || media != ""
			o.faces = append(o.faces, f)
		case r.At == "media":
			m := strings.ToLower(style.Text(s.code, r.Prelude))
			if media != "" {
				o.add(s, r.rules, media+" and "+m, maybe || strings.Contains(media+m, ","), list)
			} else {
				o.add(s, r.rules, m, maybe, list)
			}
		case r.At != "":
			o.add(s, r.rules, media, true, list)
		default:
			if len(r.Rules) > 0 {
				body := bytes.ToLower(s.code[r.Body.Start:r.Body.End])
				o.odd = o.odd || bytes.Contains(body, []byte("font")) || bytes.Contains(body, []byte("display")) || bytes.Contains(body, []byte("visibility"))
			}
			o.styleRule(s, r, scan.Rule{At: r.Span.Start, Selector: style.Text(s.code, r.Prelude), Media: media, Maybe: maybe}, list)
		}
	}
}

func (o *fontSheetRules) styleRule(s *criticalSheet, r *criticalRule, rule scan.Rule, list *[]scan.Rule) {
	for _, d := range r.Decls {
		custom := strings.HasPrefix(d.Prop, "--")
		if !fontProps[d.Prop] && !custom {
			continue
		}
		value := strings.ToLower(style.Text(s.code, d.Value))
		v, important := strings.CutSuffix(value, "important")
		if important {
			v = strings.TrimSuffix(strings.TrimSpace(v), "!")
		}
		if v = strings.TrimSpace(v); len(v) > 512 {
			v = "?"
		}
		rule.Decls = append(rule.Decls, scan.Decl{Prop: d.Prop, Value: v, Important: important})
		if len(rule.Decls) == maxRuleDecls {
			*list = append(*list, rule)
			rule.Decls = nil
		}
	}
	if len(rule.Decls) > 0 {
		*list = append(*list, rule)
	}
}
