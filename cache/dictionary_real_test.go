//go:build unix

package cache_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/serve"
	"github.com/hone-web/hone/site"
)

// longSheet is a style sheet of some kilobytes that do not compress away.
func longSheet() string {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, ".rule-%x { margin: %dpx %dpx; color: #%06x }\n", i*i*7919, i%97, i*31%89, i*40503%0xffffff)
	}
	return b.String()
}

// deployTwice builds a site twice, the second time with a rule more and the
// first output as the last deploy. It returns both.
func deployTwice(t *testing.T, base string) (first, second *built) {
	t.Helper()
	in := filepath.Join(t.TempDir(), "in")
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(in, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var page strings.Builder
	for i := range 400 {
		fmt.Fprintf(&page, `<p class="rule-%x">x</p>`, i*i*7919)
	}
	write("index.html", `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title><link rel="stylesheet" href="css/app.css"></head><body>`+page.String()+`</body></html>`)
	write("css/app.css", longSheet())
	write("small.css", "p { color: red }")
	first = optimizeWith(t, in, base, t.TempDir(), func(o *pipeline.Options) { o.Cache.Dictionary = true })
	write("css/app.css", longSheet()+"\np { color: #010203 }\n")
	second = optimizeWith(t, in, base, t.TempDir(), func(o *pipeline.Options) {
		o.Cache.Dictionary, o.Previous = true, filepath.Join(first.dir, "out")
	})
	return first, second
}

// sheet returns the entry of the style sheet of a deploy.
func (b *built) sheet(t *testing.T) *site.Entry {
	t.Helper()
	for i := range b.manifest.Entries {
		if e := &b.manifest.Entries[i]; e.Class == cache.ClassFingerprinted && e.Path.Ext() == ".css" {
			return e
		}
	}
	t.Fatal("no style sheet has a fingerprint")
	return nil
}

// TestServersDictionary asks nginx, Apache, Caddy and the preview for the style
// sheet of a second deploy, as somebody who has that of the first, as somebody
// who has another, and as somebody who cannot read it.
func TestServersDictionary(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "https://pages.example/docs/"} {
		t.Run("base "+base, func(t *testing.T) {
			first, second := deployTwice(t, base)
			old, now := first.sheet(t), second.sheet(t)
			if len(now.Dictionaries) != 1 || now.Dictionaries[0].SHA256 != old.SHA256 || now.Dictionaries[0].Size*4 > now.Encoded["br"] {
				t.Fatalf("%+v", now)
			}
			t.Logf("%d bytes, br %d, dcz %d", now.Size, now.Encoded["br"], now.Dictionaries[0].Size)
			second.age(t)
			for _, s := range servers {
				t.Run(s.name, func(t *testing.T) {
					second.packedAt(t, "http://"+second.serve(t, s.file, s.start), first, old, now)
				})
			}
			t.Run("preview", func(t *testing.T) {
				root, err := os.OpenRoot(filepath.Join(second.dir, "out"))
				if err != nil {
					t.Fatal(err)
				}
				defer root.Close()
				text, err := os.ReadFile(filepath.Join(second.dir, "out", "_headers"))
				if err != nil {
					t.Fatal(err)
				}
				header, err := cache.Netlify.Resolve([]site.Output{{Path: "_headers", Bytes: text, Published: true}})
				if err != nil {
					t.Fatal(err)
				}
				addr := listen(t, &serve.Site{Root: root, Prefix: second.prefix, Header: header})
				second.packedAt(t, addr, first, old, now)
			})
		})
	}
}

// listen serves a handler.
func listen(t *testing.T, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func (b *built) packedAt(t *testing.T, origin string, first *built, old, now *site.Entry) {
	t.Helper()
	has := ":" + base64.StdEncoding.EncodeToString(old.SHA256[:]) + ":"
	var other site.Digest
	other[0] = 1
	for _, c := range []struct {
		name, accept, has, coding string
	}{
		{"has it", "gzip, deflate, br, zstd, dcb, dcz", has, "dcz"},
		{"has it, by itself", "dcz", has, "dcz"},
		{"has another", "gzip, dcb, dcz", ":" + base64.StdEncoding.EncodeToString(other[:]) + ":", "gzip"},
		{"has none", "gzip, dcb, dcz", "", "gzip"},
		{"cannot read it", "gzip", has, "gzip"},
		{"refuses it", "gzip, dcz;q=0", has, "gzip"},
		{"reads nothing", "identity", has, ""},
		{"writes nonsense", "gzip, dcz", has + "x", "gzip"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, origin+b.prefix+string(now.Path), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", c.accept)
		if c.has != "" {
			r.Header.Set("Available-Dictionary", c.has)
		}
		w, err := (&http.Transport{DisableCompression: true}).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(w.Body)
		w.Body.Close()
		h := w.Header
		if err != nil || w.StatusCode != http.StatusOK || h.Get("Content-Encoding") != c.coding || len(h.Values("Content-Encoding")) > 1 {
			t.Errorf("%s: %s, %v, %v", c.name, w.Status, h, err)
			continue
		}
		if vary := strings.Join(h.Values("Vary"), ", "); !strings.Contains(vary, "Available-Dictionary") || !strings.Contains(vary, "Accept-Encoding") {
			t.Errorf("%s: Vary is %q", c.name, h.Values("Vary"))
		}
		for _, name := range []string{"Content-Type", "Cache-Control", "Use-As-Dictionary", "X-Content-Type-Options"} {
			if got := h.Values(name); len(got) != 1 || got[0] != now.Header[name] {
				t.Errorf("%s: %s is %q, want %q", c.name, name, got, now.Header[name])
			}
		}
		if c.coding != "dcz" {
			continue
		}
		dict, err := os.ReadFile(filepath.Join(first.dir, "out", string(old.Path)))
		if err != nil {
			t.Fatal(err)
		}
		d, err := zstd.NewReader(nil, zstd.WithDecoderDictRaw(0, dict))
		if err != nil {
			t.Fatal(err)
		}
		text, err := d.DecodeAll(body[40:], nil)
		d.Close()
		if err != nil || site.Sum(text) != now.SHA256 || !bytes.Equal(body[8:40], old.SHA256[:]) {
			t.Errorf("%s: it does not read as what it is: %v", c.name, err)
		}
	}
}
