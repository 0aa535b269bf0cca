//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/optimize"
)

// axeFile is axe-core, as make generators installs it.
const axeFile = "generators/node_modules/axe-core/axe.min.js"

// withPictures returns the report of a fixture site with likenesses of what
// the command would show.
func withPictures(t *testing.T, s *served, name string) []byte {
	t.Helper()
	d := report.New(s.result, "hone e2e", "build", name, "out", true)
	d.Reproduce = "hone build " + name
	d.Remember([]report.Build{{Input: name, BytesAfter: 1_000_000}, {Input: name, BytesAfter: 900_000}})
	for _, p := range report.Pairs(d) {
		l := report.Likeness{Pair: p}
		for _, side := range []struct {
			file string
			to   *[]byte
		}{{filepath.Join(s.in, string(p.Path)), &l.Was}, {filepath.Join(s.out, string(p.Output)), &l.Is}} {
			b, err := os.ReadFile(side.file)
			if err != nil {
				t.Fatal(err)
			}
			if *side.to, err = optimize.Likeness(t.Context(), b, 320, 240, func() *optimize.AVIFMachine { return avif }); err != nil {
				continue
			}
			if _, err := jpeg.Decode(bytes.NewReader(*side.to)); err != nil {
				t.Errorf("%s: %v", side.file, err)
			}
		}
		if l.Was != nil && l.Is != nil {
			d.Likenesses = append(d.Likenesses, l)
		}
	}
	var b bytes.Buffer
	if err := report.HTML(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReportLooks opens the reports of three sites on a phone and on a desk, in
// light and dark: nothing on the console, nothing loaded, nothing wider than
// the screen, nothing that axe finds serious. HONE_SHOTS names a folder for
// pictures of them.
func TestReportLooks(t *testing.T) {
	axe, err := os.ReadFile(axeFile)
	if err != nil {
		if os.Getenv("GENERATORS_REQUIRED") == "1" {
			t.Fatal("axe-core is not there: make generators")
		}
		t.Log("axe-core is not there: make generators; the rest is looked at")
	}
	for _, site := range []string{"gallery", "blog", "shop"} {
		t.Run(site, func(t *testing.T) {
			s := build(t, filepath.Join("..", "fixtures", "sites", site), func(*pipeline.Options) {})
			name := filepath.Join(t.TempDir(), "report.html")
			if err := os.WriteFile(name, withPictures(t, s, site), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, look := range []struct {
				name, scheme  string
				width, height int64
			}{{"phone-light", "light", 390, 800}, {"phone-dark", "dark", 390, 800}, {"desk-light", "light", 1280, 900}, {"desk-dark", "dark", 1280, 900}} {
				t.Run(look.name, func(t *testing.T) { reportLook(t, name, site+"-"+look.name, look.scheme, look.width, look.height, axe) })
			}
		})
	}
}

// TestReportLarge: the report of 1,000 pages and 10,000 files weighs little
// and can be used within a second.
func TestReportLarge(t *testing.T) {
	name := filepath.Join(t.TempDir(), "large.html")
	c := exec.Command("go", "test", "-count=1", "-run", "^TestLargeHTML$", "../internal/report")
	c.Env = append(os.Environ(), "HONE_TEST_REPORT="+name)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if fi, err := os.Stat(name); err != nil || fi.Size() > 400_000 {
		t.Fatalf("%v, %v", fi, err)
	}
	// The best of some: what else the machine does is not the report's.
	ready := math.Inf(1)
	ctx := tab(t)
	for range 5 {
		var took float64
		if err := chromedp.Run(ctx, chromedp.Navigate("file://"+name), chromedp.WaitReady(`html[data-ready="1"]`, chromedp.ByQuery),
			chromedp.Evaluate(`performance.getEntriesByName("ready")[0].startTime`, &took)); err != nil {
			t.Fatal(err)
		}
		t.Logf("ready after %.0f ms", took)
		ready = min(ready, took)
	}
	var pages, shown int
	if err := chromedp.Run(ctx,
		chromedp.Evaluate(`parseInt(document.querySelector("#pages [role=status]").textContent)`, &pages),
		chromedp.SendKeys("#files input", "hero-123", chromedp.ByQuery),
		chromedp.Evaluate(`document.querySelectorAll("#files tbody tr").length`, &shown)); err != nil {
		t.Fatal(err)
	}
	if ready > 1000 {
		t.Errorf("ready after %.0f ms", ready)
	}
	if pages != 1000 || shown == 0 || shown == 100 {
		t.Errorf("%d pages, %d files after the filter", pages, shown)
	}
}

func reportLook(t *testing.T, name, shot, scheme string, width, height int64, axe []byte) {
	ctx := tab(t)
	var said, asked []string
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			said = append(said, e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, "file://") && !strings.HasPrefix(u, "data:image/jpeg;") {
				asked = append(asked, u)
			}
		}
	})
	var wide, clip string
	var picture []byte
	if err := chromedp.Run(ctx, log.Enable(), network.Enable(), chromedp.EmulateViewport(width, height),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.Navigate("file://"+name), chromedp.WaitReady(`html[data-ready="1"]`, chromedp.ByQuery),
		chromedp.Click("#pages button.row", chromedp.ByQuery),
		chromedp.Evaluate(`String(document.documentElement.scrollWidth)`, &wide),
		chromedp.FullScreenshot(&picture, 100)); err != nil {
		t.Fatalf("%v; the console: %q", err, said)
	}
	if wide != fmt.Sprint(width) {
		t.Errorf("the report is %s px wide on a screen of %d", wide, width)
	}
	if dir := os.Getenv("HONE_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, shot+".png"), picture, 0o600); err != nil {
			t.Error(err)
		}
	}
	if strings.HasPrefix(shot, "gallery") {
		// The slider moves by key.
		if err := chromedp.Run(ctx, chromedp.Focus(".shot input", chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowLeft),
			chromedp.Evaluate(`document.querySelector(".shot .pair").style.getPropertyValue("--at")`, &clip)); err != nil {
			t.Fatal(err)
		}
		if clip == "50%" || clip == "" {
			t.Errorf("the slider stands at %q after a key", clip)
		}
	}
	if axe != nil {
		axeCheck(t, ctx, axe)
	}
	if len(said)+len(asked) > 0 {
		t.Errorf("the console: %q; loaded: %q", said, asked)
	}
}

// axeCheck runs axe in the page; the debugger's scripts are not subject to the
// page's policy.
func axeCheck(t *testing.T, ctx context.Context, axe []byte) {
	t.Helper()
	var found string
	if err := chromedp.Run(ctx, chromedp.Evaluate(string(axe)+";0", nil),
		chromedp.Evaluate(`axe.run().then(r => JSON.stringify(r.violations.map(v => [v.impact, v.id, v.nodes.slice(0, 3).map(n => n.html + " " + n.failureSummary)])))`,
			&found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) })); err != nil {
		t.Fatal(err)
	}
	var violations [][]any
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		if v[0] == "serious" || v[0] == "critical" {
			t.Errorf("axe: %v", v)
		} else {
			t.Logf("axe: %v", v)
		}
	}
}
