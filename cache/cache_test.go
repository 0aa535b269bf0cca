package cache

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hone-web/hone/site"
)

func TestApply(t *testing.T) {
	t.Parallel()
	tests := []struct {
		entry site.Entry
		class string
		cc    string
	}{
		{site.Entry{Path: "index.html"}, ClassPage, revalidate},
		{site.Entry{Path: "a/old.htm"}, ClassPage, revalidate},
		{site.Entry{Path: "app.1234567890.css", Class: ClassFingerprinted}, ClassFingerprinted, forever},
		{site.Entry{Path: "app.1234567890.css"}, ClassAsset, short}, // a name alone proves nothing
		{site.Entry{Path: "app.css"}, ClassAsset, short},
		{site.Entry{Path: "app.mjs"}, ClassAsset, short},
		{site.Entry{Path: "img/a.svg"}, ClassAsset, short},
		{site.Entry{Path: "a.mp4"}, ClassAsset, short},
		{site.Entry{Path: "f.woff2"}, ClassFont, short},
		{site.Entry{Path: "sw.js"}, ClassWorker, noCache},
		{site.Entry{Path: "deep/Service-Worker.js"}, ClassWorker, noCache},
		{site.Entry{Path: "site.webmanifest"}, ClassWorker, noCache},
		{site.Entry{Path: "manifest.json"}, ClassWorker, noCache},
		{site.Entry{Path: "feed.xml"}, ClassFeed, hour},
		{site.Entry{Path: "data.json"}, ClassData, short},
		{site.Entry{Path: "robots.txt"}, ClassFeed, hour},
		{site.Entry{Path: "paper.pdf"}, ClassDownload, hour},
		{site.Entry{Path: "LICENSE"}, ClassData, short},
		{site.Entry{Path: "404.html"}, ClassError, noStore},
		{site.Entry{Path: "de/50x.html"}, ClassError, noStore},
		{site.Entry{Path: "4044.html"}, ClassPage, revalidate},
		{site.Entry{Path: ".well-known/security.txt"}, ClassWellKnown, noCache},
		{site.Entry{Path: "sitemap-0.xml"}, ClassFeed, hour},
		{site.Entry{Path: "data/rows.xml"}, ClassData, short},
		{site.Entry{Path: "_headers"}, ClassConfig, ""},
		{site.Entry{Path: "_redirects"}, ClassConfig, ""},
		{site.Entry{Path: "paid/index.html", Zone: "paid"}, ClassPage, "private, no-store"},
		{site.Entry{Path: "paid/a.1234567890.png", Zone: "paid", Class: ClassFingerprinted}, ClassFingerprinted, "private, no-store"},
		{site.Entry{Path: "paid/_headers", Zone: "paid"}, ClassConfig, ""},
	}
	for _, tt := range tests {
		e := tt.entry
		e.Type = site.TypeOf(e.Path)
		m := &site.Manifest{Entries: []site.Entry{e}}
		Apply(m)
		e = m.Entries[0]
		if e.Class != tt.class || e.Header["Cache-Control"] != tt.cc {
			t.Errorf("%s: %s, %q; want %s, %q", e.Path, e.Class, e.Header["Cache-Control"], tt.class, tt.cc)
		}
		if tt.class != ClassConfig && (e.Header["Content-Type"] != e.Type || e.Header["X-Content-Type-Options"] != "nosniff") {
			t.Errorf("%s: header %v", e.Path, e.Header)
		}
		if e.Zone != "" && (strings.Contains(e.Header["Cache-Control"], "public") || strings.Contains(e.Header["Cache-Control"], "immutable")) {
			t.Errorf("%s: a paid entry is %s", e.Path, e.Header["Cache-Control"])
		}
	}
}

func TestVary(t *testing.T) {
	t.Parallel()
	m := &site.Manifest{Entries: []site.Entry{{Path: "a.css", Encodings: []string{"br"}}, {Path: "b.css", Encodings: []string{}}}}
	Apply(m)
	if m.Entries[0].Header["Vary"] != "Accept-Encoding" || m.Entries[1].Header["Vary"] != "" {
		t.Errorf("Vary: %v, %v", m.Entries[0].Header, m.Entries[1].Header)
	}
}

