package bundle

import (
	"image"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// iconRule is a style rule that shows a picture once, at a place that is told
// in pixels.
type iconRule struct {
	selector string
	span     site.Span // of the rule
	ref      int
	decl     site.Span // the declaration with the picture
	drop     []site.Span
	short    bool   // it is the shorthand, with no-repeat
	color    string // in the shorthand
	pos      [2]string
	icon     *icon
}

// iconRules reads the rules of a style sheet that show one picture each. Only
// rules that always apply are looked at, in sheets that nothing but pages
// loads, by a link.
func (p *Planner) iconRules(n *Node) ([]*iconRule, bool) {
	for _, u := range n.In {
		if role := u.ref().Role; u.From.File.Kind != site.HTML || role != site.RoleStyle && role != site.RoleHint {
			return nil, false
		}
	}
	src, err := p.Source(n.File.Path)
	if err != nil {
		return nil, false
	}
	rules, ok := style.Parse(src)
	if !ok {
		return nil, false
	}
	backs := map[int]*scan.Background{}
	for i := range n.Doc.Backs {
		backs[n.Doc.Backs[i].Func.Start] = &n.Doc.Backs[i]
	}
	var out []*iconRule
	for i := range rules {
		r := &rules[i]
		if r.At != "" || len(r.Rules) > 0 || slices.ContainsFunc(p.Plan.Edits[n.File.Path], func(e site.Edit) bool { return e.Span.Start < r.Span.End && r.Span.Start < e.Span.End }) {
			continue
		}
		if c := readIconRule(src, r, backs); c != nil {
			out = append(out, c)
		}
	}
	return out, true
}

// readIconRule reads one rule; nil if it shows no picture, or not so.
func readIconRule(src []byte, r *style.Rule, backs map[int]*scan.Background) *iconRule {
	c := &iconRule{selector: style.Text(src, r.Prelude), span: r.Span, ref: -1}
	for _, d := range r.Decls {
		v := strings.ToLower(style.Text(src, d.Value))
		switch {
		case d.Prop == "background-color":
		case d.Prop == "background-repeat" && v == "no-repeat":
		case d.Prop == "background-position" && c.ref >= 0 && !c.short:
			c.pos = position(strings.Fields(v))
			c.drop = append(c.drop, d.Span)
		case (d.Prop == "background" || d.Prop == "background-image") && c.ref < 0:
			if !c.picture(src, d, backs) {
				return nil
			}
		case strings.HasPrefix(d.Prop, "background"):
			return nil
		}
	}
	if c.ref < 0 {
		return nil
	}
	if !c.short && c.pos == [2]string{} {
		c.pos = [2]string{"0", "0"}
	}
	if c.pos == [2]string{} {
		return nil
	}
	return c
}

// picture reads the declaration that holds the picture.
func (c *iconRule) picture(src []byte, d style.Decl, backs map[int]*scan.Background) bool {
	low := strings.ToLower(string(src[d.Value.Start:d.Value.End]))
	at := strings.Index(low, "url(")
	if at < 0 || strings.Count(low, "url(") != 1 || strings.ContainsAny(low, ",!\\") || strings.Contains(low, "/*") {
		return false
	}
	b := backs[d.Value.Start+at]
	if b == nil || b.Attr != 0 || b.Func.End > d.Value.End {
		return false
	}
	c.ref, c.decl, c.short = b.Ref, d.Span, d.Prop == "background"
	rest := low[:at] + " " + low[b.Func.End-d.Value.Start:]
	if !c.short {
		return strings.TrimSpace(rest) == ""
	}
	if strings.ContainsAny(rest, "/(") {
		return false
	}
	once := false
	var place []string
	for _, w := range strings.Fields(rest) {
		switch {
		case w == "no-repeat" && !once:
			once = true
		case w == "scroll":
		case w == "left" || w == "right" || w == "top" || w == "bottom" || w == "center" || w[0] == '-' || w[0] >= '0' && w[0] <= '9':
			place = append(place, w)
		case c.color == "" && isColor(w):
			c.color = w
		default:
			return false
		}
	}
	if len(place) == 0 {
		place = []string{"0", "0"}
	}
	c.pos = position(place)
	return once
}

// isColor reports whether a word of the shorthand can be nothing but a colour.
func isColor(w string) bool {
	switch w {
	case "transparent", "white", "black", "inherit", "none":
		return w != "inherit" && w != "none"
	}
	return w[0] == '#' && len(w) <= 9
}

// position reads a background-position as it is written: "x y", each in
// pixels or a keyword; nothing where it is written otherwise.
func position(w []string) (out [2]string) {
	if len(w) == 1 {
		w = append(w, "center")
	}
	if len(w) != 2 {
		return out
	}
	if w[0] == "top" || w[0] == "bottom" || w[1] == "left" || w[1] == "right" {
		w = []string{w[1], w[0]}
	}
	for i, v := range w {
		switch n, ok := pixels(v); {
		case v == "center":
			out[i] = v
		case i == 0 && v == "left", i == 1 && v == "top":
			out[i] = "0"
		case i == 0 && v == "right", i == 1 && v == "bottom":
			out[i] = "end"
		case v == "50%":
			out[i] = "center"
		case v == "0%":
			out[i] = "0"
		case v == "100%":
			out[i] = "end"
		case ok && n >= 0:
			out[i] = strconv.Itoa(n)
		default:
			return [2]string{}
		}
	}
	return out
}

// pixels reads a length that is a whole number of pixels.
func pixels(v string) (int, bool) {
	if v == "0" {
		return 0, true
	}
	digits, ok := strings.CutSuffix(v, "px")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil
}

// place returns where a picture of that size stands in a box; ok is false
// where that is not a whole number of pixels.
func (c *iconRule) place(box, size image.Point) (at image.Point, ok bool) {
	one := func(pos string, box, size int) (int, bool) {
		switch pos {
		case "center":
			return (box - size) / 2, (box-size)%2 == 0
		case "end":
			return box - size, true
		}
		n, err := strconv.Atoi(pos)
		return n, err == nil
	}
	x, okX := one(c.pos[0], box.X, size.X)
	y, okY := one(c.pos[1], box.Y, size.Y)
	return image.Pt(x, y), okX && okY
}
