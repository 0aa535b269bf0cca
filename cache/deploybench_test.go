//go:build benchdeploy

package cache_test

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/serve"
	"github.com/hone-web/hone/site"
)

const (
	pages    = 1000
	pictures = 60
)

// seen are the pages that somebody looked at before an edit and looks at again
// after it; the one that is edited and two with the picture are among them.
var seen = []string{"/", "/p/0500.html", "/p/0007.html", "/p/0067.html", "/p/0100.html", "/p/0200.html", "/p/0300.html", "/p/0400.html", "/p/0600.html", "/p/0700.html"}

// TestBenchDeploy prints what three edits of a site of a thousand pages cost:
// deployed by the plan, and by aws s3 sync with an invalidation of everything.
func TestBenchDeploy(t *testing.T) {
	fmt.Printf("| edit | deployed by | uploads | sent | purged | fetched again by the CDN | returning visitor |\n|---|---|---|---|---|---|---|\n")
	for _, e := range []struct {
		name, file string
		edit       func([]byte) []byte
	}{
		{"text of one page", "p/0500.html", func(b []byte) []byte {
			return bytes.Replace(b, []byte("</main>"), []byte("<p>One more line.</p></main>"), 1)
		}},
		{"shared style sheet", "style.css", func(b []byte) []byte { return append(b, "\n.lead { color: #123456 }\n"...) }},
		{"one picture", "img/07.jpg", func([]byte) []byte { return picture(t, pictures+1) }},
	} {
		dir := t.TempDir()
		in := filepath.Join(dir, "in")
		generate(t, in)
		b := &bench{t: t, in: in, out: filepath.Join(dir, "out"), meta: filepath.Join(dir, "meta")}
		before := b.build()
		ours, theirs := &visitor{get: b.hone(before)}, &visitor{get: b.bucket()}
		for _, p := range seen {
			ours.visit(b.needs(before, p))
			theirs.visit(plainNeeds(t, in, p))
		}
		name := filepath.Join(in, e.file)
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, e.edit(text), 0o644); err != nil {
			t.Fatal(err)
		}
		now := b.build()
		ours.get, theirs.get = b.hone(now), b.bucket()
		ours.requests, ours.bytes, theirs.requests, theirs.bytes = 0, 0, 0, 0
		for _, p := range seen {
			ours.visit(b.needs(now, p))
			theirs.visit(plainNeeds(t, in, p))
		}
		plan := cache.Diff(before, now)
		again := changedBytes(before, now)
		fmt.Printf("| %s | `hone diff` | %d | %s | %d URLs | %s | %s |\n", e.name, plan.Uploads, kb(plan.Bytes), plan.Purges, kb(again), ours)
		all, files := folderSize(t, in)
		size, _ := folderSize(t, name)
		fmt.Printf("| | `aws s3 sync`, the generator keeps files that did not change | 1 | %s | `/*` | %s | %s |\n", kb(size), kb(all), theirs)
		fmt.Printf("| | `aws s3 sync`, the generator writes all files | %d | %s | `/*` | %s | %s |\n", files, kb(all), kb(all), theirs)
	}
}

// bench is one site.
type bench struct {
	t             *testing.T
	in, out, meta string
}

func (b *bench) build() *site.Manifest {
	r, err := pipeline.Build(b.t.Context(), pipeline.Options{In: b.in, Out: b.out, Meta: b.meta, Jobs: 2, Encode: []string{"br", "gzip"}, Esbuild: guard.InProcess{},
		Image: pipeline.ImageOptions{AVIF: "off", Picture: "off"}, Now: time.Unix(1_700_000_000, 0)})
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Failed {
		b.t.Fatalf("findings stopped the build: %v", r.Findings)
	}
	return r.Manifest
}

