//go:build e2e

package e2e_test

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/fixtures/trap"
	"github.com/hone-web/hone/internal/pipeline"
)

// hinted tells of each font that a page asks for early how many of its faces
// the page turned out to need, and how often it was fetched.
const hinted = `(async () => {
  await document.fonts.ready;
  const rules = [...document.styleSheets].flatMap((s) => [...s.cssRules].map((r) => [r, s.href || document.baseURI])).filter(([r]) => r.type === CSSRule.FONT_FACE_RULE);
  const faces = [...document.fonts];
  return [...document.querySelectorAll("link[rel=preload][as=font]")].map((l) => ({
    Href: l.href,
    Used: rules.filter(([r, base], i) => [...r.style.src.matchAll(/url\("([^"]+)"\)/g)].some((m) => new URL(m[1], base).href === l.href) && faces[i].status !== "unloaded").length,
    Fetched: performance.getEntriesByType("resource").filter((e) => e.name === l.href).length,
  }));
})()`

// TestFontPreload opens the pages of the trap on a phone and on a desktop:
// each font that is asked for early must be used, and fetched once.
func TestFontPreload(t *testing.T) {
	t.Parallel()
	p := trap.Read(t, "../fixtures/traps/font-preload.txtar", "../fixtures/pictures")
	in := filepath.Join(t.TempDir(), "in")
	p.Site.Write(t, in)
	s := build(t, in, func(o *pipeline.Options) { p.Options(t, o) })
	for name, want := range map[string]int{"index": 2, "told": 1, "over": 0, "late": 0, "hidden": 1, "local": 0} {
		for kind, device := range map[string]screen{"phone": phone, "desktop": desktop} {
			t.Run(name+" "+kind, func(t *testing.T) {
				var got []struct {
					Href          string
					Used, Fetched int
				}
				err := chromedp.Run(tab(t),
					network.Enable(), network.SetCacheDisabled(false),
					emulation.SetDeviceMetricsOverride(device.width, device.height, device.scale, device.scale > 1),
					chromedp.Navigate(s.after+s.prefix+name+".html"),
					chromedp.Evaluate(hinted, &got, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != want {
					t.Errorf("%d hints, want %d", len(got), want)
				}
				for _, f := range got {
					if f.Used != 1 || f.Fetched != 1 {
						t.Errorf("%s: used by %d faces, fetched %d times", f.Href, f.Used, f.Fetched)
					}
				}
			})
		}
	}
}
