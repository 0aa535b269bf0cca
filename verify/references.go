package verify

import (
	"fmt"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// References finds addresses that nothing answers.
var References = &Rule{
	Name: "ref-broken",
	Doc:  "an address leads to a file that is not there",
	Check: func(p *Pass) {
		f := p.File
		if f.Doc == nil {
			return
		}
		seen := map[string]bool{}
		for i := range f.Doc.Refs {
			r := &f.Doc.Refs[i]
			to, external := p.Resolve(i)
			if to != "" || external || seen[r.URL] || r.Fixed == scan.PageURL && f.Kind == site.JS || r.Fixed == scan.MapFolder {
				continue
			}
			seen[r.URL] = true
			d := site.Diagnostic{Rule: "ref-broken", Severity: site.Error,
				Message: fmt.Sprintf("the %s %q leads nowhere", r.Role, r.URL),
				Hint:    "correct the address or add the file"}
			switch {
			case f.Before != nil && f.Before.Missing(r.URL):
				d.Severity = site.Warn
				d.Message = fmt.Sprintf("the %s %q leads nowhere, and did so before", r.Role, r.URL)
			case f.Before != nil:
				d.Message = fmt.Sprintf("the %s %q answered in the input and does not in the output", r.Role, r.URL)
				d.Hint = "this is a fault of hone: please report it; --skip or --exclude works around it"
			case r.Fixed != "" || r.Role == site.RoleSourceMap || r.Role == site.RoleDynamic:
				// Nobody meets a missing source map or a path that a script
				// completes.
				d.Severity = site.Warn
			}
			p.ReportRef(d, i)
		}
	},
}
