// Package cache decides how long each URL may be kept by browsers and shared
// caches, and writes that decision in the language of each host. It always
// means HTTP caching; the build cache is the store.
package cache

import (
	"strings"

	"github.com/hone-web/hone/site"
)

// The classes of output files.
const (
	ClassPage          = "page"
	ClassError         = "error"         // a page that stands for an error: 404.html
	ClassFingerprinted = "fingerprinted" // the name carries the hash of the bytes
	ClassWorker        = "worker"        // service worker, web manifest: must never be stale
	ClassAsset         = "asset"         // a style, script or picture under a name that stays
	ClassChecked       = "checked"       // a style or script under a name that stays, whose hash pages know
	ClassFont          = "font"          // a font under a name that stays
	ClassFeed          = "feed"          // feeds, sitemaps, robots.txt
	ClassWellKnown     = "well-known"    // below /.well-known/ (RFC 8615)
	ClassDownload      = "download"      // archives, programs, documents
	ClassData          = "data"          // JSON, texts, everything else
	ClassConfig        = "config"        // read by the host, never by visitors
)

const (
	// A fingerprinted file never changes: a year is the longest value that
	// caches honour (RFC 9111, section 5.2.2.1, and RFC 2616's advice), and
	// immutable spares the reload's revalidation (RFC 8246).
	forever = "public, max-age=31536000, immutable"
	// A page is asked for again each time, which costs a 304 when it is
	// unchanged (RFC 9111, section 5.2.2.4).
	revalidate = "public, max-age=0, must-revalidate"
	// Kept, but never used unasked (RFC 9111, section 5.2.2.4).
	noCache = "no-cache"
	// An asset under a lasting name may be stale for an hour; a shared cache
	// refreshes it behind the visitor's back for a day (RFC 5861).
	short = "public, max-age=3600, stale-while-revalidate=86400"
	// Readers of feeds and robots come by the hour; what they get then is new.
	hour = "public, max-age=3600"
	// Nothing between the server and who paid keeps it (RFC 9111, 5.2.2.5, 5.2.2.7).
	private = "private, no-store"
	// An error is over when it is over.
	noStore = "no-store"
	// What a cache that is purged on each deploy may keep of a page (RFC 9213).
	edgePage = "max-age=300, stale-while-revalidate=86400"
)

// Policy is what an owner may choose about header fields; the zero value is
// what suits every host.
type Policy struct {
	// Purged says that each deploy purges the CDN: it may keep pages.
	Purged bool
	// CORS lets other origins use fonts, and time what they load.
	CORS bool
	// Security adds the fields that close what static sites rarely need.
	Security bool
	// NoVary are query parameters that change nothing of a page.
	NoVary []string
	// Early returns the style sheets that a page cannot be shown without, as
	// paths of the output: a Link field tells of them before the page is read
	// (RFC 8288), and a CDN may send it ahead as 103 Early Hints (RFC 8297). nil
	// sends none. Prefix is where the site is served, with slashes at both ends.
	Early  func(site.Path) []site.Path
	Prefix string
	// Tags is the field that sends the tags of free files, by which a CDN may
	// be told to drop them; "" sends none.
	Tags string
	// Sniff leaves out nosniff, with which browsers refuse a script or style
	// sheet whose type is another (Fetch, 3.6): a page may load one under a name
	// like code.txt.
	Sniff bool
	// Dictionary offers style sheets and scripts as compression dictionaries for
	// those of the next deploy.
	Dictionary bool
	// Rules are the owner's; the last one that matches wins for each field.
	Rules []Rule
}

// Apply sets the class and headers of every entry by the policy that suits
// every host.
func Apply(m *site.Manifest) {
	var p Policy
	for i := range m.Entries {
		p.entry(&m.Entries[i])
	}
}

// Apply sets the class and headers of every entry. The error, if any, is a
// *RuleError: a rule of the owner that would do harm.
func (p *Policy) Apply(m *site.Manifest) error {
	free := map[site.Path]bool{}
	if p.Early != nil {
		for i := range m.Entries {
			free[m.Entries[i].Path] = m.Entries[i].Zone == ""
		}
	}
	for i := range m.Entries {
		p.entry(&m.Entries[i])
	}
	p.dictionaries(m)
	for i := range m.Entries {
		e := &m.Entries[i]
		p.link(e, free)
		if err := p.override(e); err != nil {
			return err
		}
	}
	return nil
}

func (p *Policy) entry(e *site.Entry) {
	if e.Class == "" {
		e.Class = classOf(e)
	}
	e.Header = p.headers(e)
}

