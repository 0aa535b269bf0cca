package verify_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hone-web/hone/site"
	. "github.com/hone-web/hone/verify"
)

const x402 = "eyJ4NDAyVmVyc2lvbiI6MiwiYWNjZXB0cyI6W3sic2NoZW1lIjoiZXhhY3QiLCJuZXR3b3JrIjoiZWlwMTU1Ojg0NTMiLCJhbW91bnQiOiIxMDAiLCJhc3NldCI6IjB4QSIsInBheVRvIjoiMHhCIn1dfQ=="

// gated serves files, and asks for payment where paid says so. It does all
// that is asked of a gate.
type gated struct {
	files map[site.Path]string
	paid  func(r *http.Request) bool
	deny  func(w http.ResponseWriter, r *http.Request)
}

func challenge(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("PAYMENT-REQUIRED", x402)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(402)
}

func (g *gated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := r.URL.Path
	if g.paid != nil && g.paid(r) {
		if r.Method == "OPTIONS" {
			w.WriteHeader(204)
			return
		}
		g.deny(w, r)
		return
	}
	if strings.HasSuffix(p, "/") {
		p += "index.html"
	}
	text, ok := g.files[site.Path(strings.TrimPrefix(p, "/"))]
	if !ok {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(404)
		return
	}
	if strings.HasSuffix(p, ".html") {
		w.Header().Set("Content-Type", "text/html")
	}
	http.ServeContent(w, r, p, time.Time{}, strings.NewReader(text))
}

