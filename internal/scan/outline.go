package scan

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// Pic is an <img> of a page: where it stands in the source and in the tree.
type Pic struct {
	Ref  int       // its src
	Tag  site.Span // "<img …>"
	Elem int       // its element in Outline
	// Sources are the tags of the <source> elements before it, where it stands
	// in a <picture> that holds nothing else.
	Sources []site.Span
	Top     int // estimate of how far down the page it stands, in CSS pixels of a wide window
}

// Elem is an element of a page that is a picture, holds one or stands beside
// one.
type Elem struct {
	Parent  int // index in Outline; -1 for the root
	Tag, ID string
	Classes []string
	Attrs   []string // names and values of the other attributes, alternating
	Index   int      // number of element siblings before it
	Count   int      // number of elements its parent holds
	// Tall estimates how much of Pic.Top, of a picture after it, is what it
	// holds; 0 where that was not looked at.
	Tall int
}

// Attr returns the value of an attribute.
func (e *Elem) Attr(name string) (string, bool) {
	for i := 0; i+1 < len(e.Attrs); i += 2 {
		if e.Attrs[i] == name {
			return e.Attrs[i+1], true
		}
	}
	return "", false
}

// Bounds on the outline of a page; a page beyond them has none.
const (
	maxPics      = 2000
	maxOutline   = 20000
	maxAttrValue = 256
)

// outline builds the tree of the page as browsers do and notes its pictures
// with all that holds them. The tree does not know where its elements stand in
// the source, so pictures are matched in order; a page where the two orders
// differ (a table that throws its content out, say) has no outline.
func (h *htmlScan) outline() {
	var tags []*markup.Token
	var places []int
	for i := range h.toks {
		t := &h.toks[i]
		if t.Name == "img" && !t.Noscript && (t.Type == markup.StartTag || t.Type == markup.SelfClosing) {
			tags, places = append(tags, t), append(places, i)
		}
	}
	if len(tags) == 0 || len(tags) > maxPics || len(h.v.text) > maxParsed {
		return
	}
	root, err := html.Parse(bytes.NewReader(h.v.text))
	if err != nil {
		return
	}
	o := outliner{at: map[*html.Node]int{}, done: map[*html.Node]bool{}, tall: map[*html.Node]int{}}
	o.walk(root, 0)
	if len(o.imgs) != len(tags) || len(o.elems) > maxOutline || o.deep {
		return
	}
	byStart := map[int]int{}
	for i := range h.refs {
		if r := &h.refs[i]; r.Role == site.RoleImage && r.Attrs["<"] == "img" {
			byStart[r.Span.Start] = i
		}
	}
	var pics []Pic
	for i, t := range tags {
		if strings.TrimSpace(t.Get(h.v.text, "src")) != strings.TrimSpace(attrOf(o.imgs[i].node, "src")) {
			return
		}
		a, ok := t.Attr("src")
		if !ok {
			continue
		}
		ref, ok := byStart[h.v.cut(a.Value.Start, a.Value.End).trim().span().Start]
		if !ok {
			continue
		}
		pics = append(pics, Pic{Ref: ref, Tag: site.Span{Start: h.v.pos(t.Span.Start), End: h.v.pos(t.Span.End)}, Elem: o.imgs[i].elem,
			Sources: h.sources(places[i]), Top: o.imgs[i].top})
	}
	if len(pics) > 0 {
		h.pics, h.doc.Outline = pics, o.elems
	}
}

// sources returns the tags of the <source> elements between <picture> and the
// img that is token i, nil where something else stands there.
func (h *htmlScan) sources(i int) (spans []site.Span) {
	for i--; i >= 0 && len(spans) <= maxSiblings; i-- {
		t := &h.toks[i]
		opens := t.Type == markup.StartTag || t.Type == markup.SelfClosing
		switch {
		case opens && t.Name == "picture":
			slices.Reverse(spans)
			return spans
		case opens && t.Name == "source":
			spans = append(spans, site.Span{Start: h.v.pos(t.Span.Start), End: h.v.pos(t.Span.End)})
		case t.Type == markup.Comment:
		case t.Type != markup.Text || strings.TrimSpace(string(h.v.text[t.Span.Start:t.Span.End])) != "":
			return nil
		}
	}
	return nil
}

// maxParsed bounds the pages whose tree is built, and maxDepth how deep it is
// followed: as deep as browsers nest elements.
const (
	maxParsed = 4 << 20
	maxDepth  = 512
)

// outliner gathers the pictures of a tree and the elements above them.
type outliner struct {
	elems []Elem
	at    map[*html.Node]int
	done  map[*html.Node]bool
	tall  map[*html.Node]int // of elements up to maxStacked deep that are walked
	imgs  []outlined
	top   int
	deep  bool
}