func classOf(e *site.Entry) string {
	base, ext := strings.ToLower(e.Path.Base()), e.Path.Ext()
	switch k := site.KindOf(e.Path); {
	case base == "_headers" || base == "_redirects" || base == "_worker.js":
		return ClassConfig
	case strings.HasPrefix(string(e.Path), ".well-known/"):
		return ClassWellKnown
	case k == site.HTML && errorPage(strings.TrimSuffix(base, ext)):
		return ClassError
	case k == site.HTML:
		return ClassPage
	case base == "sw.js" || base == "service-worker.js" || base == "serviceworker.js" || strings.HasSuffix(base, ".webmanifest") || base == "manifest.json":
		return ClassWorker
	case k == site.Font:
		return ClassFont
	case k == site.CSS || k == site.JS || k == site.Image || k == site.SVG || k == site.Media:
		return ClassAsset
	case feed(base, ext):
		return ClassFeed
	case downloads[ext]:
		return ClassDownload
	}
	return ClassData
}

// IsErrorPage reports whether hosts send a page for an error.
func IsErrorPage(p site.Path) bool {
	return site.KindOf(p) == site.HTML && errorPage(strings.TrimSuffix(strings.ToLower(p.Base()), p.Ext()))
}

// errorPage reports whether hosts send a page of that name for an error: 404,
// 40x, 500, 50x.
func errorPage(stem string) bool {
	return len(stem) == 3 && (stem[0] == '4' || stem[0] == '5') && strings.IndexByte("0123456789x", stem[1]) >= 0 && strings.IndexByte("0123456789x", stem[2]) >= 0
}

func feed(base, ext string) bool {
	return ext == ".rss" || ext == ".atom" || base == "robots.txt" || base == "llms.txt" ||
		ext == ".xml" && (strings.Contains(base, "sitemap") || strings.Contains(base, "feed") || strings.Contains(base, "rss") || strings.Contains(base, "atom") || base == "index.xml")
}

// downloads are extensions of what people save to disk.
var downloads = map[string]bool{".pdf": true, ".zip": true, ".gz": true, ".tgz": true, ".bz2": true, ".xz": true, ".zst": true, ".7z": true, ".tar": true, ".rar": true, ".dmg": true, ".exe": true,
	".msi": true, ".deb": true, ".rpm": true, ".apk": true, ".iso": true, ".epub": true, ".doc": true, ".docx": true, ".xls": true, ".xlsx": true, ".ppt": true, ".pptx": true, ".odt": true, ".ods": true}

// byClass is how long what is free may be kept.
var byClass = map[string]string{ClassPage: revalidate, ClassError: noStore, ClassFingerprinted: forever, ClassWorker: noCache, ClassAsset: short, ClassChecked: noCache, ClassFont: short,
	ClassFeed: hour, ClassWellKnown: noCache, ClassDownload: hour, ClassData: short}

func (p *Policy) headers(e *site.Entry) map[string]string {
	if e.Class == ClassConfig {
		return map[string]string{}
	}
	h := map[string]string{"Content-Type": e.Type, "X-Content-Type-Options": "nosniff", "Cache-Control": byClass[e.Class]}
	if p.Sniff {
		delete(h, "X-Content-Type-Options")
	}
	switch base := e.Path.Base(); {
	case h["Cache-Control"] == "":
		h["Cache-Control"] = short
	case e.Class == ClassWellKnown && (base == "apple-app-site-association" || base == "assetlinks.json"):
		h["Content-Type"] = "application/json" // what Apple and Google ask for
	}
	if e.Zone != "" {
		h["Cache-Control"] = private
	}
	if len(e.Encodings) > 0 {
		// The bytes depend on the request's Accept-Encoding (RFC 9110, 12.5.5).
		h["Vary"] = "Accept-Encoding"
	}
	if e.Class == ClassPage && e.Zone == "" && p.Purged {
		h["CDN-Cache-Control"] = edgePage
	}
	if p.CORS && e.Zone == "" && site.KindOf(e.Path) == site.Font {
		h["Access-Control-Allow-Origin"] = "*"
		h["Cross-Origin-Resource-Policy"] = "cross-origin"
		h["Timing-Allow-Origin"] = "*"
	}
	if e.Class == ClassPage && len(p.NoVary) > 0 {
		h["No-Vary-Search"] = noVary(p.NoVary)
	}
	if p.Tags != "" && e.Zone == "" {
		h[p.Tags] = strings.Join(tagsOf(e), tagSeparator(p.Tags))
	}
	if p.Security {
		for name, value := range security {
			h[name] = value
		}
	}
	return h
}

// security are the fields of the optional profile. None of them can stop what
// a page loads by itself.
var security = map[string]string{
	"Strict-Transport-Security": "max-age=63072000",
	"Referrer-Policy":           "strict-origin-when-cross-origin",
	"Content-Security-Policy":   "frame-ancestors 'self'",
	"X-Frame-Options":           "SAMEORIGIN",
}

// noVary writes a structured field: a list of strings (RFC 9651).
func noVary(params []string) string {
	quoted := make([]string, len(params))
	for i, p := range params {
		quoted[i] = `"` + p + `"`
	}
	return "params=(" + strings.Join(quoted, " ") + ")"
}
