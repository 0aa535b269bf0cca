package cache

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hone-web/hone/site"
)

// loud is a policy that sets every kind of field.
var loud = Policy{Purged: true, CORS: true, Security: true, NoVary: []string{"utm_source", "gclid"}, Tags: "Surrogate-Key", Prefix: "/", Early: someSheets, Rules: []Rule{
	{Match: "**", Header: map[string]string{"X-All": "a; b=1"}},
	{Match: "**/*.json", Header: map[string]string{"Access-Control-Allow-Origin": "*", "Content-Disposition": "attachment", "X-Part": "100% of it; a, b"}},
	{Match: "**/*.png", Header: map[string]string{"X-Picture": "yes"}},
}}

// someSheets names one or two style sheets for most pages, which are no files
// of random sites for the most part.
func someSheets(p site.Path) []site.Path {
	return []site.Path{"a.css", "sub/b.css", "c.css"}[:len(p)%4]
}

// TestEveryField reads every target's text back under a policy that sets every
// kind of field: each of them is as the manifest says, and none is too many.
func TestEveryField(t *testing.T) {
	t.Parallel()
	for _, target := range All {
		if target == GitHubPages {
			continue // it is told nothing
		}
		checked := 0
		for seed := range uint64(20) {
			m := randomManifest(rand.New(rand.NewPCG(seed, 2)), 40)
			for _, name := range []site.Path{"a.css", "sub/b.css"} {
				m.Entries = append(m.Entries, site.Entry{Path: name, Type: site.TypeOf(name)})
			}
			if err := loud.Apply(m); err != nil {
				t.Fatal(err)
			}
			have := pathsOf(m)
			outs, _ := target.Emit(m, Site{Prefix: "/"})
			resolve, err := target.Resolve(outs)
			if err != nil {
				t.Fatal(err)
			}
			v := view(m)
			for i := range m.Entries {
				e := &m.Entries[i]
				if e.Class == ClassConfig || target == Azure && !plain("/"+string(e.Path)) || target == Netlify && urgency(e) > 2 || target.Asked && !utf8.ValidString(string(e.Path)) {
					continue
				}
				for _, at := range requests(e, have)[:1] {
					got := resolve("/" + at)
					for name, want := range e.Header {
						// Servers are told the common part once and for all.
						if target.Fields != nil && !slices.Contains(target.Fields, name) || target == Bunny && slices.Contains(TagFields, name) {
							continue
						}
						sniff := name == "X-Content-Type-Options" && slices.Contains([]*Target{Netlify, Cloudflare, Vercel, VercelOutput, Firebase, Azure}, target)
						if !special(name, want) && !v.shares(name, want) || name == "Cache-Control" || sniff {
							checked++
							if got.Get(name) != want {
								t.Fatalf("%s: %q: %s is %q, want %q", target.Name, at, name, got.Get(name), want)
							}
						}
					}
					for _, name := range v.names {
						if e.Header[name] == "" && got.Get(name) != "" {
							t.Fatalf("%s: %q is sent with %s: %s", target.Name, at, name, got.Get(name))
						}
					}
				}
			}
		}
		if checked < 200 && target != Azure || checked < 20 {
			t.Errorf("%s: only %d fields were looked at", target.Name, checked)
		}
	}
}

