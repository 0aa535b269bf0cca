package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// policy judges the policy by itself and against the files.
func (j *payment) policy() {
	if j.Policy == nil {
		return
	}
	used := map[*AccessRule]bool{}
	for _, f := range j.Files {
		for _, r := range f.match {
			used[r] = true
		}
		if why := infrastructure(f.Path); why != "" {
			for i, a := range Agents {
				if f.access[i].Access == Paid {
					j.report(place(site.Diagnostic{Rule: "PW003", Severity: site.Error,
						Message: fmt.Sprintf("the policy makes %s paid for %s; %s", f.Path, a, why),
						Hint:    "add it to the except of the rule"}, j.onRule(f.access[i].Rule)), "policy "+id(f.access[i].Rule), "files", string(f.Path))
					break
				}
			}
		}
	}
	for _, r := range j.Policy.Rules {
		if !used[r] && r.Access != Ignore {
			j.report(place(site.Diagnostic{Rule: "PF004", Severity: site.Info,
				Message: fmt.Sprintf("rule %q matches no file of the site: %q", r.ID, r.Path),
				Hint:    "correct the pattern, or remove the rule"}, j.onRule(r)), "policy "+r.ID, "", r.Path)
		}
	}
	for _, e := range j.Policy.Exceptions {
		if !e.Until.IsZero() && !j.Now.IsZero() && !j.Now.Before(e.Until) {
			j.report(place(site.Diagnostic{Rule: "PF010", Severity: site.Error,
				Message: fmt.Sprintf("the exception for %s at %s ended on %s", e.Rule, e.Path, e.Until.AddDate(0, 0, -1).Format("2006-01-02")),
				Hint:    "correct what it excuses, or give it a later day"}, site.HostPlace{Path: j.Policy.File, Line: e.Line}), fmt.Sprint(e.Rule, e.Path, e.Line), "", e.Path)
		}
	}
}

func id(r *AccessRule) string {
	if r == nil {
		return "default"
	}
	return r.ID
}

// always are paths that machines ask for by themselves, whether or not a file
// lies behind them.
var always = []string{"/robots.txt", "/favicon.ico", "/sitemap.xml", "/.well-known/acme-challenge/token", "/.well-known/security.txt"}

// infrastructure says why a file must be free, "" if it need not be.
func infrastructure(p site.Path) string {
	switch name := strings.ToLower(string(p)); {
	case name == "robots.txt":
		return "crawlers take an answer of 4xx for leave to crawl everything (RFC 9309, section 2.3.1.3)"
	case strings.HasPrefix(name, ".well-known/"):
		return "certificates, payment discovery and other protocols ask for it without paying"
	case strings.HasPrefix(name, "sitemap") && strings.HasSuffix(name, ".xml"):
		return "crawlers read it and never pay"
	case name == "favicon.ico" || name == "apple-touch-icon.png" || name == "manifest.json" || strings.HasSuffix(name, ".webmanifest"):
		return "browsers ask for it on every page, the free ones too"
	case name == "sw.js" || name == "service-worker.js" || name == "serviceworker.js":
		return "browsers update it in the background and never pay"
	case name == "404.html" || name == "offline.html":
		return "it is what visitors see when nothing else can be served"
	case name == "ads.txt" || name == "app-ads.txt" || name == "security.txt" || name == "llms.txt" || name == "openapi.json":
		return "programs ask for it and never pay"
	case name == "feed.xml" || name == "rss.xml" || name == "atom.xml" || name == "index.xml":
		return "feed readers ask for it and never pay"
	}
	return ""
}

