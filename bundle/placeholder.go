package bundle

import (
	"slices"
	"strings"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Placeholder gives pictures that are loaded when they come near a background
// that is seen until then, where it cannot be seen afterwards. It is a style of
// the tag, and so only written where the page's policy allows those and where
// nothing asks for them.
var Placeholder = &Combiner{
	Name: "placeholder", Rank: 2,
	Doc: "on request, shows a colour or a likeness of lazily loaded pictures until they are there",
	Plan: func(p *Planner) {
		if p.Placeholder != "color" && p.Placeholder != "thumbhash" {
			return
		}
		for _, n := range p.Graph.Nodes {
			if n.Doc != nil && n.File.Kind == site.HTML && n.File.Frozen == "" && len(n.Doc.Pics) > 0 {
				p.placeholders(n)
			}
		}
	},
}

// placeholders plans those of one page.
func (p *Planner) placeholders(n *Node) {
	lazy := p.lazyTags(n)
	var c *conditions
	var room []string
	var ok bool
	count := 0
	for _, pic := range n.Doc.Pics {
		style := p.placeholder(p.Object(n.To[pic.Ref].To))
		_, own := n.Doc.Refs[pic.Ref].Attrs["style"]
		if style == "" || own || n.Doc.Refs[pic.Ref].Fixed != "" || !lazy[pic.Tag.Start] {
			continue
		}
		if c == nil {
			if why := p.noStyles(n); why != "" {
				p.Note(n.File.Path, "no placeholders: "+why)
				return
			}
			if room, ok = p.room(n); !ok {
				p.Note(n.File.Path, "no placeholders: it has too many style rules")
				return
			}
			v := &pictureView{p: p, sheets: map[*scan.Doc]*layout.Sheet{}}
			if c = v.conditions(n); c.sheet != "" {
				p.Note(n.File.Path, "no placeholders: "+c.sheet)
				return
			}
		}
		e := &n.Doc.Outline[pic.Elem]
		if c.quiet(pic, Use{n, pic.Ref}) != "" || slices.ContainsFunc(room, func(r string) bool { return mayMatch(r, e, c.words) }) {
			continue
		}
		at := pic.Tag.Start + len("<img")
		p.Plan.Edits[n.File.Path] = append(p.Plan.Edits[n.File.Path], site.Edit{Span: site.Span{Start: at, End: at}, New: ` style="` + style + `"`})
		count++
	}
	if count > 0 {
		p.Note(n.File.Path, plural(count, "picture")+" got a placeholder")
	}
}

// lazyTags returns where the tags of a page begin that are loaded lazily, by
// the author or by what is planned.
func (p *Planner) lazyTags(n *Node) map[int]bool {
	lazy := map[int]bool{}
	for _, pic := range n.Doc.Pics {
		if strings.EqualFold(strings.TrimSpace(n.Doc.Refs[pic.Ref].Attrs["loading"]), "lazy") {
			lazy[pic.Tag.Start] = true
		}
	}
	for _, e := range p.Plan.Edits[n.File.Path] {
		if strings.Contains(e.New, " loading=lazy") {
			lazy[e.Span.Start-len("<img")] = true
		}
	}
	return lazy
}

// placeholder returns the declaration for a picture; "" if it has none. The
// background ends where the picture does: padding and border stay clear.
func (p *Planner) placeholder(o *site.Object) string {
	switch {
	case o == nil || o.Kind != site.Image || o.Facts.Alpha || o.Facts.Frames > 1:
		return ""
	case p.Placeholder == "thumbhash" && o.Facts.Thumb != "":
		return "background:url(data:image/png;base64," + o.Facts.Thumb + ") center/100% 100% content-box"
	case p.Placeholder == "color" && o.Facts.Color != "":
		return "background:" + o.Facts.Color + " content-box"
	}
	return ""
}

// noStyles says why no style attribute may be written into a page, "" if one
// may: a policy of the page, or a selector of what it loads.
func (p *Planner) noStyles(n *Node) string {
	for _, policy := range n.Doc.CSP {
		if !inlineStyles(policy) || p.Placeholder == "thumbhash" && !dataImages(policy) {
			return "the content security policy forbids them"
		}
	}
	for _, f := range p.Graph.Loads(n) {
		if f.Doc != nil && slices.ContainsFunc(f.Doc.Selectors, func(s scan.AttrSelector) bool { return s.Name == "style" }) {
			return "a selector in " + string(f.File.Path) + " looks at style attributes"
		}
	}
	return ""
}

// inlineStyles reports whether a policy allows style attributes: by
// 'unsafe-inline', which a hash or nonce beside it switches off (CSP 3,
// sections 6.1.14 and 6.7.3.2).
func inlineStyles(policy string) bool {
	sources, ok := directive(policy, "style-src-attr", "style-src", "default-src")
	return !ok || slices.Contains(sources, "'unsafe-inline'") && !slices.ContainsFunc(sources, func(s string) bool {
		return strings.HasPrefix(s, "'nonce-") || strings.HasPrefix(s, "'sha256-") || strings.HasPrefix(s, "'sha384-") || strings.HasPrefix(s, "'sha512-")
	})
}

// dataImages reports whether a policy allows pictures in data: addresses, which
// no wildcard stands for.
func dataImages(policy string) bool {
	sources, ok := directive(policy, "img-src", "default-src")
	return !ok || slices.Contains(sources, "data:")
}

// directive returns the sources of the first of the directives that a policy
// has; of one that stands twice the first counts.
func directive(policy string, names ...string) (sources []string, ok bool) {
	for _, name := range names {
		for d := range strings.SplitSeq(policy, ";") {
			if words := strings.Fields(strings.ToLower(d)); len(words) > 0 && words[0] == name {
				return words[1:], true
			}
		}
	}
	return nil, false
}

// maxRoom bounds the rules that every picture of a page is held against.
const maxRoom = 4096

// room returns the last compounds of the selectors of rules that may leave room
// around a picture inside its box, where a background would go on being seen,
// or where a background of the author's own is seen, which the placeholder
// would replace. It is not ok if there are too many.
func (p *Planner) room(n *Node) (compounds []string, ok bool) {
	seen := map[string]bool{}
	for _, f := range p.Graph.Loads(n) {
		if f.Doc == nil {
			continue
		}
		for i := range f.Doc.Rules {
			r := &f.Doc.Rules[i]
			if !slices.ContainsFunc(r.Decls, leavesRoom) {
				continue
			}
			for _, c := range lastCompounds(r.Selector) {
				if !seen[c] {
					seen[c] = true
					compounds = append(compounds, c)
				}
			}
			if len(compounds) > maxRoom {
				return nil, false
			}
		}
	}
	return compounds, true
}

// leavesRoom reports whether a declaration may uncover a background.
func leavesRoom(d scan.Decl) bool {
	switch {
	case d.Prop == "object-fit":
		return d.Value != "cover" && d.Value != "fill"
	case d.Prop == "all" || d.Prop == "content":
		return true
	case strings.HasPrefix(d.Prop, "padding") || strings.HasPrefix(d.Prop, "border"):
		return d.Value != "0" && d.Value != "0px" && d.Value != "none"
	}
	return false
}

// anything is a compound that matches every element.
const anything = "*"

// lastCompounds returns what each selector of a list asks of the element
// itself, without attributes and arguments.
func lastCompounds(list string) []string {
	if strings.ContainsAny(list, `\&"'`) {
		return []string{anything}
	}
	var flat strings.Builder
	depth := 0
	for _, c := range []byte(list) {
		switch {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0:
			flat.WriteByte(c)
		}
	}
	var out []string
	for sel := range strings.SplitSeq(flat.String(), ",") {
		sel = strings.TrimSpace(sel)
		sel = strings.TrimSpace(sel[strings.LastIndexAny(sel, " \t\r\n\f>+~")+1:])
		if strings.Contains(sel, "::") {
			continue // a part of an element, which an img has not
		}
		sel, _, _ = strings.Cut(sel, ":")
		if sel == "" {
			sel = anything
		}
		out = append(out, sel)
	}
	return out
}

// mayMatch reports whether an element may be what a compound asks for. A class
// or id that a script names counts as one that it may have.
func mayMatch(c string, e *scan.Elem, words map[string]bool) bool {
	for c != "" {
		end := strings.IndexAny(c[1:], ".#") + 1
		if end == 0 {
			end = len(c)
		}
		name := c[:end]
		c = c[end:]
		switch {
		case name == anything:
		case name[0] == '.':
			if !slices.Contains(e.Classes, name[1:]) && !words[name[1:]] {
				return false
			}
		case name[0] == '#':
			if e.ID != name[1:] && !words[name[1:]] {
				return false
			}
		case !strings.EqualFold(name, e.Tag):
			return false
		}
	}
	return true
}
