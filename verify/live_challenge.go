package verify

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// challenge judges a 402 that is meant.
func (v *live) challenge(ctx context.Context, f *PaymentFile, r *Reply) {
	c := v.classify(r)
	rule := f.access[0].Rule
	key := id(rule)
	switch {
	case c.Scheme == "bare" || c.Scheme == "host-billing":
		v.at1(site.Diagnostic{Rule: "PD001", Severity: site.Error, Message: fmt.Sprintf("%s asks for payment and says no way to pay: %s", r.Path, schemeWords(c)), Hint: "add a challenge, or answer with another status: 402 is for clients that can pay"}, r, key+c.Scheme, "paths")
	case len(c.Problems) > 0:
		v.at1(site.Diagnostic{Rule: "PD002", Severity: site.Error, Message: fmt.Sprintf("the %s challenge of %s cannot be used: %s", c.Scheme, r.Path, strings.Join(c.Problems, "; ")), Hint: "make it with the library of the scheme"}, r, key+strings.Join(c.Problems, ";"), "paths")
	}
	if c.Resource != "" {
		if u, err := url.Parse(c.Resource); err == nil && u.Host != "" && (u.Host != v.Probe.Origin.Host || u.Scheme != v.Probe.Origin.Scheme || u.EscapedPath() != r.Path) {
			v.at1(site.Diagnostic{Rule: "PD003", Severity: site.Warn, Message: fmt.Sprintf("the challenge of %s offers %s", r.Path, clip(c.Resource)), Hint: "tell the gate its public origin, or trust X-Forwarded-Proto and Host of the proxy"}, r, key, "paths")
		}
	}
	if rule != nil && len(rule.Expect.Scheme) > 0 && c.Scheme != "bare" && !slices.ContainsFunc(rule.Expect.Scheme, func(s string) bool { return strings.HasPrefix(c.Scheme, s) }) {
		v.at1(site.Diagnostic{Rule: "PD004", Severity: site.Warn, Message: fmt.Sprintf("%s is offered by %s, and the policy expects %s", r.Path, c.Scheme, strings.Join(rule.Expect.Scheme, " or ")), Hint: "correct the policy, or the gate"}, r, key, "paths")
	}
	if r.Header.Get("Retry-After") != "" {
		v.at1(site.Diagnostic{Rule: "PD005", Severity: site.Info, Message: fmt.Sprintf("the 402 of %s has Retry-After: waiting does not pay", r.Path), Hint: "leave it out of an answer to a request without payment"}, r, key, "paths")
	}
	if c.Test != "" && v.Probe.Origin.Scheme == "https" {
		v.at1(site.Diagnostic{Rule: "PD009", Severity: site.Error, Message: fmt.Sprintf("%s is sold for %s", r.Path, c.Test), Hint: "configure the network and the payee that you are paid by"}, r, key, "paths")
	}
	v.storing(ctx, rule, r, key)
	v.crossOrigin(ctx, r, c, key)
}

// storing judges what caches may do with a 402.
func (v *live) storing(ctx context.Context, rule *AccessRule, r *Reply, key string) {
	cc := strings.Join(r.Header.Values("Cache-Control"), ", ")
	low := strings.ToLower(cc)
	never := strings.Contains(low, "no-store") || strings.Contains(low, "private")
	if lacks := v.expectedCache(rule, low); lacks != "" {
		v.at1(site.Diagnostic{Rule: "PC001", Severity: site.Error, Message: fmt.Sprintf("the 402 of %s lacks %s, which the policy expects", r.Path, lacks), Hint: "send Cache-Control: no-store with it"}, r, key+lacks, "paths")
	} else if !never {
		sev, why := site.Warn, "says nothing about caching"
		if storable(cc) || r.Header.Get("Expires") != "" {
			sev, why = site.Error, "may be stored"
		}
		v.at1(site.Diagnostic{Rule: "PC001", Severity: sev, Message: fmt.Sprintf("the 402 of %s %s", r.Path, why), Hint: "send Cache-Control: no-store with it"}, r, key+why, "paths")
	}
	if strings.Contains(low, "public") && (strings.Contains(low, "private") || strings.Contains(low, "no-store")) || strings.Count(low, "max-age") > 1+strings.Count(low, "s-maxage") {
		v.at1(site.Diagnostic{Rule: "PC005", Severity: site.Warn, Message: fmt.Sprintf("Cache-Control of %s contradicts itself: %s", r.Path, clip(cc)), Hint: "replace the field where the gate sets it, do not append to it"}, r, key, "paths")
	}
	for name, values := range r.Header {
		if targeted(name) && storable(strings.Join(values, ",")) {
			v.at1(site.Diagnostic{Rule: "PC006", Severity: site.Error, Message: fmt.Sprintf("%s lets the CDN store the 402 of %s", name, r.Path), Hint: "send no-store in this field too"}, r, key+name, "paths")
		}
	}
	if !never && r.Header.Get("Vary") == "" {
		if other := v.Probe.Do(ctx, Ask{Path: r.Path, Header: map[string]string{"Accept": "application/json"}}); other.Err == nil && string(other.Body) != string(r.Body) && other.Status == 402 {
			v.at1(site.Diagnostic{Rule: "PC007", Severity: site.Warn, Message: fmt.Sprintf("the 402 of %s depends on Accept and does not say so in Vary", r.Path), Hint: "send no-store, or Vary"}, r, key, "paths")
		}
	}
	if v.Edge {
		v.poison(ctx, r, key)
	}
}

