package verify

import (
	"context"
	"fmt"
	"net/url"

	"github.com/hone-web/hone/site"
)

// Meaning says what a status does to a site, and what to do.
type Meaning struct {
	Rule, What, Impact, Fix string
	Severity                site.Severity
}

func meaning(rule, what, impact, fix string, sev site.Severity) Meaning {
	return Meaning{Rule: rule, What: what, Impact: impact, Fix: fix, Severity: sev}
}

// StatusMeaning explains an answer that is no success.
func StatusMeaning(r *Reply) Meaning {
	switch s := r.Status; {
	case s == 404 || s == 410:
		return meaning("PS404", "nothing is there", "the visit is lost and search engines drop the page", "restore the page, or redirect to what replaced it; 410 if it is gone for good", site.Error)
	case s == 402:
		return meaning("PS402", "payment is asked for", "whoever cannot pay is lost", "check the subscription at the host, then the server's rules, then caches, and ask again", site.Error)
	case s == 401 || s == 403:
		return meaning("PS403", "access is refused", "the visit is lost; search engines drop the page", "look at the bucket's policy, the firewall and hotlink rules", site.Error)
	case s == 408:
		return meaning("PS408", "the server did not wait for the request", "slow clients are lost", "raise the timeouts for headers and bodies, or ask for less at once", site.Warn)
	case s == 429:
		return meaning("PS429", "too many requests", "crawlers slow down", "honour Retry-After; raise the limit if these were all there are", site.Warn)
	case s == 503 && r.Header.Get("Retry-After") != "":
		return meaning("PS503", "the site is under maintenance and says until when", "crawlers come back later", "keep it short: pages that stay away are dropped", site.Warn)
	case s == 503:
		return meaning("PS503", "the site is not available and does not say until when", "crawlers slow down, then drop pages", "send Retry-After during maintenance; a paused account at the host answers like this too", site.Error)
	case s >= 500:
		return meaning("PS500", "the server fails", "the visit is lost; crawlers slow down, then drop pages", "read the server's error log; look at the service behind it, and at rewrite rules that go in circles", site.Error)
	case s >= 300 && s < 400:
		return meaning("PS3xx", "it moves on", "each hop is a request more; search engines follow ten", "link to the last address", site.Warn)
	}
	return meaning("PS500", fmt.Sprintf("the status %d is unusual", r.Status), "clients may not know what to do", "read the server's configuration", site.Warn)
}

// maxHops bounds redirects that are followed.
const maxHops = 10

// Follow asks for a path and goes where redirects lead, within the origin.
func (p *Probe) Follow(ctx context.Context, a Ask) (hops []Reply, loop bool) {
	seen := map[string]bool{}
	for range maxHops {
		r := p.Do(ctx, a)
		hops = append(hops, r)
		to := r.Header.Get("Location")
		if r.Err != nil || r.Status < 300 || r.Status > 399 || to == "" {
			return hops, false
		}
		base := &url.URL{Scheme: p.Origin.Scheme, Host: p.Origin.Host}
		here, err := base.Parse(a.Path)
		if err != nil {
			return hops, false
		}
		next, err := here.Parse(to)
		if err != nil || next.Host != p.Origin.Host || next.Scheme != p.Origin.Scheme {
			return hops, false
		}
		seen[a.Path] = true
		if a.Path = next.RequestURI(); seen[a.Path] {
			return hops, true
		}
	}
	return hops, true
}

// status reports what a free file answers with instead of 200.
func (v *live) status(ctx context.Context, r *Reply) {
	if !r.Stable {
		return
	}
	m := StatusMeaning(r)
	if r.Status >= 300 && r.Status < 400 {
		hops, loop := v.Probe.Follow(ctx, Ask{Path: r.Path})
		last := &hops[len(hops)-1]
		switch {
		case loop:
			v.at1(site.Diagnostic{Rule: "PS3xx", Severity: site.Error, Message: fmt.Sprintf("%s goes in circles", r.Path), Hint: "look for two rules that undo each other, often http and https or with and without a slash"}, r, "loop", "paths")
		case len(hops) > 2 && last.Err == nil:
			v.at1(site.Diagnostic{Rule: "PS3xx", Severity: site.Warn, Message: fmt.Sprintf("%s takes %d redirects to %s", r.Path, len(hops)-1, last.Path), Hint: m.Fix}, r, "chain", "paths")
		case last.Status == 402:
			v.at1(site.Diagnostic{Rule: "PW008", Severity: site.Warn, Message: fmt.Sprintf("%s is free and leads to %s, which asks for payment", r.Path, last.Path), Hint: "lead to something free, or make the source paid in the policy"}, r, "live", "paths")
		}
		return
	}
	v.at1(site.Diagnostic{Rule: m.Rule, Severity: m.Severity, Message: fmt.Sprintf("%s is free and answers %d: %s; %s", r.Path, r.Status, m.What, m.Impact), Hint: m.Fix}, r, fmt.Sprint(r.Status), "paths")
}
