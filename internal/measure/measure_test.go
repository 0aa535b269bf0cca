package measure

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hone-web/hone/site"
)

func body(class, extra string) string {
	return `<!doctype html><html lang=en><head><title>x</title><link rel=stylesheet href=/a.css></head><body class=` + class +
		`><header class=top><nav class="menu wide"><ul><li class=item></ul></nav></header><main class=` + class + `><h1 class=title></h1>` + extra + `</main><footer class=foot></footer></body></html>`
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"index.html":        {Data: []byte(body("home", "<section class=hero><img src=a.jpg srcset=x><form class=join><input type=email></form></section><div class=cards><article class=card></article></div>"))},
		"shop/index.html":   {Data: []byte(body("shop", "<table class=prices><thead class=h><tr class=r><th class=c></table><video class=film></video><aside class=cart><button class=buy></button></aside>"))},
		"old/index.html":    {Data: []byte(`<!doctype html><html><head><meta http-equiv=refresh content="0;url=/"></head><body class=x><p class=y></html>`)},
		"part.html":         {Data: []byte("<p class=a>a fragment</p>")},
		".git/x.html":       {Data: []byte(body("shop", ""))},
		"data.json":         {Data: []byte("{}")},
		"blog/9/index.html": {Data: []byte(body("post-9", "<p class=lead></p><pre class=code><code></code></pre><blockquote class=q></blockquote>"))},
	}
	for i := range 5 {
		files[fmt.Sprintf("blog/%d/index.html", i)] = &fstest.MapFile{Data: []byte(body(fmt.Sprintf("post-%d", i), "<p class=lead></p><pre class=code><code></code></pre>"))}
	}
	got, err := Templates(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, g := range got {
		names = append(names, fmt.Sprintf("%s %d", g.Page, len(g.Pages)))
	}
	// The first page leads; of the posts, the one with most on it.
	if want := []string{"index.html 1", "blog/9/index.html 6", "shop/index.html 1"}; !slices.Equal(names, want) {
		t.Errorf("templates %q, want %q", names, want)
	}
}

func FuzzSketch(f *testing.F) {
	f.Add([]byte(body("a", "<p>")))
	f.Add([]byte("<body><script src='"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, ok := sketchOf("x.html", text)
		if !ok {
			return
		}
		if !slices.IsSorted(s.least) || len(s.least) > sketchSize || s.features > maxFeatures {
			t.Errorf("%d hashes of %d features", len(s.least), s.features)
		}
		if v := jaccard(s.least, s.least); v != 1 {
			t.Errorf("a page is like itself by %v", v)
		}
	})
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for p, want := range map[site.Path]string{"index.html": "/d/", "a/index.html": "/d/a/", "a/notindex.html": "/d/a/notindex.html", "b.html": "/d/b.html"} {
		if got := Address("/d/", p); got != want {
			t.Errorf("%s: %s, want %s", p, got, want)
		}
	}
}

func flat(w, h int, c color.RGBA) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(m, m.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	return m
}

