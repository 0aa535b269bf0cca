//go:build e2e

// Package e2e_test opens every page of the fixture sites and of the traps in
// Chromium, before and after a build, and compares what a visitor meets.
//
// CHROMIUM names the browser; without it chromium, chromium-browser and
// google-chrome are looked for in PATH. Without a browser the tests are
// skipped, or fail where E2E_REQUIRED=1.
package e2e_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/serve"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
)

// avif is shared by all builds: compiling it takes seconds.
var avif = optimize.NewAVIF("")

func findBrowser() string {
	if b := os.Getenv("CHROMIUM"); b != "" {
		return b
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	return ""
}

// browser is started once, by the first test that wants it.
var browser struct {
	sync.Once
	ctx  context.Context
	stop func()
	err  error
}

// tabs bounds the pages that are open at a time.
var tabs = make(chan struct{}, 3)

func TestMain(m *testing.M) {
	code := m.Run()
	if browser.stop != nil {
		browser.stop()
	}
	if programDir != "" {
		os.RemoveAll(programDir)
	}
	os.Exit(code)
}

func start() {
	path := findBrowser()
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		browser.err = err
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "profile")), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.WindowSize(1200, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("force-device-scale-factor", "1"), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("disable-lcd-text", true), chromedp.Flag("font-render-hinting", "none"),
		// Nothing but the two servers is reached.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stopCtx := chromedp.NewContext(alloc)
	browser.stop = func() { stopCtx(); stopAlloc(); os.RemoveAll(dir) }
	browser.ctx, browser.err = ctx, chromedp.Run(ctx)
}

// tab opens a tab, which is closed with the test.
func tab(t *testing.T) context.Context {
	t.Helper()
	if findBrowser() == "" {
		if os.Getenv("E2E_REQUIRED") == "1" {
			t.Fatal("no browser: set CHROMIUM or put chromium or google-chrome into PATH")
		}
		t.Skip("no browser: set CHROMIUM or put chromium or google-chrome into PATH")
	}
	browser.Do(start)
	if browser.err != nil {
		t.Fatalf("start browser: %v", browser.err)
	}
	tabs <- struct{}{}
	ctx, stop := chromedp.NewContext(browser.ctx)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(func() { cancel(); stop(); <-tabs })
	return ctx
}

// served is a site before and after, on two servers.
type served struct {
	before, after string // origins
	in, out       string // folders
	prefix        string
	result        *pipeline.Result
}

// build builds the site in folder in and serves both.
func build(t *testing.T, in string, options func(*pipeline.Options)) *served {
	t.Helper()
	dir := t.TempDir()
	o := pipeline.Options{In: in, Out: filepath.Join(dir, "out"), Meta: filepath.Join(dir, "meta"), Jobs: 2, Encode: []string{"br", "gzip"},
		Esbuild: guard.InProcess{}, AVIF: avif, Now: time.Unix(1_700_000_000, 0)}
	options(&o)
	r, err := pipeline.Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Failed {
		t.Fatalf("findings stopped the build: %v", r.Findings)
	}
	s := &served{in: in, out: o.Out, prefix: r.Base.Prefix, result: r}
	s.before, s.after = s.listen(t, s.in, nil), s.listen(t, s.out, s.headers(t))
	return s
}

// headers reads the emitted _headers back, as the host would.
func (s *served) headers(t *testing.T) func(string) http.Header {
	text, err := os.ReadFile(filepath.Join(s.out, "_headers"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := cache.Netlify.Resolve([]site.Output{{Path: "_headers", Bytes: text, Published: true}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (s *served) listen(t *testing.T, dir string, header func(string) http.Header) string {
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	if header == nil {
		if text, err := os.ReadFile(filepath.Join(dir, "_headers")); err == nil {
			if header, err = cache.Netlify.Resolve([]site.Output{{Path: "_headers", Bytes: text, Published: true}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	server := httptest.NewServer(&serve.Site{Root: root, Prefix: s.prefix, Header: header})
	t.Cleanup(func() { server.CloseClientConnections(); server.Close(); root.Close() })
	return server.URL
}
