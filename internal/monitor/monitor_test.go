package monitor

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	"github.com/hone-web/hone/verify"
)

var epoch = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// clock is a time that moves when somebody sleeps.
type clock struct {
	mu    sync.Mutex
	t     time.Time
	slept []time.Duration
	after func(n int) // called after the nth sleep
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	c.t, c.slept = c.t.Add(d), append(c.slept, d)
	n := len(c.slept)
	c.mu.Unlock()
	if c.after != nil {
		c.after(n)
	}
	return ctx.Err()
}

func options(t *testing.T, c *clock, targets ...Target) Options {
	t.Helper()
	return Options{Targets: targets, Interval: time.Minute, Now: c.now, Sleep: c.sleep, Rand: func() float64 { return 0.5 }, Drift: true,
		Log: func(string, ...any) {},
		Probe: func(o *url.URL) *verify.Probe {
			return &verify.Probe{Origin: o, Now: c.now, Sleep: func(context.Context, time.Duration) error { return nil }}
		}}
}

func target(t *testing.T, line string) Target {
	t.Helper()
	x, err := ParseTarget(line)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// server answers with what its function says.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
}

func serve(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		f := s.answer
		s.mu.Unlock()
		f(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) status(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n); fmt.Fprint(w, "answer") }
}

func round(t *testing.T, m *Monitor) *Summary {
	t.Helper()
	s, err := m.Round(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// One failure is told to nobody, the second once, the recovery once.
func TestAlerts(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var posts []payload
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get(signatureField) != Sign([]byte("a secret of tests"), r.Header.Get(timestampField), body) {
			t.Error("the signature is wrong")
		}
		var p payload
		if err := json.Unmarshal(body, &p); err != nil {
			t.Error(err)
		}
		posts = append(posts, p)
	}))
	defer hook.Close()
	c := &clock{t: epoch}
	o := options(t, c, target(t, s.URL+"/"))
	o.Webhook = &Webhook{URL: hook.URL, Secret: []byte("a secret of tests")}
	o.History = &History{Name: filepath.Join(t.TempDir(), "new", "h.jsonl")}
	for i, step := range []struct {
		status, posts int
		event         string
	}{{200, 0, ""}, {404, 0, ""}, {200, 0, ""}, {404, 0, ""}, {404, 1, Down}, {404, 1, ""}, {200, 2, Up}, {200, 2, ""}} {
		s.status(step.status)
		m, err := New(o) // as with --once: what is known comes from the history
		if err != nil {
			t.Fatal(err)
		}
		round(t, m)
		c.t = c.t.Add(time.Minute)
		if len(posts) != step.posts || step.event != "" && posts[len(posts)-1].Events[0].Event != step.event {
			t.Fatalf("after step %d: %+v", i, posts)
		}
	}
	down := posts[0].Events[0]
	if down.Failures != 2 || down.Rule != "PS404" || down.Status != 404 || !down.Since.Equal(epoch.Add(3*time.Minute)) {
		t.Errorf("%+v", down)
	}
}

// What could not be posted is posted in a later round.
func TestWebhookComesBack(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.status(500)
	status, posts := 503, 0
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		posts++
		w.WriteHeader(status)
	}))
	defer hook.Close()
	c := &clock{t: epoch}
	o := options(t, c, target(t, s.URL+"/"))
	o.Webhook = &Webhook{URL: hook.URL, Secret: []byte("a secret of tests")}
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	round(t, m)
	if _, err := m.Round(t.Context()); err == nil || posts != webhookTries {
		t.Fatalf("%d posts, %v", posts, err)
	}
	status = 204
	round(t, m)
	round(t, m)
	if posts != webhookTries+1 {
		t.Errorf("%d posts", posts)
	}
}

