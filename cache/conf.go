package cache

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// ConfFile is a file that may configure a host.
type ConfFile struct {
	Path site.Path
	Text []byte
}

// ProjectConf are the well-known names of host configuration that stands in a
// project beside the site, by their place in it.
var ProjectConf = []string{"netlify.toml", "wrangler.toml", "wrangler.json", "wrangler.jsonc", "vercel.json", ".vercel/output/config.json",
	"firebase.json", "staticwebapp.config.json", "nginx.conf", "Caddyfile", "middleware.ts", "middleware.js", "src/middleware.ts", "src/middleware.js", "proxy.ts", "src/proxy.ts"}

// The bounds of what is read of one configuration.
const (
	maxConf  = 4 << 20 // bytes of a file
	maxGates = 20_000  // rules of a file
	maxNest  = 64      // blocks within blocks
)

// IsConf reports whether a file of the site configures a host.
func IsConf(p site.Path) bool {
	switch b := p.Base(); b {
	case "_headers", "_redirects", "_routes.json", "CNAME", ".nojekyll", "netlify.toml", "vercel.json", "firebase.json", "staticwebapp.config.json", "_worker.js":
		return p.Dir() == ""
	case ".htaccess":
		return true
	}
	return false
}

// ReadConf reads the configuration of all hosts that the files are for.
func ReadConf(files []ConfFile) []*site.HostConf {
	files = slices.Clone(files)
	files = slices.DeleteFunc(files, func(f ConfFile) bool { return len(f.Text) > maxConf })
	slices.SortStableFunc(files, func(a, b ConfFile) int { return strings.Compare(string(a.Path), string(b.Path)) })
	var out []*site.HostConf
	add := func(cs ...*site.HostConf) {
		for _, c := range cs {
			if c != nil {
				out = append(out, c)
			}
		}
	}
	var htaccess []ConfFile
	pages := false
	for _, f := range files {
		switch confKind(f) {
		case "nginx":
			add(readNginx(f)...)
		case "apache":
			htaccess = append(htaccess, f)
		case "caddy":
			add(readCaddy(f)...)
		case "vercel":
			add(readVercel(f))
		case "firebase":
			add(readFirebase(f)...)
		case "swa":
			add(readSWA(f))
		case "x402":
			add(readX402(f))
		case "github":
			pages = true
		}
	}
	if len(htaccess) > 0 {
		add(readApache(htaccess))
	}
	if cf := byBase(files, "wrangler.toml", "wrangler.json", "wrangler.jsonc", "_routes.json", "_worker.js"); cf != nil || functions(files) != nil {
		add(readCloudflare(files))
	} else if byBase(files, "netlify.toml", "_redirects", "_headers") != nil {
		add(readNetlify(files))
	}
	if pages && len(out) == 0 {
		f := byBase(files, ".nojekyll", "CNAME")
		add(&site.HostConf{Host: "GitHub Pages", Path: f.Path, NoRules: true, CleanURLs: true, Headers: noHeaders,
			Answer: func(string, bool) site.HostAnswer { return site.HostAnswer{Rule: -1} }})
	}
	return out
}

// confKind tells the language of a file by its name, and by its text where the
// name says nothing.
func confKind(f ConfFile) string {
	base := strings.ToLower(f.Path.Base())
	switch base {
	case "vercel.json":
		return "vercel"
	case "config.json":
		if strings.HasSuffix(string(f.Path), ".vercel/output/config.json") {
			return "vercel"
		}
	case "firebase.json":
		return "firebase"
	case "staticwebapp.config.json":
		return "swa"
	case ".htaccess":
		return "apache"
	case "cname", ".nojekyll":
		return "github"
	case "caddyfile":
		return "caddy"
	}
	switch path.Ext(base) {
	case ".ts", ".js", ".mjs", ".tsx", ".go":
		if bytes.Contains(f.Text, []byte("x402")) {
			return "x402"
		}
		return ""
	}
	switch {
	case strings.HasSuffix(base, ".caddyfile") || strings.HasPrefix(base, "caddyfile."):
		return "caddy"
	case strings.Contains(base, "nginx"):
		return "nginx"
	case strings.Contains(base, "apache") || base == "httpd.conf":
		return "apache"
	case path.Ext(base) == ".conf" && (bytes.Contains(f.Text, []byte("</")) || bytes.Contains(f.Text, []byte("RewriteRule"))):
		return "apache"
	case path.Ext(base) == ".conf" || strings.Contains(string(f.Path), "nginx"):
		return "nginx"
	}
	return ""
}

func byBase(files []ConfFile, names ...string) *ConfFile {
	for _, n := range names {
		for i := range files {
			if files[i].Path.Base() == n {
				return &files[i]
			}
		}
	}
	return nil
}

func noHeaders(string) []site.HostHeader { return nil }

// tri is yes, no, or what configuration alone does not tell.
type tri uint8

const (
	no tri = iota
	yes
	maybe
)

func is(b bool) tri {
	if b {
		return yes
	}
	return no
}

func (t tri) not() tri {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

func (t tri) and(u tri) tri {
	switch {
	case t == no || u == no:
		return no
	case t == maybe || u == maybe:
		return maybe
	}
	return yes
}

func (t tri) or(u tri) tri { return t.not().and(u.not()).not() }

// plainAgent is the User-Agent of the request that Answer stands for.
const plainAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"

// hostRegexp compiles a regular expression of a host; nil if it is of a dialect
// that Go does not speak (look-around, back-references).
func hostRegexp(expr string, fold bool) *regexp.Regexp {
	if len(expr) > 8192 {
		return nil
	}
	if fold {
		expr = "(?i)" + expr
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil
	}
	return re
}

// matchTri matches a pattern that may be unreadable.
func matchTri(re *regexp.Regexp, s string) tri {
	if re == nil {
		return maybe
	}
	return is(re.MatchString(s))
}

// answer walks the rules in order: the first that covers the path and answers
// all plain requests decides.
func answer(rules []site.HostRule, covers func(i int, url string) tri, url string, exists bool) site.HostAnswer {
	unknown := -1
	for i := range rules {
		r := &rules[i]
		if exists && !r.Forced || r.Dropped != "" && !r.Leaks {
			continue
		}
		switch covers(i, url) {
		case yes:
			if unknown >= 0 {
				return site.HostAnswer{Status: site.HostUnknown, Rule: unknown}
			}
			if r.Status == 0 {
				return site.HostAnswer{Status: site.HostUnknown, Rule: i}
			}
			return site.HostAnswer{Status: r.Status, Rule: i}
		case maybe:
			if unknown < 0 {
				unknown = i
			}
		}
	}
	if unknown >= 0 {
		return site.HostAnswer{Status: site.HostUnknown, Rule: unknown}
	}
	return site.HostAnswer{Rule: -1}
}
