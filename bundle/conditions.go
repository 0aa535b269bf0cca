package bundle

import (
	"slices"
	"strings"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// conditions are what decides about the pictures of one page: its style
// sheets, and what its scripts may see.
type conditions struct {
	page    *Node
	sheets  []layout.Applied
	nesting *layout.Nesting
	tree    *layout.Tree
	words   map[string]bool
	imgIn   []string  // classes in which a script asks for pictures
	natural site.Path // a script that asks for a picture's own size
	sets    site.Path // a script that assigns addresses of pictures
	walks   site.Path // a script that walks the tree
	blind   string    // a script of another site
	sheet   string    // why the style sheets are not all known; "" if they are
	style   bool      // a policy forbids style attributes
	icons   bool      // a sheet of another site styles icons, by their classes
}

// conditions gathers what decides about the pictures of page n.
func (v *pictureView) conditions(n *Node) *conditions {
	c := &conditions{page: n, words: map[string]bool{}, style: v.p.NoStyle}
	var nestings []string
	seen := map[*Node]bool{}
	var add func(from *Node, media string, maybe bool)
	add = func(from *Node, media string, maybe bool) {
		if seen[from] && from != n {
			return // a sheet that is applied twice: the later place wins; close enough for widths
		}
		seen[from] = true
		if from.Doc == nil {
			c.sheet = string(from.File.Path) + " cannot be read"
			return
		}
		v.styles(c, from, media, maybe, add)
		nestings = append(nestings, from.Doc.Nestings...)
	}
	add(n, "", false)
	for _, f := range v.p.Graph.Loads(n) {
		if f.File.Kind == site.JS || f == n {
			c.script(f)
		}
	}
	c.nesting = layout.NewNesting(nestings)
	c.tree = layout.NewTree(n.Doc.Outline, c.words)
	for _, policy := range n.Doc.CSP {
		c.style = c.style || strings.Contains(policy, "style-src") && !strings.Contains(policy, "'unsafe-inline'") ||
			strings.Contains(policy, "default-src") && !strings.Contains(policy, "style-src") && !strings.Contains(policy, "'unsafe-inline'")
	}
	return c
}

// styles adds the style sheets of a page or sheet in cascade order.
func (v *pictureView) styles(c *conditions, from *Node, media string, maybe bool, add func(*Node, string, bool)) {
	rules := from.Doc.Rules
	rest := 0
	flush := func(until int) {
		first := rest
		for rest < len(rules) && (until < 0 || rules[rest].At < until) {
			rest++
		}
		if rest > first {
			c.sheets = append(c.sheets, layout.Applied{Sheet: v.sheet(from.Doc, first, rest), Media: media, Maybe: maybe})
		}
	}
	for i := range from.Doc.Refs {
		r := &from.Doc.Refs[i]
		if r.Role != site.RoleStyle && r.Role != site.RoleImport {
			continue
		}
		flush(r.Span.Start)
		to := v.p.Graph.at[from.To[i].To]
		if to == nil {
			switch {
			case fontSheet(r.URL):
			case iconSheet(r.URL):
				c.icons = true
			default:
				c.sheet = "the style sheet " + r.URL + " is not part of the site"
			}
			continue
		}
		m, may := strings.ToLower(strings.TrimSpace(r.Attrs["media"])), maybe || strings.Contains(r.Attrs["rel"], "alternate")
		if r.Role == site.RoleImport {
			m = strings.ToLower(r.Attrs["@import"])
			may = may || strings.Contains(m, "layer") || strings.Contains(m, "supports")
		}
		if m == "print" {
			m = "print, not all"
		}
		if media != "" && m != "" {
			may = true
		}
		if m == "" {
			m = media
		}
		add(to, m, may)
	}
	flush(-1)
}

// sheet returns rules first to last of a file, read once for all pages.
func (v *pictureView) sheet(d *scan.Doc, first, last int) *layout.Sheet {
	if first > 0 || last < len(d.Rules) {
		return layout.Read(d.Rules[first:last])
	}
	s := v.sheets[d]
	if s == nil {
		s = layout.Read(d.Rules)
		v.sheets[d] = s
	}
	return s
}

// script adds what the scripts of a file may see.
func (c *conditions) script(f *Node) {
	d := f.Doc
	if d == nil {
		c.blind = string(f.File.Path)
		return
	}
	for _, w := range d.Words {
		if class, ok := strings.CutPrefix(w, scan.ImgIn); ok {
			c.imgIn = append(c.imgIn, class)
			continue
		}
		c.words[w] = true
	}
	if d.Script.Natural {
		c.natural = f.File.Path
	}
	if d.Script.SetsSrc {
		c.sets = f.File.Path
	}
	if d.Script.WalksDOM {
		c.walks = f.File.Path
	}
	for i := range d.Refs {
		switch d.Refs[i].Role {
		case site.RoleScript, site.RoleModule:
			if f.To[i].To == "" {
				c.blind = d.Refs[i].URL
			}
		}
	}
}

// quiet says why a script may have plans for the picture by its own tag or
// what holds it; "" if none can find it.
func (c *conditions) quiet(pic scan.Pic, u Use) string {
	elems := c.page.Doc.Outline
	e := &elems[pic.Elem]
	for i := 0; i+1 < len(e.Attrs); i += 2 {
		switch name := e.Attrs[i]; {
		case strings.HasPrefix(name, "on"), strings.HasPrefix(name, ":"), strings.HasPrefix(name, "@"), strings.HasPrefix(name, "v-"), strings.HasPrefix(name, "x-"), strings.HasPrefix(name, "ng-"):
			return "its tag holds code (" + name + ")"
		case name == "usemap" || name == "ismap" || name == "is" || name == "slot" || name == "part":
			return "its tag has " + name
		case strings.HasPrefix(name, "data-") && (c.blind != "" || c.words[name] || c.words[name[5:]] || c.words[camel(name[5:])]):
			return "a script may read its " + name
		}
	}
	if p := e.Parent; p >= 0 && elems[p].Tag == "picture" && len(pic.Sources) == 0 {
		return inPicture
	}
	for k := pic.Elem; k >= 0; k = elems[k].Parent {
		switch elems[k].Tag {
		case "template", "svg", "noscript", "math", "object":
			return "it stands in " + elems[k].Tag
		case "picture":
			if k != e.Parent {
				return inPicture
			}
		}
		if strings.Contains(elems[k].Tag, "-") {
			return "it stands in the custom element " + elems[k].Tag
		}
		if c.icons && slices.ContainsFunc(elems[k].Classes, iconClass) {
			return "it stands in an icon, which a style sheet of another site styles"
		}
	}
	return ""
}

// found says which script may come upon the picture: by its tag, or by the id
// or a class of it or of what holds it, levels up.
func (c *conditions) found(pic scan.Pic, levels int) bool {
	if c.words["img"] || c.words["IMG"] || c.words["images"] || c.words["picture"] {
		return true
	}
	elems := c.page.Doc.Outline
	if len(c.imgIn) > 0 {
		for k := elems[pic.Elem].Parent; k >= 0; k = elems[k].Parent {
			if slices.ContainsFunc(elems[k].Classes, func(class string) bool { return slices.Contains(c.imgIn, class) }) {
				return true
			}
		}
	}
	for k, n := pic.Elem, 0; k >= 0 && n <= levels; k, n = elems[k].Parent, n+1 {
		if elems[k].ID != "" && c.words[elems[k].ID] {
			return true
		}
		for _, class := range elems[k].Classes {
			if c.words[class] {
				return true
			}
		}
	}
	return false
}

// inPicture is why pictures in a <picture> are not treated like others: their
// own sources are completed instead (PictureSources).
const inPicture = "it stands in picture"

// completed says why no <source> may be added to the <picture> around the
// picture.
func (c *conditions) completed(pic scan.Pic, u Use) string {
	if why := c.quiet(pic, u); why != "" {
		return why
	}
	switch {
	case c.sheet != "":
		return c.sheet
	case c.sets != "" && (c.found(pic, 1<<20) || c.words["source"]):
		return string(c.sets) + " may change its address"
	case c.walks != "" && (c.found(pic, 1) || c.words["source"]):
		return string(c.walks) + " may walk past it"
	}
	if s := c.nesting.Counts(c.tree, pic.Elem); s != "" {
		return "the selector " + s + " counts the sources"
	}
	return ""
}

// fluid says why the picture may not be offered in several widths.
func (c *conditions) fluid(pic scan.Pic, u Use) string {
	r := u.ref()
	e := &c.page.Doc.Outline[pic.Elem]
	if r.Attrs["srcset"] != "" || r.Attrs["sizes"] != "" {
		return "it has a srcset"
	}
	if _, ok := e.Attr("srcset"); ok {
		return "it has a srcset"
	}
	if len(pic.Sources) > 0 {
		return inPicture
	}
	if why := c.quiet(pic, u); why != "" {
		return why
	}
	switch {
	case c.sheet != "":
		return c.sheet
	case c.natural != "":
		return string(c.natural) + " may ask for its own size"
	case c.sets != "" && c.found(pic, 1<<20):
		return string(c.sets) + " may change its address"
	}
	return ""
}

// wrap says why no <picture> may be put around the picture.
func (c *conditions) wrap(pic scan.Pic, u Use) string {
	if len(pic.Sources) > 0 {
		return inPicture
	}
	if why := c.quiet(pic, u); why != "" {
		return why
	}
	switch {
	case c.sheet != "":
		return c.sheet
	case c.style:
		return "the content security policy forbids style attributes"
	case c.sets != "" && c.found(pic, 1<<20):
		return string(c.sets) + " may change its address"
	case c.walks != "" && c.found(pic, 1):
		return string(c.walks) + " may walk past it"
	}
	if s := c.nesting.Sees(c.tree, pic.Elem); s != "" {
		return "the selector " + s + " would see it"
	}
	return ""
}

// lazy reports whether the picture may be loaded when it comes near: it is out
// of sight, the room it takes is known before it arrives, and no script counts
// on it being there.
func (c *conditions) lazy(pl *picturePlan) bool {
	e := &c.page.Doc.Outline[pl.pic.Elem]
	for _, name := range [...]string{"loading", "fetchpriority", "onload", "onerror"} {
		if _, ok := e.Attr(name); ok {
			return false
		}
	}
	if pl.fluid != "" || c.natural != "" || c.blind != "" && !pl.hidden {
		return false
	}
	if pl.hidden {
		return true
	}
	_, w := e.Attr("width")
	_, h := e.Attr("height")
	return pl.pic.Top+pl.rise > belowFold && (w && h || pl.slot.Hint && pl.slot.Follows || pl.slot.Settled) && !c.found(pl.pic, 2)
}

// camel returns the property of dataset that holds data-NAME.
func camel(name string) string {
	parts := strings.Split(name, "-")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}
