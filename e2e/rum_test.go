//go:build e2e

package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/fixtures/trap"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/rum"
)

// beacon is what a page sends.
type beacon struct {
	Page    string
	Metrics []struct {
		Name, Rating, ID, NavigationType string
		Value                            float64
	}
}

const measuredPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Measured</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; style-src 'unsafe-inline'"><style>main { min-height: 60vh }</style></head>
<body><main><h1>A heading that is the largest text of the page</h1><button id="press" type="button">Press</button></main></body></html>`

// TestRUM receives what Chromium sends when somebody who clicked leaves a page:
// under a policy, of all five metrics, with the path and no query. It runs by
// itself: a tab behind another is hidden, and web-vitals says nothing of paints
// that nobody saw.
func TestRUM(t *testing.T) {
	in := filepath.Join(t.TempDir(), "in")
	trap.Tree{"blog/index.html": []byte(measuredPage), "next.html": []byte(`<!doctype html><html lang="en"><head><title>Next</title></head><body><p>Next</p></body></html>`)}.Write(t, in)
	s := build(t, in, func(o *pipeline.Options) {
		var err error
		if o.RUM, err = rum.Parse("/rum", 1); err != nil {
			t.Fatal(err)
		}
	})
	got := make(chan beacon, 16)
	files := http.FileServerFS(os.DirFS(s.out))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/rum" {
			files.ServeHTTP(w, r)
			return
		}
		var b beacon
		text, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		if err == nil {
			err = json.Unmarshal(text, &b)
		}
		if err != nil || r.Method != http.MethodPost {
			t.Errorf("%s %s: %v", r.Method, text, err)
		}
		got <- b
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	ctx := tab(t)
	err := chromedp.Run(ctx,
		chromedp.EmulateViewport(desktop.width, desktop.height),
		chromedp.Navigate(server.URL+"/blog/?mail=somebody@example.com"),
		chromedp.Poll(`performance.getEntriesByType("resource").some((e) => e.name.includes("vitals") && e.responseEnd > 0) && document.readyState === "complete"`, nil),
		// A click before anything is painted would end what LCP looks at.
		chromedp.Evaluate(`new Promise((done) => new PerformanceObserver(() => done(1)).observe({type: "largest-contentful-paint", buffered: true}))`, nil, promise),
		chromedp.Click("#press"),
		// The click is measured once the next frame is shown, and looked at when
		// the page has nothing else to do.
		chromedp.Evaluate(`new Promise((done) => { const wait = (n) => n > 0 ? requestAnimationFrame(() => wait(n - 1)) : done(1); wait(20) })`, nil, promise),
		chromedp.Navigate(server.URL+"/next.html"),
	)
	if err != nil {
		t.Fatal(err)
	}
	seen, beacons := map[string]bool{}, 0
	for limit := time.After(20 * time.Second); len(seen) < 5; {
		select {
		case b := <-got:
			if b.Page == "/next.html" {
				continue // which may be left, too
			}
			beacons++
			if b.Page != "/blog/" {
				t.Errorf("it says of itself %q", b.Page)
			}
			for _, m := range b.Metrics {
				seen[m.Name] = true
				if m.Value < 0 || m.ID == "" || m.Rating == "" || m.NavigationType != "navigate" {
					t.Errorf("%+v", m)
				}
			}
		case <-limit:
			t.Fatalf("only %v came", seen)
		}
	}
	// web-vitals may settle a value after the page was told that it is hidden.
	if beacons > 3 {
		t.Errorf("%d beacons, want one for most", beacons)
	}
	for _, name := range []string{"LCP", "INP", "CLS", "FCP", "TTFB"} {
		if !seen[name] {
			t.Errorf("no %s: %v", name, seen)
		}
	}
}