// gates holds the policy against what each host is told.
func (j *payment) gates() {
	j.engines()
	for _, c := range j.Hosts {
		used := make([]bool, len(c.Rules))
		for _, f := range j.Files {
			j.gate(c, f, used)
			j.overlap(c, f)
		}
		for _, u := range always {
			p := site.Path(u[1:])
			if a := c.Answer(u, false); j.at[p] == nil && a.Status == 402 && a.Rule >= 0 {
				used[a.Rule] = true
				j.infra(c, &c.Rules[a.Rule], p)
			}
		}
		for i := range c.Rules {
			if r := &c.Rules[i]; r.Status == 402 && !used[i] && r.Cond == "" && !j.covered(c, r) {
				j.report(place(site.Diagnostic{Rule: "PF004", Severity: site.Info,
					Message: fmt.Sprintf("%s gates no file of the site: %q", c.Host, r.Pattern),
					Hint:    "correct the pattern, or remove the rule; a path that only code answers is fine"}, r.HostPlace), fmt.Sprint(c.Path, i), "", r.Pattern)
			}
		}
		for _, n := range c.Ignored {
			j.report(place(site.Diagnostic{Rule: "PF008", Severity: site.Error,
				Message: fmt.Sprintf("%s does not act on %q: %s", c.Host, n.Text, n.Why),
				Hint:    "shorten the configuration, or correct the line"}, n.HostPlace), n.Why, "rules", n.Text)
		}
	}
}

// overlap finds files for which two routes ask different prices, and files
// that reach a middleware and none of its routes.
func (j *payment) overlap(c *site.HostConf, f *PaymentFile) {
	urls := j.served(c, f)
	if len(urls) == 0 {
		return
	}
	u, first := urls[0], -1
	for i := range c.Rules {
		r := &c.Rules[i]
		if !r.Code || r.Status != 402 || r.Cond != "" || !r.Covers(u) {
			continue
		}
		if first < 0 {
			first = i
			continue
		}
		a := &c.Rules[first]
		if a.Offer == r.Offer {
			continue
		}
		sev, why := site.Warn, "the first one decides"
		if c.Unordered {
			sev, why = site.Error, "which one decides is another in every process"
		}
		j.report(place(site.Diagnostic{Rule: "PF001", Severity: sev,
			Message: fmt.Sprintf("%q asks %s and %q asks %s for %s; %s", a.Pattern, a.Offer, r.Pattern, r.Offer, u, why),
			Hint:    "make the routes disjoint"}, r.HostPlace), fmt.Sprint(r.HostPlace, first), "paths", u)
	}
	if first < 0 && c.Matcher != nil && f.human() != Free && f.human() != Ignore && c.Matcher.Covers(u) {
		j.report(place(site.Diagnostic{Rule: "PF002", Severity: site.Error,
			Message: fmt.Sprintf("%s reaches the middleware (%s) and none of its routes, so it is not gated", u, c.Matcher.Pattern),
			Hint:    "name the route with all below it: /club/*"}, c.Matcher.HostPlace), fmt.Sprint(c.Path), "paths", u)
	}
}

func (j *payment) covered(c *site.HostConf, r *site.HostRule) bool {
	return slices.ContainsFunc(j.Files, func(f *PaymentFile) bool {
		return slices.ContainsFunc(j.served(c, f), r.Covers) || slices.ContainsFunc(j.every(f), r.Covers)
	})
}

func (j *payment) infra(c *site.HostConf, r *site.HostRule, p site.Path) {
	j.report(place(site.Diagnostic{Rule: "PW003", Severity: site.Error,
		Message: fmt.Sprintf("%s answers /%s with %d by %q; %s", c.Host, p, r.Status, r.Pattern, infrastructure(p)),
		Hint:    "let it through before the gate"}, r.HostPlace), fmt.Sprint(r.HostPlace), "files", string(p))
}

// gate judges one file on one host.
func (j *payment) gate(c *site.HostConf, f *PaymentFile, used []bool) {
	var leaks, shut []string
	shutBy := -1
	for _, u := range j.served(c, f) {
		a := c.Answer(u, true)
		if a.Rule >= 0 {
			used[a.Rule] = true
		}
		switch {
		case a.Status == 402 && f.open() && infrastructure(f.Path) != "", a.Status == 402 && j.Policy == nil && infrastructure(f.Path) != "":
			j.infra(c, &c.Rules[a.Rule], f.Path)
		case a.Status == 402 && f.open():
			r := &c.Rules[a.Rule]
			j.report(place(site.Diagnostic{Rule: "PW009", Severity: site.Error,
				Message: fmt.Sprintf("%s answers %s with 402 by %q, and the policy says %s", c.Host, u, r.Pattern, f.human()),
				Hint:    "end the pattern at a slash, or let these paths through before the gate"}, r.HostPlace), fmt.Sprint(r.HostPlace, a.Rule), "paths", u)
		case !f.closed():
		case a.Rule >= 0 && c.Rules[a.Rule].Leaks:
			r := &c.Rules[a.Rule]
			j.report(place(site.Diagnostic{Rule: "PL004", Severity: site.Error,
				Message: fmt.Sprintf("%s is sent to everyone under %q: %s", u, r.Pattern, r.Dropped),
				Hint:    "gate it with allowedRoles or in code, and answer with a document of its own"}, r.HostPlace), fmt.Sprint(r.HostPlace), "paths", u)
		case a.Status == 0:
			leaks = append(leaks, u)
		default:
			shut, shutBy = append(shut, u), max(a.Rule, shutBy)
		}
	}
	if len(leaks) > 0 {
		j.leak(c, f, leaks, shut, shutBy)
	}
}