// strangeNames are file names that mean something to the language of some host.
var strangeNames = []string{"a b", `qu"ote`, "apo'strophe", "st*r", ":name", "co:lon", "new\nline", "tab\t", "cr\rx", "\xff\xfe", "größe", "100%", "%41", "{brace}", "semi;colon",
	"#hash", "do$llar", `back\slash`, `end\`, "que?stion", "[x]", "~tilde", "$uri", "a//b", "plus+", "comma,", "\x01", "*", ":", " lead", "trail ", "\\n", "\u2028"}

// randomManifest names files of every class by every kind of name.
func randomManifest(rnd *rand.Rand, n int) *site.Manifest {
	exts := []string{".html", ".css", ".js", ".mjs", ".png", ".json", ".txt", "", ".webmanifest", ".xml", ".woff2"}
	m := &site.Manifest{Version: site.ManifestVersion}
	seen := map[site.Path]bool{}
	for i := range n {
		stem := strangeNames[rnd.IntN(len(strangeNames))]
		if rnd.IntN(2) == 0 {
			stem = fmt.Sprintf("%s/%s%d", strangeNames[rnd.IntN(len(strangeNames))], stem, i)
		}
		p := site.Join("", stem+exts[rnd.IntN(len(exts))])
		if p == "" || seen[p] {
			continue
		}
		seen[p] = true
		e := site.Entry{Path: p, Type: site.TypeOf(p)}
		if k := site.KindOf(p); (k == site.CSS || k == site.JS || k == site.Image) && rnd.IntN(2) == 0 {
			e.Class = ClassFingerprinted
		}
		if rnd.IntN(10) == 0 {
			e.Zone = "paid"
		}
		m.Entries = append(m.Entries, e)
	}
	Apply(m)
	return m
}

// TestResolve reads every target's text back: each host sends what the
// manifest says, or, where it was told nothing, its default, which revalidates.
func TestResolve(t *testing.T) {
	t.Parallel()
	for _, target := range All {
		if target == GitHubPages {
			continue // it is told nothing
		}
		for _, prefix := range []string{"/", "/docs/", "/a b/*/:x/"} {
			checked := 0
			for seed := range uint64(60) {
				m := randomManifest(rand.New(rand.NewPCG(seed, 1)), 60)
				outs, _ := target.Emit(m, Site{Prefix: prefix})
				resolve, err := target.Resolve(outs)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range m.Entries {
					if e.Class == ClassConfig {
						continue
					}
					want := e.Header["Cache-Control"]
					if target == Netlify && urgency(&e) > 3 {
						continue // where rules run out it is asked for again
					}
					if target == Azure && !plain(prefix+string(e.Path)) {
						continue // its routes have no way to say it
					}
					if target.Asked && !utf8.ValidString(string(e.Path)) {
						continue // keys of objects are UTF-8
					}
					if target == Nginx && strings.Contains(string(e.Path), "\x00") {
						want = revalidate
					}
					if got := resolve(prefix + string(e.Path)).Get("Cache-Control"); got != want {
						t.Fatalf("%s: %q (%s) is sent with %q, want %q", target.Name, e.Path, e.Class, got, want)
					}
					checked++
				}
				if target.Asked && target != Cloudflare {
					continue // a store keeps nothing of what is not there
				}
				if got := resolve(prefix + "never/there").Get("Cache-Control"); got != revalidate {
					t.Errorf("%s: what no rule names is sent with %q", target.Name, got)
				}
			}
			if target != Azure && checked < 1000 || target == Azure && prefix == "/" && checked < 100 {
				t.Errorf("%s: only %d entries were looked at", target.Name, checked)
			}
		}
		if _, err := target.Resolve(nil); err == nil {
			t.Errorf("%s: nothing at all was read back", target.Name)
		}
	}
}

// TestEmitIsStable: the same manifest gives the same bytes.
func TestEmitIsStable(t *testing.T) {
	t.Parallel()
	for _, target := range All {
		if target == GitHubPages {
			continue // it is told nothing
		}
		m := randomManifest(rand.New(rand.NewPCG(1, 1)), 200)
		a, _ := target.Emit(m, Site{Prefix: "/"})
		for range 5 {
			if b, _ := target.Emit(m, Site{Prefix: "/"}); string(a[0].Bytes) != string(b[0].Bytes) {
				t.Errorf("%s: two runs differ", target.Name)
			}
		}
	}
}
