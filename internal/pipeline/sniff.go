package pipeline

import (
	"strings"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// sniffed reports whether a page loads a script or style sheet that is not sent
// as one: under a name like code.txt, or from an address where nothing is and
// an error page answers. With nosniff browsers would refuse what they ran, and
// say so of each that is missing.
func sniffed(g *bundle.Graph) bool {
	for _, n := range g.Nodes {
		if n.Doc == nil {
			continue
		}
		for i := range n.Doc.Refs {
			r, to := &n.Doc.Refs[i], &n.To[i]
			if to.External || r.Fixed == scan.ReadByScript {
				continue
			}
			typ := site.TypeOf(to.To)
			switch r.Role {
			case site.RoleStyle, site.RoleImport:
				if !strings.HasPrefix(typ, "text/css") {
					return true
				}
			case site.RoleScript:
				if !strings.HasPrefix(typ, "text/javascript") {
					return true
				}
			case site.RoleModule: // JSON, styles and WebAssembly are modules too
				if to.To == "" || typ == "application/octet-stream" || strings.HasPrefix(typ, "text/plain") || strings.HasPrefix(typ, "text/html") {
					return true
				}
			}
		}
	}
	return false
}
