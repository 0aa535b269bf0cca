package verify

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/fetch"
	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// media asks for the challenge as a program and as a page does: each must be
// able to read its own.
func (v *live) media(ctx context.Context, f *PaymentFile, r *Reply) {
	key := id(f.access[0].Rule)
	mine := v.classify(r)
	for _, accept := range []string{"application/json", "*/*"} {
		a := v.Probe.Do(ctx, Ask{Path: r.Path, Header: map[string]string{"Accept": accept}})
		if a.Err != nil {
			v.unclear(&a)
			continue
		}
		theirs := v.classify(&a)
		switch {
		case v.holds(f, &a) && a.Status != 402:
			v.at1(site.Diagnostic{Rule: "PL001", Severity: site.Error, Message: fmt.Sprintf("%s is gated for browsers and open to Accept: %s", r.Path, accept),
				Hint: "gate whatever is asked for"}, &a, key+accept, "paths")
		case a.Status == 402 && theirs.Scheme == "bare" && mine.Scheme != "bare" && mine.Scheme != "host-billing":
			v.at1(site.Diagnostic{Rule: "PD006", Severity: site.Warn, Message: fmt.Sprintf("%s offers %s to browsers and nothing to Accept: %s, with which paying programs ask", r.Path, mine.Scheme, accept),
				Hint: "send the challenge in its header field whatever is asked for, and negotiate the body on Accept alone"}, &a, key, "paths")
		case a.Status == 402 && mine.Scheme == "bare" && theirs.Scheme != "bare" && theirs.Scheme != "":
			v.at1(site.Diagnostic{Rule: "PD006", Severity: site.Warn, Message: fmt.Sprintf("%s offers %s to Accept: %s and nothing to browsers", r.Path, theirs.Scheme, accept),
				Hint: "send the challenge in its header field whatever is asked for, and negotiate the body on Accept alone"}, &a, key, "paths")
		case accept == "application/json" && a.Status == 402 && mediaType(&a) == "text/html" && len(a.Body) > 0:
			v.at1(site.Diagnostic{Rule: "PD006", Severity: site.Info, Message: fmt.Sprintf("%s sends a page to Accept: application/json", r.Path),
				Hint: "negotiate on Accept, not on User-Agent"}, &a, key+"html", "paths")
		}
	}
	v.page(f, r, key)
}

// page judges what people see.
func (v *live) page(f *PaymentFile, r *Reply, key string) {
	switch t := mediaType(r); {
	case len(bytes.TrimSpace(r.Body)) == 0 || f.Kind != site.HTML:
	case strings.HasSuffix(t, "json"):
		v.at1(site.Diagnostic{Rule: "PD006", Severity: site.Info, Message: fmt.Sprintf("people who open %s see %s", r.Path, t),
			Hint: "send browsers a page that says how to pay; the challenge stands in the header field"}, r, key+"json", "paths")
	case t == "text/html" && !actionable(r.Body):
		v.at1(site.Diagnostic{Rule: "PD007", Severity: site.Warn, Message: fmt.Sprintf("the page that asks for payment at %s has no link, form or script: people cannot go on", r.Path),
			Hint: "add a way to pay, or an address to ask"}, r, key, "paths")
	}
}

func mediaType(r *Reply) string {
	t, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// actionable reports whether a page holds anything that leads on.
func actionable(body []byte) bool {
	return slices.ContainsFunc(markup.Parse(body), func(t markup.Token) bool {
		if t.Type != markup.StartTag && t.Type != markup.SelfClosing {
			return false
		}
		switch t.Name {
		case "a", "area":
			return t.Get(body, "href") != ""
		case "form", "button", "script", "iframe":
			return true
		case "meta":
			return strings.EqualFold(t.Get(body, "http-equiv"), "refresh")
		}
		return false
	})
}

// indexable reports whether search engines may list an answer.
func indexable(r *Reply) bool {
	if forbids(strings.Join(r.Header.Values("X-Robots-Tag"), ",")) {
		return false
	}
	return !slices.ContainsFunc(markup.Parse(r.Body), func(t markup.Token) bool {
		return (t.Type == markup.StartTag || t.Type == markup.SelfClosing) && t.Name == "meta" && strings.EqualFold(t.Get(r.Body, "name"), "robots") && forbids(t.Get(r.Body, "content"))
	})
}

func forbids(directives string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(directives), func(c rune) bool { return c == ',' || c == ' ' || c == ':' }), func(w string) bool { return w == "noindex" || w == "none" })
}

// echo sends credentials that stand out and looks for them in the answer, and
// for the names of machines that nobody outside should know.
func (v *live) echo(ctx context.Context, r *Reply, key string) {
	canary := fmt.Sprintf("hone%x", fnv1a(v.Seed+"canary"))
	a := v.Probe.Do(ctx, Ask{Path: r.Path, Header: map[string]string{"Cookie": "session=" + canary, "Authorization": "Bearer " + canary, "X-Api-Key": canary}})
	if a.Err != nil {
		v.unclear(&a)
		return
	}
	where := ""
	for name, values := range a.Header {
		if strings.Contains(strings.Join(values, "\n"), canary) && (where == "" || name < where) {
			where = name
		}
	}
	if where == "" && bytes.Contains(a.Body, []byte(canary)) {
		where = "the body"
	}
	if where != "" {
		v.at1(site.Diagnostic{Rule: "PD008", Severity: site.Error, Message: fmt.Sprintf("%s repeats the credentials of the request in %s", r.Path, where),
			Hint: "leave fields of the request out of the answer: it is logged, cached and shown"}, &a, key, "paths")
	}
	if host := v.internalHost(r); host != "" {
		v.at1(site.Diagnostic{Rule: "PD008", Severity: site.Error, Message: fmt.Sprintf("the challenge of %s names a machine of the inner network: %s", r.Path, host),
			Hint: "tell the gate its public origin"}, r, key+host, "paths")
	}
}

// internalHost returns a name or address of an inner network in a challenge,
// unless the origin itself is one.
func (v *live) internalHost(r *Reply) string {
	if inner(v.Probe.Origin.Hostname()) {
		return ""
	}
	if u, err := url.Parse(v.classify(r).Resource); err == nil && u.Host != "" && inner(u.Hostname()) {
		return u.Host
	}
	return ""
}

func inner(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return fetch.Private(a)
	}
	h := strings.ToLower(strings.TrimSuffix(host, "."))
	return h == "localhost" || !strings.Contains(h, ".") || strings.HasSuffix(h, ".local") || strings.HasSuffix(h, ".internal") || strings.HasSuffix(h, ".localhost") || strings.HasSuffix(h, ".lan")
}
