package verify

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

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
	if r.Err != nil || !r.Stable {
		v.unclear(&r)
		return
	}
	rule := f.access[0].Rule
	key := id(rule)
	switch {
	case v.holds(f, &r) && r.Status == 402:
		v.at1(site.Diagnostic{Rule: "PL004", Severity: site.Error, Message: fmt.Sprintf("the answer has the status 402 and holds %s", f.Path), Hint: "answer with a document of its own"}, &r, key, "paths")
	case v.holds(f, &r):
		v.at1(site.Diagnostic{Rule: "PL001", Severity: site.Error, Message: fmt.Sprintf("%s gets the text of %s without paying; %s it", u, f.Path, f.why()), Hint: "the gate is not applied to this path"}, &r, key, "paths")
		return // nothing is gated: the rest would say the same
	}
	first := !v.ruled[key]
	v.ruled[key] = true
	if r.Status == 402 {
		v.challenge(ctx, f, &r)
		if first && !v.holds(f, &r) {
			v.media(ctx, f, &r)
			v.echo(ctx, &r, key)
			v.prove(ctx, f, &r, key)
		}
	} else {
		v.unasked(f, &r, key)
	}
	v.aliases(ctx, f, u, key)
	v.methods(ctx, f, r.Status, u, key)
	for _, t := range variants(u) {
		if a := v.Probe.raw(ctx, t); v.holds(f, &a) && a.Status != 402 {
			v.at1(site.Diagnostic{Rule: "PL006", Severity: site.Error, Message: fmt.Sprintf("%s is gated, and the same file is open when the path is written %s", u, t),
				Hint: "normalize the path once, before the gate and before the file is looked up; refuse what is ambiguous"}, &a, key, "spellings")
		}
	}
	if first {
		v.elsewhere(ctx, f, u, key)
	}
}

// unasked judges a paid file that is neither sent nor sold.
func (v *live) unasked(f *PaymentFile, r *Reply, key string) {
	want := 402
	if rule := f.access[0].Rule; rule != nil && rule.Expect.Status != 0 {
		want = rule.Expect.Status
	}
	switch {
	case r.Status == 200 && strings.Contains(r.Header.Get("Content-Type"), "html") && indexable(r):
		v.at1(site.Diagnostic{Rule: "PD007", Severity: site.Warn, Message: fmt.Sprintf("%s answers 200 with another page in place of what is paid, and search engines may list that page", r.Path),
			Hint: "answer 402, or add noindex to the page that asks for payment"}, r, key, "paths")
	case f.human() == Paid && r.Status != want && r.Status >= 400 && !passing(r):
		v.at1(site.Diagnostic{Rule: "PD004", Severity: site.Info, Message: fmt.Sprintf("%s is closed and answers %d, where the policy expects %d: nobody can buy it", r.Path, r.Status, want),
			Hint: "correct the gate, or say what is meant: expect = { status = … }, access = \"deny\""}, r, key, "paths")
	}
}

// aliases asks for the other URLs of the file, and for itself as other clients
// do.
func (v *live) aliases(ctx context.Context, f *PaymentFile, u, key string) {
	prefix := strings.TrimSuffix(cmp.Or(v.Prefix, "/"), "/")
	names := slices.Clone(f.urls)
	for _, ext := range f.Coded {
		names = append(names, f.urls[0]+ext)
	}
	for _, alias := range names {
		alias = site.Escape(prefix + alias)
		if alias == u {
			continue
		}
		if a := v.Probe.Do(ctx, Ask{Path: alias}); v.holds(f, &a) && a.Status != 402 {
			v.at1(site.Diagnostic{Rule: "PL005", Severity: site.Error, Message: fmt.Sprintf("%s is gated, and the same file is open at %s", u, alias), Hint: "gate every URL of the file: the folder with all below it"}, &a, key, "paths")
		}
	}
	for _, agent := range Agents[1:] {
		if acc := f.for1(agent); acc != Paid && acc != Deny {
			continue
		}
		if a := v.Probe.Do(ctx, Ask{Path: u, Agent: agent}); v.holds(f, &a) && a.Status != 402 {
			v.at1(site.Diagnostic{Rule: "PL001", Severity: site.Error, Message: fmt.Sprintf("%s gives the text of %s to whoever names itself as a %s client; %s it", u, f.Path, agent, f.why()),
				Hint: "charge this class too, or check the addresses of the clients that get it for nothing"}, &a, key+string(agent), "paths")
		}
	}
}

