//go:build unix

package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/hone-web/hone/site"
)

func ctx() context.Context { return context.Background() }

// TestChangedInput writes to the input while it is built.
func TestChangedInput(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"scan", "optimize"} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, sampleSite(1))
			writeTree(t, p.out, tree{"old.html": "old"}, []string{"old.html"})
			name := "img/photo0.jpg"
			if stage == "optimize" {
				name = "manual page.pdf" // nothing reads it before it is published
			}
			o := options(p.in, p.out, p.meta)
			var once sync.Once
			o.Progress = func(s string, done, total int) {
				if s == stage {
					once.Do(func() {
						if err := os.WriteFile(filepath.Join(p.in, name), []byte("changed!"), 0o644); err != nil {
							t.Error(err)
						}
					})
				}
			}
			if _, err := Build(ctx(), o); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), name) {
				t.Errorf("error: %v", err)
			}
			if got := readTree(t, p.out); len(got) != 1 || got["old.html"] != "old" {
				t.Errorf("the output holds %q", got.names())
			}
			left, err := filepath.Glob(filepath.Join(filepath.Dir(p.out), ".out.hone-*"))
			if err != nil || len(left) != 0 {
				t.Errorf("left over: %q, %v", left, err)
			}
		})
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	for _, stage := range []string{"scan", "optimize", "compress", "write"} {
		p := newPlace(t, sampleSite(1))
		c, cancel := context.WithCancel(ctx())
		o := options(p.in, p.out, p.meta)
		o.Jobs = 1
		o.Progress = func(s string, _, _ int) {
			if s == stage {
				cancel()
			}
		}
		if _, err := Build(c, o); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled in %s: %v", stage, err)
		}
		left, err := os.ReadDir(filepath.Dir(p.out))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			if e.Name() != "in" && e.Name() != "meta" {
				t.Errorf("cancelled in %s: left %s", stage, e.Name())
			}
		}
		cancel()
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	secret := tree{".git/config": "x", ".env": "x", ".env.local": "x", "a/.production.env": "x", "a/.npmrc": "x", ".svn/x": "x", "id_rsa": "x", "a/ID_ED25519": "x",
		"k.p12": "x", "K.PFX": "x", ".aws/credentials": "x", "server.key": "-----BEGIN PRIVATE KEY-----", "cert.pem": "x\n-----BEGIN RSA PRIVATE KEY-----", ".htpasswd": "x",
		".DS_Store": "x", ".hone/manifest.json": "x", ".gitignore": "x", "wp-config.php": "x"}
	public := tree{"index.html": "<p>x", "slides.key": "Keynote", "cert2.pem": "-----BEGIN CERTIFICATE-----", ".well-known/security.txt": "x", "env.js": "x=1", "environment": "x", ".nojekyll": "",
		"git.html": "<p>x", ".htaccess": "x"}
	all := tree{}
	for n := range secret {
		all[n] = secret[n]
	}
	for n := range public {
		all[n] = public[n]
	}
	p := newPlace(t, all)
	r, out := p.build(t, nil)
	told := findings(r, "secret-skipped")
	for n := range secret {
		if _, ok := out[n]; ok {
			t.Errorf("%s was published", n)
		}
		if !slices.ContainsFunc(told, func(p site.Path) bool { return n == string(p) || strings.HasPrefix(n, string(p)+"/") }) {
			t.Errorf("%s is not told of", n)
		}
	}
	for n := range public {
		if _, ok := out[n]; !ok {
			t.Errorf("%s is missing", n)
		}
	}
}

// TestLinks: a link inside the site is followed, one that leads out, nowhere
// or in a circle is not.
func TestLinks(t *testing.T) {
	t.Parallel()
	p := newPlace(t, tree{"index.html": "<p>x", "a/b/page.html": "<p>y"})
	outside := newPlace(t, tree{"secret.txt": "secret"}).in
	for name, to := range map[string]string{"page-link.html": "a/b/page.html", "folder-link": "a/b", "a/b/up": "../..", "self": "self", "nowhere": "no/such", "out-file.txt": filepath.Join(outside, "secret.txt"),
		"out-folder": outside, "a/out-rel": "../../../../../../../../../../etc", "absolute": filepath.Join(p.in, "a")} {
		if err := os.Symlink(to, filepath.Join(p.in, name)); err != nil {
			t.Fatal(err)
		}
	}
	r, out := p.build(t, nil)
	for _, n := range []string{"index.html", "page-link.html", "folder-link/page.html", "a/b/page.html"} {
		if out[n] == "" {
			t.Errorf("%s is missing", n)
		}
	}
	for n, text := range out {
		if strings.Contains(text, "secret") || strings.HasPrefix(n, "out-") || strings.Contains(n, "/up/") || strings.HasPrefix(n, "absolute") {
			t.Errorf("%s was published", n)
		}
	}
	told := findings(r, "symlink-skipped")
	for _, n := range []site.Path{"a/b/up", "self", "nowhere", "out-file.txt", "out-folder", "a/out-rel", "absolute"} {
		if !slices.Contains(told, n) {
			t.Errorf("%s is not told of: %q", n, told)
		}
	}
}

