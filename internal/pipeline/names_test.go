//go:build unix

package pipeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/site"
)

// TestKeepURLs counts which old names go on answering.
func TestKeepURLs(t *testing.T) {
	t.Parallel()
	files := sampleSite(1)
	for _, tt := range []struct {
		keep       KeepURLs
		code, pics bool
	}{{"", true, true}, {KeepAll, true, true}, {KeepMedia, false, true}, {KeepNone, false, false}} {
		p := newPlace(t, files)
		r, out := p.build(t, func(o *Options) { o.KeepURLs = tt.keep })
		for _, n := range []string{"css/main.css", "js/main.js", "js/a.js"} {
			if _, ok := out[n]; ok != tt.code {
				t.Errorf("keep %q: %s answers: %v", tt.keep, n, ok)
			}
		}
		for _, n := range []string{"img/logo.png", "font/x.woff2"} {
			if _, ok := out[n]; ok != tt.pics {
				t.Errorf("keep %q: %s answers: %v", tt.keep, n, ok)
			}
		}
		// What nobody may rename always answers.
		for _, n := range []string{"index.html", "favicon.ico", "robots.txt", "feed.xml", "img/mark.svg", "manual page.pdf", "empty.css"} {
			if _, ok := out[n]; !ok {
				t.Errorf("keep %q: %s is gone", tt.keep, n)
			}
		}
		main := out.match(t, "css/main-type.", ".css")
		if e := entry(r, site.Path(main)); e.Class != cache.ClassFingerprinted || e.Fixed || !slices.Equal(e.From, []site.Path{"css/parts/type.css", "css/main.css"}) {
			t.Errorf("%+v", e)
		}
		if broken := findings(r, "ref-broken"); len(broken) > 0 {
			t.Errorf("keep %q: broken: %v", tt.keep, r.Findings)
		}
	}
}

// TestSampleIsOptimized: the site that the laws are tested over is changed by
// a build in every way that matters, or the laws would hold of nothing.
func TestSampleIsOptimized(t *testing.T) {
	t.Parallel()
	files := sampleSite(2)
	r, out := newPlace(t, files).build(t, nil)
	page := out["blog/p0.html"]
	for _, ref := range []string{"../" + out.match(t, "css/main-type.", ".css"), "../" + out.match(t, "js/main-all.", ".js"), "../" + out.match(t, "img/photo0.", ".jpg"), sri(out[out.match(t, "js/legacy.", ".js")])} {
		if !strings.Contains(page, ref) {
			t.Errorf("no %s in %s", ref, page)
		}
	}
	if strings.Contains(page, "<!--") || len(page) >= len(files["blog/p0.html"]) {
		t.Errorf("the page is not minified: %s", page)
	}
	if !strings.Contains(out[out.match(t, "js/a.", ".js")], "./"+strings.TrimPrefix(out.match(t, "js/b.", ".js"), "js/")) {
		t.Error("the circle of modules is not linked")
	}
	if len(out["img/photo1.jpg"]) >= len(files["img/photo1.jpg"]) || len(out["img/logo.png"]) >= len(files["img/logo.png"]) {
		t.Error("the pictures are as large as before")
	}
	if out["blog/p0.html.br"] == "" || out["blog/p0.html.gz"] == "" {
		t.Error("the page is not precompressed")
	}
	for i, pg := range r.Pages {
		if pg.After.Bytes >= pg.Before.Bytes {
			t.Errorf("page %d: %+v", i, pg)
		}
	}
	if r.Totals.BytesAfter >= r.Totals.BytesBefore || r.Totals.Pages != 3 || r.Totals.FilesBefore != len(files) {
		t.Errorf("totals: %+v", r.Totals)
	}
	for _, e := range r.Manifest.Entries {
		if text, ok := out[string(e.Path)]; !ok || site.Sum([]byte(text)) != e.SHA256 || int64(len(text)) != e.Size {
			t.Errorf("the manifest is wrong about %s", e.Path)
		}
	}
}

// TestPlain: a page too small to pay for longer addresses keeps the old ones.
func TestPlain(t *testing.T) {
	t.Parallel()
	files := tree{"small.html": "<link rel=stylesheet href=a.css>x", "a.css": "a{color:red}", "large.html": "<!-- " + strings.Repeat("a comment of many words ", 20) + "-->\n<link rel=stylesheet href=a.css>\n"}
	r, out := newPlace(t, files).build(t, nil)
	if out["small.html"] != files["small.html"] {
		t.Errorf("the small page: %s", out["small.html"])
	}
	if name := out.match(t, "a.", ".css"); !strings.Contains(out["large.html"], name) {
		t.Errorf("the large page: %s", out["large.html"])
	}
	for _, p := range r.Pages {
		if p.After.Bytes > p.Before.Bytes {
			t.Errorf("%s grew: %+v", p.Path, p)
		}
	}
	for _, f := range r.Files {
		if f.Path == "small.html" && !f.Plain && f.Kept == "" {
			t.Errorf("the story does not tell: %+v", f)
		}
	}
}

