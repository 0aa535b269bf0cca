package verify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/hone-web/hone/site"
)

// Live holds a live origin against the policy. The oracle is the body: a leak
// is the text of the built file, not a status.
type Live struct {
	Probe   *Probe
	Payment *Payment // Policy may be nil: then all is free; Files may be empty
	Edge    bool     // ask a cache before the origin, under keys of its own
	Sample  int      // free files that are asked for; 0 means 40
	Seed    string   // decides which

	// Proof returns a header field that proves a payment, for a challenge; nil:
	// nothing is proved. It is the owner's: hone never pays.
	Proof func(context.Context, *ProofRequest) (name, value string, err error)
	// Others are further addresses of the same files that are not meant to be
	// known: previews of the host, the bucket, the origin behind the CDN.
	Others []*Probe
}

// LiveResult is what was found.
type LiveResult struct {
	Findings []site.Diagnostic
	Targets  int
	Unclear  []string // what could not be told, and why
}

// live carries one run.
type live struct {
	*Live
	*payment
	out   LiveResult
	home  []byte          // the body of the start page
	ruled map[string]bool // rules of the policy of which one file was looked at closely
}

// Run asks the origin.
func (l *Live) Run(ctx context.Context) (*LiveResult, error) {
	if l.Payment.Policy == nil {
		l.Payment.Policy = &Paywall{}
		if err := l.Payment.Policy.Compile(); err != nil {
			return nil, err
		}
	}
	v := &live{Live: l, payment: &payment{Payment: l.Payment, at: map[site.Path]*PaymentFile{}, groups: map[string]*cause{}}, ruled: map[string]bool{}}
	for _, f := range l.Payment.Files {
		f.urls = URLs(f.Path)
		v.at[f.Path] = f
		v.decide(f)
	}
	home := v.Probe.Do(ctx, Ask{Path: "/"})
	if home.Err != nil {
		v.unclear(&home)
		return &v.out, ctx.Err()
	}
	v.home = home.Body
	v.place(ctx, &home)
	if !v.siteWide(ctx, &home) {
		for _, step := range []func(context.Context){v.machines, v.freeFiles, v.paidFiles, v.listedURLs, v.discovery, v.missingFiles} {
			if step(ctx); ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
	}
	v.out.Findings = v.findings()
	return &v.out, cmp.Or(v.payment.err, ctx.Err())
}

// place corrects where the site is served: a staging server may have at its
// root what pages say lies below a path.
func (v *live) place(ctx context.Context, home *Reply) {
	index := v.at["index.html"]
	if v.Prefix == "/" || v.Prefix == "" || index == nil || !v.holds(index, home) {
		return
	}
	if r := v.Probe.Do(ctx, Ask{Path: site.Escape(v.Prefix)}); r.Err == nil && !v.holds(index, &r) {
		v.payment.Payment.Prefix = "/"
	}
}

// again reports whether a second answer is as the first: what changes from one
// request to the next is no finding.
func (v *live) again(ctx context.Context, r *Reply) bool {
	b := v.Probe.Do(ctx, r.Ask)
	r.Stable = errors.Is(b.Err, errBudget) || b.Err == nil && b.Status == r.Status
	return r.Stable
}

func (v *live) unclear(r *Reply) {
	if !errors.Is(r.Err, errBudget) || !slices.ContainsFunc(v.out.Unclear, func(s string) bool { return strings.HasSuffix(s, errBudget.Error()) }) {
		why := r.Evidence()
		if r.Err == nil {
			why += ", and something else when it is asked again"
		}
		v.out.Unclear = append(v.out.Unclear, why)
	}
}

// at1 is a finding about a URL of the origin.
func (v *live) at1(d site.Diagnostic, r *Reply, key, noun string) {
	v.of(v.Probe, d, r, key, noun)
}

// of is a finding about a URL of any origin.
func (v *live) of(p *Probe, d site.Diagnostic, r *Reply, key, noun string) {
	d.Path = site.Path(RedactURL(p.Origin.String() + r.Path))
	d.Message, d.Hint = Redact(d.Message+" ("+r.Evidence()+")"), Redact(d.Hint)
	if d.Evidence = p.evidence(r); r.Agent != "" && r.Agent != Human {
		d.Confidence = site.Spoofed
	}
	v.report(d, key, noun, Redact(r.Path))
}

func (v *live) classify(r *Reply) Challenge {
	return Classify(r.Status, r.Header, r.Body, v.Probe.Now())
}

// url returns the address under which a file is asked for first.
func (v *live) url(f *PaymentFile) string {
	u := f.urls[0]
	if len(f.urls) > 1 && strings.HasSuffix(f.urls[1], "/") && strings.EqualFold(f.Path.Stem(), "index") {
		u = f.urls[1]
	}
	return site.Escape(strings.TrimSuffix(cmp.Or(v.Prefix, "/"), "/") + u)
}

// sampled is how many of many are asked for.
func (v *live) sampled() int { return cmp.Or(v.Sample, 40) }

// pick takes a sample, the same with the same seed, and keeps it in order.
func (v *live) pick(urls []string) []string {
	out := pickBy(urls, v.sampled(), func(u string) string { return v.Seed + "\x00" + u })
	slices.Sort(out)
	return out
}

func pickBy[T any](all []T, n int, key func(T) string) []T {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b T) int { return cmp.Compare(fnv1a(key(a)), fnv1a(key(b))) })
	return out[:min(len(out), n)]
}

