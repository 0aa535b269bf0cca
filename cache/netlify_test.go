package cache

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func manifest(entries ...site.Entry) *site.Manifest {
	m := &site.Manifest{Entries: entries}
	Apply(m)
	return m
}

func fingerprinted(p site.Path) site.Entry { return site.Entry{Path: p, Class: ClassFingerprinted} }

// emitOwn emits beside a file that the owner wrote.
func emitOwn(t *testing.T, m *site.Manifest, own string) (string, map[string]site.Diagnostic) {
	t.Helper()
	outs, diags := Netlify.Emit(m, Site{Prefix: "/", Own: map[site.Path][]byte{"_headers": []byte(own)}})
	if len(outs) != 1 || outs[0].Path != "_headers" || !outs[0].Published {
		t.Fatalf("outputs: %v", outs)
	}
	rules := map[string]site.Diagnostic{}
	for _, d := range diags {
		rules[d.Rule] = d
	}
	return string(outs[0].Bytes), rules
}

func TestNetlifyMerge(t *testing.T) {
	t.Parallel()
	m := manifest(fingerprinted("css/a.1234567890.css"), site.Entry{Path: "img/b.png"}, site.Entry{Path: "index.html"})
	const all = Mark + "\n/*\n  X-Content-Type-Options: nosniff\n"
	const ours = all + "/css/a.1234567890.css\n  Cache-Control: " + forever + "\n"
	const both = ours + "/img/b.png\n  Cache-Control: " + short + "\n"
	tests := []struct {
		name, own, want string
		kept            bool
	}{
		{"none", "", both, false},
		{"other headers", "/*\n  X-Frame-Options: DENY\n", "/*\n  X-Frame-Options: DENY\n\n" + both, false},
		{"own value for all", "/*\n  cache-control: no-cache\n", "/*\n  cache-control: no-cache\n\n" + all, true},
		{"their own nosniff", "/*\n  x-content-type-options: nosniff\n", "/*\n  x-content-type-options: nosniff\n\n" + strings.Replace(both, all, Mark+"\n", 1), false},
		{"own value for some", "/img/*\n\tCache-Control: no-cache", "/img/*\n\tCache-Control: no-cache\n\n" + ours, true},
		{"by one segment", "/img/:name\n  Cache-Control: no-cache\n", "/img/:name\n  Cache-Control: no-cache\n\n" + ours, true},
		{"by origin", "https://:project.pages.dev/img/*\n  Cache-Control: no-cache\n", "https://:project.pages.dev/img/*\n  Cache-Control: no-cache\n\n" + ours, true},
		{"in a comment", "# /*\n#  Cache-Control: no-cache\n", "# /*\n#  Cache-Control: no-cache\n\n" + both, false},
		{"of an earlier build", "/x\n  A: b\n\n" + Mark + "\n/old\n  Cache-Control: x\n", "/x\n  A: b\n\n" + both, false},
		{"only of an earlier build", both, both, false},
		{"lines of Windows", "/img/*\r\n  Cache-Control: no-cache\r\n", "/img/*\r\n  Cache-Control: no-cache\r\n\n" + ours, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, diags := emitOwn(t, m, tt.own)
			if got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			if _, kept := diags["headers-kept"]; kept != tt.kept {
				t.Errorf("findings: %v", diags)
			}
			if again, _ := emitOwn(t, m, got); again != got {
				t.Errorf("read again:\n%s", again)
			}
		})
	}
}

// TestNetlifyLimit: where a host stops reading, the rules that save most come
// first, and assets under lasting names get none.
func TestNetlifyLimit(t *testing.T) {
	t.Parallel()
	var entries []site.Entry
	for i := range 60 {
		entries = append(entries, site.Entry{Path: site.Path(fmt.Sprintf("a%d.css", i))}, fingerprinted(site.Path(fmt.Sprintf("b%d.1234567890.css", i))))
	}
	text, diags := emitOwn(t, manifest(entries...), "")
	rules := parseHeaders([]byte(text))
	if len(rules) != 121 {
		t.Errorf("%d rules, want 121: Netlify reads all", len(rules))
	}
	for i, r := range rules[1:] {
		if strings.HasPrefix(r.pattern, "/b") != (i < 60) {
			t.Fatalf("rule %d is %s", i, r.pattern)
		}
	}
	if d := diags["headers-limit"]; !strings.HasPrefix(d.Message, "121 rules") {
		t.Errorf("findings: %v", diags)
	}
	for i := range 60 {
		entries = append(entries, fingerprinted(site.Path(fmt.Sprintf("c%d.1234567890.css", i))))
	}
	text, diags = emitOwn(t, manifest(entries...), "/x\n  A: b\n")
	if n := len(parseHeaders([]byte(text))); n != 182 {
		t.Errorf("%d rules, want 182: no file goes without", n)
	}
	if d := diags["headers-limit"]; !strings.HasPrefix(d.Message, "182 rules") {
		t.Errorf("findings: %v", diags)
	}
}

