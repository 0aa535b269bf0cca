package bundle

import (
	"github.com/hone-web/hone/site"
)

// Critical returns which files a page needs before its main content can show:
// style sheets and what they import, scripts that the parser waits for, and
// the first picture that is not put off. Fonts are left out: text shows
// without them. to is as in LoadsAfter.
func (g *Graph) Critical(n *Node, to func(Use) *Node) map[*Node]bool {
	found := map[*Node]bool{}
	if n.Doc == nil {
		return found
	}
	queue, picture := []*Node{n}, false
	for i := 0; i < len(queue); i++ {
		from := queue[i]
		for _, ref := range loaded(from.Doc) {
			r := &from.Doc.Refs[ref]
			switch r.Role {
			case site.RoleStyle:
				if r.Attrs["media"] == "print" {
					continue
				}
			case site.RoleImport:
			case site.RoleScript:
				if has(r.Attrs, "async") || has(r.Attrs, "defer") {
					continue
				}
			case site.RoleImage, site.RoleSrcset:
				if from != n || picture || r.Attrs["loading"] == "lazy" {
					continue
				}
				picture = true
			default:
				continue
			}
			if t := to(Use{from, ref}); t != nil && !found[t] && t.File.Kind != site.HTML {
				found[t] = true
				if t.Doc != nil && r.Role <= site.RoleImport {
					queue = append(queue, t)
				}
			}
		}
	}
	return found
}

func has(attrs map[string]string, name string) bool {
	_, ok := attrs[name]
	return ok
}