// siteWide finds the one cause of a 402 on everything: the account of the
// host, or a gate on all paths.
func (v *live) siteWide(ctx context.Context, home *Reply) bool {
	if home.Status != 402 || v.Policy.DecideURL("/", Human).Access == Paid {
		return false
	}
	control := v.Probe.Do(ctx, Ask{Path: "/robots.txt"})
	if control.Status != 402 {
		return false
	}
	c := v.classify(home)
	d := site.Diagnostic{Rule: "PW002", Severity: site.Error,
		Message: fmt.Sprintf("the whole site asks for payment, robots.txt too: %s", schemeWords(c)),
		Hint:    "look for a rule on all paths (x402 makes one of a single route), or at the account of the host"}
	if c.Scheme == "host-billing" {
		d.Hint = "this is the state of the account at " + c.Host + ": pay or raise the limit there; visitors cannot"
	}
	v.at1(d, home, "site", "paths")
	return true
}

func schemeWords(c Challenge) string {
	switch c.Scheme {
	case "":
		return "it asks for nothing"
	case "bare":
		return "a 402 without a challenge"
	case "host-billing":
		return "a notice of " + c.Host + " to the owner of the site"
	}
	return "a challenge of " + c.Scheme
}

// machines asks for what programs need without paying.
func (v *live) machines(ctx context.Context) {
	paths := slices.Clone(always)
	for _, f := range v.Files {
		if infrastructure(f.Path) != "" && !slices.Contains(paths, f.urls[0]) && len(paths) < 40 {
			paths = append(paths, f.urls[0])
		}
	}
	var asks []Ask
	for _, p := range paths {
		asks = append(asks, Ask{Path: site.Escape(p), Agent: Search})
	}
	for i, r := range v.Probe.All(ctx, asks) {
		switch {
		case r.Err != nil || !r.Stable || r.Status == 402 && !v.again(ctx, &r):
			v.unclear(&r)
		case r.Status == 402:
			v.at1(site.Diagnostic{Rule: "PW003", Severity: site.Error, Message: fmt.Sprintf("%s asks for payment; %s", paths[i], infrastructure(site.Path(paths[i][1:]))),
				Hint: "let it through before the gate"}, &r, "live", "paths")
		}
	}
}

