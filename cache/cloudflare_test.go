package cache

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// TestCloudflareFold: sites of more than 100 told files still get every field,
// by patterns, exceptions and single rules together.
func TestCloudflareFold(t *testing.T) {
	t.Parallel()
	many := func(n int, form string) (out []site.Entry) {
		for i := range n {
			out = append(out, site.Entry{Path: site.Path(fmt.Sprintf(form, i))})
		}
		return out
	}
	odd := []site.Entry{{Path: "sw.js"}, fingerprinted("js/a.1234567890.js"), {Path: "club/a.png", Zone: "club"}, {Path: "index.html"}, {Path: "about.png.html"}, {Path: "404.html"}, {Path: "robots.txt"}}
	tests := []struct {
		name    string
		entries []site.Entry
		own     string
		rules   int // written
		lost    int // files that are sent with less than the manifest says
		limit   bool
	}{
		{"few", many(20, "img/%d.png"), "", 20 + 6, 0, false},
		{"pictures", many(300, "img/%d.png"), "", 1 + 2 + 5, 0, false},
		{"pictures and scripts", append(many(300, "img/%d.png"), many(90, "js/%d.js")...), "", 2 + 4 + 3, 0, false},
		{"owner's value for some", many(300, "img/%d.png"), "/img/1*\n  Cache-Control: no-cache\n", 1 + 189 + 6, 97, true},
		{"owner's other field", many(300, "img/%d.png"), "/img/1*\n  X-A: b\n", 1 + 8, 0, false},
	}
	hashes := many(200, "img/%d.1234567890.png")
	for i := range hashes {
		hashes[i].Class = ClassFingerprinted
	}
	paid := many(200, "club/%d.pdf")
	for i := range paid {
		paid[i].Zone = "club"
	}
	tests = append(tests, []struct {
		name    string
		entries []site.Entry
		own     string
		rules   int
		lost    int
		limit   bool
	}{
		{"paid files", paid, "", 1 + 6, 0, false},
		// A pattern whose exceptions do not all fit would lend them its value.
		{"too many exceptions", append(many(300, "img/%d.png"), hashes...), "", 300 + 200 + 6, -1, true},
		{"kept for good", hashes, "", 200 + 6, -1, true},
	}...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, prefix := range []string{"/", "/a b/:x/"} {
				m := manifest(append(tt.entries[:len(tt.entries):len(tt.entries)], odd...)...)
				outs, diags := Cloudflare.Emit(m, Site{Prefix: prefix, Own: map[site.Path][]byte{"_headers": []byte(tt.own)}})
				again, _ := Cloudflare.Emit(m, Site{Prefix: prefix, Own: map[site.Path][]byte{"_headers": outs[0].Bytes}})
				if string(again[0].Bytes) != string(outs[0].Bytes) {
					t.Error("read again it is another")
				}
				resolve, err := Cloudflare.Resolve(outs)
				if err != nil {
					t.Fatal(err)
				}
				theirs, names, lost := parseHeaders([]byte(tt.own)), pathsOf(m), 0
				for i := range m.Entries {
					e := &m.Entries[i]
					for _, u := range requests(e, names) {
						want, got := e.Header["Cache-Control"], resolve(prefix+u).Get("Cache-Control")
						switch {
						case setsCache(theirs, prefix+u):
							want = "no-cache"
						case got == revalidate && want != revalidate && e.Zone == "" && (urgency(e) > 2 || tt.lost < 0):
							lost++
							continue
						}
						if got != want {
							t.Errorf("%s%s is sent with %q, want %q", prefix, u, got, want)
						}
					}
				}
				for _, none := range []string{"js/b.1234567890.js", "img/none.png"} {
					if got := resolve(prefix + none).Get("Cache-Control"); strings.Contains(got, "immutable") {
						t.Errorf("a name that does not exist is sent with %q", got)
					}
				}
				if prefix != "/" {
					continue // the owner's patterns are for /
				}
				if n := len(parseHeaders(outs[0].Bytes)) - 1; n != tt.rules || // but the one for all that says nosniff
					lost != tt.lost && tt.lost >= 0 {
					t.Errorf("%d rules, %d lost; want %d, %d\n%.2000s", n, lost, tt.rules, tt.lost, outs[0].Bytes)
				}
				limit := false
				for _, d := range diags {
					limit = limit || d.Rule == "headers-limit"
				}
				if limit != tt.limit {
					t.Errorf("findings: %v", diags)
				}
			}
		})
	}
}

// TestCloudflareLongLine: what Cloudflare does not read for its length is said.
func TestCloudflareLongLine(t *testing.T) {
	t.Parallel()
	m := manifest(site.Entry{Path: site.Path(strings.Repeat("ü", 400) + ".png")})
	if _, diags := Cloudflare.Emit(m, Site{Prefix: "/"}); len(diags) != 1 || diags[0].Rule != "headers-limit" {
		t.Errorf("findings: %v", diags)
	}
}

// TestDetach: a rule takes earlier fields away before it sets its own; Netlify
// does not know that.
func TestDetach(t *testing.T) {
	t.Parallel()
	outs := []site.Output{{Bytes: []byte("/*\n  A: 1\n  B: 1\n/x\n  A: 2\n  ! a\n/*\n  A: 3\n")}}
	for _, tt := range []struct {
		target     *Target
		path, a, b string
	}{{Cloudflare, "/x", "2, 3", "1"}, {Cloudflare, "/y", "1, 3", "1"}, {Netlify, "/x", "1, 2, 3", "1"}} {
		resolve, err := tt.target.Resolve(outs)
		if err != nil {
			t.Fatal(err)
		}
		if h := resolve(tt.path); h.Get("A") != tt.a || h.Get("B") != tt.b {
			t.Errorf("%s: %s: %v", tt.target.Name, tt.path, h)
		}
	}
}