// hone answers with the output and the fields of the manifest.
func (b *bench) hone(m *site.Manifest) http.Handler {
	root, err := os.OpenRoot(b.out)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { root.Close() })
	fields := map[string]http.Header{}
	for i := range m.Entries {
		h := http.Header{}
		for name, value := range m.Entries[i].Header {
			h.Set(name, value)
		}
		for _, u := range m.Entries[i].URLs {
			fields[u] = h
		}
	}
	return &serve.Site{Root: root, Header: func(p string) http.Header { return fields[p] }}
}

// bucket answers as S3 with CloudFront before it does: the tag is the MD5 of
// the file, texts are compressed on the way, nothing says how long to keep it.
func (b *bench) bucket() http.Handler {
	packed := map[string][]byte{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		text, err := os.ReadFile(filepath.Join(b.in, name))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		tag := fmt.Sprintf("%q", fmt.Sprintf("%x", md5.Sum(text)))
		if len(text) >= 1000 && site.KindOf(site.Path(name)).IsText() {
			tag = "W/" + tag
			if packed[tag] == nil {
				var z bytes.Buffer
				w := brotli.NewWriterLevel(&z, 5)
				w.Write(text)
				w.Close()
				packed[tag] = z.Bytes()
			}
			text = packed[tag]
			w.Header().Set("Content-Encoding", "br")
		}
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(text)
	})
}

// visitor is a browser with its cache: what may be kept is not asked for, the
// rest is asked for by its tag. (Where nothing says how long, browsers guess,
// and show what is old; this one asks.)
type visitor struct {
	get             http.Handler
	tags            map[string]string
	kept            map[string]bool
	requests, bytes int
}

func (v *visitor) String() string {
	return fmt.Sprintf("%d requests, %s", v.requests, kb(int64(v.bytes)))
}

func (v *visitor) visit(urls []string) {
	if v.tags == nil {
		v.tags, v.kept = map[string]string{}, map[string]bool{}
	}
	for _, u := range urls {
		if v.kept[u] {
			continue
		}
		r := httptest.NewRequest(http.MethodGet, u, nil)
		r.Header.Set("Accept-Encoding", "gzip, br")
		if v.tags[u] != "" {
			r.Header.Set("If-None-Match", v.tags[u])
		}
		w := httptest.NewRecorder()
		v.get.ServeHTTP(w, r)
		if w.Code >= 400 {
			panic(fmt.Sprintf("%s: %d", u, w.Code))
		}
		v.requests++
		v.bytes += w.Body.Len()
		v.tags[u] = w.Header().Get("ETag")
		v.kept[u] = strings.Contains(w.Header().Get("Cache-Control"), "immutable")
	}
}

// needs lists what a page of the output loads, the page first.
func (b *bench) needs(m *site.Manifest, page string) []string {
	out := []string{page}
	seen := map[site.Path]bool{}
	var walk func(p site.Path)
	walk = func(p site.Path) {
		for _, e := range m.Entries {
			if e.Path != p || seen[p] {
				continue
			}
			seen[p] = true
			for _, r := range e.Refs {
				if site.KindOf(r) != site.HTML && !seen[r] {
					out = append(out, "/"+string(r))
					walk(r)
				}
			}
		}
	}
	p := strings.TrimPrefix(page, "/")
	if p == "" {
		p = "index.html"
	}
	walk(site.Path(p))
	return out
}

// plainNeeds lists what a page of the source loads.
func plainNeeds(t *testing.T, in, page string) []string {
	name := page
	if name == "/" {
		name = "/index.html"
	}
	text, err := os.ReadFile(filepath.Join(in, name))
	if err != nil {
		t.Fatal(err)
	}
	out := []string{page}
	for _, attr := range []string{`src="`, `rel="stylesheet" href="`} {
		for rest := string(text); ; {
			_, after, ok := strings.Cut(rest, attr)
			if !ok {
				break
			}
			u, after, _ := strings.Cut(after, `"`)
			out, rest = append(out, path.Join("/", u)), after
		}
	}
	slices.Sort(out[1:])
	return slices.Compact(out)
}

