package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hone-web/hone/internal/fetch"
)

// web is what other hosts answer: URL → body.
type web struct {
	mu    sync.Mutex
	files map[string]string
	asked []string
}

var webTypes = map[string]string{".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".ttf": "font/ttf", ".png": "image/png"}

func (w *web) get(_ context.Context, address string, allowed func(string) bool) (*fetch.File, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, address)
	body, ok := w.files[address]
	if !ok {
		return nil, &fetch.StatusError{Status: 404}
	}
	if to, moved := strings.CutPrefix(body, "MOVED "); moved {
		return &fetch.File{URL: to, Type: "text/javascript", Body: []byte(w.files[to])}, nil
	}
	p, _, _ := strings.Cut(address, "?")
	typ := webTypes[filepath.Ext(p)]
	if strings.Contains(address, "css2") {
		typ = "text/css"
	}
	return &fetch.File{URL: address, Type: typ, Body: []byte(body)}, nil
}

const (
	cdnSheet  = "/*! library */\n.btn { color : red ; background : url( ../img/b.png ) }\n@font-face { font-family: Icons; src: url(\"../fonts/i.eot\"); src: url(\"../fonts/i.eot?#iefix\") format(\"embedded-opentype\"), url(\"../fonts/i.woff2?v=1\") format(\"woff2\"), url(\"../fonts/i.ttf\") format(\"truetype\") }\n.far { background: url(/missing.png) }\n/*# sourceMappingURL=lib.css.map */\n"
	cdnScript = "/* a library with a comment at its head that nobody needs to read */\nwindow.library = function ( ) { return 1 ; } ;\n"
	fontSheet = "@font-face { font-family: Inter; font-style: normal; src: url(https://fonts.example.net/s/inter/a.woff2) format('woff2'); unicode-range: U+0000-00FF; }\n"
)

func newWeb() *web {
	return &web{files: map[string]string{
		"https://cdn.example.com/lib@5/css/lib.css":                cdnSheet,
		"https://cdn.example.com/lib@5/img/b.png":                  pngOf(8, 8, 1),
		"https://cdn.example.com/lib@5/fonts/i.woff2?v=1":          "wOF2 icons",
		"https://cdn.example.com/lib@5/js/lib.js":                  cdnScript,
		"https://cdn.example.com/lib@latest/js/moved.js":           "MOVED https://cdn.example.com/lib@5/js/lib.js",
		"https://cdn.example.com/lib@5/js/finds.js":                "var here = document.currentScript.src;\n",
		"https://fonts.example.com/css2?family=Inter&display=swap": fontSheet,
		"https://fonts.example.net/s/inter/a.woff2":                "wOF2 inter",
	}}
}

func vendorSite() tree {
	return tree{
		"index.html": `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Copies</title>
<link rel="preconnect" href="https://fonts.example.com"><link rel="preconnect" href="https://fonts.example.net" crossorigin>
<link rel="preconnect" href="https://cdn.example.com">
<link rel="stylesheet" href="https://fonts.example.com/css2?family=Inter&amp;display=swap">
<link rel="stylesheet" href="https://cdn.example.com/lib@5/css/lib.css" integrity="` + sri(cdnSheet) + `" crossorigin="anonymous">
<link rel="stylesheet" href="css/own.css">
</head><body><p class="btn">Text</p>
<img src="//cdn.example.com/lib@5/img/b.png" alt="b" width="8" height="8">
<script src="https://cdn.example.com/lib@5/js/lib.js" integrity="` + sri(cdnScript) + `" crossorigin="anonymous"></script>
<script src="https://cdn.example.com/lib@5/js/finds.js"></script>
<script src="https://other.example.org/x.js"></script>
</body></html>`,
		"blog/deep/a.html": `<!doctype html><html lang="en"><head><title>A</title><link rel="stylesheet" href="https://cdn.example.com/lib@5/css/lib.css"></head><body><p>Text</p></body></html>`,
		"404.html":         `<!doctype html><html lang="en"><head><title>N</title><link rel="stylesheet" href="https://cdn.example.com/lib@5/css/lib.css"></head><body><p>Text</p></body></html>`,
		"css/own.css":      "@import url(\"https://fonts.example.com/css2?family=Inter&display=swap\");\nbody { font-family: Inter ; margin : 0 }\n",
	}
}

func vendoring4(p place, w *web, change func(*Options)) func(*Options) {
	return func(o *Options) {
		o.Vendor = VendorOptions{Hosts: []string{"cdn.example.com", "fonts.example.com"}, LockFile: filepath.Join(p.meta, "..", "hone.lock"), Get: w.get}
		o.Skip = []string{"join-styles", "join-scripts", "inline", "inline-pictures"}
		if change != nil {
			change(o)
		}
	}
}