func sample() *visit {
	return &visit{Title: "t", Text: "one\ntwo", status: 200, shot: flat(64, 64, color.RGBA{255, 255, 255, 255}),
		Boxes: []box{{"p", "p", 0, 0, 100, 20}, {"div", "div.a", 0, 20, 100, 20}}, Images: []picture{{Name: "/a.png", Loaded: true, Shown: true}}}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(v *visit)
		want   string // kinds
	}{
		{"nothing", func(*visit) {}, ""},
		{"another status", func(v *visit) { v.status = 404 }, "status"},
		{"an exception", func(v *visit) { v.problems = []string{"exception: TypeError: x"} }, "console"},
		{"a missing file", func(v *visit) { v.problems = []string{"status 404: /x.js"} }, "request"},
		{"another host", func(v *visit) { v.outside = []string{"cdn.example"} }, "request"},
		{"a lost line", func(v *visit) { v.Text = "one" }, "text"},
		{"a new line", func(v *visit) { v.Text = "one\ntwo\nthree" }, "text"},
		{"another order", func(v *visit) { v.Text = "two\none" }, "text"},
		{"another title", func(v *visit) { v.Title = "u" }, "title"},
		{"a picture that does not load", func(v *visit) { v.Images = []picture{{Name: "/a.png", Shown: true}} }, "image"},
		{"a picture that is gone", func(v *visit) { v.Images = nil }, "image"},
		{"a box that moved", func(v *visit) { v.Boxes = []box{v.Boxes[0], {"div", "div.a", 0, 40, 100, 20}} }, "layout"},
		{"a box within the slack", func(v *visit) { v.Boxes = []box{v.Boxes[0], {"div", "div.a", 1, 21, 99, 20}} }, ""},
		{"a lost box", func(v *visit) { v.Boxes = v.Boxes[:1] }, "layout"},
		{"another colour", func(v *visit) { v.shot = flat(64, 64, color.RGBA{0, 0, 0, 255}) }, "pixels"},
		{"a hue of compression", func(v *visit) { v.shot = flat(64, 64, color.RGBA{253, 253, 254, 255}) }, ""},
		{"a longer page", func(v *visit) { v.shot = flat(64, 128, color.RGBA{255, 255, 255, 255}) }, "pixels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before, after := sample(), sample()
			c.change(after)
			found, _ := differences(before, after, nil)
			var kinds []string
			for _, d := range found {
				kinds = append(kinds, d.Kind)
			}
			if got := strings.Join(kinds, " "); got != c.want {
				t.Errorf("differs in %q, want %q: %v", got, c.want, found)
			}
			// What a page also differs in from itself is no difference.
			if found, _ := differences(before, after, noiseOf(before, after)); len(found) > 0 && c.want != "status" && c.name != "another host" && c.name != "a longer page" && c.name != "a picture that is gone" {
				t.Errorf("differs from itself, and all the same: %v", found)
			}
		})
	}
}

// TestRenamedVariables checks that an exception which names a variable by
// another name is no new one, and that a second one is.
func TestRenamedVariables(t *testing.T) {
	t.Parallel()
	before := []string{"exception: ReferenceError: jQuery is not defined"}
	if got := newProblems(before, []string{"exception: ReferenceError: e is not defined"}); len(got) != 0 {
		t.Errorf("new: %q", got)
	}
	if got := newProblems(before, []string{"exception: ReferenceError: e is not defined", "exception: ReferenceError: f is not defined"}); len(got) != 1 {
		t.Errorf("new: %q", got)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	got := median([]Times{{LCP: 3, Bytes: 10}, {LCP: 1, Bytes: 30}, {LCP: 2, Bytes: 20}})
	if got.LCP != 2 || got.Bytes != 20 || median(nil) != (Times{}) {
		t.Errorf("median %+v", got)
	}
}

// TestStage checks that a stage answers for the site and for nobody else.
func TestStage(t *testing.T) {
	t.Parallel()
	id, err := newIdentity()
	if err != nil {
		t.Fatal(err)
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "another host") }))
	t.Cleanup(other.Close)
	u, _ := url.Parse("http://site.test")
	for _, network := range []bool{false, true} {
		s, err := newStage(u, id, Compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, strings.Repeat("the site ", 100))
		})), network)
		if err != nil {
			t.Fatal(err)
		}
		proxy, _ := url.Parse("http://" + s.addr)
		c := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
		if text, err := ask(c, "http://site.test/x"); err != nil || !strings.HasPrefix(text, "the site") {
			t.Errorf("the site: %.40q, %v", text, err)
		}
		body, err := ask(c, other.URL)
		if got := body == "another host"; err != nil || got != network {
			t.Errorf("network %v: another host answered %.40q, %v", network, body, err)
		}
		s.close()
		if _, err := ask(c, "http://site.test/x"); err == nil {
			t.Error("the stage answers after its end")
		}
	}
}

func ask(c *http.Client, url string) (string, error) {
	r, err := c.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return string(b), err
}

func TestNormal(t *testing.T) {
	t.Parallel()
	u, _ := url.Parse("https://site.test")
	w := newWatch(u)
	for s, want := range map[string]string{
		"status 404: https://site.test/js/app.0123456789.js":                                            "status 404: /js/app.js",
		"exception: Error: x at https://site.test/a.js:12:9":                                            "exception: Error: x at /a.js",
		"console: the 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' integrity does not   match": "console: the 'sha256 integrity does not match",
	} {
		if got := w.normal(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func BenchmarkDifferences(b *testing.B) {
	before, after := sample(), sample()
	before.shot, after.shot = flat(1280, 6400, color.RGBA{255, 255, 255, 255}), flat(1280, 6400, color.RGBA{250, 250, 250, 255})
	b.ReportAllocs()
	for b.Loop() {
		differences(before, after, nil)
	}
}
