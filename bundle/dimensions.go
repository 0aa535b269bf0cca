package bundle

import (
	"fmt"
	"slices"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Dimensions writes the size of a picture into its tag where nothing but the
// picture itself decides it, so that the page does not jump when it arrives.
// Attributes act as style rules of the lowest weight (HTML, section 15.3), so
// wherever a rule sets one dimension they would fix the other and distort the
// picture; and a picture that a flex or grid container stretches would no
// longer be. Both must be ruled out by every style sheet of the page, and
// there must be no script that could change styles.
var Dimensions = &Combiner{
	Name: "dimensions", Rank: 2,
	Doc: "writes width and height of pictures where no rule or script sets them",
	Plan: func(p *Planner) {
		for _, n := range p.Graph.Nodes {
			if n.Doc == nil || len(n.Doc.Boxes) == 0 || n.File.Kind != site.HTML || n.File.Frozen != "" {
				continue
			}
			sized, flex, ok := p.boxRules(n)
			if !ok {
				continue
			}
			count := 0
			for _, b := range n.Doc.Boxes {
				o := p.Object(n.To[b.Ref].To)
				if o == nil || o.Kind != site.Image || p.sized[Use{n, b.Ref}] || o.Facts.Width == 0 || o.Facts.Height == 0 || n.Doc.Refs[b.Ref].Fixed != "" ||
					touches(sized, b.Self) || touches(flex, b.Parents) || slices.Contains(b.Parents, scan.OwnDisplay) || slices.Contains(b.Parents, "picture") {
					continue
				}
				p.Plan.Edits[n.File.Path] = append(p.Plan.Edits[n.File.Path], site.Edit{Span: site.Span{Start: b.At, End: b.At},
					New: fmt.Sprintf(" width=%d height=%d", o.Facts.Width, o.Facts.Height)})
				count++
			}
			if count > 0 {
				p.Note(n.File.Path, fmt.Sprintf("%d pictures got their size", count))
			}
		}
	},
}

// boxRules gathers what the style sheets of a page say about sizes. It is not
// ok when there is a sheet or script that cannot be read, or a script that may
// set styles.
func (p *Planner) boxRules(n *Node) (sized, flex map[string]bool, ok bool) {
	sized, flex = map[string]bool{}, map[string]bool{}
	for _, f := range p.Graph.Loads(n) {
		if k := f.File.Kind; k != site.HTML && k != site.CSS && k != site.JS {
			continue
		}
		if f.Doc == nil || f.Doc.SetsStyle {
			return nil, nil, false
		}
		for _, s := range f.Doc.Sized {
			sized[s] = true
		}
		for _, s := range f.Doc.Flex {
			flex[s] = true
		}
		for i := range f.Doc.Refs {
			switch f.Doc.Refs[i].Role {
			case site.RoleStyle, site.RoleImport, site.RoleScript, site.RoleModule, site.RoleDynamic:
				if f.To[i].To == "" {
					return nil, nil, false
				}
			}
		}
	}
	return sized, flex, true
}

func touches(rules map[string]bool, selectors []string) bool {
	return rules["*"] || slices.ContainsFunc(selectors, func(s string) bool { return rules[s] })
}
