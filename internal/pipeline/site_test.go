package pipeline

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
)

// tree is a folder: slash-separated name → text.
type tree map[string]string

// avif is shared by all builds: compiling it takes seconds.
var avif = optimize.NewAVIF("")

func (t tree) names() []string { return slices.Sorted(maps.Keys(t)) }

// diff names the files that differ.
func (t tree) diff(u tree) string {
	var d []string
	for _, n := range t.names() {
		if text, ok := u[n]; !ok {
			d = append(d, "only first: "+n)
		} else if text != t[n] {
			d = append(d, fmt.Sprintf("differs: %s (%d and %d bytes)", n, len(t[n]), len(text)))
		}
	}
	for _, n := range u.names() {
		if _, ok := t[n]; !ok {
			d = append(d, "only second: "+n)
		}
	}
	return strings.Join(d, "\n")
}

// match returns the one name that has the given beginning and end.
func (t tree) match(tb testing.TB, prefix, suffix string) string {
	tb.Helper()
	var found []string
	for _, n := range t.names() {
		if strings.HasPrefix(n, prefix) && strings.HasSuffix(n, suffix) && n != prefix+strings.TrimPrefix(suffix, ".") {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		tb.Fatalf("%s…%s: %q of %q", prefix, suffix, found, t.names())
	}
	return found[0]
}

func writeTree(t testing.TB, dir string, files tree, order []string) {
	t.Helper()
	for _, name := range order {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(files[name]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func readTree(t testing.TB, dir string) tree {
	t.Helper()
	files := tree{}
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(p)
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var epoch = time.Unix(1_700_000_000, 0)

func options(in, out, meta string) Options {
	return Options{In: in, Out: out, Meta: meta, Jobs: 2, Encode: []string{"br", "gzip"}, Esbuild: guard.InProcess{}, AVIF: avif, Now: epoch, Preset: "fast"}
}

// place is where a test builds.
type place struct{ in, out, meta string }

func newPlace(t testing.TB, files tree) place {
	t.Helper()
	dir := t.TempDir()
	p := place{filepath.Join(dir, "in"), filepath.Join(dir, "out"), filepath.Join(dir, "meta")}
	writeTree(t, p.in, files, files.names())
	return p
}

// build builds and returns what was published.
func (p place) build(t testing.TB, change func(*Options)) (*Result, tree) {
	t.Helper()
	o := options(p.in, p.out, p.meta)
	if change != nil {
		change(&o)
	}
	r, err := Build(t.Context(), o)
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	if r.Failed {
		t.Fatalf("findings stopped the build: %v", r.Findings)
	}
	return r, readTree(t, o.Out)
}

func findings(r *Result, rule string) []site.Path {
	var ps []site.Path
	for _, d := range r.Findings {
		if d.Rule == rule {
			ps = append(ps, d.Path)
		}
	}
	return ps
}

// picture draws something that compresses like a drawing.
func picture(w, h, seed int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.NRGBA{uint8(x * 255 / w), uint8(y * 255 / h), uint8((x/8 + y/8 + seed) % 2 * 200), 255})
		}
	}
	return m
}

func pngOf(w, h, seed int) string {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.NoCompression}
	if err := e.Encode(&b, picture(w, h, seed)); err != nil {
		panic(err)
	}
	return b.String()
}

func jpegOf(w, h, seed int) string {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(w, h, seed), &jpeg.Options{Quality: 98}); err != nil {
		panic(err)
	}
	return b.String()
}

func words(rnd *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		for range 2 + rnd.IntN(3) {
			b.WriteString([]string{"ka", "lo", "mi", "ner", "sti", "ru", "ven", "do"}[rnd.IntN(8)])
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// sri returns the integrity of a text.
func sri(text string) string {
	s := sha512.Sum384([]byte(text))
	return "sha384-" + base64.StdEncoding.EncodeToString(s[:])
}

const article = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>%[1]s</title>
    <!-- A comment of the layout that no visitor reads, as generators leave them in every page. -->
    <link rel="stylesheet" href="%[2]scss/main.css">
    <link rel="icon" href="%[2]sfavicon.ico">
    <script src="%[2]sjs/legacy.js" integrity="%[4]s"></script>
    <script type="module" src="%[2]sjs/main.js"></script>
  </head>
  <body>
    <!-- another comment -->
    <img src="%[2]simg/logo.png" alt="logo" width="40" height="30">
    <img src="%[2]simg/photo%[5]d.jpg" alt="photo">
    <a href="%[2]sindex.html">home</a>
    <p>
      %[3]s
    </p>
  </body>
</html>
`

// sampleSite makes a site of n articles with what sites have: styles, modules
// that know each other, pictures, a feed, data, a service worker.
func sampleSite(n int) tree {
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	legacy := "/* of old */\nvar legacyValue = 1;\nfunction legacyFunction ( argument ) { return argument + legacyValue ; }\n"
	s := tree{
		"css/main.css":       "/* all pages */\n@import \"parts/type.css\";\nbody {\n  color: #ff0000;\n  background: url( \"../img/logo.png\" );\n}\n",
		"css/parts/type.css": "/* letters */\n@font-face {\n  font-family: X;\n  src: url(../../font/x.woff2);\n}\n",
		"font/x.woff2":       "wOF2 not really",
		"js/legacy.js":       legacy,
		"js/main.js":         "// Starts. A comment of the kind that tells at length what the code below does, and drops away.\nimport { a } from \"./a.js\";\nconsole.log( a ( ) );\n",
		"js/a.js":            "// Knows b. A comment of the kind that tells at length what the code below does, and drops away.\nimport { b } from \"./b.js\";\nexport function a ( ) { return b ; }\n",
		"js/b.js":            "// Knows a. A comment of the kind that tells at length what the code below does, and drops away.\nimport { a } from \"./a.js\";\nexport const b = typeof a ;\n",
		"img/logo.png":       pngOf(40, 30, 1),
		"favicon.ico":        "icon",
		"feed.xml":           "<?xml version=\"1.0\"?>\n<rss version=\"2.0\">\n  <channel>\n    <link>https://example.com/</link>\n  </channel>\n</rss>\n",
		"data/list.json":     "{\n  \"a\": [1, 2.50, 3]\n}\n",
		"img/mark.svg":       "<!-- drawn -->\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 4 4\">\n  <rect width=\"4\" height=\"4\"/>\n</svg>\n",
		"robots.txt":         "User-agent: *\n",
		"empty.css":          "",
		"manual page.pdf":    "%PDF-1.4",
	}
	for i := range 3 {
		s[fmt.Sprintf("img/photo%d.jpg", i)] = jpegOf(48, 32, i)
	}
	for i := range n {
		s[fmt.Sprintf("blog/p%d.html", i)] = fmt.Sprintf(article, fmt.Sprint("Article ", i), "../", words(rnd, 120), sri(legacy), i%3)
	}
	s["index.html"] = fmt.Sprintf(article, "Home", "", words(rnd, 60), sri(legacy), 0)
	return s
}
