package cache

import (
	"fmt"
	"net/http"

	"github.com/hone-web/hone/site"
)

// limit completes a finding that a host reads less than it is told. What is
// merely asked for again too often is a note. A paid file that is sent with the
// host's default may stay in a shared cache: then the finding is paid, a
// warning or an error, and names the first such file.
func limit(m *site.Manifest, s Site, resolve func([]site.Output) (func(string) http.Header, error), outs []site.Output, paid site.Severity, d site.Diagnostic) site.Diagnostic {
	d.Rule = "headers-limit"
	n, first := paidUntold(m, s, resolve, outs)
	if n == 0 {
		return d
	}
	d.Severity = max(d.Severity, paid)
	d.Message += fmt.Sprintf("; %d paid files are among them, %s is the first: shared caches may keep them", n, first)
	d.Hint = "put what is paid into one folder, so that fewer rules tell of it, or let the gate itself send Cache-Control; " + d.Hint
	return d
}

// paidUntold counts the paid files that a host would send without the value of
// their policy, by what it reads of the text that was written for it.
func paidUntold(m *site.Manifest, s Site, resolve func([]site.Output) (func(string) http.Header, error), outs []site.Output) (n int, first site.Path) {
	sends, err := resolve(outs)
	if err != nil {
		return 0, ""
	}
	have := pathsOf(m)
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Zone == "" || e.Class == ClassConfig {
			continue
		}
		for _, name := range requests(e, have) {
			if sends(s.Prefix+name).Get("Cache-Control") != e.Header["Cache-Control"] {
				if n == 0 {
					first = e.Path
				}
				n++
				break
			}
		}
	}
	return n, first
}
