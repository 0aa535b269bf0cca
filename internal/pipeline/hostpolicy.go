package pipeline

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/site"
)

// headerFiles are host configuration in which a Content-Security-Policy may
// stand, in the site or beside it.
var headerFiles = []site.Path{"_headers", "vercel.json", "netlify.toml", "staticwebapp.config.json", "firebase.json", ".htaccess", "serve.json"}

// openHosts are the targets of which the configuration says every field that
// they send.
var openHosts = []string{"netlify", "cloudflare", "vercel", "vercel-output", "firebase", "azure", "github-pages"}

// hostSays is what the configuration of hosts says about content security
// policies. For which pages a policy is sent is not worked out.
type hostSays struct {
	// policy says that there is one, and at is a file that holds it.
	policy bool
	at     site.Path
	// sums says that one allows inline code by its hash or nonce.
	sums bool
	// noStyle says that one may forbid style attributes.
	noStyle bool
	// open says that there is none, for the host sends what is configured.
	open bool
	// texts are those that hold a policy.
	texts [][]byte
}

// styleAllowed matches a policy that allows style attributes (CSP 3, sections
// 6.1.15 and 8.1).
var styleAllowed = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`style-src(-attr)?\s[^;"\n]*'unsafe-inline'`)
})

// policySums matches what allows single pieces of inline code (CSP 3, section 2.3.1).
var policySums = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`'(sha256|sha384|sha512|nonce)-`) })

// hostCode matches configuration of code that may send further fields.
var hostCode = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)edge_functions|edge-functions|^\s*"?main"?\s*[=:]`)
})

// readHost reads what is known of the host, once a build.
func (b *build) readHost() error {
	h := &b.host
	seen := map[site.Path]bool{}
	known, code := false, false
	look := func(p site.Path, text []byte) {
		seen[p] = true
		low := bytes.ToLower(text)
		h.sums = h.sums || policySums().Match(low)
		known = known || p != ".htaccess" && p != "serve.json" && slices.Contains(headerFiles, p) || strings.HasPrefix(string(p), "wrangler.")
		code = code || hostCode().Match(low)
		if bytes.Contains(low, []byte("content-security-policy")) {
			h.texts = append(h.texts, text)
			h.noStyle = h.noStyle || !styleAllowed().Match(low)
			if !h.policy {
				h.policy, h.at = true, p
			}
		}
	}
	for _, p := range headerFiles {
		if f := b.files[p]; f != nil {
			text, err := b.src.read(f)
			if err != nil {
				return err
			}
			if i := bytes.Index(text, []byte(cache.Mark)); i >= 0 {
				text = text[:i] // what follows is not the owner's
			}
			if len(bytes.TrimSpace(text)) > 0 {
				look(p, text)
			}
		}
	}
	for _, p := range slices.Sorted(maps.Keys(b.o.Own)) {
		if !seen[p] {
			look(p, b.o.Own[p])
		}
	}
	for _, c := range b.o.HostFiles {
		if !seen[c.Path] {
			look(c.Path, c.Text)
		}
		code = code || strings.HasPrefix(string(c.Path), "functions/") || strings.HasPrefix(c.Path.Stem(), "middleware") || c.Path.Stem() == "proxy"
	}
	for _, r := range b.o.Cache.Rules {
		for name, value := range r.Header {
			if strings.EqualFold(name, "Content-Security-Policy") && value != "" {
				look("hone.toml", []byte(name+": "+value))
			}
		}
	}
	chosen := len(b.o.Hosts) > 0 && !slices.ContainsFunc(b.o.Hosts, func(name string) bool { return !slices.Contains(openHosts, name) })
	h.open = (known || chosen) && (len(b.o.Hosts) == 0 || chosen) && !code && !h.policy
	return nil
}
