package bundle

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/site"
)

// criticalText is what of some sheets a page needs: a text in which every rule
// stands in the sheets too, in the same order.
type criticalText struct {
	code  []byte
	holes []criticalHole
	faces bool // some font that it uses is declared in a sheet
}

// criticalHole is an address in the text.
type criticalHole struct {
	off     int
	from    Use
	variant string
}

// escape writes all that is not ASCII as escapes, which mean the same in names,
// strings and addresses (CSS Syntax 3, section 4.3.7).
func (t *criticalText) escape() {
	var out []byte
	k := 0
	for i, r := range string(t.code) {
		for ; k < len(t.holes) && t.holes[k].off <= i; k++ {
			t.holes[k].off += len(out) - i
		}
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
		} else {
			out = fmt.Appendf(out, "\\%x ", r)
		}
	}
	for ; k < len(t.holes); k++ {
		t.holes[k].off += len(out) - len(t.code)
	}
	t.code = out
}

// cutter picks the rules of one page.
type cutter struct {
	has  layout.Namer
	keep map[*style.Rule]string // style rules that stay, with their selectors
	live map[string]bool        // words that values use
	out  criticalText
}

// criticalRules returns what elements with these names need of some sheets;
// media holds for each the media query list it is loaded with. values are
// words that styles in the page itself use.
func criticalRules(sheets []*criticalSheet, media []string, has layout.Namer, values []string) criticalText {
	c := &cutter{has: has, keep: map[*style.Rule]string{}, live: map[string]bool{}}
	for _, v := range values {
		c.live[v] = true
	}
	for i, s := range sheets {
		if media[i] != "print" {
			c.mark(s.rules)
		}
	}
	c.customs(sheets)
	for i, s := range sheets {
		switch media[i] {
		case "print":
		case "", "all":
			c.write(s, s.rules)
		default:
			at := len(c.out.code)
			c.text("@media " + media[i] + "{")
			if c.write(s, s.rules) {
				c.text("}")
			} else {
				c.out.code = c.out.code[:at]
			}
		}
	}
	return c.out
}

// mark finds the style rules that elements may match, with those of their
// selectors that may.
func (c *cutter) mark(rules []criticalRule) {
	for i := range rules {
		r := &rules[i]
		if r.At != "" {
			for _, w := range r.words { // @container style(--name)
				c.live[w] = true
			}
			c.mark(r.rules)
			continue
		}
		text := c.selectors(r)
		if text == "" {
			continue
		}
		c.keep[r.Rule] = text
		for _, w := range r.words {
			c.live[w] = true
		}
	}
}

// selectors returns the list of a rule without what matches nothing; "" if
// nothing is left. A browser that does not know one selector drops the whole
// rule, so what may be unknown goes only if something as unknown stays.
func (c *cutter) selectors(r *criticalRule) string {
	possible := make([]bool, len(r.list))
	n := 0
	for i := range r.list {
		if possible[i] = r.list[i].Possible(c.has); possible[i] {
			n++
		}
	}
	switch {
	case n == 0:
		return ""
	case n == len(r.list) || len(r.Rules) > 0:
		return "\x00" // as it is
	}
	rare := map[string]bool{}
	for i := range r.list {
		if possible[i] {
			for _, x := range r.list[i].Rare() {
				rare[x] = true
			}
		}
	}
	var texts []string
	for i := range r.list {
		if possible[i] || slices.ContainsFunc(r.list[i].Rare(), func(x string) bool { return !rare[x] }) {
			texts = append(texts, r.list[i].Text)
		}
	}
	return strings.Join(texts, ",")
}

// customs adds the words of the custom properties that are used, by values or
// by each other.
func (c *cutter) customs(sheets []*criticalSheet) {
	values := map[string][]string{}
	var walk func(s *criticalSheet, rules []criticalRule)
	walk = func(s *criticalSheet, rules []criticalRule) {
		for i := range rules {
			r := &rules[i]
			walk(s, r.rules)
			if c.keep[r.Rule] == "" {
				continue
			}
			for _, d := range r.Decls {
				if strings.HasPrefix(d.Prop, "--") {
					name := strings.ToLower(d.Prop)
					values[name] = append(values[name], strings.ToLower(style.Text(s.code, d.Value)))
				}
			}
		}
	}
	for _, s := range sheets {
		walk(s, s.rules)
	}
	var queue []string
	for name := range values {
		if c.live[name] {
			queue = append(queue, name)
		}
	}
	for len(queue) > 0 {
		name := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, v := range values[name] {
			eachWord(v, func(w string) {
				if !c.live[w] && values[w] != nil {
					queue = append(queue, w)
				}
				c.live[w] = true
			})
		}
		delete(values, name)
	}
}

