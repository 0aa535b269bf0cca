package verify

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// The bounds of what is read of sitemaps: those of the protocol for a file
// are 50 MB and 50,000 addresses; a sample needs less.
const (
	maxSitemaps    = 20
	maxSitemapText = 8 << 20 // of one file, unpacked
	maxListed      = 20_000
)

// listed returns the paths that the live site lists itself: in the sitemaps
// that robots.txt names or that lie where everyone looks, and in OpenAPI
// documents. Addresses of other hosts are taken for this one's: sitemaps of a
// staging site name the real one.
func (v *live) listed(ctx context.Context) []string {
	robots := v.Probe.Do(ctx, Ask{Path: "/robots.txt", Agent: Search})
	var queue []string
	if robots.Err == nil && robots.Status == 200 {
		queue = robotsSitemaps(robots.Body)
	}
	if len(queue) == 0 {
		queue = []string{"/sitemap.xml"}
	}
	seen := map[string]bool{}
	var out []string
	for len(queue) > 0 && len(seen) < maxSitemaps && len(out) < maxListed {
		u := queue[0]
		queue = queue[1:]
		if seen[u] {
			continue
		}
		seen[u] = true
		r := v.Probe.Do(ctx, Ask{Path: u, Agent: Search})
		if r.Err != nil || r.Status != 200 {
			continue
		}
		urls, more, err := parseSitemap(r.Body)
		if err != nil {
			v.out.Unclear = append(v.out.Unclear, Redact(fmt.Sprintf("%s: it cannot be read as a sitemap: %v", u, err)))
		}
		out = append(out, urls...)
		queue = append(queue, more...)
	}
	if api := v.Probe.Do(ctx, Ask{Path: "/openapi.json", Agent: Search}); api.Err == nil && api.Status == 200 {
		out = append(out, freeOperations(api.Body)...)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxListed)]
}

// robotsSitemaps returns the paths of the sitemaps that robots.txt names.
func robotsSitemaps(text []byte) []string {
	var out []string
	for _, line := range strings.Split(string(text[:min(len(text), maxRobots)]), "\n") {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(strings.TrimSpace(key), "sitemap") && len(out) < maxSitemaps {
			if u := pathOf(strings.TrimSpace(value)); u != "" {
				out = append(out, u)
			}
		}
	}
	return out
}

// pathOf returns path and query of an address, "" if it has none.
func pathOf(u string) string {
	u, _, _ = strings.Cut(u, "#")
	if i := strings.Index(u, "://"); i >= 0 {
		u = u[i+3:]
		if i = strings.IndexByte(u, '/'); i < 0 {
			return "/"
		}
		u = u[i:]
	}
	if !strings.HasPrefix(u, "/") || strings.ContainsAny(u, " \t\r\n\x00") {
		return ""
	}
	return u
}

// parseSitemap reads a sitemap or an index of sitemaps (sitemaps.org, version
// 0.9), packed or not; also a list of addresses, one a line. What was read
// before a mistake counts.
func parseSitemap(text []byte) (urls, sitemaps []string, err error) {
	if bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			return nil, nil, err
		}
		if text, err = io.ReadAll(io.LimitReader(z, maxSitemapText)); err != nil && len(text) == 0 {
			return nil, nil, err
		}
	}
	text = text[:min(len(text), maxSitemapText)]
	if !bytes.HasPrefix(bytes.TrimLeft(text, "\ufeff \t\r\n"), []byte("<")) {
		for _, l := range strings.Split(string(text), "\n") {
			if u := pathOf(strings.TrimSpace(l)); u != "" && strings.Contains(l, "://") && len(urls) < maxListed {
				urls = append(urls, u)
			}
		}
		return urls, nil, nil
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	d.Strict = false
	in := ""
	for len(urls) < maxListed {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return urls, sitemaps, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "url", "sitemap":
				in = t.Name.Local
			case "loc":
				if t.Name.Space == "" { // <image:loc> is of a picture
					in += " loc"
				}
			}
		case xml.EndElement:
			in = strings.TrimSuffix(in, " "+t.Name.Local)
		case xml.CharData:
			u := pathOf(strings.TrimSpace(string(t)))
			switch {
			case u == "":
			case in == "url loc":
				urls = append(urls, u)
			case in == "sitemap loc" && len(sitemaps) < maxSitemaps:
				sitemaps = append(sitemaps, u)
			}
		}
	}
	return urls, sitemaps, nil
}

// listedURLs asks for what the site lists and no built file stands for: a
// sample of what is free, as search engines do, and what is paid.
func (v *live) listedURLs(ctx context.Context) {
	have := map[string]bool{}
	for _, f := range v.Files {
		for _, u := range v.every(f) {
			have[site.Escape(u)] = true
		}
	}
	var open, closed []string
	for _, u := range v.listed(ctx) {
		plain, _, _ := strings.Cut(u, "?")
		if have[plain] {
			continue
		}
		switch v.Policy.DecideURL(v.local(plain), Human).Access {
		case Free, Preview:
			open = append(open, u)
		case Paid:
			closed = append(closed, u)
		}
	}
	open = v.pick(open)
	v.out.Targets += len(open) + min(len(closed), v.sampled())
	for _, r := range v.Probe.All(ctx, asksFor(open, Search)) {
		switch {
		case r.Err != nil || !r.Stable:
			v.unclear(&r)
		case r.Status == 402:
			v.at1(site.Diagnostic{Rule: "PW007", Severity: site.Error, Message: fmt.Sprintf("the site lists %s and answers search engines with 402: they drop such pages", r.Path),
				Hint: "list what crawlers get with 200 only, or let search engines have a preview"}, &r, "live", "paths")
		case r.Status != 200 && needsNothing(r.Status):
			v.status(ctx, &r)
		}
	}
	for _, r := range v.Probe.All(ctx, asksFor(v.pick(closed), Human)) {
		switch {
		case r.Err != nil || !r.Stable:
			v.unclear(&r)
		case r.Status == 200:
			v.at1(site.Diagnostic{Rule: "PL001", Severity: site.Error, Confidence: site.Probable, Message: fmt.Sprintf("%s is paid and answers 200 to a request without payment", r.Path),
				Hint: "gate this path; with --site FOLDER the text itself is compared"}, &r, "listed", "paths")
		}
	}
}

func asksFor(urls []string, a Agent) []Ask {
	asks := make([]Ask, len(urls))
	for i, u := range urls {
		asks[i] = Ask{Path: u, Agent: a}
	}
	return asks
}

// freeOperations returns the paths of an OpenAPI document that can be asked for
// as they are and that no answer of is 402.
func freeOperations(text []byte) []string {
	paid := map[string]bool{}
	for _, it := range openAPIItems(text) {
		paid[it.Path] = true
	}
	var out []string
	for _, p := range openAPIGets(text) {
		if !paid[p] && !strings.ContainsAny(p, "*{}") && len(out) < maxListed {
			out = append(out, p)
		}
	}
	return out
}

// needsNothing reports whether a status says that a request without parameters
// was not complete: that is no fault of the site.
func needsNothing(status int) bool {
	return status != http.StatusBadRequest && status != http.StatusUnprocessableEntity && status != http.StatusMethodNotAllowed
}
