package bundle

import (
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

func canonical(u string) string { return `<!doctype html><link rel=canonical href="` + u + `">` }

func TestInferBase(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		site sources
		want Base
	}{
		{"nothing to go by", sources{"index.html": "<p>x"}, Base{"", "/"}},
		{"canonical", sources{"index.html": canonical("https://Example.com/")}, Base{"https://example.com", "/"}},
		{"canonical without slash", sources{"index.html": canonical("https://example.com")}, Base{"https://example.com", "/"}},
		{"canonical in a subpath", sources{"a/index.html": canonical("https://example.com/docs/a/"), "b.html": canonical("https://example.com/docs/b")}, Base{"https://example.com", "/docs/"}},
		{"most pages win", sources{"a.html": canonical("https://a.example/a.html"), "b.html": canonical("https://a.example/b"), "c.html": canonical("https://b.example/c.html")}, Base{"https://a.example", "/"}},
		{"no majority", sources{"a.html": canonical("https://a.example/a.html"), "b.html": canonical("https://b.example/b.html")}, Base{"", "/"}},
		{"canonical of other pages", sources{"a.html": canonical("https://a.example/elsewhere.html")}, Base{"", "/"}},
		{"subpath from addresses", sources{"index.html": `<link rel=stylesheet href=/docs/a.css><img src=/docs/b.png>`, "a.css": "", "b.png": "x"}, Base{"", "/docs/"}},
		{"addresses that resolve at the root", sources{"index.html": `<link rel=stylesheet href=/docs/a.css>`, "docs/a.css": "", "a.css": ""}, Base{"", "/"}},
		{"more at the root than below", sources{"index.html": `<img src=/b.png><img src=/c.png><link rel=stylesheet href=/docs/a.css>`, "a.css": "", "b.png": "x", "c.png": "x"}, Base{"", "/"}},
		{"other hosts do not vote", sources{"index.html": `<link rel=stylesheet href=//docs/a.css>`, "a.css": ""}, Base{"", "/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var files []*site.File
			docs := map[site.Path]*scan.Doc{}
			for _, n := range tt.site.graph(Base{}).Nodes {
				files = append(files, n.File)
				if n.Doc != nil {
					docs[n.File.Path] = n.Doc
				}
			}
			if got := InferBase(files, docs); got != tt.want {
				t.Errorf("inferred %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestLoads(t *testing.T) {
	t.Parallel()
	g := sources{
		"index.html": `<link rel=stylesheet href=a.css><img src=s.png srcset="m.png 1x, l.png 2x"><a href=b.html>b</a><iframe src=b.html></iframe><link rel=icon href=i.png><script>import("d.js")</script><img src=l.png>`,
		"b.html":     `<img src=never.png>`,
		"a.css":      `@import "c.css"; a{background:url(bg.png)}`,
		"c.css":      `@font-face{src:url(f.woff2)} @import "a.css";`,
		"d.js":       "1", "s.png": "", "m.png": "", "l.png": "", "i.png": "", "never.png": "", "bg.png": "", "f.woff2": "",
	}.graph(Base{})
	want := map[site.Path]bool{"index.html": true, "a.css": true, "c.css": true, "l.png": true, "bg.png": true, "f.woff2": true}
	got := g.Loads(g.Node("index.html"))
	for _, n := range got {
		if !want[n.File.Path] {
			t.Errorf("%s is not fetched with the page", n.File.Path)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	// Under two names a file is two fetches.
	i := 0
	after := g.LoadsAfter(g.Node("index.html"), func(u Use) *Node { return g.Node(u.From.To[u.Ref].To) }, func(u Use) site.Path {
		i++
		return site.Path(string(rune('a'+i))) + u.From.To[u.Ref].To
	})
	if len(after) <= len(want)-1 {
		t.Errorf("%d fetches under differing names", len(after))
	}
}