// write writes what stays of some rules and reports whether there is any.
func (c *cutter) write(s *criticalSheet, rules []criticalRule) bool {
	any := false
	for i := range rules {
		r := &rules[i]
		switch {
		case r.At == "":
			any = c.styleRule(s, r) || any
		case r.At == "layer" && (!r.Block || len(r.rules) == 0):
			c.span(s, r.Span)
			any = true
		case len(r.rules) > 0:
			any = c.group(s, r) || any
		case r.At == "charset" || r.At == "page" || !c.uses(s, r):
		default:
			c.span(s, r.Span)
			any = true
		}
	}
	return any
}

// group writes a rule that holds others. Layers are in the order in which they
// are first named, so an empty one is still named.
func (c *cutter) group(s *criticalSheet, r *criticalRule) bool {
	if r.At == "media" && strings.EqualFold(style.Text(s.code, r.Prelude), "print") && !layered(r.rules) {
		return false
	}
	at := len(c.out.code)
	c.span(s, site.Span{Start: r.Span.Start, End: r.Body.Start})
	if c.write(s, r.rules) {
		c.text("}")
		return true
	}
	c.out.code = c.out.code[:at]
	if r.At != "layer" {
		return false
	}
	c.span(s, site.Span{Start: r.Span.Start, End: r.Prelude.End})
	c.text(";")
	return true
}

// layered reports whether some rule names a layer.
func layered(rules []criticalRule) bool {
	return slices.ContainsFunc(rules, func(r criticalRule) bool { return r.At == "layer" || layered(r.rules) })
}

// styleRule writes a style rule without the custom properties that nothing uses.
func (c *cutter) styleRule(s *criticalSheet, r *criticalRule) bool {
	list := c.keep[r.Rule]
	if list == "" {
		return false
	}
	at := len(c.out.code)
	if list == "\x00" {
		c.span(s, r.Prelude)
	} else {
		c.text(list)
	}
	c.text("{")
	from, left := r.Body.Start, len(r.Decls)
	if len(r.Rules) == 0 {
		for _, d := range r.Decls {
			if strings.HasPrefix(d.Prop, "--") && isWord(d.Prop) && !c.live[strings.ToLower(d.Prop)] {
				c.span(s, site.Span{Start: from, End: d.Span.Start})
				from = d.Span.End
				left--
			}
		}
	}
	if left == 0 && len(r.Decls) > 0 && len(r.Rules) == 0 {
		c.out.code = c.out.code[:at]
		return false
	}
	c.span(s, site.Span{Start: from, End: r.Body.End})
	c.text("}")
	return true
}

// uses reports whether what stays uses what an at-rule defines. Fonts are left
// out: declared a second time a font would be taken for a new one and the text
// would vanish for a moment.
func (c *cutter) uses(s *criticalSheet, r *criticalRule) bool {
	name := strings.ToLower(strings.Trim(style.Text(s.code, r.Prelude), `"'`))
	switch {
	case strings.HasSuffix(r.At, "keyframes"), r.At == "property":
		return !isWord(name) || c.live[name]
	case r.At == "font-face":
		c.face(s, r)
		return false
	}
	return true
}

// face notes whether a font that is used would hide text while it is loaded.
func (c *cutter) face(s *criticalSheet, r *criticalRule) {
	used, gentle := false, false
	for _, d := range r.Decls {
		v := strings.ToLower(style.Text(s.code, d.Value))
		switch d.Prop {
		case "font-family":
			used = true
			eachWord(v, func(w string) { used = used && c.live[w] })
		case "font-display":
			gentle = v == "swap" || v == "fallback" || v == "optional"
		}
	}
	c.out.faces = c.out.faces || used && !gentle
}

func (c *cutter) text(t string) { c.out.code = append(c.out.code, t...) }

// span copies a piece of a sheet with the addresses in it.
func (c *cutter) span(s *criticalSheet, sp site.Span) {
	i, _ := slices.BinarySearchFunc(s.relocs, sp.Start+1, func(r site.Reloc, at int) int { return r.Off - at })
	for ; i < len(s.relocs) && s.relocs[i].Off < sp.End; i++ {
		r := s.relocs[i]
		c.out.holes = append(c.out.holes, criticalHole{len(c.out.code) + r.Off - sp.Start, Use{s.node, r.Ref}, r.Variant})
	}
	c.out.code = append(c.out.code, s.code[sp.Start:sp.End]...)
}
