package bundle

import (
	"fmt"
	"strings"

	"github.com/hone-web/hone/site"
)

// RuleUnused is the rule of pictures that nothing refers to.
const RuleUnused = "image-unused"

// Unused tells of the pictures that no file of the site refers to or mentions.
// They are published, and smaller, but never lose detail: somebody may link to
// them from elsewhere.
func (g *Graph) Unused() []site.Diagnostic {
	const named = 5 // files a message names
	ev := g.evidence()
	var names []string
	var first site.Path
	count, size := 0, int64(0)
	for _, n := range g.Nodes {
		f := n.File
		if f.Kind != site.Image && f.Kind != site.SVG || len(n.In) > 0 || f.Fixed || n.Finished || wellKnown[strings.ToLower(f.Path.Base())] {
			continue
		}
		if _, ok := ev.mentioned[f.Path.Base()]; ok || ev.precached[f.Path.Base()] {
			continue
		}
		if count++; count == 1 {
			first = f.Path
		} else if count <= named {
			names = append(names, string(f.Path))
		}
		size += f.Size
	}
	if count == 0 {
		return nil
	}
	what := "nothing in the site refers to this picture"
	if count > 1 {
		what = fmt.Sprintf("nothing in the site refers to this picture, nor to %s", strings.Join(names, ", "))
		if rest := count - 1 - len(names); rest > 0 {
			what += fmt.Sprintf(" and %d more", rest)
		}
	}
	return []site.Diagnostic{{
		Rule: RuleUnused, Severity: site.Info, Path: first,
		Message: fmt.Sprintf("%s (%d bytes)", what, size),
		Hint:    "leave out what is not needed; hone makes such pictures smaller without loss and publishes them under their names",
	}}
}
