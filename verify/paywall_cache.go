package verify

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hone-web/hone/site"
)

// caching judges what the hosts let caches keep: a stored 402 is served to
// those who paid, a stored paid file to those who did not.
func (j *payment) caching() {
	for _, c := range j.Hosts {
		for i := range c.Rules {
			if r := &c.Rules[i]; r.Status == 402 && r.Dropped == "" && !r.Code {
				j.gateHeaders(c, r)
			}
			if r := &c.Rules[i]; r.Status == 402 && c.Host == "nginx" {
				j.masked(c, r)
			}
		}
		for _, n := range c.Stores {
			sev := site.Info
			if strings.Contains(n.Text, "_ignore_headers") {
				sev = site.Warn
			}
			j.report(place(site.Diagnostic{Rule: "PC011", Severity: sev, Message: fmt.Sprintf("%s as a cache: %q %s", c.Host, n.Text, n.Why),
				Hint: "give errors no lifetime in the cache, and send no-store with every 402"}, n.HostPlace), n.Text, "lines", n.Text)
		}
		for _, f := range j.Files {
			if f.human() == Paid && j.Policy != nil {
				j.paidHeaders(c, f)
			}
		}
	}
}

// gateHeaders judges the fields of a 402.
func (j *payment) gateHeaders(c *site.HostConf, r *site.HostRule) {
	header := r.Header
	if len(header) == 0 {
		for _, f := range j.Files {
			if u := j.served(c, f); len(u) > 0 && r.Covers(u[0]) && c.Host != "nginx" && c.Host != "Apache" && c.Host != "Caddy" {
				header = c.Headers(u[0])
				break
			}
		}
	}
	key := fmt.Sprint(r.HostPlace, r.Pattern)
	var cc *site.HostHeader
	for i := range header {
		if strings.EqualFold(header[i].Name, "Cache-Control") {
			cc = &header[i] // a later one replaces it
		} else if targeted(header[i].Name) && storable(header[i].Value) {
			j.report(place(site.Diagnostic{Rule: "PC006", Severity: site.Error,
				Message: fmt.Sprintf("%s: %s lets the CDN store the 402 of %q, whatever Cache-Control says", header[i].Name, header[i].Value, r.Pattern),
				Hint:    "send no-store in this field too"}, header[i].HostPlace), key, "", r.Pattern)
		}
	}
	if cc == nil {
		for i := range r.Lost {
			if h := &r.Lost[i]; strings.EqualFold(h.Name, "Cache-Control") {
				j.report(place(site.Diagnostic{Rule: "PC002", Severity: site.Error,
					Message: fmt.Sprintf("Cache-Control: %s does not reach the 402 of %q: %s sends it with successes only", h.Value, r.Pattern, c.Host),
					Hint:    map[string]string{"nginx": "end add_header with always", "Apache": "write Header always set"}[c.Host]}, h.HostPlace), key, "", r.Pattern)
				return
			}
		}
		j.report(place(site.Diagnostic{Rule: "PC001", Severity: site.Warn,
			Message: fmt.Sprintf("the 402 of %q says nothing about caching; a cache that is told to keep errors serves it to those who paid", r.Pattern),
			Hint:    "send Cache-Control: no-store with it"}, r.HostPlace), key, "", r.Pattern)
		return
	}
	switch {
	case !storable(cc.Value):
	case cc.Inherited && r.HostPlace != cc.HostPlace:
		j.report(place(site.Diagnostic{Rule: "PC003", Severity: site.Error,
			Message: fmt.Sprintf("Cache-Control: %s is meant for the site and also stands on the 402 of %q", cc.Value, r.Pattern),
			Hint:    "set no-store where the 402 is made, or leave paid paths out of the wider rule"}, cc.HostPlace), key, "", r.Pattern)
	default:
		j.report(place(site.Diagnostic{Rule: "PC001", Severity: site.Error,
			Message: fmt.Sprintf("the 402 of %q may be stored: Cache-Control: %s", r.Pattern, cc.Value),
			Hint:    "send Cache-Control: no-store with it"}, cc.HostPlace), key, "", r.Pattern)
	}
}

// masked finds documents for the 402 that are not there: nginx then answers
// with 404.
func (j *payment) masked(c *site.HostConf, r *site.HostRule) {
	key := fmt.Sprint(r.HostPlace, r.Pattern)
	switch {
	case r.Dropped != "":
		j.report(place(site.Diagnostic{Rule: "PF009", Severity: site.Error, Message: fmt.Sprintf("the 402 of %q never reaches anyone: %s", r.Pattern, r.Dropped),
			Hint: "write error_page 402 without ="}, r.HostPlace), key, "", r.Pattern)
	case r.Doc != "" && c.Answer(r.Doc, true).Rule < 0 && j.missing(r.Doc):
		j.report(place(site.Diagnostic{Rule: "PF009", Severity: site.Error, Message: fmt.Sprintf("error_page sends the 402 of %q to %s, which is not there, so nginx answers with 404", r.Pattern, r.Doc),
			Hint: "add the page, or correct its path"}, r.HostPlace), key, "", r.Pattern)
	}
}

// missing reports whether no file of the site answers a path.
func (j *payment) missing(url string) bool {
	url, _, _ = strings.Cut(url, "?")
	p := strings.TrimPrefix(url, j.Prefix)
	p = strings.TrimPrefix(p, "/")
	if strings.HasSuffix(p, "/") || p == "" {
		p += "index.html"
	}
	return j.at[site.Path(p)] == nil
}

// paidHeaders judges the fields that a paid file is sent with.
func (j *payment) paidHeaders(c *site.HostConf, f *PaymentFile) {
	for _, u := range j.served(c, f) {
		for _, h := range c.Headers(u) {
			switch {
			case strings.EqualFold(h.Name, "Cache-Control") && storable(h.Value):
				j.report(place(site.Diagnostic{Rule: "PC004", Severity: site.Error,
					Message: fmt.Sprintf("Cache-Control: %s lets shared caches keep %s, which %s, and serve it to those who have not paid", h.Value, u, f.why()),
					Hint:    "send private, no-store with paid files"}, h.HostPlace), fmt.Sprint(h.HostPlace), "paths", u)
			case targeted(h.Name) && storable(h.Value):
				j.report(place(site.Diagnostic{Rule: "PC006", Severity: site.Error,
					Message: fmt.Sprintf("%s: %s lets the CDN keep %s, which %s, whatever Cache-Control says", h.Name, h.Value, u, f.why()),
					Hint:    "send no-store in this field too"}, h.HostPlace), fmt.Sprint(h.HostPlace), "paths", u)
			}
		}
	}
}

// targeted reports whether a field speaks to some caches only and wins there
// (RFC 9213).
func targeted(name string) bool {
	n := strings.ToLower(name)
	return n == "surrogate-control" || strings.HasSuffix(n, "cdn-cache-control")
}

// storable reports whether a shared cache may keep an answer that carries this
// (RFC 9111, section 3) and use it again without asking.
func storable(cc string) bool {
	fresh := false
	for _, d := range strings.Split(strings.ToLower(cc), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(d), "="); strings.TrimSpace(name) {
		case "no-store", "private":
			return false
		case "public", "immutable":
			fresh = true
		case "max-age", "s-maxage":
			if n, err := strconv.Atoi(strings.Trim(value, `"`)); err != nil || n > 0 {
				fresh = true
			}
		}
	}
	return fresh
}
