package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// hostMarks are the files by which a project shows where it is deployed, and
// the target that speaks to that host.
var hostMarks = []struct{ name, target string }{
	{"netlify.toml", "netlify"}, {"wrangler.toml", "cloudflare"}, {"wrangler.jsonc", "cloudflare"}, {"wrangler.json", "cloudflare"},
	{"vercel.json", "vercel"}, {"firebase.json", "firebase"}, {"staticwebapp.config.json", "azure"},
}

// maxHostFile is more than any of them is allowed to have.
const maxHostFile = 1 << 20

// detect reads the files of hosts in the folder above the site, where projects
// keep them: they are merged into what hone writes, and never written. Where
// no hosts are chosen, those files, and such in the site, choose them.
func (a *app) detect(o *pipeline.Options, in string) {
	var files, hosts []string
	for _, h := range hostMarks {
		for _, dir := range []string{in, filepath.Join(in, "..")} {
			name := filepath.Join(dir, h.name)
			fi, err := os.Lstat(name)
			if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxHostFile {
				continue
			}
			if dir != in {
				text, err := os.ReadFile(name)
				if err != nil {
					continue
				}
				if o.Own == nil {
					o.Own = map[site.Path][]byte{}
				}
				o.Own[site.Path(h.name)] = text
			}
			if !slices.Contains(hosts, h.target) {
				hosts = append(hosts, h.target)
			}
			files = append(files, name)
			break
		}
	}
	if len(o.Hosts) > 0 || len(hosts) == 0 {
		return
	}
	o.Hosts = hosts
	if !a.flags.quiet && !a.flags.json {
		fmt.Fprintf(a.stderr, "headers for %s, because of %s; cache.hosts chooses others\n", strings.Join(o.Hosts, ", "), strings.Join(files, ", "))
	}
}
