package bundle

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// FontOptions are the settings of fonts.
type FontOptions struct {
	// Subset says which fonts get a smaller one beside them: "icons" (also ""),
	// "all" or "off".
	Subset string
	// Text holds characters that smaller fonts have besides those of the site.
	Text string
}

// FontSubset asks for WOFF2, and for smaller fonts with the characters that the
// site shows.
var FontSubset = &Combiner{
	Name: "font-subset", Rank: 0,
	Doc: "asks for fonts as WOFF2, and for smaller ones with the characters that stand in the site (`fonts.subset`)",
	Plan: func(p *Planner) {
		if p.Source == nil {
			return
		}
		p.faces = p.sheetFaces()
		if len(p.faces) == 0 {
			return
		}
		for _, f := range p.faces {
			p.Plan.Fonts[p.fontOf(f).File.Path] = true
		}
		if p.Fonts.Subset != "off" {
			p.Plan.Letters = &site.Letters{Ranges: p.letters(), Icons: p.Fonts.Subset != "all"}
		}
	},
}

// FontFaces offers the smaller fonts. One with all characters is named before
// the source that browsers took. Of two @font-face rules alike the second is
// asked first, for the characters of its unicode-range, so that the whole font
// is loaded only where a page shows another character (CSS Fonts 4, section
// 4.5).
var FontFaces = &Combiner{
	Name: "font-faces", Rank: 1,
	Doc: "offers WOFF2 before other forms of a font, and smaller fonts by a second @font-face rule for the characters that they have",
	Plan: func(p *Planner) {
		bound := p.boundFonts()
		for _, f := range p.faces {
			to := p.fontOf(f)
			o := p.Object(to.File.Path)
			if o == nil || bound[to] {
				continue
			}
			v := whole(o, ".woff2")
			if v == nil || v.Size >= o.Size {
				continue
			}
			if v.Range == "" {
				p.offerForm(f, v)
			} else {
				p.offerFont(f, v)
			}
			for _, u := range to.In {
				if u.ref().Role == site.RoleHint {
					p.Plan.Serve[u] = v.Key()
				}
			}
		}
	},
}

// sheetFace is an @font-face rule of a style sheet.
type sheetFace struct {
	node   *Node
	src    []byte
	rule   style.Rule
	source int // the reference to the file that browsers take
	at     int // where its url() stands
}

func (p *Planner) fontOf(f sheetFace) *Node { return p.Graph.at[f.node.To[f.source].To] }

// sheetFaces finds the rules that a second one may follow.
func (p *Planner) sheetFaces() []sheetFace {
	var out []sheetFace
	for _, n := range p.Graph.Nodes {
		if n.File.Kind != site.CSS || n.Doc == nil || n.File.Size == 0 || n.File.Frozen != "" || n.Finished {
			continue
		}
		if !slices.ContainsFunc(n.To, func(t Address) bool { return p.Graph.at[t.To] != nil && p.Graph.at[t.To].File.Kind == site.Font }) {
			continue
		}
		src, err := p.Source(n.File.Path)
		if err != nil {
			continue // the build notices
		}
		if rules, ok := style.Parse(src); ok {
			out = p.addFaces(out, n, src, rules)
		}
	}
	return out
}

func (p *Planner) addFaces(out []sheetFace, n *Node, src []byte, rules []style.Rule) []sheetFace {
	for _, r := range rules {
		if r.At == "font-face" {
			f := sheetFace{node: n, src: src, rule: r}
			if f.find(); f.source >= 0 {
				if to := p.fontOf(f); to != nil && to.File.Kind == site.Font && to.Keep == "" && to.File.Frozen == "" && !to.Finished && to.File.Zone == n.File.Zone {
					out = append(out, f)
				}
			}
		} else if r.At != "" && r.Block {
			out = p.addFaces(out, n, src, r.Rules)
		}
	}
	return out
}

// find sets the source to the file of the site that browsers take, to -1 where
// that is not certain or the rule is for some characters already.
func (f *sheetFace) find() {
	f.source = -1
	for _, d := range f.rule.Decls {
		switch d.Prop {
		case "unicode-range", "size-adjust", "font-variation-settings":
			f.source = -1
			return
		case "src":
			f.source, f.at = f.taken(d.Value)
		}
	}
}

