package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// pageOf writes the report and takes it apart: the tree, and the data that its
// script reads.
func pageOf(t *testing.T, d *Document) (text string, root *html.Node, data pageData) {
	t.Helper()
	text = written(t, "html", d)
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && attr(n, "id") == "data" {
			packed, err := base64.StdEncoding.DecodeString(n.FirstChild.Data)
			if err != nil {
				t.Fatal(err)
			}
			z, err := gzip.NewReader(bytes.NewReader(packed))
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(z)
			if err == nil {
				err = json.Unmarshal(raw, &data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return text, root, data
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func fullDocument(name string) *Document {
	r := sample(name)
	r.Files = []pipeline.FileStory{*story(name)}
	r.Manifest = &site.Manifest{Entries: entries(name)}
	r.Resources = []pipeline.Resource{{Path: site.Path(name), Kind: "image", Bytes: 5}}
	r.Pages[0].LoadsAfter = pipeline.Indexes{0}
	d := New(r, "hone 1", "build", name, name, true)
	d.Reproduce = "hone build " + name
	d.Remember([]Build{{Input: name, BytesAfter: 1}, {Input: name, BytesAfter: 2}, {Input: "other", BytesAfter: 1}})
	d.Likenesses = []Likeness{{Pair{site.Path(name), site.Path(name), 9, 3}, []byte("was"), []byte("is")}}
	return d
}

// TestHTML: the file needs nothing else, and its policy names exactly the
// script and the style in it.
func TestHTML(t *testing.T) {
	t.Parallel()
	text, root, data := pageOf(t, fullDocument("img/a.jpg"))
	scripts, styles, policy := 0, 0, ""
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			if (a.Key == "src" || a.Key == "href" || a.Key == "action") && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "data:image/jpeg;base64,") || strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		switch {
		case n.Data == "meta" && attr(n, "http-equiv") != "":
			policy = attr(n, "content")
		case n.Data == "style":
			styles++
			if !strings.Contains(policy, "style-src '"+sourceHash(n.FirstChild.Data)+"'") {
				t.Error("the policy refuses the style")
			}
		case n.Data == "script" && attr(n, "id") == "":
			scripts++
			if !strings.Contains(policy, "script-src '"+sourceHash(n.FirstChild.Data)+"'") {
				t.Error("the policy refuses the script")
			}
		}
	}
	if scripts != 1 || styles != 1 || !strings.HasPrefix(policy, "default-src 'none'; ") {
		t.Errorf("%d scripts, %d styles, policy %s", scripts, styles, policy)
	}
	if len(data.Pages) != 3 || len(data.Files.Path) != 1 || len(data.Entries.Name) != 1 || len(data.Findings) != 4 || data.Findings[0][0] != 2.0 {
		t.Errorf("%+v", data)
	}
	if again := written(t, "html", fullDocument("img/a.jpg")); again != text {
		t.Error("the same result gives two reports")
	}
	for _, want := range []string{"1.23 MB → 456.8 kB", "hone build img/a.jpg", "What to do next", "[[budget]]", "polyline"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}

// TestHostileHTML: names stay text.
func TestHostileHTML(t *testing.T) {
	t.Parallel()
	count := func(root *html.Node) (n int) {
		for c := range root.Descendants() {
			if c.Type == html.ElementNode {
				n++
			}
		}
		return n
	}
	_, plain, _ := pageOf(t, fullDocument("x"))
	want := count(plain)
	for _, name := range []string{"</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", `"><b>`, "a&lt;b", "\x00\x1b", "' onfocus='x", "-->", "]]>"} {
		text, root, _ := pageOf(t, fullDocument(name))
		if got := count(root); got != want {
			t.Errorf("%q makes %d elements of %d", name, got, want)
		}
		if strings.Contains(text, name) && strings.ContainsAny(name, "<\x00") {
			t.Errorf("%q stands in the report as it is", name)
		}
	}
}

// large is a site of 1,000 pages and 10,000 assets, of which each page loads
// some that are its own and some that all pages load.
func large() *Document {
	rng := rand.New(rand.NewPCG(1, 2))
	r := &pipeline.Result{Manifest: &site.Manifest{}, Published: true}
	add := func(p site.Path, kind string) {
		size := int64(1000 + rng.IntN(200_000))
		hash := fmt.Sprintf("%010x", rng.Uint64()>>24)
		name := site.Path(strings.TrimSuffix(string(p), p.Ext()) + "." + hash + p.Ext())
		if kind == "html" {
			name = p
		}
		r.Files = append(r.Files, pipeline.FileStory{Path: p, Kind: kind, Before: size, After: size / 2, Steps: []string{kind}, Note: fmt.Sprintf("quality %d", rng.IntN(100)), Outputs: []site.Path{name}})
		r.Manifest.Entries = append(r.Manifest.Entries, site.Entry{Path: name, From: []site.Path{p}, Size: size / 2, Class: "fingerprinted", Header: map[string]string{"Cache-Control": "public, max-age=31536000, immutable"}})
		if kind != "image" { // pictures are sent as they are
			r.Manifest.Entries[len(r.Manifest.Entries)-1].Encoded = map[string]int64{"br": size / 9, "gzip": size / 8}
		}
		r.Resources = append(r.Resources, pipeline.Resource{Path: name, Kind: kind, Bytes: map[bool]int64{true: size / 2, false: size / 8}[kind == "image"]})
	}
	kinds := []string{"image", "js", "css"}
	for i := range 10_000 {
		k := kinds[i%3]
		add(site.Path(fmt.Sprintf("assets/section-%d/%s-%d.%s", i%50, []string{"hero", "module", "style"}[i%3], i, map[string]string{"image": "jpg"}[k]+map[string]string{"js": "js", "css": "css"}[k])), k)
	}
	for i := range 1000 {
		p := site.Path(fmt.Sprintf("blog/%d/post-number-%d/index.html", 2000+i%25, i))
		add(p, "html")
		var loads pipeline.Indexes
		for j := range 30 {
			if j < 20 {
				loads = append(loads, uint32(j))
			} else {
				loads = append(loads, uint32(20+i*9+j-20))
			}
		}
		b := int64(rng.IntN(900_000))
		r.Pages = append(r.Pages, pipeline.Page{Path: p, Before: pipeline.Cost{Requests: 31, Bytes: b * 2, Own: 9000}, After: pipeline.Cost{Requests: 31, Bytes: b, Own: 8000}, LoadsBefore: loads, LoadsAfter: loads})
	}
	return New(r, "hone 1", "build", "public", "public-honed", true)
}

func TestLargeHTML(t *testing.T) {
	t.Parallel()
	text := written(t, "html", large())
	if len(text) > 400_000 {
		t.Errorf("the report has %d bytes", len(text))
	}
	t.Logf("%d bytes", len(text))
	if d := os.Getenv("HONE_TEST_REPORT"); d != "" {
		if err := os.WriteFile(d, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestShortName: the script puts the name together again.
func TestShortName(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{{"a/b.css", "a/b.css", ""}, {"a/b.css", "a/b.0123456789.css", "*0123456789"}, {"a/b.png", "a/b.0123456789.avif", "a/b.0123456789.avif"},
		{"a.d/noext", "a.d/noext.0123456789", "a.d/noext.0123456789"}, {"x.y.js", "x.y.01.js", "*01"}} {
		if got := shortName(site.Path(c[0]), site.Path(c[1])); got != c[2] {
			t.Errorf("%s from %s: %q, want %q", c[1], c[0], got, c[2])
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	d := large()
	b.ReportAllocs()
	for b.Loop() {
		if err := HTML(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
}
