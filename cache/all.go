package cache

import (
	"net/http"

	"github.com/hone-web/hone/site"
)

// Site is what a target may know besides the manifest.
type Site struct {
	Prefix string               // path the site is served under, with slashes at both ends
	Own    map[site.Path][]byte // the files of Target.Reads that the owner wrote
}

// Target is a host or server that is told about headers.
type Target struct {
	Name, Doc string
	// Reads are files of the input that the target merges into its own.
	Reads []site.Path
	// Asked says that it is written for only where the owner names it.
	Asked bool
	// Fields are those that the host can be told about; nil means any.
	Fields []string
	// Emit writes what the host needs.
	Emit func(*site.Manifest, Site) ([]site.Output, []site.Diagnostic)
	// Resolve reads that back and returns what the host would send for a path,
	// so that a test can compare it with the manifest.
	Resolve func([]site.Output) (func(path string) http.Header, error)
}

// All targets.
var All = []*Target{Netlify, Cloudflare, Nginx, Apache, Caddy, Vercel, VercelOutput, Firebase, Azure, S3, GCS, AzureBlob, Fastly, Bunny, GitHubPages}