func lockOf(t *testing.T, p place) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.meta, "..", "hone.lock"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestVendor(t *testing.T) {
	t.Parallel()
	p, w := newPlace(t, vendorSite()), newWeb()
	r, out := p.build(t, vendoring4(p, w, nil))
	page := out["index.html"]
	for _, gone := range []string{"fonts.example.com", "fonts.example.net", "lib@5/css", "lib@5/js/lib.js", "lib@5/img", "family=Inter"} {
		if strings.Contains(strings.ReplaceAll(page, "vendor/", ""), "https://"+gone) || gone == "family=Inter" && strings.Contains(page, gone) {
			t.Errorf("the page still names %s:\n%s", gone, page)
		}
	}
	for _, stays := range []string{"https://cdn.example.com/lib@5/js/finds.js", "https://other.example.org/x.js", `href=https://cdn.example.com`} {
		if !strings.Contains(page, stays) {
			t.Errorf("the page lost %s:\n%s", stays, page)
		}
	}
	sheet := out[out.match(t, "vendor/cdn.example.com/lib-5/css/lib", ".css")]
	if strings.Contains(sheet, ".css.map") || strings.Contains(sheet, " : ") || !strings.Contains(sheet, "https://cdn.example.com/missing.png") || strings.Contains(sheet, "eot") || strings.Contains(sheet, "ttf") || !strings.Contains(sheet, ".woff2") {
		t.Errorf("the sheet: %s", sheet)
	}
	if font := out.match(t, "vendor/fonts.example.net/s/inter/a", ".woff2"); out[font] != "wOF2 inter" {
		t.Errorf("the font: %q", out[font])
	}
	if !strings.Contains(page, `integrity="sha384-`) && !strings.Contains(page, `integrity=sha384-`) {
		t.Errorf("integrity is gone: %s", page)
	}
	if !strings.Contains(out["404.html"], "=/vendor/") || !strings.Contains(out["blog/deep/a.html"], "=../../vendor/") {
		t.Errorf("404.html: %s\na.html: %s", out["404.html"], out["blog/deep/a.html"])
	}
	if left := findings(r, "vendor-left"); len(left) != 2 { // finds.js, missing.png
		t.Errorf("left: %v", r.Findings)
	}
	for name := range out {
		if strings.HasPrefix(name, "vendor/") && !strings.Contains(filepath.Base(name), ".") {
			t.Errorf("a copy without a new name: %s", name)
		}
	}
	lock := lockOf(t, p)
	if strings.Count(lock, "[[resource]]") != 6 {
		t.Errorf("lock:\n%s", lock)
	}

	// Again: nothing is asked for, and the bytes are the same.
	asked := len(w.asked)
	_, again := p.build(t, vendoring4(p, w, func(o *Options) { o.Vendor.Offline = true }))
	if d := out.diff(again); d != "" {
		t.Error(d)
	}
	if len(w.asked) != asked || lockOf(t, p) != lock {
		t.Errorf("asked for %v", w.asked[asked:])
	}

	// hone's own output changes nothing.
	q := place{p.out, filepath.Join(filepath.Dir(p.out), "twice"), filepath.Join(filepath.Dir(p.out), "meta2")}
	_, twice := q.build(t, vendoring4(p, w, nil))
	if d := out.diff(twice); d != "" {
		t.Error("built from its own output:\n" + d)
	}
}

