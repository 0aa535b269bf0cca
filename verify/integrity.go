package verify

import (
	"fmt"
	"strings"

	"github.com/hone-web/hone/site"
)

// Integrity finds hashes that do not match what they guard: the browser
// refuses the file (W3C Subresource Integrity, section 3.3).
var Integrity = &Rule{
	Name: "integrity-mismatch",
	Doc:  "an integrity attribute does not match the file, so browsers refuse it",
	Check: func(p *Pass) {
		f := p.File
		if f.Doc == nil {
			return
		}
		for _, s := range f.Doc.Sums {
			to, external := p.Resolve(s.Ref)
			if to == "" || external || s.Kind != site.SumIntegrity {
				continue
			}
			ok, err := SumMatches(p, to, s.Text)
			if err != nil {
				p.err = err
				return
			}
			if ok {
				continue
			}
			d := site.Diagnostic{Rule: "integrity-mismatch", Severity: site.Error,
				Message: fmt.Sprintf("the integrity of %s does not match its bytes, so browsers refuse it", to),
				Hint:    "write the hash of the file that is deployed, or drop the attribute"}
			if f.Before != nil && f.Before.BadSum(s.Text) {
				d.Severity = site.Warn
				d.Message = fmt.Sprintf("the integrity of %s did not match its bytes in the input either, so browsers refuse it", to)
			}
			p.Report(d, s.Span.Start)
		}
	},
}

// SumMatches applies SRI's rule: of the algorithms named, the strongest
// counts, and any of its hashes may match.
func SumMatches(p *Pass, to site.Path, text string) (bool, error) {
	strongest, known := "", false
	for _, w := range strings.Fields(text) {
		if alg, _, ok := strings.Cut(w, "-"); ok && (alg == "sha256" || alg == "sha384" || alg == "sha512") {
			strongest, known = max(strongest, alg), true
		}
	}
	if !known {
		return true, nil // browsers ignore what they do not know
	}
	want, err := p.Hash(to, strongest)
	if err != nil {
		return false, err
	}
	for _, w := range strings.Fields(text) {
		if alg, hash, _ := strings.Cut(w, "-"); alg == strongest {
			if hash, _, _ = strings.Cut(hash, "?"); hash == want {
				return true, nil
			}
		}
	}
	return false, nil
}