func under(prefixes ...string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		// What lies there, however it is written.
		p := strings.ReplaceAll(r.URL.Path, `\`, "/")
		return slices.ContainsFunc(prefixes, func(x string) bool { return strings.Contains("/"+strings.TrimLeft(p, "/"), x) })
	}
}

func liveSite() map[site.Path]string {
	return map[site.Path]string{"index.html": "<title>Home</title><p>" + article("home", 60), "robots.txt": "User-agent: *\n", "about.html": "<title>About</title><p>" + article("about", 60),
		"club/report.html": "<title>Report</title><p>" + article("secret", 120)}
}

// liveCases: one fault each.
var liveCases = []struct {
	name string
	gate gated
	want string // the only rule that finds something; "" for none
}{
	{"PW001", gated{paid: under("/club/", "/about"), deny: challenge}, "PW001"},
	{"PW002", gated{paid: under("/"), deny: challenge}, "PW002"},
	{"PW003", gated{paid: under("/club/", "/robots.txt"), deny: challenge}, "PW003"},
	{"PW012", gated{paid: func(r *http.Request) bool {
		return under("/club/")(r) || r.URL.Path == "/about.html" && strings.Contains(r.UserAgent(), "ChatGPT-User")
	}, deny: challenge}, "PW012"},
	{"PL001", gated{deny: challenge}, "PL001"},
	{"PL004", gated{paid: under("/club/"), deny: func(w http.ResponseWriter, r *http.Request) {
		challenge(w, r)
		fmt.Fprint(w, liveSite()["club/report.html"])
	}}, "PL004"},
	{"PL006", gated{paid: func(r *http.Request) bool {
		return strings.HasPrefix(r.RequestURI, "/club/") || r.RequestURI == "/club"
	}, deny: challenge}, "PL006"},
	{"PL007", gated{paid: func(r *http.Request) bool { return under("/club/")(r) && (r.Method == "GET" || r.Method == "HEAD") }, deny: challenge}, "PL007"},
	{"PE005", gated{paid: func(r *http.Request) bool { return under("/club/")(r) && r.Method != "HEAD" }, deny: challenge}, "PE005"},
	{"PL009", gated{paid: func(r *http.Request) bool { return under("/club/")(r) && r.Header.Get("Range") == "" }, deny: challenge}, "PL009"},
	{"PL011", gated{paid: func(r *http.Request) bool { return under("/club/")(r) && r.Header.Get("Payment-Signature") == "" }, deny: challenge}, "PL011"},
	{"PC001", gated{paid: under("/club/"), deny: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("PAYMENT-REQUIRED", x402)
		w.Header().Set("Cache-Control", "max-age=60")
		w.WriteHeader(402)
	}}, "PC001"},
	{"PC005", gated{paid: under("/club/"), deny: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("PAYMENT-REQUIRED", x402)
		w.Header().Set("Cache-Control", "public, max-age=0, private")
		w.WriteHeader(402)
	}}, "PC005"},
	{"PD001", gated{paid: under("/club/"), deny: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(402)
	}}, "PD001"},
	{"PD002", gated{paid: under("/club/"), deny: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("PAYMENT-REQUIRED", "%%%")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(402)
	}}, "PD002"},
	{"right", gated{paid: under("/club/"), deny: challenge}, ""},
}

func newLive(t *testing.T, h http.Handler, files map[site.Path]string) *Live {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Live{Payment: payment(t, club(), files), Seed: "1",
		Probe: &Probe{Origin: u, Now: func() time.Time { return today }, Timeout: 5 * time.Second, Sleep: func(context.Context, time.Duration) error { return nil }}}
}

func TestLive(t *testing.T) {
	t.Parallel()
	for _, tt := range liveCases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := tt.gate
			g.files = liveSite()
			if paid := g.paid; paid != nil { // a page that is not there is not sold
				g.paid = func(r *http.Request) bool { return !strings.Contains(r.URL.Path, "hone-probe-") && paid(r) }
			}
			l := newLive(t, &g, g.files)
			r, err := l.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Unclear) > 0 {
				t.Errorf("unclear: %q", r.Unclear)
			}
			found := map[string]bool{}
			for _, d := range r.Findings {
				found[d.Rule] = true
				if d.Hint == "" || !strings.HasPrefix(string(d.Path), "http://127.0.0.1:") {
					t.Errorf("%v", d)
				}
				if d.Rule != tt.want {
					t.Errorf("a finding of another rule: %v", d)
				}
			}
			if tt.want != "" && !found[tt.want] {
				t.Errorf("%s is not found", tt.want)
			}
		})
	}
}

// TestLiveStates: what is not about payment, and what cannot be told.
func TestLiveStates(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt" && tries.Add(1) == 1:
			w.WriteHeader(503) // a hiccup
		case r.URL.Path == "/about.html":
			http.Redirect(w, r, "/about.html", http.StatusFound)
		case strings.HasPrefix(r.URL.Path, "/club/"):
			challenge(w, r)
		case strings.HasSuffix(r.URL.Path, ".js"):
			w.Header().Set("Content-Type", "text/html")
		case r.URL.Path == "/":
			w.WriteHeader(200)
		default:
			w.WriteHeader(404)
		}
	})
	files := liveSite()
	files["gone.html"] = "<title>Gone</title>"
	r, err := newLive(t, h, files).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, d := range r.Findings {
		rules = append(rules, d.Rule)
	}
	slices.Sort(rules)
	if want := []string{"PE001", "PS200", "PS3xx", "PS404", "PW011"}; !slices.Equal(rules, want) {
		t.Errorf("found %v, want %v", rules, want)
	}

	dead := newLive(t, h, files)
	dead.Probe.Origin = &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	if r, err := dead.Run(t.Context()); err != nil || len(r.Unclear) != 1 || len(r.Findings) != 0 {
		t.Errorf("a dead origin: %+v, %v", r, err)
	}
	few := newLive(t, h, files)
	few.Probe.Requests = 3
	if r, err := few.Run(t.Context()); err != nil || len(r.Unclear) == 0 || few.Probe.Asked() != 3 {
		t.Errorf("bounded: %+v, %v, %d asked", r, err, few.Probe.Asked())
	}
}

// TestPoisoned: a cache in front that keeps errors.
func TestPoisoned(t *testing.T) {
	t.Parallel()
	g := gated{files: liveSite(), paid: under("/club/"), deny: challenge}
	seen := map[string]bool{}
	lock := make(chan struct{}, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lock <- struct{}{}
		if seen[r.RequestURI] && r.Method == "GET" {
			w.Header().Set("Age", "3")
		}
		seen[r.RequestURI] = true
		<-lock
		g.ServeHTTP(w, r)
	})
	l := newLive(t, h, g.files)
	l.Edge = true
	r, err := l.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.Findings, func(d site.Diagnostic) bool { return d.Rule == "PC008" }) {
		t.Errorf("found %v", r.Findings)
	}
}