// expectedCache returns the first directive that the policy expects and the
// answer does not have.
func (v *live) expectedCache(rule *AccessRule, low string) string {
	if rule == nil {
		return ""
	}
	for _, d := range rule.Expect.Cache {
		if !slices.ContainsFunc(strings.Split(low, ","), func(s string) bool { return strings.TrimSpace(s) == strings.ToLower(d) }) {
			return d
		}
	}
	return ""
}

// poison looks whether a cache kept the 402, under a query of its own, so that
// no real key is touched. The last request carries a proof that proves nothing:
// one that the cache hands on, because of Vary (RFC 9111, section 4.1) or a
// rule of its own, would reach the gate with a real proof too.
func (v *live) poison(ctx context.Context, r *Reply, key string) {
	u := v.ownKey(r.Path)
	first := v.Probe.Do(ctx, Ask{Path: u})
	second := v.Probe.Do(ctx, Ask{Path: u})
	if first.Status != 402 || second.Status != 402 || !cacheHit(&second) {
		return
	}
	proof := emptyProof()
	if second.Header.Get("WWW-Authenticate") == "" {
		delete(proof, "Authorization") // which some caches always hand on
	} else {
		proof = map[string]string{"Authorization": proof["Authorization"]}
	}
	if strings.Contains(strings.ToLower(strings.Join(second.Header.Values("Vary"), ",")), "cookie") {
		proof["Cookie"] = "hone-probe=1"
	}
	if third := v.Probe.Do(ctx, Ask{Path: u, Header: proof}); third.Status == 402 && cacheHit(&third) {
		v.at1(site.Diagnostic{Rule: "PC008", Severity: site.Error, Message: fmt.Sprintf("a cache keeps the 402 of %s and serves it to those who paid", r.Path),
			Hint: "purge the URL, send no-store, and drop rules that store errors, such as proxy_cache_valid any"}, &third, key, "paths")
	}
}

// emptyProof returns the fields of a proof that proves nothing.
func emptyProof() map[string]string {
	return map[string]string{"PAYMENT-SIGNATURE": "bm90IGEgcHJvb2Y=", "X-PAYMENT": "bm90IGEgcHJvb2Y=", "Authorization": "Payment bm90IGEgcHJvb2Y"}
}

// cacheHit reports whether an answer came out of a cache (RFC 9111, section
// 5.1; RFC 9211).
func cacheHit(r *Reply) bool {
	if a := r.Header.Get("Age"); a != "" && a != "0" {
		return true
	}
	for _, name := range []string{"Cache-Status", "X-Cache", "X-Cache-Status", "Cf-Cache-Status", "X-Vercel-Cache", "X-Varnish-Cache"} {
		v := strings.ToLower(r.Header.Get(name))
		if v == "hit" || strings.HasPrefix(v, "hit ") || strings.Contains(v, "; hit") || strings.HasPrefix(v, "hit,") {
			return true
		}
	}
	return len(strings.Fields(r.Header.Get("X-Varnish"))) == 2
}

// paymentFields are what scripts have to read and send.
var paymentFields = []string{"PAYMENT-REQUIRED", "PAYMENT-RESPONSE", "WWW-Authenticate", "Payment-Receipt"}

// crossOrigin asks as a script of another origin does: first for leave (Fetch,
// CORS-preflight), then for the file.
func (v *live) crossOrigin(ctx context.Context, r *Reply, c Challenge, key string) {
	const from = "https://client.example"
	proof := map[string]string{"x402v2": "payment-signature", "x402v1": "x-payment", "mpp": "authorization", "l402": "authorization"}[c.Scheme]
	if proof == "" {
		return
	}
	pre := v.Probe.Do(ctx, Ask{Method: "OPTIONS", Path: r.Path, Header: map[string]string{"Origin": from, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": proof}})
	switch {
	case pre.Err != nil:
		v.unclear(&pre)
		return
	case pre.Status == 402:
		v.at1(site.Diagnostic{Rule: "PE001", Severity: site.Error, Message: fmt.Sprintf("the preflight of %s is asked to pay, so no script of another origin can ever pay", r.Path), Hint: "answer OPTIONS before the gate"}, &pre, key, "paths")
		return
	case pre.Header.Get("Access-Control-Allow-Origin") == "":
		return // other origins are not meant to
	}
	allow := strings.ToLower(pre.Header.Get("Access-Control-Allow-Headers"))
	if !strings.Contains(allow, proof) && (allow != "*" || proof == "authorization") {
		v.at1(site.Diagnostic{Rule: "PE004", Severity: site.Error, Message: fmt.Sprintf("the preflight of %s does not allow %s, with which payment is proved", r.Path, proof), Hint: "add it to Access-Control-Allow-Headers"}, &pre, key, "paths")
	}
	get := v.Probe.Do(ctx, Ask{Path: r.Path, Header: map[string]string{"Origin": from}})
	if get.Status != 402 {
		return
	}
	if get.Header.Get("Access-Control-Allow-Origin") == "" {
		v.at1(site.Diagnostic{Rule: "PE002", Severity: site.Warn, Message: fmt.Sprintf("the 402 of %s has no Access-Control-Allow-Origin: scripts see a network error", r.Path), Hint: "apply CORS outside of the gate"}, &get, key, "paths")
		return
	}
	exposed := strings.ToLower(get.Header.Get("Access-Control-Expose-Headers"))
	if c.Scheme == "x402v2" && !strings.Contains(exposed, "payment-required") && exposed != "*" || c.Scheme == "mpp" && !strings.Contains(exposed, "www-authenticate") && exposed != "*" {
		v.at1(site.Diagnostic{Rule: "PE003", Severity: site.Warn, Message: fmt.Sprintf("scripts of other origins cannot read the challenge of %s", r.Path), Hint: "list it in Access-Control-Expose-Headers: " + strings.Join(paymentFields, ", ")}, &get, key, "paths")
	}
}
