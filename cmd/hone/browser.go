package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/measure"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/serve"
	"github.com/hone-web/hone/site"
)

// browserNames are looked for in PATH, in this order.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"}

// browserEnv may name the browser: what Karma, Puppeteer and Playwright users
// have set already.
var browserEnv = []string{"HONE_BROWSER", "CHROME_BIN", "CHROME_PATH", "CHROMIUM"}

// browserPlaces are where browsers are installed without being in PATH.
func browserPlaces(env func(string) (string, bool)) []string {
	switch runtime.GOOS {
	case "darwin":
		return []string{"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium", "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"}
	case "windows":
		var places []string
		for _, v := range []string{"ProgramFiles", "ProgramFiles(x86)", "LocalAppData"} {
			if dir, ok := env(v); ok && dir != "" {
				places = append(places, filepath.Join(dir, `Google\Chrome\Application\chrome.exe`), filepath.Join(dir, `Chromium\Application\chrome.exe`), filepath.Join(dir, `Microsoft\Edge\Application\msedge.exe`))
			}
		}
		return places
	}
	return []string{"/opt/google/chrome/chrome", "/usr/lib/chromium/chromium", "/snap/bin/chromium"}
}

// findBrowser returns the program that was asked for, or the first there is.
func (a *app) findBrowser(asked string) (string, error) {
	if asked != "" {
		p, err := exec.LookPath(asked)
		if err != nil {
			return "", usagef("--browser: there is no program %s", asked)
		}
		return p, nil
	}
	for _, v := range browserEnv {
		if name, ok := a.env(v); ok && name != "" {
			p, err := exec.LookPath(name)
			if err != nil {
				return "", usagef("%s is set to %s, and there is no such program", v, name)
			}
			return p, nil
		}
	}
	for _, name := range append(browserNames, browserPlaces(a.env)...) {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", usagef("no browser was found: install Chromium or Chrome, or name one with --browser PATH or CHROME_BIN")
}

// startBrowser starts the browser that was asked for.
func (a *app) startBrowser(ctx context.Context, asked string) (*measure.Browser, error) {
	path, err := a.findBrowser(asked)
	if err != nil {
		return nil, err
	}
	// Chromium refuses to run as root with its sandbox.
	b, err := measure.Start(ctx, measure.BrowserOptions{Path: path, Unboxed: os.Geteuid() == 0})
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w; try it by hand, or name another with --browser", err)
	}
	return b, nil
}

// onStage serves a folder as a host does: with the headers that its own
// _headers names, or the manifest in meta if there is one, and its redirects.
func onStage(dir, prefix, meta string) (*serve.Folder, http.Handler) {
	f := &serve.Folder{Dir: dir, Open: func(root *os.Root) *serve.Site { return hosted(root, prefix, meta) }}
	return f, measure.Compress(f)
}

// withCopies answers with texts of a build in place of the files of a folder:
// what a page loads from other hosts is out of reach on the stage, and shows
// the same from both sides only where both serve the copies.
func withCopies(next http.Handler, prefix string, held func(site.Path) ([]byte, bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutPrefix(r.URL.Path, prefix)
		for _, p := range []string{name, path.Join(name, "index.html"), name + ".html"} {
			if text, is := held(site.Path(p)); ok && is {
				w.Header().Set("Content-Type", site.TypeOf(site.Path(p)))
				http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// hosted is a site with the headers that a host reads: those of _headers, or
// of the manifest where no such file was written.
func hosted(root *os.Root, prefix, meta string) *serve.Site {
	st := &serve.Site{Root: root, Prefix: prefix, Redirects: redirectsOf(root)}
	if text, err := root.ReadFile("_headers"); err == nil {
		if resolve, err := cache.Netlify.Resolve([]site.Output{{Path: "_headers", Bytes: text}}); err == nil {
			st.Header = resolve
			return st
		}
	}
	if meta == "" {
		return st
	}
	var m site.Manifest
	text, err := os.ReadFile(filepath.Join(meta, "manifest.json"))
	if err == nil && json.Unmarshal(text, &m) == nil {
		st.Header = headersOf(&m, prefix)
	}
	return st
}

// headersOf returns the headers of a manifest by URL path.
func headersOf(m *site.Manifest, prefix string) func(string) http.Header {
	headers := make(map[string]http.Header, len(m.Entries))
	for i := range m.Entries {
		h := http.Header{}
		for k, v := range m.Entries[i].Header {
			h.Set(k, v)
		}
		p := string(m.Entries[i].Path)
		headers[prefix+p] = h
		if s, ok := strings.CutSuffix(p, "index.html"); ok && (s == "" || strings.HasSuffix(s, "/")) {
			headers[prefix+s] = h
		}
	}
	return func(path string) http.Header { return headers[path] }
}

// measured is what both hone measure and a guarded build look at: two folders
// and where they are served.
type measured struct {
	in, out, meta string
	origin        string
	prefix        string
}

// check refuses what is no folder.
func (m *measured) check() error {
	for _, d := range []struct{ dir, what string }{{m.in, "input"}, {m.out, "output"}} {
		fi, err := os.Stat(d.dir)
		if err != nil || !fi.IsDir() {
			if d.what == "output" && errors.Is(err, os.ErrNotExist) {
				return usagef("there is no output %s to measure; run 'hone build %s' first", d.dir, m.in)
			}
			return usagef("%s is no folder", d.dir)
		}
	}
	return nil
}

// records returns the folder of the records if they are about the output.
func (m *measured) records() string {
	if pipeline.Ours(m.meta, m.out) {
		return m.meta
	}
	return ""
}
