package verify

import (
	"fmt"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// needs follows references from what is free to what is paid.
func (j *payment) needs() {
	for _, f := range j.Files {
		if f.Doc == nil || !f.open() {
			continue
		}
		for i := range f.Doc.Refs {
			to := j.at[f.To[i]]
			if to == nil || to == f || f.Doc.Refs[i].Fixed == scan.MapFolder {
				continue
			}
			j.need(f, i, to)
		}
	}
	j.redirects()
}

func (j *payment) need(f *PaymentFile, i int, to *PaymentFile) {
	r := &f.Doc.Refs[i]
	switch {
	case r.Role == site.RoleCanonical || r.Role == site.RoleMetaImage || r.Role == site.RoleFeedImage:
		j.listed(f, i, to)
	case !to.closed():
	case r.Role == site.RoleHint:
		j.report(place(site.Diagnostic{Rule: "PW005", Evidence: j.because(to), Severity: site.Warn,
			Message: fmt.Sprintf("the hint makes browsers fetch %s before anyone asks for it, and %s it", to.Path, to.why()),
			Hint:    "remove the hint: it costs a request that cannot succeed"}, j.ref(f, i)), string(to.Path), "files", string(f.Path))
	case r.Role == site.RolePrecache:
		j.report(place(site.Diagnostic{Rule: "PW006", Evidence: j.because(to), Severity: site.Error,
			Message: fmt.Sprintf("the service worker precaches %s, and %s it: one answer of 4xx and the worker is not installed at all", to.Path, to.why()),
			Hint:    "leave paid files out of the precache list"}, j.ref(f, i)), string(f.Path), "entries", string(to.Path))
	case r.Role.Loads() && to.Kind != site.HTML || r.Role == site.RoleFrame:
		j.report(place(site.Diagnostic{Rule: "PW004", Evidence: j.because(to), Severity: site.Error,
			Message: fmt.Sprintf("%s is %s and needs the %s %s, which %s", f.Path, f.human(), r.Role, to.Path, to.why()),
			Hint:    "move what free pages share out of the paid part, or add it to the except of the rule"}, j.ref(f, i)), string(to.Path), "files", string(f.Path))
	}
}

// listed judges addresses that crawlers are invited to.
func (j *payment) listed(f *PaymentFile, i int, to *PaymentFile) {
	r := &f.Doc.Refs[i]
	agent := Search
	if r.Role != site.RoleCanonical {
		agent = Social
	}
	if a := to.for1(agent); a != Paid && a != Deny {
		return
	}
	sev, where := site.Warn, "refers crawlers to"
	if f.Kind == site.XML && strings.Contains(strings.ToLower(f.Path.Base()), "sitemap") {
		sev, where = site.Error, "lists"
	}
	j.report(place(site.Diagnostic{Rule: "PW007", Evidence: j.because(to), Severity: sev,
		Message: fmt.Sprintf("%s %s %s, which %s clients get a 402 for: search engines drop such pages", f.Path, where, to.Path, agent),
		Hint:    "list what crawlers get with 200 only, or give them a preview: by_agent = { search = \"preview\" }"}, j.ref(f, i)), string(f.Path), "addresses", string(to.Path))
}

// redirects finds free paths that lead to paid ones.
func (j *payment) redirects() {
	if j.Policy == nil {
		return
	}
	for _, c := range j.Hosts {
		for i := range c.Rules {
			r := &c.Rules[i]
			if r.Status < 300 || r.Status > 399 || !strings.HasPrefix(r.To, "/") || strings.ContainsAny(r.To, "*:$({") || !strings.HasPrefix(r.Pattern, "/") || strings.ContainsAny(r.Pattern, "*:({$^") {
				continue
			}
			to, _, _ := strings.Cut(strings.SplitN(r.To, "#", 2)[0], "?")
			if j.Policy.DecideURL(r.Pattern, Human).Access != Free || j.Policy.DecideURL(to, Human).Access != Paid {
				continue
			}
			j.report(place(site.Diagnostic{Rule: "PW008", Severity: site.Warn,
				Message: fmt.Sprintf("%s is free and leads to %s, which is paid", r.Pattern, to),
				Hint:    "lead to something free, or make the source paid in the policy"}, r.HostPlace), fmt.Sprint(r.HostPlace), "", r.Pattern)
		}
	}
}
