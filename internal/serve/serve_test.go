package serve

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func folder(t testing.TB, files map[string]string) *os.Root {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

var files = map[string]string{
	"index.html": "home", "404.html": "lost", "about.html": "about", "docs/index.html": "docs", "both.html": "page", "both/index.html": "index",
	"a b/ü%.txt": "odd", "app.js": "plain", "app.js.br": "brotli", "app.js.gz": "gzip", "_headers": "secret", "img/x.svg": "<svg/>",
	"feed/index.xml": "<rss/>", "app.mjs": "m",
}

func TestLookup(t *testing.T) {
	t.Parallel()
	s := &Site{Root: folder(t, files)}
	for _, c := range []struct {
		url    string
		status int
		want   string // body, or Location
		typ    string
	}{
		{"/", 200, "home", "text/html; charset=utf-8"},
		{"/index.html", 200, "home", "text/html; charset=utf-8"},
		{"/about", 200, "about", "text/html; charset=utf-8"},
		{"/about/", 200, "about", "text/html; charset=utf-8"},
		{"/docs", 301, "/docs/", ""},
		{"/docs?q=1", 301, "/docs/?q=1", ""},
		{"/docs/", 200, "docs", "text/html; charset=utf-8"},
		{"/both", 200, "page", "text/html; charset=utf-8"},
		{"/both/", 200, "index", "text/html; charset=utf-8"},
		{"/a%20b/%C3%BC%25.txt", 200, "odd", "text/plain; charset=utf-8"},
		{"/app.js?v=2", 200, "plain", "text/javascript; charset=utf-8"},
		{"/app.mjs", 200, "m", "text/javascript; charset=utf-8"},
		{"/img/x.svg", 200, "<svg/>", "image/svg+xml"},
		{"/feed/", 200, "<rss/>", "application/xml"},
		{"/_headers", 404, "lost", "text/html; charset=utf-8"},
		{"/x/../_headers", 404, "lost", "text/html; charset=utf-8"},
		{"/..%2f..%2fetc/passwd", 404, "lost", "text/html; charset=utf-8"},
		{"/none", 404, "lost", "text/html; charset=utf-8"},
		{"/img", 404, "lost", "text/html; charset=utf-8"},
		{"/x%00", 404, "lost", "text/html; charset=utf-8"},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", c.url, nil))
		got := w.Body.String()
		if c.status == 301 {
			got = w.Header().Get("Location")
		}
		if w.Code != c.status || got != c.want || c.typ != "" && w.Header().Get("Content-Type") != c.typ {
			t.Errorf("GET %s: %d %q %q, want %d %q %q", c.url, w.Code, got, w.Header().Get("Content-Type"), c.status, c.want, c.typ)
		}
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	s := &Site{Root: folder(t, files), Prefix: "/docs/"}
	for url, want := range map[string]int{"/docs/": 200, "/docs": 301, "/docs/about": 200, "/about": 404, "/": 404, "/docs/docs/": 200} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		if w.Code != want {
			t.Errorf("GET %s: %d, want %d", url, w.Code, want)
		}
	}
}

func TestCoding(t *testing.T) {
	t.Parallel()
	s := &Site{Root: folder(t, files)}
	for accept, want := range map[string]string{
		"": "plain", "gzip, deflate, br, zstd": "brotli", "gzip": "gzip", "x-gzip": "gzip", "br;q=0, gzip;q=0.5": "gzip", "*": "brotli",
		"identity, *;q=0": "plain", "br;q=0.1, gzip": "gzip", "GZIP": "gzip", "br;q=nan": "plain", "br;q=2, gzip;q=0.1": "gzip", "identity;q=1, br;q=0.5": "plain",
	} {
		r := httptest.NewRequest("GET", "/app.js", nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := w.Body.String(); got != want || w.Header().Get("Vary") != "Accept-Encoding" || (w.Header().Get("Content-Encoding") == "") != (want == "plain") {
			t.Errorf("Accept-Encoding %q: %q, header %v; want %q", accept, got, w.Header(), want)
		}
	}
}

func TestConditional(t *testing.T) {
	t.Parallel()
	s := &Site{Root: folder(t, files), Header: func(p string) http.Header {
		return http.Header{"Cache-Control": {"max-age=1 " + p}, "Content-Type": {"text/plain"}}
	}}
	get := func(method, url string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, url, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	first := get("GET", "/app.js")
	tag := first.Header().Get("ETag")
	if tag == "" || first.Header().Get("Cache-Control") != "max-age=1 /app.js" || first.Header().Get("Content-Type") != "text/plain" || first.Header().Get("Last-Modified") != "" {
		t.Fatalf("headers %v", first.Header())
	}
	if w := get("GET", "/app.js", "If-None-Match", tag); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("If-None-Match: %d %q", w.Code, w.Body)
	}
	if other := get("GET", "/app.js", "Accept-Encoding", "br").Header().Get("ETag"); other == tag {
		t.Error("two codings share an entity tag")
	}
	if w := get("GET", "/app.js", "Range", "bytes=1-2"); w.Code != 206 || w.Body.String() != "la" {
		t.Errorf("Range: %d %q", w.Code, w.Body)
	}
	if w := get("HEAD", "/app.js"); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d %q", w.Code, w.Body)
	}
	if w := get("POST", "/app.js"); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", w.Code)
	}
	if w := get("GET", "/none", "If-None-Match", "*"); w.Code != 404 {
		t.Errorf("missing with If-None-Match: %d", w.Code)
	}
}

