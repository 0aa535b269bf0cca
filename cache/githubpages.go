package cache

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/hone-web/hone/site"
)

// GitHubPages takes no configuration: every answer carries max-age=600,
// compression is the CDN's own, and no address can answer 402 or ask who comes.
// It writes nothing and says what that means for the site.
var GitHubPages = &Target{
	Name:  "github-pages",
	Doc:   "nothing: it says what GitHub Pages cannot do for this site",
	Asked: true,
	Emit:  emitGitHubPages,
	Resolve: func([]site.Output) (func(string) http.Header, error) {
		return nil, errors.New("GitHub Pages reads no configuration")
	},
}

func emitGitHubPages(m *site.Manifest, _ Site) ([]site.Output, []site.Diagnostic) {
	var paid []site.Path
	long, short := 0, 0
	for i := range m.Entries {
		e := &m.Entries[i]
		switch {
		case e.Class == ClassConfig:
		case e.Zone != "":
			paid = append(paid, e.Path)
		case e.Header["Cache-Control"] == forever:
			long++
		case e.Header["Cache-Control"] == revalidate:
			short++
		}
	}
	diags := []site.Diagnostic{{Rule: "github-pages", Severity: site.Info,
		Message: fmt.Sprintf("GitHub Pages keeps everything for ten minutes (max-age=600): %d fingerprinted files are asked for again after that, and %d pages may be old for as long; precompressed forms, security headers and types of its own choice are left as they are", long, short),
		Hint:    "put a CDN that takes rules in front (a zone of Cloudflare, say), or deploy to a host that does; --precompress \"\" leaves out files that it never serves"}}
	if len(paid) > 0 {
		diags = append(diags, site.Diagnostic{Rule: "github-pages", Severity: site.Error, Path: paid[0],
			Message: fmt.Sprintf("GitHub Pages has no gate: %d paid files would be free for everybody who knows their address", len(paid)),
			Hint:    "deploy the site to a host that can run a gate, or leave paid files out of it"})
	}
	return nil, diags
}
