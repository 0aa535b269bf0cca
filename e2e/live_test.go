//go:build e2e

package e2e_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/internal/serve"
)

// TestLive: a page that is open follows the builds, shows what goes wrong over
// the last good one, and is as the output has it.
func TestLive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	write := func(text string) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const page = `<!doctype html><html lang="en"><title>T</title><style>body :last-child{color:red}</style><body><p id="one">One</p></body></html>`
	live := serve.NewLive("e2e")
	f := &serve.Folder{Dir: dir, Absent: live.Absent(), Open: func(root *os.Root) *serve.Site { return &serve.Site{Root: root, Page: live.Page} }}
	live.Serve(f)
	s := httptest.NewServer(serve.Hosts(live, nil))
	defer func() { live.Close(); s.CloseClientConnections(); s.Close(); f.Close() }()
	ctx := tab(t)
	run := func(what string, actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	run("before the first build", chromedp.Navigate(s.URL), chromedp.WaitVisible("h1"))
	write(page)
	live.Published()
	run("the first build", chromedp.WaitVisible("#one"))
	var color string
	run("the script leaves nothing behind", chromedp.WaitNotPresent(`script[src*="__hone"]`, chromedp.ByQuery),
		chromedp.Evaluate(`getComputedStyle(document.getElementById("one")).color`, &color))
	if color != "rgb(255, 0, 0)" {
		t.Errorf("a rule for the last element meets another: %s", color)
	}
	write(strings.ReplaceAll(page, `"one"`, `"two"`))
	live.Published()
	run("the second build", chromedp.WaitVisible("#two"))
	live.Failed("A finding", []serve.Problem{{Level: "error", Text: "<b>wrong</b>", Hint: "mend it"}})
	run("an error", chromedp.WaitReady("hone-overlay"), chromedp.WaitReady("#two"))
	live.Fine()
	run("mended", chromedp.WaitNotPresent("hone-overlay"))
}

// TestReport: the report opens from disk under its own policy, without a word
// on the console, and its parts do what they say.
func TestReport(t *testing.T) {
	s := build(t, filepath.Join("..", "fixtures", "sites", "gallery"), func(*pipeline.Options) {})
	name := filepath.Join(t.TempDir(), "report.html")
	w, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.HTML(w, report.New(s.result, "hone e2e", "build", "gallery", "out", true)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := tab(t)
	var said []string
	chromedp.ListenTarget(ctx, func(ev any) {
		if e, ok := ev.(*log.EventEntryAdded); ok {
			said = append(said, e.Entry.Text)
		}
	})
	var rows, boxes, falls int
	var sorted, overflow string
	if err := chromedp.Run(ctx, log.Enable(), chromedp.Navigate("file://"+name), chromedp.WaitReady(`html[data-ready="1"]`, chromedp.ByQuery),
		chromedp.Evaluate(`document.querySelectorAll("#pages tbody tr").length`, &rows),
		chromedp.Evaluate(`document.querySelectorAll("#map > div").length`, &boxes),
		chromedp.Click("#pages button.row", chromedp.ByQuery),
		chromedp.Evaluate(`document.querySelectorAll("#pages .fall").length`, &falls),
		chromedp.Click("#files th button", chromedp.ByQuery),
		chromedp.Evaluate(`document.querySelector("#files th").getAttribute("aria-sort")`, &sorted),
		chromedp.EmulateViewport(390, 800),
		chromedp.Evaluate(`String(document.documentElement.scrollWidth)`, &overflow)); err != nil {
		t.Fatalf("%v; the console: %q", err, said)
	}
	if rows != 2 || boxes == 0 || falls != 2 || sorted != "ascending" {
		t.Errorf("%d pages, %d boxes, %d waterfalls, sorted %q", rows, boxes, falls, sorted)
	}
	if overflow != "390" {
		t.Errorf("on a phone the report is %s px wide", overflow)
	}
	if len(said) > 0 {
		t.Errorf("the console: %q", said)
	}
}
