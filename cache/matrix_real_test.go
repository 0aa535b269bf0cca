//go:build unix

package cache_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// servers are those that are told by a file to include.
var servers = []struct {
	name, file string
	start      func(t *testing.T, root, text string) string
}{{"nginx", "nginx.conf", cache.StartNginx}, {"apache", "apache.conf", cache.StartApache}, {"caddy", "hone.caddyfile", cache.StartCaddy}}

// built is a whole site, as a build leaves it.
type built struct {
	dir      string // of out, meta and www, under which out is mounted where it is served
	prefix   string
	manifest *site.Manifest
}

// optimize builds the site in folder in.
func optimize(t *testing.T, in, base, dir string) *built {
	t.Helper()
	return optimizeWith(t, in, base, dir, func(*pipeline.Options) {})
}

func optimizeWith(t *testing.T, in, base, dir string, options func(*pipeline.Options)) *built {
	t.Helper()
	o := pipeline.Options{In: in, Out: filepath.Join(dir, "out"), Meta: filepath.Join(dir, "meta"), BaseURL: base, Jobs: 2, Encode: []string{"br", "gzip"},
		Esbuild: guard.InProcess{}, Image: pipeline.ImageOptions{AVIF: "off"}, FailOn: pipeline.FailNever, Now: time.Unix(1_700_000_000, 0)}
	options(&o)
	r, err := pipeline.Build(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	b := &built{dir: dir, prefix: r.Base.Prefix, manifest: r.Manifest}
	mount := filepath.Join(dir, "www", filepath.FromSlash(b.prefix))
	if err := os.MkdirAll(filepath.Dir(mount), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(o.Out, mount); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return b
}

// age makes the output an hour old: Apache takes what was written in this
// second for unfinished, and says of it that its tag is weak.
func (b *built) age(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(b.dir, "out"), func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return os.Chtimes(name, time.Time{}, info.ModTime().Add(-time.Hour))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// serve starts a server with the file that was written for it.
func (b *built) serve(t *testing.T, file string, start func(t *testing.T, root, text string) string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, "meta", "hosts", file))
	if err != nil {
		t.Fatal(err)
	}
	if cache.NginxBrotli() {
		text = bytes.Replace(text, []byte("# brotli_static on;"), []byte("brotli_static on;"), 1)
	}
	return start(t, filepath.Join(b.dir, "www"), string(text))
}

// TestServersMatrix asks nginx, Apache and Caddy for every address of optimized
// sites, in every coding and in every way, and holds the answers against the
// manifest. CACHE_CORPUS names a folder of more sites.
func TestServersMatrix(t *testing.T) {
	t.Parallel()
	const fixtures = "../fixtures/sites"
	bases := map[string]string{"docs": "https://pages.example/docs/"}
	all := map[string]string{}
	for _, dir := range []string{fixtures, os.Getenv("CACHE_CORPUS")} {
		if dir == "" {
			continue
		}
		names, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			all[n.Name()] = filepath.Join(dir, n.Name())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			b := optimize(t, all[name], bases[name], t.TempDir())
			b.matrix(t)
		})
	}
	t.Run("strange names", func(t *testing.T) {
		root, m := cache.RealSite(t)
		b := &built{dir: filepath.Dir(root), prefix: "/", manifest: m}
		cache.Describe(m, b.prefix)
		hosts := filepath.Join(b.dir, "meta", "hosts")
		if err := errors.Join(os.MkdirAll(hosts, 0o755), os.Symlink(root, filepath.Join(b.dir, "www"))); err != nil {
			t.Fatal(err)
		}
		for _, target := range []*cache.Target{cache.Nginx, cache.Apache, cache.Caddy} {
			outs, _ := target.Emit(m, cache.Site{Prefix: b.prefix})
			if err := os.WriteFile(filepath.Join(hosts, string(outs[0].Path)), outs[0].Bytes, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b.matrix(t)
	})
}

// matrix asks every server for every file.
func (b *built) matrix(t *testing.T) {
	b.age(t)
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			if s.name == "nginx" && !cache.NginxBrotli() {
				if os.Getenv("SERVERS_REQUIRED") == "1" {
					t.Fatal("the brotli module of nginx is required and not installed")
				}
				t.Log("not asked for: br of nginx, whose module is not installed")
			}
			a := newAsker(t, b, s.name, b.serve(t, s.file, s.start))
			for i := range b.manifest.Entries {
				e := b.manifest.Entries[i]
				switch {
				case s.name == "caddy" && strings.Contains(string(e.Path), `\`):
					continue // its file matcher reads a backslash as an escape
				case s.name == "apache" && strings.Contains(string(e.Path), "?"):
					e.Encodings = nil // its rewriting refuses the name
				}
				a.entry(&e)
			}
			a.missing()
			t.Logf("%d requests to %s", a.asked, s.name)
		})
	}
}

// collector keeps what a test would complain about.
type collector struct {
	testing.TB
	said []string
}

func (c *collector) Errorf(format string, args ...any) {
	c.said = append(c.said, fmt.Sprintf(format, args...))
}

// TestMatrixSees checks that the matrix can fail: each way in which a
// configuration is wrong must be noticed.
func TestMatrixSees(t *testing.T) {
	t.Parallel()
	root, m := cache.RealSite(t)
	b := &built{dir: filepath.Dir(root), prefix: "/", manifest: m}
	cache.Describe(m, b.prefix)
	outs, _ := cache.Nginx.Emit(m, cache.Site{Prefix: b.prefix})
	for name, c := range map[string]struct{ old, new, want string }{
		"two rules for one file":     {"charset utf-8;", `charset utf-8; add_header Cache-Control "no-cache";`, `Cache-Control ["no-cache" "public`},
		"a location inherits none":   {`add_header X-Content-Type-Options "nosniff" always; `, ``, "X-Content-Type-Options is []"},
		"no Vary on what is plain":   {"gzip_vary on;", "gzip_vary off;", "Vary is []"},
		"what is not there, kept":    {"charset utf-8;", `charset utf-8; location ~ "\.[0-9a-f]{10}\." { add_header Cache-Control "public, max-age=31536000, immutable" always; }`, "404 Not Found may be kept"},
		"no tag to ask by":           {"charset utf-8;", "charset utf-8; etag off;", "no ETag"},
		"compressed on the way":      {"gzip_static on;", "gzip on; gzip_types *; gzip_min_length 1;", "bytes, want"},
		"another type":               {"text/css ", "text/plain ", "Content-Type is"},
		"a moment, where it is ever": {"max-age=31536000, immutable", "max-age=60", "Cache-Control is ["},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.ReplaceAll(string(outs[0].Bytes), c.old, c.new)
			if cache.NginxBrotli() {
				text = strings.ReplaceAll(text, "# brotli_static on;", "brotli_static on;")
			}
			sees := &collector{TB: t}
			a := newAsker(sees, b, "nginx", cache.StartNginx(t, root, text))
			for i := range m.Entries {
				a.entry(&m.Entries[i])
			}
			a.missing()
			if !slices.ContainsFunc(sees.said, func(s string) bool { return strings.Contains(s, c.want) }) {
				t.Errorf("nothing about %q in %d complaints: %q", c.want, len(sees.said), sees.said[:min(3, len(sees.said))])
			}
		})
	}
}

// TestServersSeeEdits publishes a page with other bytes and the same length:
// the tags of these servers are made of time and length (RFC 9110, section
// 8.8.3, wants them to differ).
func TestServersSeeEdits(t *testing.T) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			in := filepath.Join(dir, "in")
			write := func(word string) *built {
				t.Helper()
				text := "<!doctype html><html lang=en><head><title>T</title></head><body><p>" + word + "</p></body></html>"
				if err := errors.Join(os.MkdirAll(in, 0o755), os.WriteFile(filepath.Join(in, "index.html"), []byte(text), 0o644)); err != nil {
					t.Fatal(err)
				}
				return optimize(t, in, "", dir)
			}
			b := write("first")
			a := newAsker(t, b, s.name, b.serve(t, s.file, s.start))
			before := a.ask("GET", "/")
			write("other")
			after := a.ask("GET", "/", "If-None-Match", before.Header.Get("ETag"), "If-Modified-Since", before.Header.Get("Last-Modified"))
			if len(before.body) == 0 || after.StatusCode != http.StatusOK || len(after.body) != len(before.body) || bytes.Equal(after.body, before.body) {
				t.Errorf("%s, %q with tag %s; was %q with %s", after.Status, after.body, after.Header.Get("ETag"), before.body, before.Header.Get("ETag"))
			}
		})
	}
}
