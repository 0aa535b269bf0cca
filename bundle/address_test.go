package bundle

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// addressFiles are what the addresses of the tables lead to.
var addressFiles = []site.Path{
	"index.html", "about.html", "a.css", "sub/index.html", "sub/page.html", "sub/a.css", "sub/deep/b.js", "feed/index.xml", "old/index.htm",
	"old.htm", "My Photo.jpg", "größe.png", "100%.png", `back\slash.js`, "a:b.css", "q?.css", "h#.css", "plus+and&.css", "raw\xff.css",
	"docs/a.css", "LICENSE", "sub.d/index.html", "*.css", "'quoted'.css",
}

func fileSet(ps []site.Path) map[site.Path]bool {
	m := map[site.Path]bool{}
	for _, p := range ps {
		m[p] = true
	}
	return m
}

func mustBase(t testing.TB, s string) Base {
	t.Helper()
	b, err := ParseBase(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseBase(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Base{
		"":                                {"", "/"},
		"/":                               {"", "/"},
		"/docs":                           {"", "/docs/"},
		"/docs/":                          {"", "/docs/"},
		"https://Example.COM":             {"https://example.com", "/"},
		"https://example.com:8080/a/b/":   {"https://example.com:8080", "/a/b/"},
		"https://example.com//docs//":     {"https://example.com", "/docs/"},
		"https://example.com/gr%C3%B6sse": {"https://example.com", "/grösse/"},
	} {
		if got := mustBase(t, in); got != want {
			t.Errorf("ParseBase(%q) = %+v, want %+v", in, got, want)
		}
	}
	if _, err := ParseBase("https://exa mple.com/%zz"); err == nil {
		t.Error("a broken URL was accepted")
	}
}

const elsewhere = site.Path("(elsewhere)")

func TestResolve(t *testing.T) {
	t.Parallel()
	const page = "sub/page.html"
	tests := []struct {
		name  string
		site  string // base URL
		from  site.Path
		base  string // <base href>
		url   string
		to    site.Path // "" leads nowhere
		style site.Style
	}{
		{"relative", "", page, "", "a.css", "sub/a.css", site.Relative},
		{"relative below", "", page, "", "deep/b.js", "sub/deep/b.js", site.Relative},
		{"dotted", "", page, "", "./a.css", "sub/a.css", site.Dotted},
		{"up", "", page, "", "../a.css", "a.css", site.Dotted},
		{"up and down", "", page, "", "../sub/./deep/../a.css", "sub/a.css", site.Dotted},
		{"above the root", "", page, "", "../../../../a.css", "a.css", site.Dotted},
		{"encoded dots", "", page, "", "%2e%2E/a.css", "a.css", site.Relative},
		{"dots inside", "", page, "", "deep/../a.css", "sub/a.css", site.Relative},
		{"double slash inside", "", page, "", "deep//b.js", "sub/deep/b.js", site.Relative},
		{"rooted", "", page, "", "/a.css", "a.css", site.Rooted},
		{"rooted with dots", "", page, "", "/sub/../a.css", "a.css", site.Rooted},
		{"backslashes", "", page, "", `..\sub\a.css`, "sub/a.css", site.Dotted},
		{"rooted backslash", "", page, "", `\a.css`, "a.css", site.Rooted},
		{"missing", "", page, "", "no.css", "", site.Relative},
		{"wrong case", "", page, "", "A.CSS", "", site.Relative},

		{"query", "", page, "", "a.css?v=1/../2", "sub/a.css", site.Relative},
		{"fragment", "", page, "", "a.css#x?y", "sub/a.css", site.Relative},
		{"both", "", page, "", "/a.css?v=1#x", "a.css", site.Rooted},

		{"root", "", page, "", "/", "index.html", site.Rooted},
		{"this folder", "", page, "", ".", "sub/index.html", site.Relative},
		{"this folder, dotted", "", page, "", "./", "sub/index.html", site.Dotted},
		{"the folder above", "", page, "", "..", "index.html", site.Relative},
		{"folder with slash", "", page, "", "/sub/", "sub/index.html", site.Rooted},
		{"folder without slash", "", page, "", "/sub", "sub/index.html", site.Rooted},
		{"folder with a dot", "", page, "", "/sub.d", "sub.d/index.html", site.Rooted},
		{"extensionless", "", page, "", "/about", "about.html", site.Rooted},
		{"extensionless with slash", "", page, "", "/about/", "about.html", site.Rooted},
		{"page before folder", "", page, "", "/old", "old.htm", site.Rooted},
		{"index.htm", "", page, "", "/old/", "old/index.htm", site.Rooted},
		{"index.xml", "", page, "", "/feed/", "feed/index.xml", site.Rooted},
		{"no extension at all", "", page, "", "/LICENSE", "LICENSE", site.Rooted},

		{"percent-encoded", "", page, "", "/My%20Photo.jpg", "My Photo.jpg", site.Rooted},
		{"spaces", "", page, "", "../My Photo.jpg", "My Photo.jpg", site.Dotted},
		{"non-ASCII", "", page, "", "/größe.png", "größe.png", site.Rooted},
		{"non-ASCII encoded", "", page, "", "/gr%C3%B6%c3%9fe.png", "größe.png", site.Rooted},
		{"stray percent", "", page, "", "/100%.png", "100%.png", site.Rooted},
		{"encoded percent", "", page, "", "/100%25.png", "100%.png", site.Rooted},
		{"encoded backslash", "", page, "", "/back%5Cslash.js", `back\slash.js`, site.Rooted},
		{"encoded colon", "", page, "", "/a%3Ab.css", "a:b.css", site.Rooted},
		{"encoded question mark", "", page, "", "/q%3F.css", "q?.css", site.Rooted},
		{"encoded hash", "", page, "", "/h%23.css", "h#.css", site.Rooted},
		{"not UTF-8", "", page, "", "/raw%FF.css", "raw\xff.css", site.Rooted},

		{"own origin", "https://example.com", page, "", "https://example.com/a.css", "a.css", site.Absolute},
		{"own origin, upper case", "https://example.com", page, "", "HTTPS://EXAMPLE.com/a.css", "a.css", site.Absolute},
		{"own origin alone", "https://example.com", page, "", "https://example.com", "index.html", site.Absolute},
		{"own origin with slash", "https://example.com", page, "", "https://example.com/", "index.html", site.Absolute},
		{"own origin by http", "https://example.com", page, "", "http://example.com/a.css", "a.css", site.Absolute},
		{"own host", "https://example.com", page, "", "//example.com/a.css?x", "a.css", site.NetPath},
		{"other port", "https://example.com", page, "", "https://example.com:81/a.css", elsewhere, site.Absolute},
		{"other host", "https://example.com", page, "", "https://cdn.example.com/a.css", elsewhere, site.Absolute},
		{"other host by //", "https://example.com", page, "", "//cdn.example.com/a.css", elsewhere, site.NetPath},
		{"origin unknown", "", page, "", "https://example.com/a.css", elsewhere, site.Absolute},
		{"mail", "", page, "", "mailto:a@example.com", elsewhere, site.Relative},
		{"data", "", page, "", "data:text/css,a{}", elsewhere, site.Relative},
		{"script", "", page, "", "JavaScript:void(0)", elsewhere, site.Relative},

		{"subpath", "/docs/", page, "", "/docs/a.css", "a.css", site.Rooted},
		{"subpath root", "/docs/", page, "", "/docs/", "index.html", site.Rooted},
		{"subpath root without slash", "/docs/", page, "", "/docs", "index.html", site.Rooted},
		{"beside the subpath", "/docs/", page, "", "/a.css", elsewhere, site.Rooted},
		{"prefix of a word", "/docs/", page, "", "/docsearch/a.css", elsewhere, site.Rooted},
		{"climbs out of the subpath", "/docs/", page, "", "../../a.css", elsewhere, site.Dotted},
		{"relative under a subpath", "/docs/", page, "", "../a.css", "a.css", site.Dotted},
		{"own origin, subpath", "https://example.com/docs/", page, "", "https://example.com/docs/a.css", "a.css", site.Absolute},
		{"own origin, beside", "https://example.com/docs/", page, "", "https://example.com/a.css", elsewhere, site.Absolute},

		{"base folder", "", page, "/docs/", "a.css", "docs/a.css", site.Relative},
		{"base file", "", page, "/docs/x.html", "a.css", "docs/a.css", site.Relative},
		{"base relative", "", page, "deep/", "b.js", "sub/deep/b.js", site.Relative},
		{"base up", "", page, "../", "./a.css", "a.css", site.Dotted},
		{"base own origin", "https://example.com", page, "https://example.com/docs/", "a.css", "docs/a.css", site.Relative},
		{"base does not move rooted", "", page, "/docs/", "/a.css", "a.css", site.Rooted},
		{"base elsewhere", "https://example.com", page, "https://cdn.example.com/", "a.css", elsewhere, site.Relative},
		{"base elsewhere moves rooted", "https://example.com", page, "https://cdn.example.com/", "/a.css", elsewhere, site.Relative},
		{"base elsewhere, own address", "https://example.com", page, "https://cdn.example.com/", "https://example.com/a.css", "a.css", site.Absolute},
		{"base beside the subpath", "https://example.com/docs/", page, "https://example.com/", "/docs/a.css", "a.css", site.Rooted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := NewResolver(mustBase(t, tt.site), fileSet(addressFiles))
			a := r.Resolve(tt.from, tt.base, tt.url)
			if a.External != (tt.to == elsewhere) {
				t.Fatalf("External = %v", a.External)
			}
			if a.External {
				if a.To != "" {
					t.Errorf("an address elsewhere leads to %q", a.To)
				}
				return
			}
			if a.To != tt.to || a.Style != tt.style {
				t.Errorf("leads to %q in style %d, want %q in style %d", a.To, a.Style, tt.to, tt.style)
			}
			if tt.to != "" {
				roundTrip(t, r, tt.from, tt.base, a)
			}
		})
	}
}

// roundTrip checks that the address which hone writes for any file, in the
// style of a, leads to that file.
func roundTrip(t *testing.T, r *Resolver, from site.Path, base string, a Address) {
	t.Helper()
	for to := range r.files {
		u := r.URL(from, to, a)
		if got := r.Resolve(from, base, u); got.To != to || got.External {
			t.Errorf("from %q under base %q: %q is written as %q and leads to %q (elsewhere: %v)", from, base, to, u, got.To, got.External)
		}
		if strings.ContainsAny(u, " \"'()<>\\\n?#,") {
			t.Errorf("%q needs escaping", u)
		}
	}
}

func TestURLKeepsTheStyle(t *testing.T) {
	t.Parallel()
	r := NewResolver(mustBase(t, "https://example.com/d/"), fileSet([]site.Path{"a.css", "x/a.css", "x/y/p.html"}))
	for _, tt := range []struct {
		url, want string
		to        site.Path
	}{
		{"../../a.css", "../../b.css", "b.css"},
		{"../a.css", "../b.css", "x/b.css"},
		{"./../a.css", "./b.css", "x/y/b.css"},
		{"../a.css", "../../z/b.css", "z/b.css"},
		{"/d/a.css", "/d/x/b%20c.css", "x/b c.css"},
		{"https://Example.com/d/a.css", "https://Example.com/d/b.css", "b.css"},
		{"//example.com/d/a.css", "//example.com/d/b.css", "b.css"},
	} {
		a := r.Resolve("x/y/p.html", "", tt.url)
		if got := r.URL("x/y/p.html", tt.to, a); got != tt.want {
			t.Errorf("like %s: %s is written as %q, want %q", tt.url, tt.to, got, tt.want)
		}
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	r := NewResolver(Base{}, fileSet(addressFiles))
	for u, want := range map[string]bool{"/": true, "/sub/": true, "/sub": true, "/sub/index.html": false, "/about": false, "/about.html": false} {
		if a := r.Resolve("index.html", "", u); a.Folder != want {
			t.Errorf("Folder of %q is %v", u, a.Folder)
		}
	}
}

// FuzzAddress checks, for any address at any place, that resolving does not
// fail and that what hone writes in its place leads to the file meant.
func FuzzAddress(f *testing.F) {
	for _, u := range []string{"a.css", "../a.css", "/docs/sub/a.css", "//example.com/docs/x", "https://example.com", `\..\x`, "%2e%2e/%", "?q#f", "a:b", "./"} {
		f.Add("sub/page.html", "", u, "sub/a.css", "/docs/")
		f.Add("page.html", "../x/", u, "we ird/%41#?.css", "https://example.com/docs/")
		f.Add("a/b/c/d.html", "https://example.com/docs/q", u, "\xff\x00/:", "https://example.com/")
	}
	f.Fuzz(func(t *testing.T, from, base, u, to, where string) {
		b, err := ParseBase(where)
		from, to = string(site.Join("", from)), string(site.Join("", to))
		if err != nil || from == "" || to == "" || strings.Contains(b.Prefix, "..") || strings.Contains(b.Prefix, "/./") || strings.Contains(b.Prefix, "//") {
			t.Skip()
		}
		r := NewResolver(b, map[site.Path]bool{site.Path(to): true})
		a := r.Resolve(site.Path(from), base, u)
		if a.External {
			if a.To != "" {
				t.Fatalf("an address elsewhere leads to %q", a.To)
			}
			return
		}
		w := r.URL(site.Path(from), site.Path(to), a)
		if got := r.Resolve(site.Path(from), base, w); got.To != site.Path(to) {
			t.Fatalf("%q is written as %q and leads to %q", to, w, got.To)
		}
	})
}
