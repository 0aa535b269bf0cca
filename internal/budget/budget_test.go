package budget

import (
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// result is a site of two pages: one loads 100 kB of scripts, 50 kB of
// pictures, a style sheet and two things of other hosts.
func result() *pipeline.Result {
	entry := func(p site.Path, size, br int64) site.Entry {
		return site.Entry{Path: p, Size: size, SHA256: site.Sum([]byte(p.Ext() + string(rune(size)))), Encoded: map[string]int64{"br": br, "gzip": br + 10}}
	}
	return &pipeline.Result{
		Resources: []pipeline.Resource{{Path: "app.js", Kind: "js", Bytes: 60_000}, {Path: "lib.js", Kind: "js", Bytes: 40_000}, {Path: "a.png", Kind: "image", Bytes: 30_000},
			{Path: "b.svg", Kind: "svg", Bytes: 20_000}, {Path: "x.css", Kind: "css", Bytes: 5_000}, {Path: "f.json", Kind: "json", Bytes: 1_000}},
		Pages: []pipeline.Page{
			{Path: "index.html", External: 2, After: pipeline.Cost{Requests: 7, Bytes: 166_000, Own: 10_000, Critical: 45_000}, LoadsAfter: pipeline.Indexes{0, 1, 2, 3, 4, 5}},
			{Path: "blog/a.html", After: pipeline.Cost{Requests: 1, Bytes: 3_000, Own: 3_000, Critical: 3_000}},
			{Path: "blog/index.html", After: pipeline.Cost{Requests: 1, Bytes: 3_000, Own: 3_000, Critical: 3_000}},
		},
		Manifest: &site.Manifest{Entries: []site.Entry{entry("assets/app.js", 60_000, 20_000), entry("assets/app.0123456789.js", 60_000, 20_000), entry("assets/lib.js", 5_000, 1_000)}},
	}
}

func run(t *testing.T, toml string, before Before) []string {
	t.Helper()
	c, err := config.Parse("hone.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(c.Budget)
	if err != nil {
		t.Fatal(err)
	}
	return lines(s.Check(result(), before))
}

func lines(ds []site.Diagnostic) []string {
	var out []string
	for _, d := range ds {
		out = append(out, d.Severity.String()+" "+d.String()+" | "+d.Hint)
	}
	return out
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for toml, want := range map[string][]string{
		"": nil,
		"[[budget]]\nmatch='/**'\nlimits={total='200KB',script='100KB',image='50KB',requests=9,third_party_requests=2,critical='45KB',document='10KB',other='1KB'}": nil,
		"[[budget]]\nmatch='/'\nlimits={script='90KB'}": {"error index.html: script: 100.0 kB over the network, 10.00 kB above the budget of 90.00 kB [budget-exceeded] | most of it: app.js 60.00 kB, lib.js 40.00 kB; make it smaller, or raise [[budget]] number 1 (/)"},
		"[[budget]]\nmatch='/index.html'\nlevel='warn'\nlimits={image='49KB',total='165KB',requests=8,third_party_requests=1,critical='44KB'}": {
			"warn index.html: total:", "warn index.html: image: 50.00 kB", "warn index.html: critical: 45.00 kB", "warn index.html: 9 requests, the budget is 8", "warn index.html: 2 requests to other hosts, the budget is 1"},
		"[[budget]]\nmatch='/**'\nlimits={total='1KB'}\n[[budget]]\nmatch='/index.html'\nlimits={}\n[[budget]]\nmatch='/blog/'\nlevel='off'": {"error blog/a.html: total: 3.00 kB over the network, 2.00 kB above"},
		"[[budget]]\nmatch='/blog/a'\nlimits={total='1KB'}":                                                                    {"error blog/a.html: total"},
		"[[budget]]\nfiles='assets/*.js'\nencoding='br'\nlimits={each='20KB'}":                                                 nil,
		"[[budget]]\nfiles='/assets/*.js'\nlimits={each='20KB'}":                                                               {"error assets/app.js: 20.01 kB in gzip, 0.01 kB above the budget of 20.00 kB"},
		"[[budget]]\nfiles='**'\nencoding='none'\nlimits={each='20KB'}\n[[budget]]\nfiles='assets/lib.js'\nlimits={each='1B'}": {"error assets/app.js: 60.00 kB as it is", "error assets/lib.js: 1.01 kB in gzip"},
	} {
		got := run(t, toml, nil)
		ok := len(got) == len(want)
		for i := range want {
			ok = ok && strings.HasPrefix(got[i], want[i])
		}
		if !ok {
			t.Errorf("%s\n got %q\nwant %q", toml, got, want)
		}
	}
}

func TestIncrease(t *testing.T) {
	t.Parallel()
	before := Before{"index.html": 160_000, "blog/a.html": 3_000}
	for limit, want := range map[string]string{"5%": "", "3%": "error index.html: 166.0 kB over the network, it was 160.0 kB: 1.20 kB more than may be added [budget-increase]", "6KB": "", "5.9KB": "error index.html", "0%": "error index.html"} {
		got := run(t, "[[budget]]\nmatch='/**'\nmax_increase='"+limit+"'", before)
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], want)) {
			t.Errorf("%s: %q, want %q", limit, got, want)
		}
	}
	if got := run(t, "[[budget]]\nmatch='/**'\nmax_increase='0%'", nil); got != nil {
		t.Errorf("without a report of before: %q", got)
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := new(Set)
	left, err := s.Import("budget.json", []byte(`[
	  {"path": "/*", "resourceSizes": [{"resourceType": "script", "budget": 90}, {"resourceType": "third-party", "budget": 1}], "timings": [{"metric": "interactive", "budget": 1}]},
	  {"path": "/blog/*.html$", "resourceSizes": [{"resourceType": "document", "budget": 2}], "resourceCounts": [{"resourceType": "total", "budget": 0}, {"resourceType": "font", "budget": 0}]}]`))
	if err != nil || len(left) != 3 {
		t.Fatalf("left %q, %v", left, err)
	}
	left, err = s.Import("dir/.size-limit.json", []byte(`[{"name": "all", "path": "dist/assets/*.js", "limit": "20 kB"}, {"path": ["dist/assets/lib.js"], "limit": "1 kB", "gzip": true},
	  {"path": "x", "limit": "1 s"}, {"path": "x", "limit": "1 kB", "import": "{a}"}, {"path": ["!x"], "limit": "1 kB"}]`))
	if err != nil || len(left) != 3 {
		t.Fatalf("left %q, %v", left, err)
	}
	if _, err := s.Import("package.json", []byte(`{"size-limit": [{"path": "assets/lib.js", "limit": "1 B", "brotli": false}]}`)); err != nil {
		t.Fatal(err)
	}
	want := []string{"error blog/a.html: document: 3.00 kB", "error blog/a.html: 1 request, the budget is 0",
		"error index.html: script: 100.0 kB", "error assets/app.js: 2 files of 21.00 kB together, 1.00 kB above the budget of 20.00 kB", "error assets/lib.js: 1 file of 1.01 kB", "error assets/lib.js: 1 file of 5.00 kB"}
	got := lines(s.Check(result(), nil))
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, w) }) {
			t.Errorf("no finding %q", w)
		}
	}
	if len(got) != len(want)+2 { // and blog/index.html, twice
		t.Errorf("findings %q", got)
	}
	for text, want := range map[string]string{"": "neither a Lighthouse", "{}": "neither a Lighthouse", "[1]": "entry 1", `[{"path":"x","limit":5}]`: "needs a unit",
		`[{"limit":"1 kB"}]`: "path is neither", `[{"path":"[","limit":"1 kB"}]`: "not a glob", `[{"resourceSizes":[{"resourceType":"js","budget":1}]}]`: "none of Lighthouse's",
		`[{"resourceSizes":[{"resourceType":"total","budget":-1}]}]`: "a budget of -1", `{"size-limit": 3}`: "size-limit"} {
		if _, err := new(Set).Import("f.json", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestRobots(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{{"/", "/a", true}, {"/a", "/b", false}, {"/*.html", "/x/a.html?", true}, {"/*.html$", "/a.html", true}, {"/*.html$", "/a.html/b", false}, {"/a$", "/a", true}, {"/a$", "/ab", false},
		{"*", "/", true}, {"/a*b*c", "/axxbxxc", true}, {"/a*b*c", "/axxc", false}, {"/*a*$", "/ba", true}, {"/x*x$", "/x", false}} {
		if got := robots(c.pattern, c.path); got != c.want {
			t.Errorf("%s on %s: %v", c.pattern, c.path, got)
		}
	}
}

// FuzzImport: no text of another tool makes the reader fail.
func FuzzImport(f *testing.F) {
	f.Add(`[{"path": "/*", "resourceSizes": [{"resourceType": "script", "budget": 90}]}]`, "/a")
	f.Add(`[{"path": "a/{b,c}/*.js", "limit": "1 kB"}]`, "/*$")
	f.Add(`{"size-limit": [{"path": [], "limit": "1 kB"}]}`, "*")
	f.Fuzz(func(t *testing.T, text, path string) {
		s := new(Set)
		if _, err := s.Import("x", []byte(text)); err == nil {
			r := result()
			r.Pages[1].Path = site.Path(path)
			s.Check(r, nil)
		}
	})
}
