package bundle

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// InlinePictures writes tiny pictures into the pages that show them, as data:
// addresses (RFC 2397), where a request costs more than their bytes do. A
// policy has to name data: for that, so it is done on pages that show such
// pictures already, and where the host is known to send no policy.
var InlinePictures = &Combiner{
	Name: "inline-pictures", Rank: 2,
	Doc: "writes tiny pictures into the pages that show them where that costs less than a request",
	Plan: func(p *Planner) {
		if p.Inline == "off" {
			return
		}
		v := &pictureInliner{p: p, data: map[*Node]bool{}, uris: map[*Node]*dataURI{},
			view: &pictureView{p: p, sheets: map[*scan.Doc]*layout.Sheet{}}}
		for _, n := range p.Graph.Nodes {
			if n.File.Kind == site.HTML && n.Doc != nil && n.File.Frozen == "" && len(n.Doc.Pics) > 0 && !p.Policy {
				v.page(n)
			}
		}
	},
}

// maxInlinePicture is what a picture may weigh on the wire as text: more would
// hold up the text of the page, which comes in the same flight.
const maxInlinePicture = 1 << 10

// pictureInliner is what this looks at more than once.
type pictureInliner struct {
	p    *Planner
	view *pictureView
	data map[*Node]bool // files that hold pictures in data: addresses
	uris map[*Node]*dataURI
}

// dataURI is a picture as text.
type dataURI struct {
	text  map[byte]string // by the quote around the attribute; 0 is none
	pages int
	file  int64 // what the file weighs on the wire
}

// page inlines the pictures of one page.
func (v *pictureInliner) page(n *Node) {
	p := v.p
	var text []byte
	var c *conditions
	allowed := false
	refs := map[*Node][]int{}
	var order []*Node
	for _, pic := range n.Doc.Pics {
		t := p.Graph.at[n.To[pic.Ref].To]
		if t == nil || v.uri(t) == nil || !v.plain(n, pic) {
			continue
		}
		if c == nil {
			if allowed = p.open() && len(n.Doc.CSP) == 0 || v.allowed(n); !allowed {
				return
			}
			c = v.view.conditions(n)
			var err error
			if text, err = p.Source(n.File.Path); err != nil {
				return
			}
		}
		u := Use{n, pic.Ref}
		if c.quiet(pic, u) != "" {
			continue
		}
		if refs[t] == nil {
			order = append(order, t)
		}
		refs[t] = append(refs[t], pic.Ref)
	}
	for _, t := range order {
		v.write(n, t, refs[t], text)
	}
}

// plain reports whether the address of a picture may become another that has
// nothing in common with it.
func (v *pictureInliner) plain(n *Node, pic scan.Pic) bool {
	p := v.p
	u := Use{n, pic.Ref}
	r := u.ref()
	_, sources := r.Attrs["srcset"]
	_, cors := r.Attrs["crossorigin"]
	if r.Fixed != "" || r.Role != site.RoleImage || sources || cors || len(pic.Sources) > 0 || injected(r.Attrs) || strings.ContainsAny(r.URL, "?#") {
		return false
	}
	if p.Plan.Gone[u] || p.Plan.Show[u] != "" || p.Plan.Into[u] != nil || p.ev.reads(u) ||
		slices.ContainsFunc(p.ev.selectors, func(s scan.AttrSelector) bool { return s.Name == "src" && s.Op != "" }) {
		return false
	}
	return !slices.ContainsFunc(p.Plan.Edits[n.File.Path], func(e site.Edit) bool {
		return e.Span.Start < r.Span.End && e.Span.End > r.Span.Start
	})
}

// allowed reports whether a page shows pictures in data: addresses already.
func (v *pictureInliner) allowed(n *Node) bool {
	for _, policy := range n.Doc.CSP {
		if !dataImages(policy) {
			return false
		}
	}
	if len(n.Doc.CSP) > 0 {
		return true
	}
	for _, f := range v.p.Graph.Loads(n) {
		if f.File.Kind == site.CSS || f == n {
			if v.holdsData(f) {
				return true
			}
		}
	}
	return false
}

// dataPictures are the ways to name a picture in a data: address that browsers
// follow when they read a page or sheet.
var dataPictures = [][]byte{[]byte("url(data:image/"), []byte(`url("data:image/`), []byte("url('data:image/"), []byte(`src="data:image/`), []byte("src='data:image/"), []byte("src=data:image/")}

func (v *pictureInliner) holdsData(f *Node) bool {
	has, ok := v.data[f]
	if !ok && f.Parts == nil {
		text, err := v.p.Source(f.File.Path)
		has = err == nil && slices.ContainsFunc(dataPictures, func(s []byte) bool { return bytes.Contains(text, s) })
		v.data[f] = has
	}
	return has
}

