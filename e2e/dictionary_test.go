//go:build e2e

package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/fixtures/trap"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// TestDictionary lets Chromium come back after a deploy that added a rule to a
// long style sheet: it has the old one, says so, and gets what changed.
func TestDictionary(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]host{"hone": ours, "nginx": nginx} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			comesBack(t, h)
		})
	}
}

func comesBack(t *testing.T, h host) {
	var css, page strings.Builder
	for i := range 400 {
		fmt.Fprintf(&css, ".rule-%x { margin: %dpx %dpx; color: #%06x }\n", i*i*7919, i%97, i*31%89, i*40503%0xffffff)
		fmt.Fprintf(&page, `<p class="rule-%x">x</p>`, i*i*7919)
	}
	in, last := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "last")
	trap.Tree{"app.css": []byte(css.String()), "index.html": []byte(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Comes back</title>` +
		`<link rel="stylesheet" href="app.css"></head><body><h1>Title</h1>` + page.String() + `</body></html>`)}.Write(t, in)
	d := newDeploys(t, in, h, func(o *pipeline.Options) {
		o.Cache.Dictionary, o.Previous, o.CSS.Critical = true, last, "off"
	})
	ctx := tab(t)
	color := func() string {
		t.Helper()
		var c string
		if err := chromedp.Run(ctx, chromedp.Navigate(d.origin+d.now.Base.Prefix), chromedp.Evaluate(`getComputedStyle(document.querySelector("h1")).color`, &c)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := color(); c != "rgb(0, 0, 0)" {
		t.Fatalf("the title is %s", c)
	}
	if err := os.CopyFS(last, os.DirFS(d.out)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.in, "app.css"), []byte(css.String()+"h1 { color: rgb(1, 2, 3) }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	d.deploy(t)
	d.log.take()
	if c := color(); c != "rgb(1, 2, 3)" {
		t.Errorf("the title is %s after the second deploy", c)
	}
	var now *site.Entry
	for i := range d.now.Manifest.Entries {
		if e := &d.now.Manifest.Entries[i]; e.Class == cache.ClassFingerprinted && len(e.Dictionaries) == 1 {
			now = e
		}
	}
	if now == nil {
		t.Fatal("nothing is packed with the last deploy")
	}
	for _, hit := range d.log.take() {
		if hit.path == d.now.Base.Prefix+string(now.Path) {
			if int64(hit.bytes) != now.Dictionaries[0].Size || hit.status != http.StatusOK {
				t.Errorf("%+v, want the %d bytes packed with the last deploy (br: %d, plain: %d)", hit, now.Dictionaries[0].Size, now.Encoded["br"], now.Size)
			}
			t.Logf("%d bytes instead of %d (br)", hit.bytes, now.Encoded["br"])
			return
		}
	}
	t.Error("the style sheet was not asked for")
}