// elsewhere asks for the file where nobody is meant to look.
func (v *live) elsewhere(ctx context.Context, f *PaymentFile, u, key string) {
	for _, p := range v.Others {
		a := p.Do(ctx, Ask{Path: u})
		if a.Err != nil {
			v.out.Unclear = append(v.out.Unclear, Redact(p.Origin.String())+": "+a.Evidence())
			continue
		}
		if v.holds(f, &a) && a.Status != 402 {
			d := site.Diagnostic{Rule: "PL010", Severity: site.Error, Message: fmt.Sprintf("%s is gated at %s, and the same file is open at %s", u, v.Probe.Origin, RedactURL(p.Origin.String()+a.Path)),
				Hint: "let the origin answer the CDN only, and gate previews as the site itself"}
			v.of(p, d, &a, key+p.Origin.Host, "paths")
		}
	}
}

// methods asks in other ways: other methods, parts, conditions, and with proof
// that proves nothing.
func (v *live) methods(ctx context.Context, f *PaymentFile, get int, u, key string) {
	for _, m := range []string{"POST", "PUT", "OPTIONS", "HONE"} {
		if rule := f.access[0].Rule; rule != nil && len(rule.Expect.Methods) > 0 && !slices.Contains(rule.Expect.Methods, m) {
			continue // the owner gates these methods only
		}
		if a := v.Probe.Do(ctx, Ask{Method: m, Path: u}); v.holds(f, &a) && a.Status != 402 {
			v.at1(site.Diagnostic{Rule: "PL007", Severity: site.Error, Message: fmt.Sprintf("%s is gated for GET and open to %s", u, m), Hint: "gate all methods; answer OPTIONS separately"}, &a, key, "requests")
		}
	}
	built, err := v.Text(f.Path)
	if err != nil {
		return
	}
	size := max(f.Size, int64(len(built)))
	switch a := v.Probe.Do(ctx, Ask{Method: "HEAD", Path: u}); {
	case a.Err != nil || a.Status < 200 || a.Status > 299:
	case size > 0 && a.Header.Get("Content-Length") == fmt.Sprint(size):
		v.at1(site.Diagnostic{Rule: "PE005", Severity: site.Error, Message: fmt.Sprintf("HEAD tells the length of %s, which is gated for GET", u), Hint: "gate HEAD as GET"}, &a, key, "paths")
	case get == 402:
		v.at1(site.Diagnostic{Rule: "PE005", Severity: site.Warn, Message: fmt.Sprintf("HEAD answers %d for %s, which is gated for GET: tools that ask with HEAD first take it for free", a.Status, u), Hint: "gate HEAD as GET"}, &a, key+"status", "paths")
	}
	// Under an address that nobody asked for: a cache that keeps the 402 would
	// answer 304 for that.
	for _, cond := range [...][2]string{{"If-None-Match", "*"}, {"If-Modified-Since", v.now().UTC().Format(http.TimeFormat)}} {
		if a := v.Probe.Do(ctx, Ask{Path: v.ownKey(u), Header: map[string]string{cond[0]: cond[1]}}); a.Status == http.StatusNotModified {
			v.at1(site.Diagnostic{Rule: "PL009", Severity: site.Warn, Message: fmt.Sprintf("%s answers 304 to %s without payment", u, cond[0]), Hint: "gate before ranges and conditions are looked at"}, &a, key+"304", "paths")
			break
		}
	}
	a := v.Probe.Do(ctx, Ask{Path: u, Header: map[string]string{"Range": "bytes=0-99"}})
	if a.Status == 206 && len(a.Body) > 0 && bytes.HasPrefix(built, a.Body) {
		v.at1(site.Diagnostic{Rule: "PL009", Severity: site.Warn, Message: fmt.Sprintf("a part of %s is sent to who asks for a range", u), Hint: "gate before ranges and conditions are looked at"}, &a, key, "paths")
	}
	if a := v.Probe.Do(ctx, Ask{Path: u, Header: emptyProof()}); v.holds(f, &a) && a.Status != 402 {
		v.at1(site.Diagnostic{Rule: "PL011", Severity: site.Error, Message: fmt.Sprintf("%s opens to a proof that proves nothing", u), Hint: "refuse when the proof cannot be verified"}, &a, key, "paths")
	}
}

// holds reports whether an answer has the text of a built file.
func (v *live) holds(f *PaymentFile, r *Reply) bool {
	if r.Err != nil || len(r.Body) == 0 || r.Status >= 300 && r.Status != 402 && r.Status < 400 {
		return false
	}
	if f.Digest != (site.Digest{}) {
		return r.Digest() == f.Digest
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
