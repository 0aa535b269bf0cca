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
	ClassFingerprinted = "fingerprinted" // the name carries the hash of the bytes
	ClassWorker        = "worker"        // service worker, web manifest: must never be stale
	ClassAsset         = "asset"         // a style, script, picture or font under a name that stays
	ClassData          = "data"          // feeds, sitemaps, JSON, everything else
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
	// An asset under a lasting name may be stale for minutes; a shared cache
	// refreshes it behind the visitor's back for a day (RFC 5861).
	short = "public, max-age=600, stale-while-revalidate=86400"
)

// Apply sets the class and headers of every entry.
func Apply(m *site.Manifest) {
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Class == "" {
			e.Class = classOf(e)
		}
		e.Header = headers(e)
	}
}

func classOf(e *site.Entry) string {
	base := strings.ToLower(e.Path.Base())
	switch k := site.KindOf(e.Path); {
	case base == "_headers" || base == "_redirects" || base == "_worker.js":
		return ClassConfig
	case k == site.HTML:
		return ClassPage
	case base == "sw.js" || base == "service-worker.js" || base == "serviceworker.js" || strings.HasSuffix(base, ".webmanifest") || base == "manifest.json":
		return ClassWorker
	case k == site.CSS || k == site.JS || k == site.Image || k == site.Font || k == site.SVG || k == site.Media:
		return ClassAsset
	}
	return ClassData
}

func headers(e *site.Entry) map[string]string {
	if e.Class == ClassConfig {
		return map[string]string{}
	}
	h := map[string]string{"Content-Type": e.Type, "X-Content-Type-Options": "nosniff"}
	switch {
	case e.Zone != "":
		h["Cache-Control"] = "private, no-store"
	case e.Class == ClassFingerprinted:
		h["Cache-Control"] = forever
	case e.Class == ClassPage || e.Class == ClassWorker:
		h["Cache-Control"] = revalidate
	default:
		h["Cache-Control"] = short
	}
	if len(e.Encodings) > 0 {
		// The bytes depend on the request's Accept-Encoding (RFC 9110, 12.5.5).
		h["Vary"] = "Accept-Encoding"
	}
	return h
}
