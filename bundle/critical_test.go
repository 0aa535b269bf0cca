package bundle

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// TestCritical: what the first paint waits for, and what comes from elsewhere.
func TestCritical(t *testing.T) {
	t.Parallel()
	texts := map[site.Path]string{
		"index.html": `<!doctype html><link rel=stylesheet href=a.css><link rel=stylesheet media=print href=print.css><script src=wait.js></script>
<script async src=async.js></script><script defer src=defer.js></script><script type=module src=mod.js></script><script src=https://cdn.example/x.js></script>
<img loading=lazy src=lazy.png><img src=hero.png><img src=second.png><img src=data:,x><a href=https://other.example>x</a>`,
		"a.css": `@import "b.css"; @import url(//fonts.example/f.css); body{background:url(bg.png)}`, "b.css": "p{margin:0}", "print.css": "p{color:red}",
		"wait.js": "1", "async.js": "1", "defer.js": "1", "mod.js": "1", "lazy.png": "", "hero.png": "", "second.png": "", "bg.png": "",
	}
	docs := map[site.Path]*scan.Doc{}
	var files []*site.File
	for _, p := range slices.Sorted(maps.Keys(texts)) {
		f := &site.File{Path: p, Kind: site.KindOf(p), Size: int64(len(texts[p]))}
		files = append(files, f)
		if f.Kind.IsText() {
			docs[p] = scan.Scan(p, f.Kind, []byte(texts[p]), scan.Options{})
		}
	}
	g := NewGraph(Base{Prefix: "/"}, files, docs)
	n := g.Node("index.html")
	var got []string
	for c := range g.Critical(n, func(u Use) *Node { return g.Node(u.From.To[u.Ref].To) }) {
		got = append(got, string(c.File.Path))
	}
	slices.Sort(got)
	if want := "a.css b.css hero.png wait.js"; strings.Join(got, " ") != want {
		t.Errorf("critical: %v, want %s", got, want)
	}
	if f := g.Foreign(n); len(f) != 2 {
		t.Errorf("addresses of other hosts: %v, want 2", f)
	}
}