type outlined struct {
	node *html.Node
	elem int
	top  int
}

// Rough heights of what a page is made of, in CSS pixels: they are to err on
// the small side, for what stands further up than thought must not be taken to
// be out of sight.
const (
	lineHeight   = 24
	lineLength   = 110 // characters
	blockGap     = 8
	headingSpace = 24
	sectionSpace = 48
	pictureSpace = 40
)

var roughHeight = map[string]int{
	"p": blockGap, "li": blockGap, "tr": blockGap, "dt": blockGap, "dd": blockGap, "pre": blockGap, "blockquote": blockGap, "img": pictureSpace,
	"h1": headingSpace, "h2": headingSpace, "h3": headingSpace, "h4": headingSpace, "section": sectionSpace, "footer": sectionSpace,
}

func (o *outliner) walk(n *html.Node, depth int) {
	if depth > maxDepth {
		o.deep = true
		return
	}
	before := o.top
	switch n.Type {
	case html.TextNode:
		if p := n.Parent; p != nil && p.Data != "script" && p.Data != "style" && p.Data != "title" && p.Data != "noscript" {
			if n := len(strings.TrimSpace(n.Data)); n > 0 {
				o.top += (n*lineHeight + lineLength - 1) / lineLength
			}
		}
	case html.ElementNode:
		if n.Data == "img" && n.Namespace == "" {
			o.imgs = append(o.imgs, outlined{n, o.elem(n), o.top})
			o.siblings(n)
			o.above(n)
		}
		o.top += roughHeight[n.Data]
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		o.walk(c, depth+1)
	}
	if n.Type == html.ElementNode && depth <= maxStacked {
		o.tall[n] = o.top - before
		if i, ok := o.at[n]; ok { // it holds a picture itself
			o.elems[i].Tall = o.tall[n]
		}
	}
}

// maxSiblings bounds the elements beside a picture that are outlined.
const maxSiblings = 64

// siblings adds the elements beside n: style rules may look from one to the
// other.
func (o *outliner) siblings(n *html.Node) {
	if n.Parent == nil || n.Parent.Type != html.ElementNode || o.elems[o.at[n]].Count > maxSiblings {
		return
	}
	for c := n.Parent.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			o.elem(c)
		}
	}
}

// maxStacked is how deep below the root elements hold the parts of a page that
// stand one above the other.
const maxStacked = 12

// above adds what stands before the parts of the page that hold n: their
// padding and heights tell how far down n is.
func (o *outliner) above(n *html.Node) {
	for a := n.Parent; a != nil && a.Parent != nil && a.Type == html.ElementNode; a = a.Parent {
		e := &o.elems[o.at[a]]
		if o.done[a] || e.Count > maxSiblings || o.depth(a) > maxStacked {
			continue
		}
		o.done[a] = true
		for c := a.PrevSibling; c != nil; c = c.PrevSibling {
			if c.Type == html.ElementNode && !hiddenTag[c.Data] {
				o.elem(c)
			}
		}
	}
}

// depth returns how many elements hold n.
func (o *outliner) depth(n *html.Node) (d int) {
	for i := o.at[n]; i >= 0; i = o.elems[i].Parent {
		d++
	}
	return d
}

// hiddenTag are elements that take no room.
var hiddenTag = map[string]bool{"head": true, "script": true, "style": true, "link": true, "template": true, "noscript": true, "meta": true}

// elem returns the place of n in the outline, adding it and what holds it.
func (o *outliner) elem(n *html.Node) int {
	if n == nil || n.Type != html.ElementNode {
		return -1
	}
	if i, ok := o.at[n]; ok {
		return i
	}
	e := Elem{Parent: o.elem(n.Parent), Tag: n.Data, Tall: o.tall[n]}
	for _, a := range n.Attr {
		switch {
		case a.Namespace != "":
		case a.Key == "id":
			e.ID = a.Val
		case a.Key == "class":
			e.Classes = strings.Fields(a.Val)
		case len(a.Val) <= maxAttrValue || a.Key == "style":
			e.Attrs = append(e.Attrs, a.Key, a.Val)
		default:
			e.Attrs = append(e.Attrs, a.Key, a.Val[:maxAttrValue])
		}
	}
	if n.Parent != nil {
		for c := n.Parent.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode {
				if e.Count++; c == n {
					e.Index = e.Count - 1
				}
			}
		}
	}
	o.elems = append(o.elems, e)
	o.at[n] = len(o.elems) - 1
	return len(o.elems) - 1
}

func attrOf(n *html.Node, name string) string {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name && a.Namespace == "" })
	if i < 0 {
		return ""
	}
	return n.Attr[i].Val
}