// A changed answer stops the build until it is accepted, and a build without
// a network needs the store.
func TestVendorChanged(t *testing.T) {
	t.Parallel()
	p, w := newPlace(t, vendorSite()), newWeb()
	_, first := p.build(t, vendoring4(p, w, nil))
	lock := lockOf(t, p)
	w.files["https://cdn.example.com/lib@5/js/lib.js"] = cdnScript + "window.more = 1;\n"
	p.meta += "/else" // a machine with an empty store
	lockFile := filepath.Join(p.meta, "..", "..", "hone.lock")
	try := func(change func(*VendorOptions)) *Result {
		t.Helper()
		o := options(p.in, p.out, p.meta)
		vendoring4(p, w, func(o *Options) { o.Vendor.LockFile = lockFile; change(&o.Vendor) })(&o)
		r, err := Build(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := try(func(*VendorOptions) {})
	if !r.Failed || len(findings(r, "vendor-changed")) != 1 || lockOf(t, place{meta: filepath.Dir(lockFile) + "/x"}) != lock {
		t.Errorf("changed bytes were taken: %v", r.Findings)
	}
	if d := first.diff(readTree(t, p.out)); d != "" {
		t.Error(d)
	}
	p.meta += "2"
	if r = try(func(v *VendorOptions) { v.Offline = true }); !r.Failed || len(findings(r, "vendor-unavailable")) == 0 {
		t.Errorf("built without what is pinned: %v", r.Findings)
	}
	// Its integrity is of the old bytes: browsers would refuse it, so it stays.
	if r = try(func(v *VendorOptions) { v.Accept = true }); r.Failed {
		t.Errorf("not accepted: %v", r.Findings)
	}
	if page := readTree(t, p.out)["index.html"]; !strings.Contains(page, "https://cdn.example.com/lib@5/js/lib.js") {
		t.Errorf("a file of other bytes than its integrity says was copied: %s", page)
	}
}

func TestVendorBarriers(t *testing.T) {
	t.Parallel()
	head := `<!doctype html><html lang="en"><head><title>T</title>`
	sheet := `<link rel="stylesheet" href="https://cdn.example.com/lib@5/css/lib.css">`
	for _, c := range []struct {
		name, page, stays string
		copies            int // files in the lock
	}{
		{"policy", head + `<meta http-equiv="Content-Security-Policy" content="default-src 'self'; style-src https://cdn.example.com">` + sheet + `</head><body>x</body></html>`, "https://cdn.example.com/lib@5/css/lib.css", 0},
		{"policy with self", head + `<meta http-equiv="Content-Security-Policy" content="default-src 'self' https://cdn.example.com">` + sheet + `</head><body>x</body></html>`, "", 3},
		{"plain http", head + `<link rel="stylesheet" href="http://cdn.example.com/lib@5/css/lib.css"></head><body>x</body></html>`, "http://cdn.example.com/lib@5/css/lib.css", 0},
		{"wrong integrity", head + `<link rel="stylesheet" href="https://cdn.example.com/lib@5/css/lib.css" integrity="` + sri("other") + `"></head><body>x</body></html>`, "https://cdn.example.com/lib@5/css/lib.css", 3},
		{"not found", head + `<script src="https://cdn.example.com/none.js"></script></head><body>x</body></html>`, "https://cdn.example.com/none.js", 0},
		{"wrong type", head + `<script src="https://cdn.example.com/lib@5/img/b.png"></script></head><body>x</body></html>`, "https://cdn.example.com/lib@5/img/b.png", 0},
		{"read by a script", head + `</head><body><script>document.write('<script src="https://cdn.example.com/lib@5/js/lib.js"><\/script>')</script>x</body></html>`, "https://cdn.example.com/lib@5/js/lib.js", 0},
		{"redirected", head + `</head><body><script src="https://cdn.example.com/lib@latest/js/moved.js"></script>x</body></html>`, "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, tree{"index.html": c.page})
			_, out := p.build(t, vendoring4(p, newWeb(), nil))
			page := out["index.html"]
			if c.stays != "" && !strings.Contains(page, c.stays) || c.stays == "" && strings.Contains(page, "=https://cdn.example.com") {
				t.Errorf("page: %s", page)
			}
			n := 0
			if b, err := os.ReadFile(filepath.Join(p.meta, "..", "hone.lock")); err == nil {
				n = strings.Count(string(b), "[[resource]]")
			}
			if n != c.copies {
				t.Errorf("%d pinned, want %d", n, c.copies)
			}
		})
	}
}

// Nothing is read through a store that was closed, and what a page of a dry
// run names is not pinned.
func TestVendorDryRun(t *testing.T) {
	t.Parallel()
	p := newPlace(t, vendorSite())
	o := options(p.in, p.out, p.meta)
	vendoring4(p, newWeb(), nil)(&o)
	o.DryRun = true
	r, err := Build(t.Context(), o)
	if err != nil || r.Failed {
		t.Fatal(err, r)
	}
	if _, err := os.Stat(o.Vendor.LockFile); err == nil {
		t.Error("a dry run wrote the lock file")
	}
	if len(findings(r, "vendor-locked")) > 0 {
		t.Error("a dry run pinned")
	}
}

// Copies that were joined leave nothing behind: neither the sheets nor, under
// other names, what they load.
func TestVendorJoined(t *testing.T) {
	t.Parallel()
	second := strings.ReplaceAll(fontSheet, "a.woff2", "b.woff2")
	w := newWeb()
	w.files["https://fonts.example.com/css2?family=Other"] = second
	w.files["https://fonts.example.net/s/inter/b.woff2"] = "wOF2 other"
	p := newPlace(t, tree{"index.html": `<!doctype html><html lang="en"><head><title>T</title><!-- a comment that makes room for names -->
<link rel="stylesheet" href="https://fonts.example.com/css2?family=Inter&amp;display=swap">
<link rel="stylesheet" href="https://fonts.example.com/css2?family=Other">
<link rel="stylesheet" href="css/own.css"></head><body><p>Text</p></body></html>`,
		"css/own.css": "/* a comment that makes room for other names in this sheet */\nbody { margin : 0 }\n"})
	_, out := p.build(t, vendoring4(p, w, func(o *Options) { o.Skip = []string{"inline"} }))
	fonts, sheets := 0, 0
	for _, n := range out.names() {
		if strings.HasSuffix(n, ".woff2") {
			fonts++
		}
		if strings.HasSuffix(n, ".css") {
			sheets++
		}
	}
	if fonts != 2 || sheets != 2 { // the joined sheet, and the site's own under its old name
		t.Errorf("%d fonts, %d sheets in %q", fonts, sheets, out.names())
	}
}