// taken returns the first source of a src descriptor in a format that browsers
// know, and where it stands.
func (f *sheetFace) taken(value site.Span) (source, at int) {
	next := value.Start
	for _, part := range bytes.SplitAfter(f.src[value.Start:value.End], []byte(",")) {
		span := site.Span{Start: next, End: next + len(part)}
		next = span.End
		low := strings.ToLower(strings.TrimSpace(strings.TrimSuffix(string(part), ",")))
		format := ""
		if _, rest, found := strings.Cut(low, "format("); found {
			format = strings.Trim(strings.TrimSuffix(rest, ")"), `"' `)
		}
		switch format {
		case "embedded-opentype", "svg":
			continue
		case "", "woff2", "woff", "truetype", "opentype":
		default:
			return -1, 0
		}
		refs := f.node.Doc.Refs
		i := slices.IndexFunc(refs, func(r site.Ref) bool { return r.Span.Start >= span.Start && r.Span.End <= span.End && r.Span.Len() > 0 })
		if !strings.HasPrefix(low, "url(") || strings.Contains(low, "tech(") || i < 0 || refs[i].Fixed != "" {
			return -1, 0
		}
		if strings.EqualFold(f.node.To[i].To.Ext(), ".eot") {
			continue
		}
		return i, span.Start + len(part) - len(bytes.TrimLeft(part, " \t\r\n\f"))
	}
	return -1, 0
}

// boundFonts are those that something names which must go on naming the whole
// font: a hint in a page that cannot be changed.
func (p *Planner) boundFonts() map[*Node]bool {
	bound := map[*Node]bool{}
	for _, f := range p.faces {
		for _, u := range p.fontOf(f).In {
			if r := u.ref(); r.Role == site.RoleHint && (r.Attrs["type"] != "" && !strings.EqualFold(r.Attrs["type"], "font/woff2") || r.Fixed != "" || u.From.File.Frozen != "" || u.From.Finished) {
				bound[p.fontOf(f)] = true
			}
		}
	}
	return bound
}

// offerFont closes the rule and opens one for the smaller font, which the brace
// of the first then closes: whoever takes the rule out takes out both.
func (p *Planner) offerFont(f sheetFace, v *site.Variant) {
	u := Use{f.node, f.source}
	end := f.rule.Body.End
	e := editor{ref: f.source}
	e.text("}@font-face{")
	for _, d := range f.rule.Decls {
		if d.Prop != "src" {
			e.text(d.Prop + ":" + style.Text(f.src, d.Value) + ";")
		}
	}
	e.text("src:url(")
	e.hole(v.Key())
	e.text(`) format("woff2");unicode-range:` + v.Range)
	path := f.node.File.Path
	p.Plan.Edits[path] = append(p.Plan.Edits[path], site.Edit{Span: site.Span{Start: end, End: end}, New: e.b.String(), Holes: e.holes})
	p.Plan.Room[path] += int64(e.b.Len()) + roomForName
	p.Plan.show(u, v.Key())
	p.Note(p.fontOf(f).File.Path, fmt.Sprintf("%s: a smaller font with %s, and the whole one for all others", path, v.Note))
}

// offerForm names the WOFF2 of a font before the source that it was made of.
func (p *Planner) offerForm(f sheetFace, v *site.Variant) {
	e := editor{ref: f.source}
	e.text("url(")
	e.hole(v.Key())
	e.text(`) format("woff2"),`)
	path := f.node.File.Path
	p.Plan.Edits[path] = append(p.Plan.Edits[path], site.Edit{Span: site.Span{Start: f.at, End: f.at}, New: e.b.String(), Holes: e.holes})
	p.Plan.Room[path] += int64(e.b.Len()) + roomForName
	p.Plan.show(Use{f.node, f.source}, v.Key())
	p.Note(p.fontOf(f).File.Path, fmt.Sprintf("%s: %s before it", path, v.Note))
}

// roomForName is what an address in a style sheet takes.
const roomForName = 100

// always are characters that every smaller font has if the whole one does:
// Latin-1, because anything may write it, and punctuation that browsers put in
// by themselves.
var always = [][2]rune{{0x20, 0xff}, {0x2000, 0x206f}}

// letters returns the characters that pages, scripts and data hold, and those
// that style rules write for what stands there. They need not be all: the whole
// font is there for the others.
func (p *Planner) letters() [][2]rune {
	ix := iconIndex{rules: map[string]string{}}
	set := letterSet{}
	set.put(p.Fonts.Text)
	for _, x := range always {
		for r := x[0]; r <= x[1]; r++ {
			set[r] = true
		}
	}
	for _, n := range p.Graph.Nodes {
		if n.File.Kind != site.CSS || n.Doc == nil {
			continue
		}
		src, err := p.Source(n.File.Path)
		if err != nil {
			continue // the build notices
		}
		rules, _ := style.Parse(src)
		ix.read(src, rules)
	}
	set.put(ix.others)
	most := max(fewIcons, len(ix.icons())/manyIcons)
	for _, n := range p.Graph.Nodes {
		if n.Doc == nil || n.File.Kind == site.CSS {
			continue
		}
		// A page that shows what there is, or a script that lists it, does not
		// decide for all others.
		if own := ix.in(n.Doc); len(own) <= most {
			for r := range own {
				set[r] = true
			}
		}
	}
	return set.ranges()
}