// write puts a picture into a page, for all its uses there.
func (v *pictureInliner) write(n, t *Node, refs []int, text []byte) {
	p, x := v.p, v.uris[t]
	for i := range n.To {
		if n.To[i].To == t.File.Path && !slices.Contains(refs, i) && n.Doc.Refs[i].Role != site.RoleLink {
			return // the page loads the file all the same
		}
	}
	wire := p.Wire([]byte(strings.Repeat(x.text['"']+"\n", min(len(refs), 16))))
	again := int64(min(x.pages, walk))
	if wire > maxInlinePicture || wire*again-x.file > p.request() {
		return
	}
	var edits []site.Edit
	for _, ref := range refs {
		s := n.Doc.Refs[ref].Span
		s.Start-- // what an edit begins at is a hole no more
		before, quote := text[s.Start], text[s.Start]
		if quote != '"' && quote != '\'' {
			quote = 0
		}
		edits = append(edits, site.Edit{Span: s, New: string(before) + x.text[quote]})
	}
	for _, ref := range refs {
		p.Plan.Gone[Use{n, ref}] = true
	}
	p.Plan.Edits[n.File.Path] = append(p.Plan.Edits[n.File.Path], edits...)
	if !p.inlined[t] {
		p.inlined[t] = true
		p.Note(t.File.Path, fmt.Sprintf("written into pages as a data: address: %d bytes, −1 request for each of at most %s", wire, plural(x.pages, "page")))
	}
}

// uri returns a picture as a data: address, nil if it had better stay a file.
func (v *pictureInliner) uri(t *Node) *dataURI {
	x, ok := v.uris[t]
	if !ok {
		x = v.make(t)
		v.uris[t] = x
	}
	return x
}

func (v *pictureInliner) make(t *Node) *dataURI {
	p := v.p
	o := p.Object(t.File.Path)
	if _, named := p.ev.mentioned[t.File.Path.Base()]; named || len(p.ev.edits) > 0 {
		return nil // a script may compare or change addresses
	}
	if o == nil || t.Keep != "" || o.Size > 3*maxInlinePicture || o.Kind != site.SVG && o.Kind != site.Image {
		return nil
	}
	pages := map[*Node]bool{}
	for _, u := range t.In {
		switch r := u.ref(); {
		case u.From.File.Kind == site.HTML && (r.Role == site.RoleImage || r.Role == site.RoleLink):
			pages[u.From] = pages[u.From] || r.Role == site.RoleImage
		default:
			return nil
		}
		if p.Plan.Serve[u] != "" {
			return nil // the page takes another encoding of it
		}
	}
	code, err := p.Code(o)
	if err != nil || len(pages) == 0 {
		return nil
	}
	x := &dataURI{pages: len(pages), file: int64(len(code))}
	if o.Kind == site.SVG {
		if !utf8.Valid(code) || len(o.Relocs) > 0 || bytes.HasPrefix(code, []byte("<?xml")) && !bytes.Contains(bytes.ToLower(code[:min(len(code), 80)]), []byte("utf-8")) {
			return nil
		}
		x.file = p.Wire(code)
		x.text = map[byte]string{'"': drawingURI(code, "\""), '\'': drawingURI(code, "'"), 0: drawingURI(code, " \"'`=<>")}
		return x
	}
	types := map[string]string{".png": "image/png", ".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
	kind := types[strings.ToLower(t.File.Path.Ext())]
	if kind == "" {
		return nil
	}
	uri := "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(code)
	x.text = map[byte]string{'"': uri, '\'': uri, 0: uri}
	return x
}

// drawingURI writes a drawing as the data of a URL (WHATWG URL, opaque path
// state) that stands in an attribute which ends at one of the characters in
// ends. What ends the URL or is read as a reference is escaped, too.
func drawingURI(svg []byte, ends string) string {
	if ends == `"` {
		svg = singleQuotes(svg)
	}
	var b strings.Builder
	b.WriteString("data:image/svg+xml,")
	for i, c := range svg {
		if c < ' ' || c >= 0x7f || c == '%' || c == '#' || c == '&' || c == '?' || strings.IndexByte(ends, c) >= 0 || c == ' ' && i == len(svg)-1 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// singleQuotes changes the quotes around the attributes of a drawing that has
// no others.
func singleQuotes(svg []byte) []byte {
	if bytes.IndexByte(svg, '\'') >= 0 || bytes.Contains(svg, []byte("<!")) {
		return svg
	}
	out := bytes.Clone(svg)
	tag, value := false, false
	for i, c := range out {
		switch {
		case value:
			if value = c != '"'; !value {
				out[i] = '\''
			}
		case c == '<':
			tag = true
		case c == '>':
			tag = false
		case c == '"' && tag:
			out[i], value = '\'', true
		}
	}
	return out
}