// changedBytes is what a CDN fetches after a deploy, if everything is asked for
// by browsers of today: the new files, as brotli sends them.
func changedBytes(before, now *site.Manifest) int64 {
	was := map[site.Path]site.Digest{}
	for i := range before.Entries {
		was[before.Entries[i].Path] = before.Entries[i].SHA256
	}
	n := int64(0)
	for i := range now.Entries {
		if e := &now.Entries[i]; was[e.Path] != e.SHA256 {
			if size, ok := e.Encoded["br"]; ok {
				n += size
			} else {
				n += e.Size
			}
		}
	}
	return n
}

func folderSize(t *testing.T, dir string) (n int64, files int) {
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		n += info.Size()
		files++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, files
}

func kb(n int64) string {
	if n >= 1_000_000 {
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f kB", float64(n)/1e3)
}

// generate writes a site of a thousand articles.
func generate(t *testing.T, dir string) {
	write := func(name string, text []byte) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	words := strings.Fields("time order page letter cache server reader morning paper stone river copy early light answer window garden small simple measure follow carry under between never often bright quiet number change field weather street music table road winter summer story")
	state := uint32(1)
	word := func() string {
		state = state*1664525 + 1013904223
		return words[state>>16%uint32(len(words))]
	}
	const head = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>%s</title>
  <link rel="stylesheet" href="/style.css">
  <script src="/app.js" defer></script>
</head>
<body>
  <header class="top"><a href="/">Home</a></header>
`
	var index bytes.Buffer
	fmt.Fprintf(&index, head+"  <main>\n  <ul>\n", "All articles")
	for i := range pages {
		var b bytes.Buffer
		fmt.Fprintf(&b, head+"  <main>\n", fmt.Sprint("Article ", i))
		for range 8 {
			b.WriteString("    <p class=\"lead\">")
			for range 90 {
				b.WriteString(word() + " ")
			}
			b.WriteString("</p>\n")
		}
		for _, p := range []int{i % pictures, (i*7 + 3) % pictures} {
			fmt.Fprintf(&b, "    <img src=\"/img/%02d.jpg\" width=\"480\" height=\"320\" alt=\"Picture %d\">\n", p, p)
		}
		fmt.Fprintf(&b, "  </main>\n</body>\n</html>\n")
		write(fmt.Sprintf("p/%04d.html", i), b.Bytes())
		fmt.Fprintf(&index, "    <li><a href=\"/p/%04d.html\">Article %d</a></li>\n", i, i)
	}
	index.WriteString("  </ul>\n  </main>\n</body>\n</html>\n")
	write("index.html", index.Bytes())
	var style, script bytes.Buffer
	for i := range 500 {
		fmt.Fprintf(&style, ".%s-%d { margin: %dpx; padding: %dpx %dpx; color: #%06x }\n", word(), i, i%40, i%7, i%11, i*7919%0xffffff)
		fmt.Fprintf(&script, "function %s%d(a, b) {\n  return a * %d + b.%s;\n}\nwindow.%s%d = %s%d;\n", "f", i, i, word(), "f", i, "f", i)
	}
	write("style.css", style.Bytes())
	write("app.js", script.Bytes())
	for i := range pictures {
		write(fmt.Sprintf("img/%02d.jpg", i), picture(t, i))
	}
}

// picture paints waves.
func picture(t *testing.T, seed int) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 480, 320))
	s := float64(seed) + 1
	for y := range 320 {
		for x := range 480 {
			f := func(k float64) uint8 {
				return uint8(127 + 60*math.Sin(float64(x)*k/37/s+float64(y)/53*math.Sqrt(s)) + 60*math.Cos(float64(x*y)/4000*k+s))
			}
			m.SetNRGBA(x, y, color.NRGBA{f(1), f(1.3), f(1.7), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