// TestPaidEverywhere: a paid page is private at every address it answers at,
// for every target.
func TestPaidEverywhere(t *testing.T) {
	t.Parallel()
	m := manifest(site.Entry{Path: "club/index.html", Zone: "club"}, site.Entry{Path: "club/report.html", Zone: "club"}, site.Entry{Path: "index.html"}, site.Entry{Path: "about.html"})
	for _, target := range All {
		if target == GitHubPages {
			continue // it is told nothing
		}
		outs, _ := target.Emit(m, Site{Prefix: "/docs/"})
		resolve, err := target.Resolve(outs)
		if err != nil {
			t.Fatal(err)
		}
		urls := []string{"club/index.html", "club/report.html", "club/", "club/report"}
		if target == Nginx || target == Apache || target.Asked {
			urls = urls[:2] // these decide by the file that is found: TestRealServers asks them
		}
		for _, u := range urls {
			if got := resolve("/docs/" + u).Get("Cache-Control"); got != private {
				t.Errorf("%s: %s is sent with %q", target.Name, u, got)
			}
		}
		for _, u := range []string{"", "index.html", "about.html"}[min(1, len(target.Fields)):] {
			if got := resolve("/docs/" + u).Get("Cache-Control"); got != revalidate {
				t.Errorf("%s: %s is sent with %q", target.Name, u, got)
			}
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	cc := func(v string) map[string]string { return map[string]string{"Cache-Control": v} }
	tests := []struct {
		name  string
		entry site.Entry
		rules []Rule
		want  string // Cache-Control, or what the error says
	}{
		{"last wins", site.Entry{Path: "img/a.png"}, []Rule{{Match: "img/**", Header: cc("max-age=1")}, {Match: "**/*.png", Header: cc("max-age=2")}, {Match: "*.png", Header: cc("max-age=3")}}, "max-age=2"},
		{"name in other case", site.Entry{Path: "a.png"}, []Rule{{Match: "*.png", Header: map[string]string{"cache-control": "max-age=1"}}}, "max-age=1"},
		{"class", site.Entry{Path: "data.json"}, []Rule{{Match: "*.json", Class: ClassWorker}}, noCache},
		{"class does not undo proof", site.Entry{Path: "a.1234567890.js", Class: ClassFingerprinted}, []Rule{{Match: "**", Class: ClassPage}}, forever},
		{"leading slash", site.Entry{Path: "a.png"}, []Rule{{Match: "/a.png", Header: cc("max-age=1")}}, "max-age=1"},
		{"mutable for good", site.Entry{Path: "img/a.png"}, []Rule{{Match: "img/**", Header: cc("public, max-age=31536000, Immutable")}}, "cache.rule 1 (img/**): /img/a.png: it would be kept for good"},
		{"fingerprinted for good", site.Entry{Path: "a.1234567890.js", Class: ClassFingerprinted}, []Rule{{Match: "**", Header: cc("max-age=99, immutable")}}, "max-age=99, immutable"},
		{"paid and public", site.Entry{Path: "club/a.html", Zone: "club"}, []Rule{{Match: "x"}, {Match: "**", Header: cc("max-age=60")}}, "cache.rule 2 (**): /club/a.html: it is paid"},
		{"paid, and both said", site.Entry{Path: "club/a.html", Zone: "club"}, []Rule{{Match: "**", Header: cc("public, no-store")}}, "it is paid"},
		{"paid at the edge", site.Entry{Path: "club/a.html", Zone: "club"}, []Rule{{Match: "**", Header: map[string]string{"Cloudflare-CDN-Cache-Control": "max-age=60"}}}, "would let the CDN hand it"},
		{"paid without any", site.Entry{Path: "club/a.html", Zone: "club"}, []Rule{{Match: "**", Header: cc("")}}, "it is paid"},
		{"paid, by class", site.Entry{Path: "club/a.html", Zone: "club"}, []Rule{{Match: "**", Class: ClassAsset}}, private},
		{"not of the host's files", site.Entry{Path: "_headers"}, []Rule{{Match: "**", Header: cc("immutable")}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := &site.Manifest{Entries: []site.Entry{tt.entry}}
			err := (&Policy{Rules: tt.rules}).Apply(m)
			var re *RuleError
			got := field(m.Entries[0].Header, "Cache-Control")
			if errors.As(err, &re) {
				got = re.Error()
				if !strings.Contains(got, tt.want) || tt.want == "" {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestRuleCheck(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]Rule{
		"":                  {Match: "*", Header: map[string]string{"X-A": "b"}},
		"match is missing":  {Class: ClassPage},
		"sets nothing":      {Match: "*"},
		"no class":          {Match: "*", Class: "pages"},
		"no name":           {Match: "*", Header: map[string]string{"a b": "c"}},
		"not every host":    {Match: "*", Header: map[string]string{"A": "b\nC: d"}},
		"follows from":      {Match: "*", Header: map[string]string{"etag": "x"}},
		"there is no class": {Match: "*", Class: ClassFingerprinted},
	} {
		if got := r.Check(); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
