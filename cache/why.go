package cache

import (
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Reason is a field of an entry, and why it has that value.
type Reason struct{ Name, Value, Why string }

// whyKept says why free files of a class are kept as long as they are.
var whyKept = map[string]string{
	ClassPage:          "its address stays, so it is asked for again each time and costs a 304 when unchanged (RFC 9111, 5.2.2.2 and 5.2.2.4)",
	ClassError:         "an error is over when it is over: nobody keeps it (RFC 9111, 5.2.2.5)",
	ClassFingerprinted: "its name is the hash of its bytes, so it never changes (RFC 8246; a year is the most that caches honour, RFC 9111, 5.2.2.1)",
	ClassWorker:        "browsers read it to find what is new, so it is never used unasked (RFC 9111, 5.2.2.4)",
	ClassAsset:         "its name stays when it changes: old for an hour at most, refreshed behind the visitor's back for a day (RFC 5861, 3)",
	ClassChecked:       "its name stays when it changes and pages know its hash (integrity): browsers refuse an old copy, so it is asked for again each time (SRI, 3.3.5; RFC 9111, 5.2.2.4)",
	ClassFont:          "its name stays when it changes: old for an hour at most, refreshed behind the visitor's back for a day (RFC 5861, 3)",
	ClassFeed:          "readers come by the hour (RFC 9111, 5.2.2.1)",
	ClassWellKnown:     "machines that ask for it must see what is true now (RFC 8615; RFC 9111, 5.2.2.4)",
	ClassDownload:      "its name stays when it changes: old for an hour at most (RFC 9111, 5.2.2.1)",
	ClassData:          "its name stays when it changes: old for an hour at most, refreshed behind the visitor's back for a day (RFC 5861, 3)",
}

const whyTags = "cache.tags: the CDN can be told to drop this file under all of its addresses at once (hone diff --by-tag)"

// whyFields says what the other fields are for.
var whyFields = map[string]string{
	"content-type":                 "the type of its name, with the charset of texts (RFC 9110, 8.3)",
	"x-content-type-options":       "browsers take it for what it is called and nothing else (Fetch, 3.6)",
	"vary":                         "what is sent depends on Accept-Encoding (RFC 9110, 12.5.5)",
	"cdn-cache-control":            "cache.purged: the CDN may keep it until the next deploy purges it (RFC 9213)",
	"access-control-allow-origin":  "cache.cors: fonts are fetched with CORS, from any origin (Fetch, 3.3.3; CSS Fonts 4, 4.9)",
	"cross-origin-resource-policy": "cache.cors: other sites may embed it (Fetch, 3.8)",
	"timing-allow-origin":          "cache.cors: other origins may see how long it took (Resource Timing, 4.5.1)",
	"link":                         "cache.link: the page cannot be shown without it, so browsers and CDNs learn of it before the page (RFC 8288; RFC 8297)",
	"use-as-dictionary":            "cache.dictionary: the next deploy's version may be sent as what changed (RFC 9842, 2.1)",
	"no-vary-search":               "cache.no_vary_search: these parameters change nothing of the page (HTTP No-Vary-Search; values by RFC 9651)",
	"strict-transport-security":    "cache.security: only by HTTPS from now on (RFC 6797)",
	"referrer-policy":              "cache.security: other origins see no paths (Referrer Policy, 3.7)",
	"content-security-policy":      "cache.security: only the site itself may frame it (CSP 3, 6.4.2)",
	"cache-tag":                    whyTags,
	"surrogate-key":                whyTags,
	"cdn-tag":                      whyTags,
	"netlify-cache-tag":            whyTags,
	"edge-cache-tag":               whyTags,
	"x-frame-options":              "cache.security: the same for old browsers (RFC 7034)",
}

// Why returns the fields of an entry, sorted, each with its reason.
func Why(e *site.Entry) []Reason {
	base := *e
	base.Header = nil
	ours := (&Policy{Purged: true, CORS: true, Security: true, NoVary: []string{"x"}}).headers(&base)
	for _, name := range TagFields {
		if base.Zone == "" {
			ours[name] = strings.Join(tagsOf(&base), tagSeparator(name))
		}
	}
	if v := e.Header["Link"]; strings.HasSuffix(v, "; rel=preload; as=style") {
		ours["Link"] = v
	}
	if v := e.Header[useAsDictionary]; strings.HasPrefix(v, `match="/`) {
		ours[useAsDictionary] = v
	}
	if e.Header["Vary"] == varyDictionary {
		ours["Vary"] = varyDictionary
	}
	var out []Reason
	for _, name := range slices.Sorted(maps.Keys(e.Header)) {
		r := Reason{name, e.Header[name], whyFields[strings.ToLower(name)]}
		if name == "Cache-Control" {
			r.Why = whyKept[e.Class]
			if e.Zone != "" {
				r.Why = "it is paid: nothing on the way keeps it (RFC 9111, 5.2.2.5 and 5.2.2.7)"
			}
		}
		if v, ok := ours[name]; r.Why == "" || !ok || v != r.Value && name != "No-Vary-Search" {
			r.Why = "a rule of the configuration (cache.rule)"
		}
		out = append(out, r)
	}
	return out
}
