package verify

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/hone-web/hone/site"
)

// ProofRequest is what an adapter is told to make a proof from.
type ProofRequest struct {
	URL    string              `json:"url"`
	Method string              `json:"method"`
	Scheme string              `json:"scheme"` // as Challenge.Scheme
	Status int                 `json:"status"`
	Header map[string][]string `json:"header"` // of the answer
	Body   string              `json:"body"`
}

// maxProofs bounds how often the adapter is asked: a proof may cost money.
const maxProofs = 10

// prove asks for one file of each rule with a proof of payment, and looks what
// becomes of the answer. With Edge the request goes under a key of its own, so
// that no cache keeps anything under a real one.
func (v *live) prove(ctx context.Context, f *PaymentFile, r *Reply, key string) {
	if v.Proof == nil || len(v.ruled) > maxProofs {
		return
	}
	u := r.Path
	if v.Edge {
		u = v.ownKey(u)
	}
	c := v.classify(r)
	name, value, err := v.Proof(ctx, &ProofRequest{URL: v.Probe.Origin.String() + u, Method: http.MethodGet, Scheme: c.Scheme, Status: r.Status, Header: r.Header, Body: string(r.Body)})
	if err != nil {
		v.out.Unclear = append(v.out.Unclear, Redact(fmt.Sprintf("GET %s with a proof: the adapter: %v", r.Path, err)))
		return
	}
	a := v.Probe.Do(ctx, Ask{Path: u, Header: map[string]string{name: value}, Secret: true})
	switch {
	case a.Err != nil:
		v.unclear(&a)
	case a.Status == 402:
		v.at1(site.Diagnostic{Rule: "PW010", Severity: site.Error, Message: fmt.Sprintf("%s asks for payment although a valid proof was sent%s", r.Path, map[bool]string{true: "; the answer came out of a cache"}[cacheHit(&a)]),
			Hint: "look at the facilitator, the clock of the server and what caches keep (PC001)"}, &a, key, "paths")
	case a.Status >= 200 && a.Status < 300:
		v.paidAnswer(ctx, f, &a, u, key)
	default:
		v.out.Unclear = append(v.out.Unclear, a.Evidence()+": neither what was paid nor a challenge")
	}
}

// paidAnswer judges what caches may do with an answer that was paid for.
func (v *live) paidAnswer(ctx context.Context, f *PaymentFile, a *Reply, u, key string) {
	cc := strings.Join(a.Header.Values("Cache-Control"), ", ")
	low := strings.ToLower(cc)
	if !strings.Contains(low, "no-store") && !strings.Contains(low, "private") {
		why := "says nothing about caching"
		if storable(cc) {
			why = "may be stored by shared caches"
		}
		v.at1(site.Diagnostic{Rule: "PC004", Severity: site.Error, Message: fmt.Sprintf("%s, which was paid for, %s; proofs in fields of their own do not keep caches from it", u, why),
			Hint: "send private, no-store with paid files"}, a, key+why, "paths")
	}
	if !v.Edge {
		return
	}
	if again := v.Probe.Do(ctx, Ask{Path: u}); v.holds(f, &again) && again.Status != 402 {
		v.at1(site.Diagnostic{Rule: "PC009", Severity: site.Error, Message: fmt.Sprintf("a cache keeps %s after one has paid, and serves it to those who have not", f.Path),
			Hint: "send private, no-store with paid files, and purge the URL"}, &again, key, "paths")
	}
}

// ownKey returns the address under a query that nobody else asks for.
func (v *live) ownKey(u string) string {
	sep := "?"
	if strings.Contains(u, "?") {
		sep = "&"
	}
	return fmt.Sprintf("%s%shone-probe=%x", u, sep, fnv1a(v.Seed+v.now().String()+u))
}

// stale tells a 402 that a cache kept from before a file became free: under a
// key of its own the file is free.
func (v *live) stale(ctx context.Context, r *Reply) bool {
	if !cacheHit(r) {
		return false
	}
	fresh := v.Probe.Do(ctx, Ask{Path: v.ownKey(r.Path), Agent: r.Agent})
	if fresh.Err != nil || fresh.Status != 200 {
		return false
	}
	v.at1(site.Diagnostic{Rule: "PC010", Severity: site.Warn, Message: fmt.Sprintf("%s is free, and a cache still serves the 402 of before", r.Path),
		Hint: "purge the URL; 'hone diff' lists what to purge when access changes"}, r, "stale", "paths")
	return true
}
