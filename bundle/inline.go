package bundle

import (
	"bytes"
	"fmt"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Inline writes small style sheets and scripts into the pages that load them.
// It does so where the host is known to send no policy, and on pages that hold
// inline code of that kind already: elsewhere a policy that the server sends and
// hone cannot see might refuse it.
var Inline = &Combiner{
	Name: "inline",
	Doc:  "writes small style sheets and scripts into the pages where that costs less than a request",
	Rank: 2,
	Plan: func(p *Planner) {
		if p.Inline == "off" {
			return
		}
		for _, page := range p.Graph.Nodes {
			if page.File.Kind == site.HTML && page.Doc != nil && page.File.Frozen == "" && !p.policed(page) {
				p.inlinePage(page)
			}
		}
	},
}

func (p *Planner) inlinePage(page *Node) {
	script := p.open()
	style := script || styled(page.Doc)
	for _, l := range page.Doc.Loads {
		script = script || l.Kind == scan.LoadInlineScript && l.Not == ""
	}
	loads := page.Doc.Loads
	for i := range loads {
		l := &loads[i]
		if l.Kind == scan.LoadStyle && style || l.Kind == scan.LoadScript && script {
			p.inline(page, l)
		}
	}
}

// open reports whether no policy is sent that hone cannot see.
func (p *Planner) open() bool { return p.Open || p.Inline == "always" }

// inline writes what l loads in its place, if that pays.
func (p *Planner) inline(page *Node, l *scan.Load) {
	if l.Ref < 0 || l.Not != "" || l.Like != "" || p.Plan.Gone[Use{page, l.Ref}] {
		return
	}
	u := Use{page, l.Ref}
	n := p.Plan.Into[u]
	if n == nil {
		n = p.Graph.at[page.To[l.Ref].To]
	}
	if n == nil {
		return
	}
	x := p.insert(n)
	if x == nil || n.File.Zone != page.File.Zone || !p.movable(n, page) {
		return
	}
	open, end := "<style>", "</style>"
	if l.Kind == scan.LoadScript {
		open, end = "<script>", "</script>"
	} else if l.Media != "" {
		open = `<style media="` + markup.EscapeAttr(l.Media, '"') + `">`
	}
	code, relocs, pages, wire := x.code, x.relocs, x.pages, x.wire
	e := site.Edit{Span: l.Span, New: open + string(code) + end}
	for _, r := range relocs {
		from := Use{n, r.Ref}
		e.Holes = append(e.Holes, site.EditHole{Off: len(open) + r.Off, Ref: p.lend(page, l.Ref, from, from.ref().Role), Variant: r.Variant})
	}
	delete(p.Plan.Into, u)
	p.Plan.Gone[u] = true
	p.Plan.Edits[page.File.Path] = append(without(p.Plan.Edits[page.File.Path], l.Span), e)
	if p.inlined[n] {
		return
	}
	p.inlined[n] = true
	text := fmt.Sprintf("written into pages: %d bytes, −1 request for each of at most %s", wire, plural(pages, "page"))
	p.Note(n.File.Path, text)
	for _, m := range n.Parts {
		p.Note(m.File.Path, text)
	}
}

// without drops the edit of a span.
func without(edits []site.Edit, s site.Span) []site.Edit {
	for i := range edits {
		if edits[i].Span == s {
			return append(edits[:i:i], edits[i+1:]...)
		}
	}
	return edits
}

// inserted is a file whose text may stand in pages.
type inserted struct {
	code   []byte
	relocs []site.Reloc
	pages  int   // how many load it
	wire   int64 // what its text weighs
}

// insert returns what of n would stand in pages, nil if it had better stay a
// file.
func (p *Planner) insert(n *Node) *inserted {
	x, ok := p.inserts[n]
	if !ok {
		x = p.insertable(n)
		p.inserts[n] = x
	}
	return x
}

func (p *Planner) insertable(n *Node) *inserted {
	x := &inserted{}
	if n.Parts != nil {
		for _, j := range p.Plan.Joined {
			if j.Node == n {
				x.code, x.relocs = j.Code, j.Relocs
			}
		}
	} else {
		if n.Keep != "" || n.Finished || n.Doc == nil || n.Doc.Unit.Not != "" || n.Doc.Unit.First {
			return nil
		}
		o := p.Object(n.File.Path)
		if o == nil || o.Size > 4*maxInline {
			return nil
		}
		var err error
		if x.code, err = p.Code(o); err != nil {
			return nil
		}
		x.relocs = o.Relocs
	}
	end := "</style"
	if n.File.Kind == site.JS {
		end = "</script"
	}
	if !isASCII(x.code) || len(x.code) > 4*maxInline || n.File.Kind == site.CSS && sheetCloses(x.code) != nil ||
		bytes.Contains(x.code, []byte("<!--")) || bytes.Contains(bytes.ToLower(x.code), []byte(end)) {
		return nil
	}
	x.pages, x.wire = p.loadedBy(n), p.Wire(x.code)
	if x.pages == 0 || !p.inlines(x.wire, x.pages) {
		return nil
	}
	return x
}

// loadedBy returns how many pages load n; 0 if something else does, too, or
// more than its text would have to go into the pages.
func (p *Planner) loadedBy(n *Node) int {
	if p.imports(n) {
		return 0
	}
	seen := map[*Node]bool{}
	for _, v := range n.In {
		if v.From.File.Kind != site.HTML || v.ref().Role == site.RoleHint {
			return 0
		}
		seen[v.From] = true
	}
	return len(seen)
}

// movable reports whether the addresses in n can be written for a page.
func (p *Planner) movable(n, page *Node) bool {
	if n.Parts == nil && !p.Plan.Portable[n.File.Path] {
		for i := range n.Doc.Refs {
			if t := p.Graph.at[n.To[i].To]; t != nil && t.Keep != "" && n.Doc.Refs[i].Role != site.RoleSourceMap {
				return false // written as it stood in the sheet
			}
		}
	}
	return n.File.Path.Dir() == page.File.Path.Dir() || n.rooted() == ""
}

// imports reports whether the text of n still imports another sheet, or names
// a source map.
func (p *Planner) imports(n *Node) bool {
	for i := range n.Doc.Refs {
		switch n.Doc.Refs[i].Role {
		case site.RoleImport:
			if !p.Plan.Gone[Use{n, i}] {
				return true
			}
		case site.RoleSourceMap:
			if n.Parts == nil {
				return true
			}
		}
	}
	return false
}