func entry(p, body string) site.Entry {
	return site.Entry{Path: site.Path(p), Size: int64(len(body)), SHA256: sha256.Sum256([]byte(body)), Header: map[string]string{"Cache-Control": "public, max-age=60", "Content-Type": "text/html; charset=utf-8"}}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	const x402 = "eyJ4NDAyVmVyc2lvbiI6MiwiYWNjZXB0cyI6W3sic2NoZW1lIjoiZXhhY3QiLCJuZXR3b3JrIjoiZWlwMTU1Ojg0NTMiLCJhbW91bnQiOiIxMDAiLCJhc3NldCI6IjB4QSIsInBheVRvIjoiMHhCIn1dfQ=="
	free, paid := entry("a.html", "deployed"), entry("a.html", "deployed")
	paid.Zone = "club"
	good := http.Header{"Cache-Control": {"max-age=60,public"}, "Content-Type": {"text/html;charset=UTF-8"}}
	for name, x := range map[string]struct {
		line                 string
		entry                *site.Entry
		status               int
		header               http.Header
		body                 string
		err                  error
		loose                bool
		result, rule, reason string
		drift                []string
	}{
		"fine":             {status: 200, result: OK},
		"redirect":         {status: 301, result: OK},
		"gone":             {status: 404, result: Failing, rule: "PS404"},
		"bill":             {status: 402, body: "402: PAYMENT_REQUIRED", result: Failing, rule: "PW002", reason: "Vercel"},
		"wall":             {status: 402, header: http.Header{"Payment-Required": {x402}}, result: Failing, rule: "PW001", reason: "x402v2"},
		"silent":           {err: errors.New("dial https://u:SECRET@h: refused"), result: Failing, reason: "nothing answers"},
		"expected 402":     {line: " 402 x402", status: 402, header: http.Header{"Payment-Required": {x402}}, result: OK},
		"other scheme":     {line: " 402 mpp", status: 402, header: http.Header{"Payment-Required": {x402}}, result: Failing, rule: "PD004"},
		"bare":             {line: " 402", status: 402, result: Failing, rule: "PD001"},
		"broken challenge": {line: " 402", status: 402, header: http.Header{"Payment-Required": {"e30="}}, result: Failing, rule: "PD002"},
		"sold for nothing": {line: " 402", status: 200, result: Failing, rule: "PL001"},
		"expected 404":     {line: " 404", status: 404, result: OK},
		"as deployed":      {entry: &free, status: 200, header: good, body: "deployed", result: OK},
		"body drift":       {entry: &free, status: 200, header: good, body: "another!", result: Failing, reason: "body", drift: []string{"body"}},
		"header drift":     {entry: &free, status: 200, header: http.Header{"Content-Type": {"text/plain"}}, body: "deployed", result: Failing, drift: []string{"Cache-Control", "Content-Type"}},
		"recorded":         {entry: &free, loose: true, status: 200, header: good, body: "another!", result: OK, drift: []string{"body"}},
		"leak":             {entry: &paid, status: 200, body: "deployed", result: Failing, rule: "PL001", reason: "without payment"},
		"leak under 402":   {entry: &paid, status: 402, body: "deployed", result: Failing, rule: "PL004"},
		"sold":             {entry: &paid, status: 402, header: http.Header{"Payment-Required": {x402}}, body: "{}", result: OK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tg := target(t, "https://h.example/a"+x.line)
			if x.entry != nil {
				tg = FromManifest(&site.Manifest{Entries: []site.Entry{*x.entry}}, tg.URL, 1)[0]
			}
			r := judge(&tg, &verify.Reply{Status: x.status, Header: x.header, Body: []byte(x.body), Err: x.err, Stable: true}, !x.loose, epoch)
			if r.Result != x.result || r.Rule != x.rule || !strings.Contains(r.Reason, x.reason) || !slices.Equal(r.Drift, x.drift) || strings.Contains(r.Reason, "SECRET") {
				t.Errorf("%+v", r)
			}
			if x.rule != "" {
				if _, err := os.Stat("../../docs/rules/" + x.rule + ".md"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	r := judge(&Target{URL: &url.URL{}}, &verify.Reply{Status: 503}, true, epoch)
	if r.Result != Unclear {
		t.Errorf("an answer that changes: %+v", r)
	}
}

// The schedule: rounds begin an interval apart, with the jitter that was drawn.
func TestSchedule(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.status(200)
	ctx, cancel := context.WithCancel(t.Context())
	c := &clock{t: epoch, after: func(n int) {
		if n == 3 {
			cancel()
		}
	}}
	o := options(t, c, target(t, s.URL))
	draws := []float64{0, 0.5, 1}
	o.Jitter, o.Rand = 0.2, func() float64 { d := draws[0]; draws = draws[1:]; return d }
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{48 * time.Second, time.Minute, 72 * time.Second}; !slices.Equal(c.slept, want) {
		t.Errorf("slept %v, want %v", c.slept, want)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	got, err := ReadList(strings.NewReader("# pages\nhttps://a.example/\n\nhttps://a.example/club 402 x402 # sold\nhttps://a.example/x?token=abc 404\n"))
	if err != nil || len(got) != 3 || got[1].Scheme != "x402" || strings.Contains(got[2].Name(), "abc") {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, bad := range []string{"ftp://a", "/path", "https://u:p@a/", "https://a 99", "https://a x", "https://a 200 x402", "https://a 402 x402 more", strings.Repeat("https://a/\n", MaxTargets+1), "https://" + strings.Repeat("a", maxLine)} {
		if got, err := ReadList(strings.NewReader(bad)); err == nil {
			t.Errorf("%.40q was read as %v", bad, got)
		}
	}
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{"https://a.example/", "https://a.example/b 402 x402", "http://[::1]:80/?q#f 404", "https://u:p@a/", "::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := ParseTarget(s)
		if err != nil {
			return
		}
		if x.URL.Host == "" || x.URL.User != nil || x.Status != 0 && (x.Status < 200 || x.Status > 599) {
			t.Errorf("%q: %+v", s, x)
		}
	})
}

// The history stays within its bound, survives a line that broke, and returns
// what was last.
func TestHistory(t *testing.T) {
	t.Parallel()
	h := &History{Name: filepath.Join(t.TempDir(), "h.jsonl"), Max: 4000}
	for i := range 200 {
		if i == 100 {
			f, err := os.OpenFile(h.Name, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString(`{"url":"https://a/","status":9`); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
		if err := h.Append([]Record{{Time: epoch, URL: "https://a/", Status: i}, {Time: epoch, URL: "https://b/", Status: 500}}); err != nil {
			t.Fatal(err)
		}
		if fi, err := os.Stat(h.Name); err != nil || fi.Size() > h.Max {
			t.Fatalf("%v, %v", fi, err)
		}
		if last, err := h.Last(); err != nil || last["https://a/"].Status != i || len(last) != 2 {
			t.Fatalf("after %d: %+v, %v", i, last, err)
		}
	}
}

func FuzzHistory(f *testing.F) {
	f.Add([]byte(`{"url":"https://a/","failures":2}` + "\n{"))
	f.Add([]byte("\x00\n\n[]\nnull\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		name := filepath.Join(t.TempDir(), "h")
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		h := &History{Name: name, Max: 2000}
		if _, err := h.Last(); err != nil {
			t.Fatal(err)
		}
		if err := h.Append([]Record{{URL: "https://z.example/", Status: 7}}); err != nil {
			t.Fatal(err)
		}
		if last, err := h.Last(); err != nil || last["https://z.example/"].Status != 7 {
			t.Errorf("%v, %v", last, err)
		}
	})
}

// A sample is the same each time, has all that is paid, then the start page.
func TestFromManifest(t *testing.T) {
	t.Parallel()
	m := &site.Manifest{}
	for _, p := range []string{"index.html", "a/index.html", "b.html", "c.css", "d.js"} {
		m.Entries = append(m.Entries, entry(p, p))
	}
	sold := entry("club/x.pdf", "x")
	sold.Zone = "club"
	m.Entries = append(m.Entries, sold)
	base := &url.URL{Scheme: "https", Host: "h.example", Path: "/docs/"}
	var got []string
	for _, x := range FromManifest(m, base, 4) {
		got = append(got, x.URL.String())
	}
	if want := []string{"https://h.example/docs/a/", "https://h.example/docs/b.html", "https://h.example/docs/club/x.pdf", "https://h.example/docs/"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func BenchmarkJudge(b *testing.B) {
	e := entry("a.html", strings.Repeat("x", 20000))
	tg := FromManifest(&site.Manifest{Entries: []site.Entry{e}}, &url.URL{Scheme: "https", Host: "h"}, 1)[0]
	r := &verify.Reply{Status: 200, Stable: true, Body: []byte(strings.Repeat("x", 20000)), Header: http.Header{"Cache-Control": {"public, max-age=60"}, "Content-Type": {"text/html; charset=utf-8"}}}
	b.ReportAllocs()
	for b.Loop() {
		judge(&tg, r, true, epoch)
	}
}
