package main

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/hone-web/hone/verify"
)

// gated answers as the gate of a host does to somebody who has not paid: what
// the policy calls paid gets its 402, what it denies a 403, and nothing keeps
// either answer. The rest is served by h. prefix is asked for at each request:
// it is known once the site is.
func gated(h http.Handler, w *verify.Paywall, prefix func() string) http.Handler {
	if w == nil {
		return h
	}
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.Path, strings.TrimSuffix(prefix(), "/"))
		if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.ServeHTTP(out, r)
			return
		}
		d := w.DecideURL(cmp.Or(rest, "/"), verify.Human)
		status, rule := http.StatusPaymentRequired, "the default"
		if d.Rule != nil {
			rule = "rule " + d.Rule.ID
			status = cmp.Or(d.Rule.Expect.Status, status)
		}
		switch d.Access {
		case verify.Paid:
		case verify.Deny:
			status = http.StatusForbidden
		default:
			h.ServeHTTP(out, r)
			return
		}
		// The fields of the file are those of a paid answer; a refusal is kept
		// by nobody (docs/402.md).
		fields := out.Header()
		fields.Set("Cache-Control", "private, no-store")
		fields.Set("Content-Type", "text/plain; charset=utf-8")
		fields.Set("X-Content-Type-Options", "nosniff")
		out.WriteHeader(status)
		if r.Method == http.MethodGet {
			fmt.Fprintf(out, "%d %s\n\n%s of the paywall policy: %s. This preview is that of a visitor who has not paid.\n", status, http.StatusText(status), rule, d.Access)
		}
	})
}
