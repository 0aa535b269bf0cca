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
	out LiveResult
}

// Run asks the origin.
func (l *Live) Run(ctx context.Context) (*LiveResult, error) {
	if l.Payment.Policy == nil {
		l.Payment.Policy = &Paywall{}
		if err := l.Payment.Policy.Compile(); err != nil {
			return nil, err
		}
	}
	v := &live{Live: l, payment: &payment{Payment: l.Payment, at: map[site.Path]*PaymentFile{}, groups: map[string]*cause{}}}
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
	if !v.siteWide(ctx, &home) {
		for _, step := range []func(context.Context){v.machines, v.freeFiles, v.paidFiles, v.missingFiles} {
			if step(ctx); ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
	}
	v.out.Findings = v.findings()
	return &v.out, cmp.Or(v.payment.err, ctx.Err())
}

func (v *live) unclear(r *Reply) {
	if !errors.Is(r.Err, errBudget) || !slices.ContainsFunc(v.out.Unclear, func(s string) bool { return strings.HasSuffix(s, errBudget.Error()) }) {
		v.out.Unclear = append(v.out.Unclear, r.Evidence())
	}
}

// at1 is a finding about a URL of the origin.
func (v *live) at1(d site.Diagnostic, r *Reply, key, noun string) {
	d.Path = site.Path(RedactURL(v.Probe.Origin.String() + r.Path))
	d.Message, d.Hint = Redact(d.Message+" ("+r.Evidence()+")"), Redact(d.Hint)
	if d.Evidence = v.Probe.evidence(r); r.Agent != "" && r.Agent != Human {
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
		case r.Err != nil:
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
	rank := func(f *PaymentFile) uint64 {
		h := fnv.New64a()
		h.Write([]byte(v.Seed + "\x00" + string(f.Path)))
		return h.Sum64()
	}
	slices.SortFunc(files, func(a, b *PaymentFile) int { return cmp.Compare(rank(a), rank(b)) })
	files = files[:min(len(files), cmp.Or(v.Sample, 40))]
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
		case r.Err != nil:
			v.unclear(&r)
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

// paidFiles asks for everything that is paid.
func (v *live) paidFiles(ctx context.Context) {
	for _, f := range v.Files {
		if !f.closed() || ctx.Err() != nil {
			continue
		}
		v.out.Targets++
		v.paid(ctx, f)
	}
}

func (v *live) paid(ctx context.Context, f *PaymentFile) {
	u := v.url(f)
	r := v.Probe.Do(ctx, Ask{Path: u})
	if r.Err != nil {
		v.unclear(&r)
		return
	}
	key := id(f.access[0].Rule)
	switch {
	case v.holds(f, &r) && r.Status == 402:
		v.at1(site.Diagnostic{Rule: "PL004", Severity: site.Error, Message: fmt.Sprintf("the answer has the status 402 and holds %s", f.Path), Hint: "answer with a document of its own"}, &r, key, "paths")
	case v.holds(f, &r):
		v.at1(site.Diagnostic{Rule: "PL001", Severity: site.Error, Message: fmt.Sprintf("%s gets the text of %s without paying; %s it", u, f.Path, f.why()), Hint: "the gate is not applied to this path"}, &r, key, "paths")
		return // nothing is gated: the rest would say the same
	}
	if r.Status == 402 {
		v.challenge(ctx, f, &r)
	}
	for _, alias := range f.urls {
		alias = site.Escape(strings.TrimSuffix(cmp.Or(v.Prefix, "/"), "/") + alias)
		if alias == u {
			continue
		}
		if a := v.Probe.Do(ctx, Ask{Path: alias}); v.holds(f, &a) && a.Status != 402 {
			v.at1(site.Diagnostic{Rule: "PL005", Severity: site.Error, Message: fmt.Sprintf("%s is gated, and the same file is open at %s", u, alias), Hint: "gate every URL of the file: the folder with all below it"}, &a, key, "paths")
		}
	}
	v.methods(ctx, f, u, key)
	for _, t := range variants(u) {
		if a := v.Probe.raw(ctx, t); v.holds(f, &a) && a.Status != 402 {
			v.at1(site.Diagnostic{Rule: "PL006", Severity: site.Error, Message: fmt.Sprintf("%s is gated, and the same file is open when the path is written %s", u, t),
				Hint: "normalize the path once, before the gate and before the file is looked up; refuse what is ambiguous"}, &a, key, "spellings")
		}
	}
}

// methods asks in other ways: other methods, parts, conditions, and with proof
// that proves nothing.
func (v *live) methods(ctx context.Context, f *PaymentFile, u, key string) {
	for _, m := range []string{"POST", "PUT", "OPTIONS", "HONE"} {
		if a := v.Probe.Do(ctx, Ask{Method: m, Path: u}); v.holds(f, &a) && a.Status != 402 {
			v.at1(site.Diagnostic{Rule: "PL007", Severity: site.Error, Message: fmt.Sprintf("%s is gated for GET and open to %s", u, m), Hint: "gate all methods; answer OPTIONS separately"}, &a, key, "requests")
		}
	}
	built, err := v.Text(f.Path)
	if err != nil {
		return
	}
	if a := v.Probe.Do(ctx, Ask{Method: "HEAD", Path: u}); a.Status == 200 && a.Header.Get("Content-Length") == fmt.Sprint(len(built)) {
		v.at1(site.Diagnostic{Rule: "PE005", Severity: site.Error, Message: fmt.Sprintf("HEAD tells the length of %s, which is gated for GET", u), Hint: "gate HEAD as GET"}, &a, key, "paths")
	}
	a := v.Probe.Do(ctx, Ask{Path: u, Header: map[string]string{"Range": "bytes=0-99"}})
	if a.Status == 206 && len(a.Body) > 0 && bytes.HasPrefix(built, a.Body) {
		v.at1(site.Diagnostic{Rule: "PL009", Severity: site.Warn, Message: fmt.Sprintf("a part of %s is sent to who asks for a range", u), Hint: "gate before ranges and conditions are looked at"}, &a, key, "paths")
	}
	proof := map[string]string{"PAYMENT-SIGNATURE": "bm90IGEgcHJvb2Y=", "X-PAYMENT": "bm90IGEgcHJvb2Y=", "Authorization": `Payment bm90IGEgcHJvb2Y`}
	if a := v.Probe.Do(ctx, Ask{Path: u, Header: proof}); v.holds(f, &a) && a.Status != 402 {
		v.at1(site.Diagnostic{Rule: "PL011", Severity: site.Error, Message: fmt.Sprintf("%s opens to a proof that proves nothing", u), Hint: "refuse when the proof cannot be verified"}, &a, key, "paths")
	}
}

// holds reports whether an answer has the text of a built file.
func (v *live) holds(f *PaymentFile, r *Reply) bool {
	if r.Err != nil || len(r.Body) == 0 || r.Status >= 300 && r.Status != 402 && r.Status < 400 {
		return false
	}
	built, err := v.Text(f.Path)
	if err != nil || len(built) == 0 {
		return false
	}
	if bytes.Equal(built, r.Body) {
		return true
	}
	if f.Kind != site.HTML {
		n := min(len(built), len(r.Body), 4096)
		return n >= 64 && bytes.Equal(built[:n], r.Body[:n])
	}
	return sameText(pageText(built), pageText(r.Body))
}

// missingFiles asks for what is not there: a page that is not found must say
// so, and a paid folder must not sell it.
func (v *live) missingFiles(ctx context.Context) {
	name := "hone-probe-" + fmt.Sprintf("%x", fnv1a(v.Seed))
	if r := v.Probe.Do(ctx, Ask{Path: "/" + name + ".js"}); r.Status == 200 && strings.Contains(r.Header.Get("Content-Type"), "html") {
		v.at1(site.Diagnostic{Rule: "PS200", Severity: site.Warn, Message: "a script that is not there is answered with 200 and a page", Hint: "leave assets out of the fallback: answer 404 with Cache-Control: no-store"}, &r, "soft", "")
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