func FuzzQualities(f *testing.F) {
	for _, s := range []string{"gzip, br", "br;q=0.5,*;q=0", ";;;q", strings.Repeat("a,", 100), "br;q=NaN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := qualities([]string{s})
		if len(q) > maxCodings {
			t.Fatalf("%d codings", len(q))
		}
		for k, v := range q {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("%q has quality %v", k, v)
			}
		}
	})
}

func BenchmarkServe(b *testing.B) {
	s := &Site{Root: folder(b, files)}
	r := httptest.NewRequest("GET", "/app.js", nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// TestPacked asks for a file of which a form for those who have another lies
// beside it (RFC 9842).
func TestPacked(t *testing.T) {
	t.Parallel()
	dict := sha256.Sum256([]byte("the old text"))
	dir := t.TempDir()
	name := "app.js." + hex.EncodeToString(dict[:5]) + ".dcz"
	for file, text := range map[string]string{"app.js": "the new text", name: "12345678" + string(dict[:]) + "packed"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	has := ":" + base64.StdEncoding.EncodeToString(dict[:]) + ":"
	near := dict
	near[31]++ // of the same name
	for _, c := range []struct {
		accept, has string
		packed      bool
	}{
		{"dcz", has, true}, {"gzip, br, dcz;q=0.5", " " + has, true}, {"gzip", has, false}, {"dcz;q=0", has, false}, {"*", has, false},
		{"dcz", "", false}, {"dcz", has[1:], false}, {"dcz", has[:len(has)-1], false}, {"dcz", ":" + has, false}, {"dcz", ":" + strings.Repeat("A", 5000) + ":", false},
		{"dcz", ":" + base64.StdEncoding.EncodeToString(near[:]) + ":", false}, {"dcz", ":../:", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/app.js", nil)
		r.Header.Set("Accept-Encoding", c.accept)
		r.Header.Set("Available-Dictionary", c.has)
		w := httptest.NewRecorder()
		(&Site{Root: root}).ServeHTTP(w, r)
		if got := w.Header().Get("Content-Encoding") == "dcz"; got != c.packed || w.Code != http.StatusOK || strings.HasSuffix(w.Body.String(), "packed") != c.packed {
			t.Errorf("%q, %.60q: %d %v", c.accept, c.has, w.Code, w.Header())
		}
	}
}
