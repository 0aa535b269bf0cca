package verify

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

func sum(alg, text string) string {
	var b []byte
	switch alg {
	case "sha256":
		s := sha256.Sum256([]byte(text))
		b = s[:]
	case "sha384":
		s := sha512.Sum384([]byte(text))
		b = s[:]
	case "sha512":
		s := sha512.Sum512([]byte(text))
		b = s[:]
	}
	return base64.StdEncoding.EncodeToString(b)
}

// judge runs all rules over a page of a site of one script, b.js, whose text
// is "code".
func judge(t *testing.T, page string, before *Source) []site.Diagnostic {
	t.Helper()
	doc := scan.Scan("a.html", site.HTML, []byte(page), scan.Options{})
	p := &Pass{File: &File{Path: "a.html", Kind: site.HTML, Size: int64(len(page)), Doc: doc, Text: []byte(page), Before: before},
		Resolve: func(i int) (site.Path, bool) {
			u := doc.Refs[i].URL
			if strings.HasPrefix(u, "http") {
				return "", true
			}
			if u == "b.js" {
				return "b.js", false
			}
			return "", false
		},
		Hash: func(p site.Path, alg string) (string, error) {
			if p != "b.js" {
				t.Errorf("asked for the hash of %q", p)
			}
			return sum(alg, "code"), nil
		}}
	ds, err := Run(p)
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

func rules(ds []site.Diagnostic) string {
	var s []string
	for _, d := range ds {
		s = append(s, fmt.Sprintf("%s %s %d:%d", d.Severity, d.Rule, d.Line, d.Column))
	}
	return strings.Join(s, ", ")
}

func TestReferences(t *testing.T) {
	t.Parallel()
	was := func(urls ...string) *Source {
		return &Source{Size: 1 << 20, Missing: func(u string) bool { return slices.Contains(urls, u) }, BadSum: func(string) bool { return false }}
	}
	for _, tt := range []struct {
		name, page string
		before     *Source
		want       string
	}{
		{"there", `<script src=b.js></script>`, nil, ""},
		{"elsewhere", `<script src=https://x.example/b.js></script>`, nil, ""},
		{"missing", "<p>\n<img src=no.png>", nil, "error ref-broken 2:10"},
		{"missing twice, told once", `<img src=no.png><img src=no.png>`, nil, "error ref-broken 1:10"},
		{"missing before", `<img src=no.png>`, was("no.png"), "warn ref-broken 1:10"},
		{"answered before", `<img src=no.png>`, was(), "error ref-broken 1:10"},
		{"read by a script", `<img data-src=no.png>`, nil, "warn ref-broken 1:15"},
		{"imported by a script", `<script>import("./no.js")</script>`, nil, "warn ref-broken 1:17"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := rules(judge(t, tt.page, tt.before)); got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
	if ds := judge(t, `<img src=no.png>`, was()); !strings.Contains(ds[0].Message, "answered in the input") {
		t.Errorf("the finding does not say whose fault it is: %s", ds[0])
	}
}

func TestIntegrity(t *testing.T) {
	t.Parallel()
	right := map[string]string{}
	for _, alg := range []string{"sha256", "sha384", "sha512"} {
		right[alg] = alg + "-" + sum(alg, "code")
	}
	wrong := func(alg string) string { return alg + "-" + sum(alg, "other") }
	for _, tt := range []struct {
		name, integrity string
		bad             bool
	}{
		{"sha256", right["sha256"], false},
		{"sha384", right["sha384"], false},
		{"sha512", right["sha512"], false},
		{"wrong sha256", wrong("sha256"), true},
		{"wrong sha384", wrong("sha384"), true},
		{"wrong sha512", wrong("sha512"), true},
		{"one of two", wrong("sha384") + " " + right["sha384"], false},
		{"the strongest counts", right["sha256"] + " " + wrong("sha512"), true},
		{"the weaker is not asked", wrong("sha256") + " " + right["sha512"], false},
		{"the strongest counts, first", wrong("sha512") + " " + right["sha256"], true},
		{"options", right["sha384"] + "?x=y", false},
		{"unknown algorithm", "md5-abcdef", false},
		{"unknown beside a wrong one", "sha1024-abc " + wrong("sha256"), true},
		{"line ends", "\n\t" + wrong("sha256") + "\n" + right["sha256"] + "\n", false},
		{"empty", "", false},
		{"no hash at all", "sha256-", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := judge(t, `<script src=b.js integrity="`+tt.integrity+`"></script>`, nil)
			if bad := rules(got) != ""; bad != tt.bad {
				t.Errorf("found %q", rules(got))
			}
			if tt.bad && (got[0].Rule != "integrity-mismatch" || got[0].Severity != site.Error || !strings.Contains(got[0].Message, "b.js")) {
				t.Errorf("found %s: %s", rules(got), got[0])
			}
		})
	}
	was := &Source{Size: 1 << 20, Missing: func(string) bool { return true }, BadSum: func(s string) bool { return s == wrong("sha256") }}
	if got := rules(judge(t, `<script src=b.js integrity="`+wrong("sha256")+`"></script>`, was)); !strings.HasPrefix(got, "warn") {
		t.Errorf("wrong before: %q", got)
	}
	if got := rules(judge(t, `<script src=no.js integrity="`+wrong("sha256")+`"></script>`, was)); strings.Contains(got, "integrity") {
		t.Errorf("of a file that is not there: %q", got)
	}
}

func TestIntegrityError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk gone")
	p := &Pass{File: &File{Doc: &scan.Doc{Refs: []site.Ref{{}}, Sums: []site.SumRef{{Text: "sha256-x"}}}},
		Resolve: func(int) (site.Path, bool) { return "b.js", false },
		Hash:    func(site.Path, string) (string, error) { return "", broken }}
	if _, err := Run(p); !errors.Is(err, broken) {
		t.Errorf("the error is lost: %v", err)
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	h := func(alg, code string) string { return "'" + alg + "-" + sum(alg, code) + "'" }
	url := strings.NewReplacer("+", "-", "/", "_")
	for _, tt := range []struct {
		name, policy, body string
		bad                int
	}{
		{"covered", "script-src " + h("sha256", "a()"), "<script>a()</script>", 0},
		{"sha384", "script-src " + h("sha384", "a()"), "<script>a()</script>", 0},
		{"sha512", "script-src " + h("sha512", "a()"), "<script>a()</script>", 0},
		{"without padding", "script-src " + strings.ReplaceAll(h("sha256", "a()"), "=", ""), "<script>a()</script>", 0},
		{"the other alphabet", "script-src 'sha256-" + url.Replace(sum("sha256", "a()")) + "'", "<script>a()</script>", 0},
		{"not covered", "script-src " + h("sha256", "a()"), "<script>b()</script>", 1},
		{"white space counts", "script-src " + h("sha256", "a()"), "<script>a() </script>", 1},
		{"one of many", "script-src 'self' " + h("sha256", "x") + " " + h("sha256", "a()"), "<script>a()</script><script>x</script><script>y</script>", 1},
		{"by default-src", "default-src " + h("sha256", "a()"), "<script>b()</script><style>c{}</style>", 2},
		{"script-src before default-src", "default-src " + h("sha256", "a()") + "; script-src " + h("sha256", "b()"), "<script>b()</script>", 0},
		{"script-src-elem before script-src", "script-src " + h("sha256", "a()") + "; script-src-elem " + h("sha256", "b()"), "<script>b()</script>", 0},
		{"the first of two equal directives", "script-src " + h("sha256", "a()") + "; script-src " + h("sha256", "b()"), "<script>a()</script>", 0},
		{"style", "style-src " + h("sha256", "c{}"), "<style>c{}</style><style>d{}</style><script>b()</script>", 1},
		{"no hashes listed", "script-src 'self' 'unsafe-inline'", "<script>b()</script>", 0},
		{"nonce", "script-src " + h("sha256", "a()"), "<script nonce=x>b()</script>", 0},
		{"from a file", "script-src " + h("sha256", "a()"), "<script src=b.js></script>", 0},
		{"data, not code", "script-src " + h("sha256", "a()"), `<script type="application/ld+json">{}</script>`, 0},
		{"module", "script-src " + h("sha256", "a()"), `<script type=module>b()</script>`, 1},
		{"upper case", "SCRIPT-SRC " + h("sha256", "a()"), "<SCRIPT>b()</SCRIPT>", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page := `<!doctype html><meta http-equiv="Content-Security-Policy" content="` + tt.policy + `">` + tt.body
			ds := judge(t, page, nil)
			if len(ds) != tt.bad {
				t.Errorf("found %s, want %d", rules(ds), tt.bad)
			}
			for _, d := range ds {
				if d.Rule != "csp-hash-mismatch" || d.Severity != site.Error {
					t.Errorf("found %s", d)
				}
			}
		})
	}
	// Every policy of a page must allow the code.
	two := fmt.Sprintf(`<meta http-equiv=Content-Security-Policy content="script-src %s"><meta http-equiv=Content-Security-Policy content="script-src %s %s"><script>a()</script><script>b()</script>`,
		h("sha256", "a()"), h("sha256", "a()"), h("sha256", "b()"))
	if ds := judge(t, two, nil); len(ds) != 1 {
		t.Errorf("two policies: %s", rules(ds))
	}
	// What was refused before is not hone's fault.
	page := `<meta http-equiv=Content-Security-Policy content="script-src ` + h("sha256", "a()") + `"><script>b()</script>`
	before := &Source{Size: 1 << 20, Doc: &scan.Doc{}, Refused: 1, Missing: func(string) bool { return false }}
	if ds := judge(t, page, before); len(ds) != 0 {
		t.Errorf("refused before: %s", rules(ds))
	}
	before.Refused = 0
	if ds := judge(t, page, before); len(ds) != 1 {
		t.Errorf("not refused before: %s", rules(ds))
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind        site.Kind
		size, was   int64
		built, want bool
	}{
		{site.CSS, 10, 10, true, false}, {site.CSS, 11, 10, true, true}, {site.Image, 11, 10, true, true}, {site.CSS, 9, 10, true, false},
		{site.HTML, 11, 10, true, false}, {site.CSS, 11, 0, false, false},
	} {
		f := &File{Path: "a", Kind: tt.kind, Size: tt.size}
		if tt.built {
			f.Before = &Source{Size: tt.was}
		}
		ds, err := Run(&Pass{File: f})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(ds) == 1 && ds[0].Rule == "asset-grew" && ds[0].Line == 0; got != tt.want {
			t.Errorf("%s of %d bytes, was %d: %v", tt.kind, tt.size, tt.was, ds)
		}
	}
	if d := Heavier("a.html", 10, 11); d.Severity != site.Error || d.Rule != "page-heavier" || !strings.Contains(d.Message, "11") {
		t.Errorf("%s", d)
	}
}

// TestRulesSaySo: names are unique and each rule is documented, for the table
// of findings.
func TestRulesSaySo(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range All {
		if r.Name == "" || r.Doc == "" || r.Check == nil || seen[r.Name] {
			t.Errorf("rule %q: %q", r.Name, r.Doc)
		}
		seen[r.Name] = true
	}
}

// Findings stand where the owner's file has them, not where the minified one
// does.
func TestPlacesAreThoseOfTheSource(t *testing.T) {
	t.Parallel()
	source, page := []byte("<p>\n\n<img src=b.png>\n  <img src=a.png>\n"), []byte("<p><img src=b.png><img src=a.png><img src=c.png>")
	scanned := func(text []byte) *scan.Doc { return scan.Scan("a.html", site.HTML, text, scan.Options{}) }
	p := &Pass{File: &File{Path: "a.html", Kind: site.HTML, Size: int64(len(page)), Doc: scanned(page), Text: page, Before: &Source{
		Size: int64(len(source)), Doc: scanned(source),
		Text:    func() ([]byte, error) { return source, nil },
		Missing: func(string) bool { return true },
	}}, Resolve: func(int) (site.Path, bool) { return "", false }}
	diags, err := Run(p)
	if err != nil || len(diags) != 3 {
		t.Fatalf("%v, %v", diags, err)
	}
	for i, want := range [][2]int{{3, 10}, {4, 12}, {0, 0}} {
		if got := [2]int{diags[i].Line, diags[i].Column}; got != want {
			t.Errorf("%v at %v, want %v", diags[i].Message, got, want)
		}
	}
}
