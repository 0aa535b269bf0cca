package verify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hone-web/hone/site"
	. "github.com/hone-web/hone/verify"
)

func probeOf(t *testing.T, h http.HandlerFunc) *Probe {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Probe{Origin: u, Now: func() time.Time { return today }, Timeout: 5 * time.Second, Sleep: func(context.Context, time.Duration) error { return nil }}
}

// TestPrivate: a public name that leads into a private network is not asked,
// not even when the name leads elsewhere the second time.
func TestPrivate(t *testing.T) {
	t.Parallel()
	asked := false
	p := probeOf(t, func(http.ResponseWriter, *http.Request) { asked = true })
	port := p.Origin.Port()
	for _, ip := range []string{"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.100.100.200", "0.0.0.0", "192.0.0.8", "198.18.0.1", "::1", "fd00:ec2::254", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "240.0.0.1", "224.0.0.1"} {
		q := &Probe{Origin: &url.URL{Scheme: "http", Host: "site.example:" + port}, Now: p.Now, Sleep: p.Sleep,
			Lookup: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr(ip)}, nil }}
		if r := q.Do(t.Context(), Ask{Path: "/"}); r.Err == nil || !strings.Contains(r.Evidence(), "address of a private network") {
			t.Errorf("%s: %s", ip, r.Evidence())
		}
	}
	lookups := 0
	q := &Probe{Origin: &url.URL{Scheme: "http", Host: "site.example:" + port}, Now: p.Now, Sleep: p.Sleep, Timeout: 200 * time.Millisecond,
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			if lookups++; lookups == 1 {
				return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil // TEST-NET-1: nobody answers
			}
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}}
	if r := q.Do(t.Context(), Ask{Path: "/"}); r.Err == nil || asked {
		t.Errorf("rebound: %s, asked %v", r.Evidence(), asked)
	}
	// Named by the owner, or allowed.
	if r := p.Do(t.Context(), Ask{Path: "/"}); r.Err != nil || !asked {
		t.Errorf("named: %v", r.Err)
	}
}

// TestRetries: what passes is asked for again, what may change something is
// not, and what is not twice the same is not stable.
func TestRetries(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		method   string
		answers  []int
		want     int
		stable   bool
		requests int32
	}{
		{"at once", "GET", []int{200}, 200, true, 1},
		{"a hiccup", "GET", []int{503, 200}, 200, true, 2},
		{"down", "GET", []int{503, 503, 503}, 503, true, 3},
		{"one way, then another", "GET", []int{500, 429, 503}, 503, false, 3},
		{"a client error stays", "GET", []int{404, 200}, 404, true, 1},
		{"not twice", "POST", []int{500, 200}, 500, true, 1},
	} {
		var n atomic.Int32
		p := probeOf(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tt.answers[n.Add(1)-1]) })
		r := p.Do(t.Context(), Ask{Method: tt.method, Path: "/"})
		if r.Status != tt.want || r.Stable != tt.stable || n.Load() != tt.requests {
			t.Errorf("%s: %d, stable %v, %d requests", tt.name, r.Status, r.Stable, n.Load())
		}
	}
	var waited []time.Duration
	p := probeOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(429)
	})
	p.Sleep = func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }
	p.Do(t.Context(), Ask{Path: "/"})
	if len(waited) != 2 || waited[0] != 7*time.Second {
		t.Errorf("Retry-After: waited %v", waited)
	}
}

// TestUnstable: what changes from one request to the next is no finding.
func TestUnstable(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	files := liveSite()
	g := goodGate(nil)
	l := newLive(t, at("/about.html", func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 1 {
			challenge(w, r)
			return
		}
		fmt.Fprint(w, files["about.html"])
	})(g), files)
	r, err := l.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(r.Findings, func(d site.Diagnostic) bool { return d.Rule == "PW001" }) || !slices.ContainsFunc(r.Unclear, func(s string) bool { return strings.Contains(s, "something else when it is asked again") }) {
		t.Errorf("found %v, unclear %q", r.Findings, r.Unclear)
	}
}

// TestTrouble: a name, a certificate, a server that never answers are told
// apart, and none is a status.
func TestTrouble(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	slow := probeOf(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	slow.Timeout = 50 * time.Millisecond
	tls := &Probe{Now: slow.Now, Sleep: slow.Sleep}
	tls.Origin, _ = url.Parse(secure.URL)
	dns := &Probe{Origin: &url.URL{Scheme: "http", Host: "gone.example"}, Now: slow.Now, Sleep: slow.Sleep,
		Lookup: func(_ context.Context, h string) ([]netip.Addr, error) {
			return nil, &net.DNSError{Err: "no such host", Name: h, IsNotFound: true}
		}}
	for want, p := range map[string]*Probe{"no answer in time": slow, "(TLS)": tls, "(DNS)": dns} {
		r := p.Do(t.Context(), Ask{Path: "/"})
		if r.Err == nil || r.Status != 0 || !strings.Contains(r.Evidence(), want) {
			t.Errorf("%s: %s", want, r.Evidence())
		}
		l := &Live{Probe: p, Payment: payment(t, nil, liveSite())}
		if res, err := l.Run(t.Context()); err != nil || len(res.Findings) != 0 || len(res.Unclear) == 0 {
			t.Errorf("%s: %+v, %v", want, res, err)
		}
	}
}

// TestSeed: the sample is the same with the same seed, and another with
// another.
func TestSeed(t *testing.T) {
	t.Parallel()
	files := map[site.Path]string{"index.html": page}
	for i := range 100 {
		files[site.Path(fmt.Sprintf("p%d.html", i))] = page
	}
	ask := func(seed string) []string {
		paths := make(chan string, 10_000)
		l := newLive(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.UserAgent(), "Chrome/") {
				paths <- r.URL.Path
			}
			(&gated{files: files}).ServeHTTP(w, r)
		}), files)
		l.Seed, l.Sample = seed, 10
		if _, err := l.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		close(paths)
		var out []string
		for p := range paths {
			if strings.HasPrefix(p, "/p") {
				out = append(out, p)
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	a, b, c := ask("1"), ask("1"), ask("2")
	if len(a) < 9 || !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Errorf("seed 1: %v and %v; seed 2: %v", a, b, c)
	}
}

// TestSecrets: whatever is found, nothing that proves who asks is in it.
func TestSecrets(t *testing.T) {
	t.Parallel()
	const secret = "SECRETVALUE"
	g := goodGate(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session="+secret)
		w.Header().Set("WWW-Authenticate", `L402 macaroon="`+secret+`", invoice="lnbc1"`)
		w.Header().Set("Authorization", "Bearer "+secret)
		w.Header().Set("X-Payment", secret)
		w.WriteHeader(402)
		fmt.Fprint(w, r.Header.Get("Cookie"), secret)
	})
	l := newLive(t, at("/about.html", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/about.html?token="+secret, http.StatusFound)
	})(g), liveSite())
	l.Proof = func(context.Context, *ProofRequest) (string, string, error) {
		return "", "", errors.New("the wallet says: token=" + secret)
	}
	r, err := l.Run(t.Context())
	if err != nil || len(r.Findings) == 0 {
		t.Fatalf("%v, %v", r, err)
	}
	text := fmt.Sprint(r.Unclear)
	for _, d := range r.Findings {
		text += fmt.Sprintf("%v %s %s %v\n", d, d.Path, d.Hint, d.Evidence.Lines())
	}
	text += strings.Join(l.Probe.Diagnose(t.Context(), "/club/report.html?token="+secret).Lines, "\n")
	if strings.Contains(text, secret) {
		t.Errorf("%s", text)
	}
}