// leak says why a file that must not be had for nothing is served.
func (j *payment) leak(c *site.HostConf, f *PaymentFile, leaks, shut []string, shutBy int) {
	u := leaks[0]
	if c.Matcher != nil && c.Matcher.Covers(u) {
		return // told of by overlap
	}
	for i := range c.Rules {
		r := &c.Rules[i]
		if !r.Covers(u) || r.Cond != "" {
			continue
		}
		switch {
		case r.Dropped != "" && r.Status >= 400:
			sev, sure := site.Error, site.Sure
			if c.Host == "Netlify" {
				sev, sure = site.Warn, site.Probable // seen on its development server only
			}
			j.report(place(site.Diagnostic{Rule: "PL003", Severity: sev, Confidence: sure,
				Message: fmt.Sprintf("%q does not keep %s from anyone: %s", r.Pattern, u, r.Dropped),
				Hint:    "gate it in a function that runs before the files, or do not ship it"}, r.HostPlace), fmt.Sprint(r.HostPlace), "paths", u)
			return
		case !r.Forced && (r.Status >= 400 || r.Status == 0):
			j.report(place(site.Diagnostic{Rule: "PL002", Severity: site.Error,
				Message: fmt.Sprintf("%s serves the file %s before it asks %q, which never runs", c.Host, u, r.Pattern),
				Hint:    firstHint[c.Host]}, r.HostPlace), fmt.Sprint(r.HostPlace, i), "paths", u)
			return
		}
	}
	switch {
	case len(shut) > 0 && shutBy >= 0:
		r := &c.Rules[shutBy]
		j.report(place(site.Diagnostic{Rule: "PL005", Severity: site.Error,
			Message: fmt.Sprintf("%q gates %s, and the same file is open at %s", r.Pattern, shut[0], strings.Join(leaks, " and ")),
			Hint:    "gate every URL of the file: the folder with all below it"}, r.HostPlace), fmt.Sprint(r.HostPlace, shutBy), "paths", u)
	case c.NoRules:
		j.report(place(site.Diagnostic{Rule: "PL003", Severity: site.Error,
			Message: fmt.Sprintf("%s has no rules at all, so it serves %s, which %s", c.Host, u, f.why()),
			Hint:    "use a host with rules, or do not ship the file"}, site.HostPlace{Path: c.Path}), "no rules", "paths", u)
	case gating(c):
		j.report(place(site.Diagnostic{Rule: "PL001", Severity: site.Warn,
			Message: fmt.Sprintf("no rule of %s keeps %s from those who have not paid; %s it", c.Path, u, f.why()),
			Hint:    "gate it on this host, unless something before the host does"}, j.onRule(f.access[0].Rule)), fmt.Sprint(c.Path, id(f.access[0].Rule)), "paths", u)
	}
}

var firstHint = map[string]string{
	"Cloudflare": "add the path to run_worker_first, or take it out of exclude in _routes.json",
	"Netlify":    "write the status with !, or force = true",
	"Vercel":     "gate it in middleware or in routes before the filesystem: rewrites run only when there is no file",
	"Firebase":   "do not ship the file, serve it from the function: rewrites run only when there is no file",
}

// gating reports whether a host is told to keep anything from anyone.
func gating(c *site.HostConf) bool {
	return slices.ContainsFunc(c.Rules, func(r site.HostRule) bool { return r.Status == 402 || r.Status == 401 || r.Status == 403 })
}