// TestOwnRevision: a precache list that holds its own revision, or two that
// hold each other's, stay as they are.
func TestOwnRevision(t *testing.T) {
	t.Parallel()
	list := func(urls ...string) string {
		var b strings.Builder
		b.WriteString("/* made by a tool */\nself.__precacheManifest = [ ")
		for _, u := range urls {
			b.WriteString(`{"revision": "d41d8cd98f00b204e9800998ecf8427e", "url": "` + u + `"}, `)
		}
		return b.String() + "];\n"
	}
	files := tree{"index.html": "<script>navigator.serviceWorker.register('/sw.js')</script>", "sw.js": list("/sw.js", "/a.css"), "one.js": list("/two.js"), "two.js": list("/one.js"), "a.css": "a { color : red }"}
	_, out := newPlace(t, files).build(t, nil)
	for _, n := range []string{"sw.js", "one.js", "two.js", "a.css"} {
		if out[n] != files[n] {
			t.Errorf("%s changed: %s", n, out[n])
		}
	}
}

// TestFrozenHashes: a file whose hash stands in a file that must not change
// must not change either, however long the chain.
func TestFrozenHashes(t *testing.T) {
	t.Parallel()
	js := "/* a comment */\nvar value = 1 ;\n"
	mid := "<!-- comment -->\n<script src=\"/z.js\" integrity=\"" + sri(js) + "\"></script>\n<p>text   text</p>\n"
	files := tree{"b.html": mid, "z.js": js, "x/frozen.html": "<!-- comment -->\n<script src=\"/z.js\" integrity=\"" + sri(js) + "\"></script>\n"}
	p := newPlace(t, files)
	_, out := p.build(t, func(o *Options) { o.Exclude = []string{"x/**"} })
	if out["z.js"] != js || out["x/frozen.html"] != files["x/frozen.html"] {
		t.Errorf("frozen files changed: %q %q", out["z.js"], out["x/frozen.html"])
	}
	if !strings.Contains(out["b.html"], sri(js)) {
		t.Errorf("the hash in b.html: %s", out["b.html"])
	}
	// The chain: sw holds the hash of the page, which cannot be written anew.
	files = tree{"a.html": mid, "z.js": js, "y/list.json": "x", "zz/frozen.js": `self.__precacheManifest = [ {"revision": "0123456789abcdef0123456789abcdef", "url": "/a.html"} ];`}
	p = newPlace(t, files)
	_, out = p.build(t, func(o *Options) { o.Exclude = []string{"zz/**"} })
	if out["a.html"] != mid || out["z.js"] != js {
		t.Errorf("a link of the chain changed:\n%s\n%s", out["a.html"], out["z.js"])
	}
}

// TestChecked: what a page asks for by a name that stays, with its hash, is
// asked for again each time; nothing else is.
func TestChecked(t *testing.T) {
	t.Parallel()
	const named = "theme.9dd3b185fe47bc1413f9c595bbe6348b4a2e13db.css" // as a generator names it
	style := strings.Repeat("p { color: red }\n.lead { margin: 1em }\n", 200)
	link := func(name string) string {
		return `<link rel=stylesheet href="/` + name + `" integrity="` + sri(style) + `">`
	}
	head := "<!doctype html><html lang=en><head><title>x</title>"
	files := tree{
		named: style, "plain.css": style, "unhashed.0123456789abcdef0123.css": style,
		"index.html": head + link(named) + link("plain.css") + `<link rel=stylesheet href="/unhashed.0123456789abcdef0123.css"></head><body><p class=lead>x</p></body></html>`,
	}
	r, _ := newPlace(t, files).build(t, nil)
	for p, want := range map[site.Path]string{named: cache.ClassChecked, "plain.css": cache.ClassAsset, "unhashed.0123456789abcdef0123.css": cache.ClassAsset} {
		e := entry(r, p)
		if e == nil || e.Class != want || want == cache.ClassChecked && e.Header["Cache-Control"] != "no-cache" {
			t.Errorf("%s: %+v, want class %s", p, e, want)
		}
	}
}

// TestFindingsStop: a broken address stops nothing when it was broken before;
// FailOn decides.
func TestFindingsStop(t *testing.T) {
	t.Parallel()
	p := newPlace(t, tree{"index.html": "<img src=no.png>"})
	r, err := Build(ctx(), options(p.in, p.out, p.meta))
	if err != nil || r.Failed || !r.Published || len(findings(r, "ref-broken")) != 1 {
		t.Errorf("%v, %+v", err, r)
	}
	o := options(p.in, p.out+"2", p.meta)
	o.FailOn = FailWarn
	if r, err = Build(ctx(), o); err != nil || !r.Failed || r.Published {
		t.Errorf("fail on warn: %v, failed %v, published %v", err, r.Failed, r.Published)
	}
	r, err = Check(ctx(), options(p.in, "", p.meta))
	if err != nil || !r.Failed || r.Manifest != nil || len(findings(r, "ref-broken")) != 1 {
		t.Errorf("check: %v, %+v", err, r)
	}
	o = options(p.in, p.out+"3", p.meta)
	o.DryRun = true
	if r, err = Build(ctx(), o); err != nil || r.Published || r.Manifest == nil {
		t.Errorf("dry run: %v, %+v", err, r)
	}
}
