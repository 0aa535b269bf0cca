package bundle

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// BenchmarkLink names the assets of a site of 10,000 pages with 60 references
// each and fills every page.
func BenchmarkLink(b *testing.B) {
	s := sources{}
	const assets = 500
	for i := range assets {
		s[site.Path(fmt.Sprintf("css/c%d.css", i))] = fmt.Sprintf("a{background:url(../img/i%d.png)}", i)
		s[site.Path(fmt.Sprintf("img/i%d.png", i))] = fmt.Sprint(i)
	}
	for i := range 10_000 {
		var t strings.Builder
		t.WriteString("<!doctype html><title>x</title>")
		for j := range 20 {
			fmt.Fprintf(&t, "<link rel=stylesheet href=/css/c%d.css>", (i+j)%assets)
		}
		for j := range 40 {
			fmt.Fprintf(&t, "<img src=../img/i%d.png>", (i+7*j)%assets)
		}
		s[site.Path(fmt.Sprintf("p/%d.html", i))] = t.String()
	}
	g := s.graph(Base{})
	g.AssignNames()
	l := s.linker(g)
	b.ReportAllocs()
	b.ResetTimer()
	var buf []byte
	for b.Loop() {
		k, _, err := l.Link()
		if err != nil {
			b.Fatal(err)
		}
		for _, n := range g.Nodes {
			if n.File.Kind != site.HTML {
				continue
			}
			if buf, err = k.Fill(buf[:0], n.File.Path); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// FuzzLink links random sites: whatever refers to whatever, linking ends, the
// output resolves and, linked again, is finished.
func FuzzLink(f *testing.F) {
	for i := range uint64(20) {
		f.Add(i, "@import 'c0.css';", `import "./j0.js"`, `<script src=j0.js integrity=sha256-x></script>`)
	}
	f.Add(uint64(1), "a{background:url(c0.css)}", `self.__precacheManifest = [{"revision":"d41d8cd98f00b204e9800998ecf8427e","url":"/index.html"}]`, `<script type=module src=j0.js></script>`)
	f.Fuzz(func(t *testing.T, seed uint64, css, js, page string) {
		if len(css)+len(js)+len(page) > 10_000 {
			t.Skip()
		}
		s := randomSite(rand.New(rand.NewPCG(seed, 3)))
		s["c0.css"] += css
		s["j0.js"] += js
		s["index.html"] = page
		g := s.graph(Base{})
		g.AssignNames()
		k, _, err := s.linker(g).Link()
		if err != nil {
			if len(g.HashCircles()) == 0 {
				t.Fatal(err)
			}
			return
		}
		outputs(t, g, k)
		r := NewResolver(Base{}, outPaths(g, k))
		for _, n := range g.Nodes {
			for _, c := range cuts(g, n) {
				u := Use{n, c.reloc.Ref}
				from := n.File.Path
				want := k.Target(u)
				a := n.To[c.reloc.Ref]
				if got := r.Resolve(from, n.Doc.Refs[c.reloc.Ref].Base, r.URL(from, want, a)); got.To != want {
					t.Fatalf("%s refers to %s and reaches %q", from, want, got.To)
				}
			}
		}
	})
}

func outPaths(g *Graph, k *Linked) map[site.Path]bool {
	m := map[site.Path]bool{}
	for _, n := range g.Nodes {
		m[n.File.Path] = true
		if name := k.Name(n.File.Path); name != "" {
			m[name] = true
		}
	}
	return m
}