func TestGlob(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, url string
		want         bool
	}{
		{"/a.css", "/a.css", true}, {"/a.css", "/b.css", false}, {"/a.css", "/a.cssx", false}, {"/a.css", "/a.cs", false},
		{"/*", "/", true}, {"/*", "/a/b/c", true}, {"*", "/x", true}, {"", "", true}, {"", "/", false},
		{"/a/*", "/a/", true}, {"/a/*", "/a", false}, {"/a/*", "/b/a/", false},
		{"/*.css", "/a/b.css", true}, {"/*.css", "/a.css.map", false}, {"/*a*b", "/xaxbxb", true}, {"/*a*b", "/xaxbx", false},
		{"/:x", "/a", true}, {"/:x", "/a/b", false}, {"/:x/b", "/a/b", true}, {"/:x/:y", "/a/b", true}, {"/:x/:y", "/a", false},
		{"/a:x", "/ab", false}, {"/a:x", "/a:x", true}, {"/:x/*", "/a/b/c", true},
	} {
		if got := glob(tt.pattern, tt.url); got != tt.want {
			t.Errorf("glob(%q, %q) = %v", tt.pattern, tt.url, got)
		}
	}
}

// TestGlobIsFast: a pattern of many stars takes no exponential time.
func TestGlobIsFast(t *testing.T) {
	t.Parallel()
	if glob(strings.Repeat("/*a", 200)+"b", strings.Repeat("/aaaa", 400)) {
		t.Error("it matches")
	}
}

// FuzzHeaders reads any owner's file: the host's own part stays as it is, and
// what hone adds is read back as the manifest says, or left to the owner.
func FuzzHeaders(f *testing.F) {
	for _, own := range []string{"", "/*\n  Cache-Control: x\n", "/:a/b*\n X: y", "  lost: x\n/x\n!bad\n\tA:b:c", Mark, "https://x/*\n  cache-control:\n", "\r\n/a\r\n  b: c\r\n", "\xff\n \n:"} {
		f.Add(own, "css/a b.css", "/*/:x", "/y/z")
	}
	f.Fuzz(func(t *testing.T, own, path, pattern, url string) {
		if len(pattern) > 1000 || len(url) > 1000 {
			t.Skip()
		}
		if glob(pattern, url) && !strings.ContainsAny(pattern, "*:") && pattern != url {
			t.Fatalf("%q matches %q", pattern, url)
		}
		p := site.Join("", path)
		if p == "" || strings.HasPrefix(string(p), "_headers") {
			t.Skip()
		}
		m := manifest(fingerprinted(p))
		outs, _ := Netlify.Emit(m, Site{Prefix: "/", Own: map[site.Path][]byte{"_headers": []byte(own)}})
		text := string(outs[0].Bytes)
		if !strings.HasPrefix(text, strings.TrimRight(string(ownPart([]byte(own))), "\n")) {
			t.Fatalf("the owner's part changed:\n%s", text)
		}
		rules := parseHeaders(ownPart([]byte(own)))
		resolve, err := Netlify.Resolve(outs)
		if err != nil {
			t.Fatal(err)
		}
		got := resolve("/" + string(p)).Get("Cache-Control")
		if !setsCache(rules, "/"+string(p)) && got != forever {
			t.Fatalf("sent with %q:\n%s", got, text)
		}
	})
}

// TestPaidAliases: a paid page is private under each of its addresses.
func TestPaidAliases(t *testing.T) {
	t.Parallel()
	m := &site.Manifest{Entries: []site.Entry{{Path: "index.html", Zone: "all"}, {Path: "club/index.html", Zone: "club"}, {Path: "club/a.html", Zone: "club"}, {Path: "club/subindex.html", Zone: "club"}, {Path: "free.html"}}}
	Apply(m)
	outs, _ := Netlify.Emit(m, Site{Prefix: "/docs/"})
	resolve, err := Netlify.Resolve(outs)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []string{"/docs/", "/docs/index.html", "/docs/club/", "/docs/club", "/docs/club/index.html", "/docs/club/a.html", "/docs/club/a", "/docs/club/subindex"} {
		if got := resolve(u).Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("%s is sent with %q", u, got)
		}
	}
	for _, u := range []string{"/docs/free.html", "/docs/free", "/docs/club/b"} {
		if got := resolve(u).Get("Cache-Control"); got != revalidate {
			t.Errorf("%s is sent with %q", u, got)
		}
	}
}