func TestSpecialFiles(t *testing.T) {
	t.Parallel()
	p := newPlace(t, tree{"index.html": "<p>x"})
	if err := syscall.Mkfifo(filepath.Join(p.in, "pipe.html"), 0o644); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	r, out := p.build(t, nil)
	if _, ok := out["pipe.html"]; ok || !slices.Equal(findings(r, "special-skipped"), []site.Path{"pipe.html"}) {
		t.Errorf("published %q, findings %v", out.names(), r.Findings)
	}
}

// TestStrangeNames carries names byte for byte and refers to them.
func TestStrangeNames(t *testing.T) {
	t.Parallel()
	files := tree{"index.html": "<!-- a comment that pays for the fingerprint's longer address in this page, and then some more -->\n<img src=\"raw%FF.png\"> <img src='sp ace.png'>  <img src=\"gr%C3%B6%C3%9Fe.png\">",
		"raw\xff.png": pngOf(20, 20, 1), "sp ace.png": pngOf(20, 20, 2), "größe.png": pngOf(20, 20, 3), "new\nline.txt": "x", "only\xfe.bin": "x"}
	p := newPlace(t, nil)
	for _, n := range files.names() {
		if err := os.MkdirAll(p.in, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p.in, n), []byte(files[n]), 0o644); err != nil {
			t.Skipf("this file system has no %q: %v", n, err)
		}
	}
	r, out := p.build(t, nil)
	for n := range files {
		if _, ok := out[n]; !ok {
			t.Errorf("%q is missing", n)
		}
	}
	if broken := findings(r, "ref-broken"); len(broken) > 0 {
		t.Errorf("broken: %v", r.Findings)
	}
	if !strings.Contains(out["index.html"], "raw%FF.") || !strings.Contains(out["index.html"], "gr%C3%B6%C3%9Fe.") {
		t.Errorf("the page: %s", out["index.html"])
	}
	out.match(t, "raw\xff.", ".png")
}

// TestCompanions: what lay precompressed beside a text goes on answering, made
// anew of the new bytes; an archive of its own stays.
func TestCompanions(t *testing.T) {
	t.Parallel()
	css := "a { color : red ; }\n"
	p := newPlace(t, tree{"index.html": "<link rel=stylesheet href=a.css>", "a.css": css, "a.css.gz": "stale", "a.css.br": "stale", "a.css.zst": "stale", "data.tar.gz": "archive", "b.png": pngOf(9, 9, 1), "b.png.gz": "odd", "gone.js.gz": "alone"})
	r, out := p.build(t, nil)
	for ext, coding := range codings {
		name := "a.css" + ext
		text, ok := out[name]
		if !ok || text == "stale" {
			t.Errorf("%s: %q", name, text)
		}
		if e := entry(r, "a.css"); e == nil || !slices.Contains(e.Encodings, coding) {
			t.Errorf("%s is not in the manifest: %+v", coding, e)
		}
	}
	for n, want := range map[string]string{"data.tar.gz": "archive", "b.png.gz": "odd", "gone.js.gz": "alone"} {
		if out[n] != want {
			t.Errorf("%s: %q", n, out[n])
		}
	}
}

func entry(r *Result, p site.Path) *site.Entry {
	for i := range r.Manifest.Entries {
		if r.Manifest.Entries[i].Path == p {
			return &r.Manifest.Entries[i]
		}
	}
	return nil
}

func TestNothingToBuild(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	if _, err := Build(ctx(), options(p.in, p.out, p.meta)); err == nil {
		t.Error("a folder that is not there was built")
	}
	if err := os.Mkdir(p.in, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(ctx(), options(p.in, p.out, p.meta)); err == nil || !strings.Contains(err.Error(), "no files") {
		t.Errorf("an empty folder: %v", err)
	}
}
