package verify

import (
	"fmt"

	"github.com/hone-web/hone/site"
)

// Size finds files that grew.
var Size = &Rule{
	Name: "asset-grew",
	Doc:  "a file of the output is larger than its source",
	Check: func(p *Pass) {
		f := p.File
		if f.Before == nil || f.Size <= f.Before.Size || f.Kind == site.HTML {
			return // a page is judged with all that it loads
		}
		p.Report(site.Diagnostic{Rule: "asset-grew", Severity: site.Error,
			Message: fmt.Sprintf("%d bytes, and its source has %d", f.Size, f.Before.Size),
			Hint:    "this is a fault of hone: please report it; --skip or --exclude works around it"}, -1)
	},
}
