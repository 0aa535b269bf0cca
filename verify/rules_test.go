package verify_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hone-web/hone/site"
	. "github.com/hone-web/hone/verify"
)

// offering answers with a challenge of x402 version 2 for an offer.
func offering(network, resource string, fields ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		res := ""
		if resource != "" {
			res = fmt.Sprintf(`,"resource":{"url":%q}`, strings.ReplaceAll(resource, "SELF", "http://"+r.Host+r.URL.Path))
		}
		w.Header().Set("PAYMENT-REQUIRED", base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"x402Version":2,"accepts":[{"scheme":"exact","network":%q,"amount":"100","asset":"0xA","payTo":"0xB"}]%s}`, network, res)))
		w.Header().Set("Cache-Control", "no-store")
		for i := 0; i+1 < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		w.WriteHeader(402)
	}
}

// saying answers with a challenge and a body.
func saying(contentType, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		challenge(w, r)
		fmt.Fprint(w, body)
	}
}

// cors answers preflights and 402s of other origins.
func cors(allow, onAnswer, exposed string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "OPTIONS" {
				w.Header().Set("Access-Control-Allow-Origin", "*")
				w.Header().Set("Access-Control-Allow-Headers", allow)
				w.WriteHeader(204)
				return
			}
			if r.Header.Get("Origin") != "" && onAnswer != "" {
				w.Header().Set("Access-Control-Allow-Origin", onAnswer)
			}
			if exposed != "" {
				w.Header().Set("Access-Control-Expose-Headers", exposed)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// at answers one path by itself.
func at(path string, h http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				h(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func status(code int, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i+1 < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		w.WriteHeader(code)
	}
}

// remembering is a cache that keeps what keep says, by address, and tells.
func remembering(keep func(r *http.Request, code int) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		var lock sync.Mutex
		stored := map[string]*httptest.ResponseRecorder{}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			lock.Lock()
			defer lock.Unlock()
			res := stored[r.RequestURI]
			if hit := res != nil && r.Method == "GET"; !hit {
				res = httptest.NewRecorder()
				next.ServeHTTP(res, r)
				if r.Method == "GET" && keep(r, res.Code) {
					stored[r.RequestURI] = res
				}
			} else {
				w.Header().Set("Age", "5")
			}
			for k, v := range res.Header() {
				w.Header()[k] = v
			}
			w.WriteHeader(res.Code)
			_, _ = w.Write(res.Body.Bytes())
		})
	}
}

// paying opens the gate to a proof.
func paying(cacheControl string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Proof") == "paid" {
				if cacheControl != "" {
					w.Header().Set("Cache-Control", cacheControl)
				}
				fmt.Fprint(w, liveSite()["club/report.html"])
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func proof(value string) func(*testing.T, *Live) {
	return func(_ *testing.T, l *Live) {
		l.Proof = func(_ context.Context, r *ProofRequest) (string, string, error) {
			if r.Scheme != "x402v2" || r.Status != 402 || !strings.HasPrefix(r.URL, "http://127.0.0.1:") {
				return "", "", errors.New("no challenge")
			}
			return "X-Proof", value, nil
		}
	}
}

func edge(t *testing.T, l *Live) { l.Edge = true }

func expecting(e Expect) func(*testing.T, *Live) {
	return func(_ *testing.T, l *Live) { l.Payment.Policy.Rules[0].Expect = e }
}

func and(fs ...func(*testing.T, *Live)) func(*testing.T, *Live) {
	return func(t *testing.T, l *Live) {
		for _, f := range fs {
			f(t, l)
		}
	}
}

// elsewhere serves the files at another address, behind the paths.
func elsewhere(paid ...string) func(*testing.T, *Live) {
	return func(t *testing.T, l *Live) {
		g := &gated{files: liveSite(), deny: challenge}
		if len(paid) > 0 {
			g.paid = under(paid...)
		}
		s := httptest.NewServer(g)
		t.Cleanup(s.Close)
		u, _ := url.Parse(s.URL)
		l.Others = []*Probe{{Origin: u, Now: l.Probe.Now}}
	}
}

func chain(hops ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		for i := range len(hops) - 1 {
			next = at(hops[i], func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, hops[i+1], http.StatusFound) })(next)
		}
		return next
	}
}

func jsonAt(path, text string) func(http.Handler) http.Handler {
	return at(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, text)
	})
}

// ruleCases hold a wrong form of each live rule that liveCases do not, and a
// right one for every rule: what is right must find nothing at all.
var ruleCases = []struct {
	name string // RULE, and "right" where nothing is to be found
	deny func(http.ResponseWriter, *http.Request)
	wrap func(http.Handler) http.Handler
	set  func(*testing.T, *Live)
	tls  bool
	also []string // rules that the same fault breaks too
}{
	{name: "PL005", wrap: at("/club/report", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, liveSite()["club/report.html"]) })},
	{name: "PL005 right", wrap: at("/club/report", challenge)},
	{name: "PL001", wrap: func(next http.Handler) http.Handler {
		open := &gated{files: liveSite()}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.UserAgent(), "Googlebot") {
				open.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}},
	{name: "PL010", set: elsewhere()},
	{name: "PL010 right", set: elsewhere("/club/")},
	{name: "PL009 conditions", wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-None-Match") != "" && under("/club/")(r) {
				w.WriteHeader(304)
				return
			}
			next.ServeHTTP(w, r)
		})
	}},
	{name: "PE005 status", wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "HEAD" {
				return
			}
			next.ServeHTTP(w, r)
		})
	}},
	{name: "PW007", wrap: func(h http.Handler) http.Handler {
		return at("/sitemap.xml", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<urlset><url><loc>https://x.org/listed</loc></url></urlset>")
		})(at("/listed", challenge)(h))
	}},
	{name: "PW007 right", wrap: at("/sitemap.xml", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<urlset><url><loc>https://x.org/about.html</loc></url></urlset>")
	})},
	{name: "PW008", wrap: chain("/about.html", "/club/report.html")},
	{name: "PW008 right", wrap: chain("/about.html", "/")},
	{name: "PW010", wrap: paying("private, no-store"), set: proof("wrong")},
	{name: "PW010 right", wrap: paying("private, no-store"), set: proof("paid")},
	{name: "PW011", wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if under("/club/")(r) && strings.Contains(r.URL.Path, "hone-probe-") {
				challenge(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}},
	{name: "PW012 right", wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.UserAgent(), "GPTBot") && !strings.HasSuffix(r.URL.Path, ".txt") {
				challenge(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, set: func(_ *testing.T, l *Live) {
		l.Payment.Policy = &Paywall{Rules: append(club().Rules, &AccessRule{ID: "all", Path: "/**", Access: Free, ByAgent: map[Agent]Access{Training: Paid}})}
		if l.Payment.Policy.Compile() != nil {
			panic("policy")
		}
	}},
	{name: "PC001 expected", deny: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("PAYMENT-REQUIRED", x402)
		w.Header().Set("Cache-Control", "private")
		w.WriteHeader(402)
	}, set: expecting(Expect{Cache: []string{"no-store"}})},
	{name: "PC001 right", set: expecting(Expect{Cache: []string{"no-store"}, Status: 402})},
	{name: "PC004", wrap: paying("public, max-age=60"), set: proof("paid")},
	{name: "PC004 silent", wrap: paying(""), set: proof("paid")},
	{name: "PC004 right", wrap: paying("private, no-store"), set: proof("paid")},
	{name: "PC005 right", deny: offering("eip155:8453", "", "Cache-Control", "private, no-store, max-age=0")},
	{name: "PC006", deny: offering("eip155:8453", "", "CDN-Cache-Control", "max-age=60")},
	{name: "PC006 right", deny: offering("eip155:8453", "", "CDN-Cache-Control", "no-store")},
	{name: "PC007", deny: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("PAYMENT-REQUIRED", x402)
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Content-Type", "text/html")
		if r.Header.Get("Accept") == "application/json" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(402)
		fmt.Fprint(w, `<a href="/join">`+r.Header.Get("Accept")+"</a>")
	}, also: []string{"PC001"}},
	{name: "PC007 right", deny: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.Header.Get("Accept") == "application/json" {
			w.Header().Set("Content-Type", "application/json")
		}
		challenge(w, r)
		fmt.Fprint(w, `<a href="/join">`+r.Header.Get("Accept")+"</a>")
	}},
	{name: "PC008 right", wrap: remembering(func(_ *http.Request, code int) bool { return code == 200 }), set: edge},
	{name: "PC009", wrap: func(h http.Handler) http.Handler {
		return remembering(func(r *http.Request, code int) bool { return code == 200 })(paying("private, no-store")(h))
	}, set: and(edge, proof("paid"))},
	{name: "PC009 right", wrap: func(h http.Handler) http.Handler {
		return remembering(func(r *http.Request, code int) bool { return false })(paying("private, no-store")(h))
	}, set: and(edge, proof("paid"))},
	{name: "PC010", wrap: at("/about.html", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			w.Header().Set("Age", "3600")
			challenge(w, r)
			return
		}
		fmt.Fprint(w, liveSite()["about.html"])
	}), set: edge},
	{name: "PC010 right", set: edge},
	{name: "PD003", deny: offering("eip155:8453", "http://10.0.0.7:3000/club/report.html")},
	{name: "PD003 right", deny: offering("eip155:8453", "SELF")},
	{name: "PD004", set: expecting(Expect{Scheme: []string{"mpp"}})},
	{name: "PD004 closed", deny: status(403)},
	{name: "PD004 offers", wrap: jsonAt("/.well-known/x402", `{"items":[{"resource":"/club/report.html","accepts":[{"network":"eip155:8453","amount":"999"}]}]}`)},
	{name: "PD004 right", wrap: jsonAt("/.well-known/x402", `{"items":[{"resource":"/club/report.html","accepts":[{"network":"eip155:8453","amount":"100"}]}]}`), set: expecting(Expect{Scheme: []string{"x402"}})},
	{name: "PD005", deny: offering("eip155:8453", "", "Retry-After", "60")},
	{name: "PD006", deny: func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			challenge(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(402)
	}},
	{name: "PD006 people", deny: saying("application/problem+json", `{"title":"Payment required"}`)},
	{name: "PD006 right", deny: func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			saying("text/html; charset=utf-8", `<title>Pay</title><a href="/join">Join</a>`)(w, r)
			return
		}
		saying("application/json", "{}")(w, r)
	}},
	{name: "PD007", deny: saying("text/html", "<title>Pay</title><p>Payment required."), also: []string{"PD006"}},
	{name: "PD007 instead", wrap: at("/club/report.html", saying200("<title>Join</title><a href=/join>Join us</a>"))},
	{name: "PD007 right", wrap: at("/club/report.html", saying200("<title>Join</title><meta name=robots content=noindex><a href=/join>Join us</a>"))},
	{name: "PD008", deny: func(w http.ResponseWriter, r *http.Request) {
		challenge(w, r)
		fmt.Fprint(w, "no payment: "+r.Header.Get("Cookie"))
	}},
	{name: "PD008 right", deny: saying("text/plain", "no payment")},
	{name: "PD009", deny: offering("eip155:84532", ""), tls: true},
	{name: "PD009 right", deny: offering("eip155:8453", ""), tls: true},
	{name: "PE001", wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "OPTIONS" && under("/club/")(r) {
				challenge(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}},
	{name: "PE002", wrap: cors("payment-signature", "", "PAYMENT-REQUIRED")},
	{name: "PE003", wrap: cors("payment-signature", "*", "")},
	{name: "PE004", wrap: cors("content-type", "*", "PAYMENT-REQUIRED")},
	{name: "PE004 right", wrap: cors("content-type, PAYMENT-SIGNATURE", "*", "PAYMENT-REQUIRED, PAYMENT-RESPONSE")},
	{name: "PF007", wrap: jsonAt("/.well-known/x402", `{"items":[{"resource":"https://x.org/about.html"}]}`)},
	{name: "PF007 right", wrap: jsonAt("/.well-known/x402", `{"items":[{"resource":"https://x.org/club/report.html"}]}`)},
	{name: "PS200", wrap: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "hone-probe-") && !under("/club/")(r) {
				saying200("<title>Not found</title>")(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}},
	{name: "PS3xx loop", wrap: chain("/about.html", "/a", "/about.html")},
	{name: "PS3xx chain", wrap: chain("/about.html", "/a", "/b", "/")},
	{name: "PS3xx right", wrap: chain("/about.html", "/")},
	{name: "PS403", wrap: at("/about.html", status(403))},
	{name: "PS404", wrap: at("/about.html", status(410))},
	{name: "PS408", wrap: at("/about.html", status(408))},
	{name: "PS429", wrap: at("/about.html", status(429, "Retry-After", "1"))},
	{name: "PS500", wrap: at("/about.html", status(502))},
	{name: "PS503", wrap: at("/about.html", status(503))},
	{name: "PS503 right: a hiccup", wrap: func(next http.Handler) http.Handler {
		var once sync.Map
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, was := once.LoadOrStore(r.URL.Path, true); !was && (r.Method == "GET" || r.Method == "") {
				w.WriteHeader(503)
				return
			}
			next.ServeHTTP(w, r)
		})
	}},
}

func saying200(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, body)
	}
}

// goodGate does all that is asked of a gate, but for how it denies.
func goodGate(deny func(http.ResponseWriter, *http.Request)) *gated {
	if deny == nil {
		deny = challenge
	}
	return &gated{files: liveSite(), deny: deny, paid: func(r *http.Request) bool { return !strings.Contains(r.URL.Path, "hone-probe-") && under("/club/")(r) }}
}

// tally counts what the cases of a rule find.
type tally struct{ wrong, found, right, clean int }

// TestRules holds every rule about payment against a wrong and a right form,
// static ones and live ones, and prints how many are found and how many right
// ones are left in peace.
func TestRules(t *testing.T) {
	t.Parallel()
	count := map[string]*tally{}
	note := func(name string, ds []site.Diagnostic, wrong bool) {
		rule := strings.Fields(name)[0]
		c := count[rule]
		if c == nil {
			c = &tally{}
			count[rule] = c
		}
		own := slices.ContainsFunc(ds, func(d site.Diagnostic) bool { return d.Rule == rule })
		switch {
		case wrong:
			c.wrong++
			if own {
				c.found++
			} else {
				t.Errorf("%s: not found; there is %v", name, ds)
			}
		default:
			c.right++
			if len(ds) == 0 {
				c.clean++
			} else {
				t.Errorf("%s: finds %v", name, ds)
			}
		}
		for _, d := range ds {
			if d.Evidence == nil || d.Confidence == "" || d.Hint == "" {
				t.Errorf("%s: %v has no evidence, confidence or remedy", name, d)
			}
		}
	}
	for _, tt := range paymentCases {
		if tt.name == "no paywall" {
			continue
		}
		ds, err := payment(t, tt.w, tt.files).Judge()
		if err != nil {
			t.Fatal(err)
		}
		note(tt.name, ds, tt.want != nil)
	}
	for _, tt := range liveCases {
		g := tt.gate
		g.files = liveSite()
		if paid := g.paid; paid != nil {
			g.paid = func(r *http.Request) bool { return !strings.Contains(r.URL.Path, "hone-probe-") && paid(r) }
		}
		note(strings.Replace(tt.name, "right", "PL001 right", 1), runLive(t, newLive(t, &g, g.files)), tt.want != "")
	}
	for _, tt := range ruleCases {
		var h http.Handler = goodGate(tt.deny)
		if tt.wrap != nil {
			h = tt.wrap(h)
		}
		l := newLive(t, h, liveSite())
		if tt.tls {
			s := httptest.NewTLSServer(h)
			t.Cleanup(s.Close)
			l.Probe.Origin, _ = url.Parse(s.URL)
			l.Probe.Roots = x509.NewCertPool()
			l.Probe.Roots.AddCert(s.Certificate())
		}
		if tt.set != nil {
			tt.set(t, l)
		}
		ds := runLive(t, l)
		for _, d := range ds {
			if d.Rule != tt.name[:5] && !slices.Contains(tt.also, d.Rule) {
				t.Errorf("%s: a finding of another rule: %v", tt.name, d)
			}
		}
		note(tt.name, ds, !strings.Contains(tt.name, "right"))
	}
	// A right form of what the cases above break in a gate that is right: the
	// gate itself.
	for _, rule := range []string{"PD001", "PD002", "PD005", "PE001", "PE002", "PE003", "PE005", "PL004", "PL006", "PL007", "PL009", "PL011", "PS200", "PS402", "PS403", "PS404", "PS408", "PS429", "PS500", "PW001", "PW002", "PW011"} {
		note(rule+" right", runLive(t, newLive(t, goodGate(nil), liveSite())), false)
	}
	poisoned(t, note)
	report(t, count)
}

func runLive(t *testing.T, l *Live) []site.Diagnostic {
	t.Helper()
	l.Probe.Timeout = 5 * time.Second
	r, err := l.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Unclear) > 0 {
		t.Errorf("unclear: %q", r.Unclear)
	}
	return r.Findings
}

// poisoned is a cache that keeps errors.
func poisoned(t *testing.T, note func(string, []site.Diagnostic, bool)) {
	l := newLive(t, remembering(func(_ *http.Request, code int) bool { return code == 402 })(goodGate(nil)), liveSite())
	l.Edge = true
	note("PC008", runLive(t, l), true)
	m := StatusMeaning(&Reply{Status: 402})
	note("PS402", []site.Diagnostic{{Rule: m.Rule, Hint: m.Fix, Confidence: site.Sure, Evidence: &site.Evidence{}}}, true)
}

// report prints the table and fails for rules without a case.
func report(t *testing.T, count map[string]*tally) {
	pages, err := filepath.Glob("../docs/rules/P[WLCDEFS]*.md")
	if err != nil || len(pages) < 50 {
		t.Fatalf("%d pages of rules, %v", len(pages), err)
	}
	var all tally
	for _, p := range pages {
		rule := strings.TrimSuffix(filepath.Base(p), ".md")
		c := count[rule]
		if c == nil || c.wrong == 0 {
			t.Errorf("%s has no wrong case", rule)
			continue
		}
		if c.right == 0 {
			t.Errorf("%s has no right case", rule)
		}
		t.Logf("%s  wrong %d, found %d · right %d, clean %d", rule, c.wrong, c.found, c.right, c.clean)
		all.wrong, all.found, all.right, all.clean = all.wrong+c.wrong, all.found+c.found, all.right+c.right, all.clean+c.clean
		page, err := os.ReadFile(p)
		if err != nil || strings.Count(string(page), "## Wrong\n") != 1 || strings.Count(string(page), "## Right\n") != 1 {
			t.Errorf("the page of %s has not one wrong and one right form: %v", rule, err)
		}
	}
	t.Logf("%d rules: precision %.3f (%d of %d right cases without a finding), recall %.3f (%d of %d wrong cases found by their own rule)", len(pages),
		float64(all.found)/float64(max(1, all.found+all.right-all.clean)), all.clean, all.right, float64(all.found)/float64(max(1, all.wrong)), all.found, all.wrong)
}