// A page or script names a catalogue of icons if it has more than fewIcons and
// than a manyIcons-th of those that style rules write.
const (
	fewIcons  = 80
	manyIcons = 5
)

// letterSet is a set of characters.
type letterSet map[rune]bool

func (s letterSet) put(text string) {
	for _, r := range text {
		if !s[r] && r > ' ' && r != unicode.ReplacementChar {
			for _, x := range []rune{r, unicode.ToUpper(r), unicode.ToLower(r), unicode.ToTitle(r)} {
				s[x] = true
			}
		}
	}
}

func (s letterSet) ranges() [][2]rune {
	list := make([]rune, 0, len(s))
	for r := range s {
		list = append(list, r)
	}
	slices.Sort(list)
	var out [][2]rune
	for _, r := range list {
		if n := len(out) - 1; n >= 0 && out[n][1]+1 == r {
			out[n][1] = r
		} else {
			out = append(out, [2]rune{r, r})
		}
	}
	return out
}

// iconIndex knows the characters that style rules write.
type iconIndex struct {
	rules  map[string]string // a class → the characters of rules for it
	others string            // those of rules that ask for no class
}

// icons returns the characters that rules for classes write.
func (x *iconIndex) icons() letterSet {
	set := letterSet{}
	for _, text := range x.rules {
		set.put(text)
	}
	return set
}

// read adds the rules of a style sheet.
func (x *iconIndex) read(src []byte, rules []style.Rule) {
	for i := range rules {
		r := &rules[i]
		x.read(src, r.Rules)
		text := ""
		if r.At != "" && len(r.Decls)+len(r.Rules) == 0 {
			text = unescapeCSS(string(src[r.Body.Start:r.Body.End]))
		}
		for _, d := range r.Decls {
			if v := src[d.Value.Start:d.Value.End]; bytes.IndexByte(v, '\\') >= 0 || bytes.ContainsFunc(v, func(r rune) bool { return r > unicode.MaxLatin1 }) {
				text += unescapeCSS(string(v))
			}
		}
		switch {
		case text == "":
		case r.At != "":
			x.others += text
		default:
			for _, s := range layout.Selectors(style.Text(src, r.Prelude)) {
				if class := lastClass(s.Text); class != "" {
					x.rules[class] += text
				} else {
					x.others += text
				}
			}
		}
	}
}

// in returns the characters that a page, script or data holds by itself or by
// the classes in it.
func (x *iconIndex) in(d *scan.Doc) letterSet {
	set := letterSet{}
	set.put(d.Letters)
	for _, name := range d.Names.Elems {
		if class, ok := strings.CutPrefix(name, "."); ok {
			set.put(x.rules[class])
		}
	}
	for _, list := range [][]string{d.Names.Strings, d.Names.Words} {
		for _, class := range list {
			set.put(x.rules[class])
		}
	}
	return set
}

// lastClass returns the last class in a selector, in lower case as scan.Names
// are, "" if there is none.
func lastClass(selector string) string {
	i := strings.LastIndexByte(selector, '.')
	if i < 0 {
		return ""
	}
	rest := strings.ToLower(selector[i+1:])
	if end := strings.IndexFunc(rest, func(r rune) bool {
		return r < 0x80 && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}); end >= 0 {
		rest = rest[:end]
	}
	return rest
}

// unescapeCSS undoes escapes of hexadecimal digits (CSS Syntax 3, section
// 4.3.7); others stand for themselves.
func unescapeCSS(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		r, n := rune(0), 0
		for n < 6 && i+1+n < len(s) {
			d := strings.IndexByte("0123456789abcdef", s[i+1+n]|0x20)
			if d < 0 {
				break
			}
			r, n = r<<4|rune(d), n+1
		}
		if n > 0 {
			b.WriteRune(r)
			i += n
			if i+1 < len(s) && (s[i+1] == ' ' || s[i+1] == '\t' || s[i+1] == '\n') {
				i++
			}
		}
	}
	return b.String()
}
