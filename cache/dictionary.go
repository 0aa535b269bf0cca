package cache

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/hone-web/hone/site"
)

// Compression dictionaries (RFC 9842): who has the style sheet or script of the
// last deploy gets the new one as what changed.

// dictionaries tells of the files that the next deploy may be packed with, and
// that answers depend on what the client has. What is paid neither is one nor
// is named by a pattern.
func (p *Policy) dictionaries(m *site.Manifest) {
	if !p.Dictionary {
		return
	}
	var paid []string
	for i := range m.Entries {
		if e := &m.Entries[i]; e.Zone != "" {
			paid = append(paid, p.Prefix+string(e.Path))
		}
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		if len(e.Dictionaries) > 0 {
			e.Header["Vary"] = varyDictionary
		}
		if !Dictionary(e) {
			continue
		}
		head, tail, ok := p.pattern(e.Path)
		for _, url := range paid {
			ok = ok && !(len(url) >= len(head)+len(tail) && strings.HasPrefix(url, head) && strings.HasSuffix(url, tail))
		}
		if ok {
			e.Header[useAsDictionary] = fmt.Sprintf(`match="%s*%s"`, head, tail)
			e.Header["Vary"] = varyDictionary
		}
	}
}

const (
	useAsDictionary = "Use-As-Dictionary"
	// An answer depends on both fields, whichever it is (RFC 9842, section 6.2).
	varyDictionary = "Accept-Encoding, Available-Dictionary"
)

// Dictionary reports whether a later version of a file may be packed with this
// one: a free style sheet or script whose name follows its bytes, since what
// else there is under a name has to be asked for again anyway.
func Dictionary(e *site.Entry) bool {
	k := site.KindOf(e.Path)
	return e.Class == ClassFingerprinted && e.Zone == "" && (k == site.CSS || k == site.JS) && e.Size >= minDictionary && plainURL("/"+string(e.Path))
}

// minDictionary is the least size that is worth a dictionary: below it an
// answer is little more than its header fields.
const minDictionary = 1024

// pattern returns what stands before and after the hash in the URL of a file.
// Names hold nothing that means more in a pattern (URL Pattern, section 1.2):
// Dictionary sees to it.
func (p *Policy) pattern(path site.Path) (head, tail string, ok bool) {
	prefix := p.Prefix
	if prefix == "" {
		prefix = "/"
	}
	at := hashed.FindStringIndex(string(path))
	if at == nil || !plainURL(prefix) {
		return "", "", false
	}
	const hash = len(".0123456789")
	return prefix + string(path[:at[0]]) + ".", string(path[at[0]+hash:]), true
}

// ServesPacked reports whether the configuration that is written for a host has
// it choose an answer by Available-Dictionary.
func ServesPacked(host string) bool {
	return host == Nginx.Name || host == Apache.Name || host == Caddy.Name
}

// available is what a client that has a dictionary says (RFC 9842, section 2.2;
// RFC 9651, section 4.1.8).
func available(d *site.Dictionary) string {
	return ":" + base64.StdEncoding.EncodeToString(d.SHA256[:]) + ":"
}

// nginxDictionaries are the conditions in the location of a file.
func nginxDictionaries(e *site.Entry, prefix string) string {
	var b strings.Builder
	if len(e.Dictionaries) > 0 {
		b.WriteString(`set $hone_has "$http_accept_encoding|$http_available_dictionary"; `)
	}
	for i := range e.Dictionaries {
		d := &e.Dictionaries[i]
		has := strings.ReplaceAll(available(d), "+", "[+]")
		fmt.Fprintf(&b, `if ($hone_has ~ %s) { rewrite ^ %s last; } `,
			nginxQuote(`\bdcz\b(?!\s*;\s*q=0).*\|`+has+`$`), nginxQuote(prefix+string(d.Path)))
	}
	return b.String()
}

// nginxPacked are the locations of the packed forms of a file, whose fields are
// those of the file.
func nginxPacked(e *site.Entry, prefix, fields string) string {
	var b strings.Builder
	typ, _, _ := strings.Cut(e.Type, ";")
	for i := range e.Dictionaries {
		fmt.Fprintf(&b, "location = %s { internal; gzip_static off; types { } default_type %s; add_header Content-Encoding dcz; %s}\n",
			nginxQuote(prefix+string(e.Dictionaries[i].Path)), typ, fields)
	}
	return b.String()
}

// apacheDictionaries are the rewriting rules of a site, and the types of what
// they lead to.
func apacheDictionaries(m *site.Manifest, prefix string) string {
	var rules, types strings.Builder
	seen := map[string]bool{}
	for i := range m.Entries {
		e := &m.Entries[i]
		for k := range e.Dictionaries {
			d := &e.Dictionaries[k]
			fmt.Fprintf(&rules, `RewriteCond %%{ENV:REDIRECT_STATUS} ^$
RewriteCond %%{HTTP:Accept-Encoding} \bdcz\b(?!\s*;\s*[qQ]=0)
RewriteCond %%{HTTP:Available-Dictionary} "=%s"
RewriteCond %%{REQUEST_URI} "=%s"
RewriteRule ^(.*)$ $1%s [E=no-gzip:1,E=no-brotli:1,L]
`, available(d), prefix+string(e.Path), strings.TrimPrefix(string(d.Path), string(e.Path)))
		}
		if ext := extOf(e.Path); len(e.Dictionaries) > 0 && !seen[ext] {
			seen[ext] = true
			fmt.Fprintf(&types, "<FilesMatch \"\\.%s%s$\">\nForceType %s\nHeader set Content-Encoding dcz\n</FilesMatch>\n", ext, packedName, quoteType(e.Type))
		}
	}
	if rules.Len() == 0 {
		return ""
	}
	return "<IfModule mod_rewrite.c>\n# The .dcz for those who have the file of the last deploy.\n" + rules.String() + "</IfModule>\n" + types.String()
}

// packedName is what follows the name of a file in that of a packed form.
const packedName = `\.[0-9a-f]{10}\.dcz`

// caddyDictionaries says of which files answers depend on what the client has.
func caddyDictionaries(m *site.Manifest, prefix string) string {
	var b strings.Builder
	var alts []string
	for i := range m.Entries {
		if e := &m.Entries[i]; e.Header["Vary"] == varyDictionary {
			alts = append(alts, quotedPath(prefix+string(e.Path), strayRune))
		}
	}
	for i, a := range alternatives(alts, 4096) {
		fmt.Fprintf(&b, "\t@hone_dictionary%d path_regexp `^(?:%s)$`\n\theader @hone_dictionary%d {\n\t\tVary %q\n\t\tdefer\n\t}\n", i, a, i, varyDictionary)
	}
	return b.String()
}

// caddyPacked leads those who have a dictionary to the packed form.
func caddyPacked(m *site.Manifest, prefix string) string {
	var b strings.Builder
	n := 0
	for i := range m.Entries {
		e := &m.Entries[i]
		for k := range e.Dictionaries {
			d := &e.Dictionaries[k]
			n++
			fmt.Fprintf(&b, "\t@hone_packed%d {\n\t\tpath_regexp `^%s$`\n\t\theader Available-Dictionary %q\n\t\theader_regexp Accept-Encoding `\\bdcz\\b`\n\t\tnot header_regexp Accept-Encoding `\\bdcz\\s*;\\s*q=0`\n\t}\n", n, quotedPath(prefix+string(e.Path), strayRune), available(d))
			fmt.Fprintf(&b, "\theader @hone_packed%d Content-Encoding dcz\n\trewrite @hone_packed%d %s\n", n, n, prefix+string(d.Path))
		}
	}
	return b.String()
}
