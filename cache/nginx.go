package cache

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"sort"
	"strings"

	"github.com/hone-web/hone/site"
)

// Nginx writes a file to include in a server block. A location that adds a
// header inherits none of the outer ones, so every location states all.
var Nginx = &Target{
	Name:    "nginx",
	Doc:     "hosts/nginx.conf, to include in a server block",
	Emit:    emitNginx,
	Resolve: resolveNginx,
}

func emitNginx(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	var b bytes.Buffer
	b.WriteString(`# Written by hone, made anew on every build.
# In the server block:  root /path/to/the/output;  include /path/to/nginx.conf;
gzip_static on;   # the .gz beside each text
gzip_vary on;
# brotli_static on;   # the .br beside each text, where the brotli module is loaded
charset utf-8;
charset_types text/css text/plain text/javascript application/javascript text/markdown text/csv text/vtt;
`)
	// What no location below names: pages and data.
	fmt.Fprintf(&b, "add_header Cache-Control %q always;\nadd_header X-Content-Type-Options nosniff always;\n", revalidate)
	for i := range m.Entries {
		e := &m.Entries[i]
		if strings.ContainsAny(string(e.Path), "\n\r\x00") {
			continue // such a name cannot be written here, and falls under the default
		}
		if e.Class == ClassConfig {
			fmt.Fprintf(&b, "location = %s { return 404; }\n", nginxQuote(s.Prefix+string(e.Path)))
			continue
		}
		if cc := e.Header["Cache-Control"]; cc != revalidate {
			fmt.Fprintf(&b, "location = %s { add_header Cache-Control %q; add_header X-Content-Type-Options nosniff; }\n", nginxQuote(s.Prefix+string(e.Path)), cc)
		}
	}
	return []site.Output{{Path: "nginx.conf", Bytes: b.Bytes()}}, nil
}

// nginxQuote writes a string of the configuration language; a location's path
// is compared after decoding, so it stands here as it is on disk.
func nginxQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

var nginxLocation = regexp.MustCompile(`^location = ("(?:[^"\\]|\\.)*") \{ (.*) \}$`)

func resolveNginx(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("nginx.conf: %d files", len(outs))
	}
	type location struct {
		path   string
		header http.Header
	}
	var all []location
	base := http.Header{}
	for _, line := range strings.Split(string(outs[0].Bytes), "\n") {
		if strings.HasPrefix(line, "add_header ") {
			addHeader(base, line)
			continue
		}
		m := nginxLocation.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		l := location{strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(m[1][1 : len(m[1])-1]), http.Header{}}
		for _, d := range strings.Split(m[2], "; ") {
			addHeader(l.header, d)
		}
		all = append(all, l)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].path < all[j].path })
	return func(path string) http.Header {
		i := sort.Search(len(all), func(i int) bool { return all[i].path >= path })
		if i < len(all) && all[i].path == path {
			return all[i].header
		}
		return base
	}, nil
}

func addHeader(h http.Header, directive string) {
	w := strings.SplitN(strings.TrimSuffix(strings.TrimSpace(directive), ";"), " ", 3)
	if len(w) == 3 && w[0] == "add_header" {
		h.Set(w[1], strings.Trim(strings.TrimSuffix(w[2], " always"), `"`))
	}
}
