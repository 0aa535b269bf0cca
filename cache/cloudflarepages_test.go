package cache

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// cfSite is a site with n assets of each of two kinds under lasting and
// fingerprinted names.
func cfSite(n int, more ...site.Entry) *site.Manifest {
	var entries []site.Entry
	for i := range n {
		for _, ext := range []string{"css", "png"} {
			entries = append(entries, site.Entry{Path: site.Path(fmt.Sprintf("a/f%d.%s", i, ext))}, fingerprinted(site.Path(fmt.Sprintf("a/f%d.1234567890.%s", i, ext))))
		}
		entries = append(entries, site.Entry{Path: site.Path(fmt.Sprintf("p%d.html", i))})
	}
	return manifest(append(entries, more...)...)
}

// TestPagesFolds: every file is sent as the manifest says by a hundred
// rules, however many files there are.
func TestPagesFolds(t *testing.T) {
	t.Parallel()
	min := func(n int, ext string) (all []site.Entry) {
		for i := range n {
			all = append(all, site.Entry{Path: site.Path(fmt.Sprintf("lib/x%d.min.%s", i, ext))})
		}
		return all
	}
	tests := []struct {
		name  string
		m     *site.Manifest
		own   string
		rules int
		limit bool
	}{
		{"many", cfSite(500), "", 5, false},
		{"exceptions", cfSite(500, append(min(20, "js"), site.Entry{Path: "v1.2.3.html"}, site.Entry{Path: "club/x.css", Zone: "club"})...), "", 0, false},
		{"an extension with too many", cfSite(500, min(200, "png")...), "", 0, true},
		{"beside other fields", cfSite(500), "/*\n  X-Frame-Options: DENY\n", 6, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			outs, diags := Cloudflare.Emit(tt.m, Site{Prefix: "/", Own: map[site.Path][]byte{"_headers": []byte(tt.own), "wrangler.toml": []byte(`pages_build_output_dir = "out"`)}})
			rules := parseCloudflare(outs[0].Bytes)
			if len(rules) > cfMaxHeaders || tt.rules != 0 && len(rules) != tt.rules {
				t.Errorf("%d rules, want %d:\n%.2000s", len(rules), tt.rules, outs[0].Bytes)
			}
			if (len(diags) == 1 && diags[0].Rule == "headers-limit") != tt.limit {
				t.Errorf("findings: %v", diags)
			}
			for _, line := range strings.Split(string(outs[0].Bytes), "\n") {
				if len(line) > cfMaxLine {
					t.Errorf("a line of %d bytes", len(line))
				}
			}
			for _, r := range rules {
				if strings.Count(r.pattern, "*") > 1 {
					t.Errorf("two splats: %s", r.pattern)
				}
			}
			resolve, err := Cloudflare.Resolve(outs)
			if err != nil {
				t.Fatal(err)
			}
			have, missed := pathsOf(tt.m), 0
			for i := range tt.m.Entries {
				e := &tt.m.Entries[i]
				for _, name := range requests(e, have) {
					got, want := resolve("/"+name).Get("Cache-Control"), e.Header["Cache-Control"]
					if got != want && e.Class == ClassFingerprinted && tt.name == "an extension with too many" && got == short {
						missed++ // kept for an hour instead of a year: nothing goes wrong
						continue
					}
					if got != want {
						t.Fatalf("%s is sent with %q, want %q", name, got, want)
					}
				}
			}
			if missed > 500 || missed == 0 && tt.limit {
				t.Errorf("%d fingerprinted files are asked for again", missed)
			}
		})
	}
}
