package bundle

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestFingerprint(t *testing.T) {
	t.Parallel()
	d := site.Sum([]byte("hello")) // 2cf24dba5f…
	for _, tt := range []struct {
		path site.Path
		ext  string
		want site.Path
	}{
		{"app.css", "", "app.2cf24dba5f.css"},
		{"css/app.min.css", "", "css/app.min.2cf24dba5f.css"},
		{"v1.2/app.js", "", "v1.2/app.2cf24dba5f.js"},
		{"v1.2/app", "", "v1.2/app.2cf24dba5f"},
		{"hero.png", ".webp", "hero.2cf24dba5f.webp"},
		{"Hero.JPG", "", "Hero.2cf24dba5f.JPG"},
		{"größe .png", "", "größe .2cf24dba5f.png"},
	} {
		got := Fingerprint(tt.path, d, tt.ext)
		if got != tt.want {
			t.Errorf("Fingerprint(%q, %q) = %q, want %q", tt.path, tt.ext, got, tt.want)
		}
	}
}

func TestNameHash(t *testing.T) {
	t.Parallel()
	for p, want := range map[site.Path]string{
		"app.2cf24dba5f.css":        "2cf24dba5f",
		"a.2cf24dba5f/app.css":      "",
		"app.2cf24dba5.css":         "", // nine digits
		"app.2cf24dba5fa.css":       "", // eleven
		"app.2CF24DBA5F.css":        "", // the linker writes lower case
		"app-2cf24dba5f.css":        "",
		"app.2cf24dba5f":            "",
		"app.2cf24dba5f.css.map":    "",
		"app.2cf24dba5f.1234567890": "2cf24dba5f", // an extension of digits is an extension
	} {
		if got := NameHash(p); got != want {
			t.Errorf("NameHash(%q) = %q, want %q", p, got, want)
		}
	}
}

func TestGeneratorHashed(t *testing.T) {
	t.Parallel()
	for p, want := range map[site.Path]bool{
		"assets/index-BkL3dX9q.js":                           true, // Vite
		"assets/index.4f3c2b1a.js":                           true, // webpack
		"_next/static/chunks/main-5f2b9e1c7d.js":             true,
		"css/style.min.8c6e0d21ab34cd56ef7890123456789a.css": true, // Hugo
		"app.4f3c2b1a.chunk.js":                              true, // Create React App
		"app.4f3c2b1a.min.css":                               true,
		"app.chunk.js":                                       false,
		"entry.DqM9_x3f.js":                                  true,
		"vendor_A1b2C3d4.css":                                true,
		"jquery-3.7.1.min.js":                                false,
		"photo-20240131.jpg":                                 false, // a date has no letters
		"bootstrap.bundle.js":                                false,
		"internationalization.js":                            false,
		"font-awesome.css":                                   false,
		"my-component-library.js":                            false,
		"lato-v24-latin-regular.woff2":                       false,
		"deadbeef.css":                                       false, // no separator
		"app.deadbeef.css":                                   false, // no digit: a word may look like this
		"base64encoder.js":                                   false,
		"x.js":                                               false,
		"hash.4f3c2b1a":                                      false, // the extension is not the hash
	} {
		if got := GeneratorHashed(p); got != want {
			t.Errorf("GeneratorHashed(%q) = %v", p, got)
		}
	}
}

// TestKeepName gives each file of a small site its reason to keep its name.
func TestKeepName(t *testing.T) {
	t.Parallel()
	const head = "<!doctype html><title>x</title>"
	tests := []struct {
		name string
		site sources
		path site.Path
		want string // part of the reason; "" means that it gets a new name
	}{
		{"a style", sources{"index.html": `<link rel=stylesheet href=a.css>`, "a.css": "a{}"}, "a.css", ""},
		{"a picture", sources{"index.html": `<img src=a.png>`, "a.png": "x"}, "a.png", ""},
		{"a page", sources{"index.html": `<a href=b.html>b</a>`, "b.html": ""}, "b.html", "people and programs"},
		{"unused", sources{"index.html": head, "a.css": "a{}"}, "a.css", "no reference"},
		{"only linked to", sources{"index.html": `<a href=a.png>b</a>`, "a.png": "x"}, "a.png", "no reference"},
		{"favicon", sources{"index.html": `<link rel=icon href=favicon.ico>`, "favicon.ico": "x"}, "favicon.ico", "well-known"},
		{".well-known", sources{"index.html": `<img src=/.well-known/a.png>`, ".well-known/a.png": "x"}, ".well-known/a.png", "well-known"},
		{"generator's hash", sources{"index.html": `<script src=a.4f3c2b1a.js></script>`, "a.4f3c2b1a.js": "1"}, "a.4f3c2b1a.js", "generator"},
		{"a picture with a generator's hash", sources{"index.html": `<img src=a.4f3c2b1a.png>`, "a.4f3c2b1a.png": "x"}, "a.4f3c2b1a.png", ""},
		{"service worker", sources{"index.html": `<script>navigator.serviceWorker.register("/work.js")</script><script src=work.js></script>`, "work.js": "1"}, "work.js", "service worker"},
		{"named by a script", sources{"index.html": `<script src=a.js></script><script src=b.js></script>`, "a.js": `load(base + "b.js")`, "b.js": "1"}, "b.js", "a.js"},
		{"picture named by a script", sources{"index.html": `<img src=b.png><script src=a.js></script>`, "a.js": `load(base + "b.png")`, "b.png": "x"}, "b.png", ""},
		{"picture precached", sources{"index.html": `<img src=b.png>`, "sw.js": `var files = [base + "b.png"]`, "b.png": "x"}, "b.png", "service worker"},
		{"computed imports", sources{"index.html": `<script type=module src=a.js></script>`, "a.js": "import './b.js'; import(x)", "b.js": "export let b"}, "b.js", "computed"},
		{"not a module", sources{"index.html": `<script type=module src=a.js></script><script src=b.js></script>`, "a.js": "export {}; import(x)", "b.js": "1"}, "b.js", ""},
		{"edited addresses", sources{"index.html": `<img src=b_off.png><script src=a.js></script>`, "a.js": `img.src.replace("off","on")`, "b_off.png": "x"}, "b_off.png", "edits"},
		{"addresses that an edit misses", sources{"index.html": `<img src=b.png><script src=a.js></script>`, "a.js": `img.src.replace("off","on")`, "b.png": "x"}, "b.png", ""},
		{"import map folder", sources{"index.html": `<script type=importmap>{"imports":{"lib/":"/lib/"}}</script><script type=module src=lib/a.js></script>`, "lib/a.js": "export {}"}, "lib/a.js", "import map"},
		{"selector", sources{"index.html": `<img src=icon.png><link rel=stylesheet href=a.css>`, "a.css": `img[src$="icon.png"]{color:red}`, "icon.png": "x"}, "icon.png", "selector"},
		{"selector that survives", sources{"index.html": `<img src=icon.png><link rel=stylesheet href=a.css>`, "a.css": `img[src$=".png"]{color:red}`, "icon.png": "x"}, "icon.png", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := tt.site.graph(Base{})
			g.AssignNames()
			n := g.Node(tt.path)
			if n == nil {
				t.Fatal("no such file")
			}
			if tt.want == "" && n.Keep != "" || tt.want != "" && !strings.Contains(n.Keep, tt.want) {
				t.Errorf("keeps its name because %q, want %q", n.Keep, tt.want)
			}
		})
	}
}
