package cache

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// TestFastly: every address of a free file has the tags of the manifest, no
// other has any, and files that are sent alike share a rule.
func TestFastly(t *testing.T) {
	t.Parallel()
	for _, p := range []Policy{{}, {Tags: "Surrogate-Key"}, {Tags: "Cache-Tag", Security: true, Purged: true}} {
		checked := 0
		for seed := range uint64(20) {
			m := randomManifest(rand.New(rand.NewPCG(seed, 5)), 60)
			if err := p.Apply(m); err != nil {
				t.Fatal(err)
			}
			Describe(m, "/a b/")
			outs, diags := Fastly.Emit(m, Site{Prefix: "/a b/"})
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			if n := strings.Count(string(outs[0].Bytes), "if (var.rule =="); n > 12 {
				t.Errorf("%d rules", n)
			}
			resolve, err := resolveFastly(outs)
			if err != nil {
				t.Fatal(err)
			}
			have := pathsOf(m)
			for i := range m.Entries {
				e := &m.Entries[i]
				for _, name := range requests(e, have) {
					got, want := resolve("/a b/"+name).Get("Surrogate-Key"), strings.Join(e.Tags, " ")
					if e.Zone != "" || e.Class == ClassConfig {
						want = ""
					}
					if got != want {
						t.Fatalf("%q is tagged %q, want %q", name, got, want)
					}
					checked++
				}
			}
		}
		if checked < 500 {
			t.Errorf("only %d addresses", checked)
		}
	}
}

func TestEdgeLife(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"Cache-Control: " + forever, "set beresp.ttl = 31536000s;"},
		{"Cache-Control: " + revalidate, "set beresp.ttl = 0s;"},
		{"Cache-Control: " + short, "set beresp.ttl = 3600s; set beresp.stale_while_revalidate = 86400s;"},
		{"Cache-Control: " + revalidate + "\nCDN-Cache-Control: " + edgePage, "set beresp.ttl = 300s; set beresp.stale_while_revalidate = 86400s;"},
		{"Cache-Control: " + private, "return(pass);"},
		{"Cache-Control: " + noStore, "return(pass);"},
		{"Cache-Control: " + noCache, "set beresp.ttl = 0s;"},
		{"Cache-Control: max-age=1, s-maxage=\"9\"", "set beresp.ttl = 9s;"},
		{"Cache-Control: max-age=x", ""},
		{"Cache-Control: public", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := strings.Join(edgeLife(tt.text), " "); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.want)
		}
	}
}

func FuzzVCLQuote(f *testing.F) {
	for _, s := range strangeNames {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := vclQuote(s)
		if strings.Count(q, `"`) != 2 || slices.ContainsFunc([]byte(q), func(c byte) bool { return c < ' ' || c >= 0x7f }) {
			t.Errorf("%q is written %s", s, q)
		}
		if got := vclUnquote(q); got != s {
			t.Errorf("%q is read back as %q", s, got)
		}
	})
}

// TestFastlyLimit: more than Fastly takes is said.
func TestFastlyLimit(t *testing.T) {
	t.Parallel()
	m := &site.Manifest{}
	for i := range 6000 {
		m.Entries = append(m.Entries, site.Entry{Path: site.Path(strings.Repeat("n", i%90) + "/" + strings.Repeat("x", i/90) + ".html")})
	}
	Apply(m)
	if _, diags := Fastly.Emit(m, Site{Prefix: "/"}); len(diags) != 1 || diags[0].Rule != "headers-limit" {
		t.Errorf("%v", diags)
	}
}