// freeFiles asks for a sample of what is free, as each class of clients that
// has it free.
func (v *live) freeFiles(ctx context.Context) {
	var files []*PaymentFile
	for _, f := range v.Files {
		if f.open() && infrastructure(f.Path) == "" {
			files = append(files, f)
		}
	}
	files = pickBy(files, v.sampled(), func(f *PaymentFile) string { return v.Seed + "\x00" + string(f.Path) })
	slices.SortFunc(files, func(a, b *PaymentFile) int { return cmp.Compare(a.Path, b.Path) })
	var asks []Ask
	var of []*PaymentFile
	add := func(f *PaymentFile, u string) {
		for _, a := range Agents {
			if acc := Free; f != nil {
				if acc = f.for1(a); acc != Free && acc != Preview || a != Human && f.Kind != site.HTML {
					continue
				}
			}
			asks, of = append(asks, Ask{Path: u, Agent: a}), append(of, f)
		}
	}
	if len(files) == 0 && v.Policy.DecideURL("/", Human).Access == Free {
		add(nil, "/")
	}
	for _, f := range files {
		add(f, v.url(f))
	}
	v.out.Targets += len(files)
	charged := map[string]bool{} // to people
	for i, r := range v.Probe.All(ctx, asks) {
		switch {
		case r.Err != nil || !r.Stable || r.Status == 402 && !charged[r.Path] && !v.again(ctx, &r):
			v.unclear(&r)
		case r.Status == 402 && v.Edge && v.stale(ctx, &r):
			charged[r.Path] = true
		case r.Status == 402 && r.Agent == Human:
			charged[r.Path] = true
			v.at1(site.Diagnostic{Rule: "PW001", Severity: site.Error, Message: fmt.Sprintf("%s is free and asks for payment: %s", r.Path, schemeWords(v.classify(&r))),
				Hint: "narrow the pattern of the gate"}, &r, v.classify(&r).Scheme, "paths")
		case r.Status == 402 && !charged[r.Path]:
			sev := site.Warn
			if r.Agent == Search {
				sev = site.Error
			}
			v.at1(site.Diagnostic{Rule: "PW012", Severity: sev, Message: fmt.Sprintf("%s is free and charges %s clients, which name themselves as %s", r.Path, r.Agent, clip(r.Agent.UserAgent())),
				Hint: "charge training crawlers only; hone only names itself so, and a gate that checks addresses or signatures may treat the real one otherwise"}, &r, string(r.Agent), "paths")
		case r.Agent == Human && r.Status != 200 && of[i] != nil:
			v.status(ctx, &r)
		}
	}
}

// missingFiles asks for what is not there: a page that is not found must say
// so, and a paid folder must not sell it.
func (v *live) missingFiles(ctx context.Context) {
	name := "hone-probe-" + fmt.Sprintf("%x", fnv1a(v.Seed))
	if r := v.Probe.Do(ctx, Ask{Path: "/" + name + ".js"}); r.Status == 200 && strings.Contains(r.Header.Get("Content-Type"), "html") {
		v.at1(site.Diagnostic{Rule: "PS200", Severity: site.Warn, Message: "a script that is not there is answered with 200 and a page", Hint: "leave assets out of the fallback: answer 404 with Cache-Control: no-store"}, &r, "soft", "")
	}
	if r := v.Probe.Do(ctx, Ask{Path: "/" + name + ".html"}); r.Status == 200 && v.Policy.DecideURL("/"+name+".html", Human).Access == Free {
		d := site.Diagnostic{Rule: "PS200", Severity: site.Warn, Message: "a page that is not there is answered with 200: search engines take it for a page, visitors for the one they came for", Hint: "answer 404; a page of its own may come with it"}
		if bytes.Equal(r.Body, v.home) {
			d.Severity, d.Message = site.Info, "a page that is not there is answered with 200 and the start page, as applications with one page do" // a choice, and often meant
		}
		v.at1(d, &r, "soft page", "")
	}
	for _, rule := range v.Policy.Rules {
		dir, ok := strings.CutSuffix(rule.Path, "/**")
		if !ok || rule.Access != Paid || strings.ContainsAny(dir, "*?{") {
			continue
		}
		if r := v.Probe.Do(ctx, Ask{Path: site.Escape(dir + "/" + name + ".html")}); r.Status == 402 {
			v.at1(site.Diagnostic{Rule: "PW011", Severity: site.Warn, Message: "a page that is not there is sold", Hint: "look for the file first: 404, then 401, then 402"}, &r, rule.ID, "")
		}
	}
}

func fnv1a(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// now is the time of the run.
func (v *live) now() time.Time { return v.Probe.Now() }
