//go:build e2e

package e2e_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/fixtures/trap"
	"github.com/hone-web/hone/internal/pipeline"
)

// shown describes every element of the body that has a box, and tells whether
// anything was painted.
const shown = `({
  painted: performance.getEntriesByType("paint").some((e) => e.name === "first-contentful-paint"),
  elements: [...document.body.querySelectorAll("*")].filter((e) => e.id !== "out" && !/^(script|style|link)$/.test(e.localName)).map((e) => {
    const r = e.getBoundingClientRect(), s = getComputedStyle(e);
    return e.localName + " " + [r.x, r.y, r.width, r.height].join() + " " + [...s].filter((p) => !/^--/.test(p)).map((p) => p + ":" + s.getPropertyValue(p)).join(";");
  }),
})`

// TestCriticalWaiting holds the style sheets of pages back: what is painted
// without them must be what is there with them, to the last property.
func TestCriticalWaiting(t *testing.T) {
	t.Parallel()
	p := trap.Read(t, "../fixtures/traps/critical-css.txtar", "../fixtures/pictures")
	in := filepath.Join(t.TempDir(), "in")
	p.Site.Write(t, in)
	s := build(t, in, func(o *pipeline.Options) { p.Options(t, o) })
	for _, name := range []string{"/index.html", "/second.html"} {
		t.Run(name[1:], func(t *testing.T) {
			release := make(chan struct{})
			files := http.FileServer(http.Dir(s.out))
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, ".css") {
					select {
					case <-release:
					case <-r.Context().Done():
						return
					}
				}
				if name == "/index.html" && r.URL.Path == name {
					r.URL.Path = "/"
				}
				files.ServeHTTP(w, r)
			}))
			t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
			var before, after struct {
				Painted  bool
				Elements []string
			}
			ctx := tab(t)
			err := chromedp.Run(ctx,
				chromedp.EmulateViewport(desktop.width, desktop.height),
				chromedp.ActionFunc(func(ctx context.Context) error {
					_, _, _, _, err := page.Navigate(server.URL + name).Do(ctx)
					return err
				}),
				chromedp.Poll(`document.body && performance.getEntriesByType("paint").some((e) => e.name === "first-contentful-paint")`, nil),
				chromedp.Evaluate(shown, &before),
				chromedp.ActionFunc(func(context.Context) error {
					close(release)
					return nil
				}),
				chromedp.Poll(`document.readyState === "complete" && [...document.querySelectorAll("link[rel=stylesheet]")].every((l) => l.sheet)`, nil),
				chromedp.Evaluate(shown, &after),
			)
			if err != nil {
				t.Fatal(err)
			}
			if !before.Painted || len(before.Elements) < 2 {
				t.Fatalf("painted: %v, %d elements", before.Painted, len(before.Elements))
			}
			for i, e := range before.Elements {
				if !slices.Contains(after.Elements, e) {
					t.Errorf("element %d changed when the style sheets came:\n%.400s\n%.400s", i, e, after.Elements[i])
				}
			}
		})
	}
}
