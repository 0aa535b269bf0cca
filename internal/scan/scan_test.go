package scan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// refsOf writes references one a line: role, address as written, URL if it
// differs, base after "@", and "!" if it is fixed.
func refsOf(src string, d *Doc) string {
	var b strings.Builder
	for _, r := range d.Refs {
		addr := src[r.Span.Start:r.Span.End]
		fmt.Fprintf(&b, "%s %s", r.Role, addr)
		if r.URL != addr {
			fmt.Fprintf(&b, " = %s", r.URL)
		}
		if r.Base != "" {
			fmt.Fprintf(&b, " @%s", r.Base)
		}
		if r.Fixed != "" {
			b.WriteString(" !")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func lines(s ...string) string {
	if len(s) == 0 {
		return ""
	}
	return strings.Join(s, "\n") + "\n"
}

type refCase struct {
	name, path, src string
	want            []string
}

func runRefCases(t *testing.T, cases []refCase) {
	t.Helper()
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := site.Path(c.path)
			d := Scan(p, site.KindOf(p), []byte(c.src), Options{})
			if got, want := refsOf(c.src, d), lines(c.want...); got != want {
				t.Errorf("%s\n got:\n%s\nwant:\n%s", c.src, got, want)
			}
			check(t, []byte(c.src), d)
		})
	}
}

// check holds what is promised of every Doc.
func check(t *testing.T, src []byte, d *Doc) {
	t.Helper()
	end := 0
	for i, r := range d.Refs {
		if r.Span.Start < end || r.Span.End <= r.Span.Start || r.Span.End > len(src) {
			t.Fatalf("reference %d has span %v after %d in %d bytes", i, r.Span, end, len(src))
		}
		end = r.Span.End
		if r.URL == "" {
			t.Fatalf("reference %d has no URL", i)
		}
	}
	for _, m := range d.Sums {
		if m.Ref < 0 || m.Ref >= len(d.Refs) || m.Span.Start < 0 || m.Span.End > len(src) || m.Span.Len() <= 0 {
			t.Fatalf("sum %+v is out of range", m)
		}
	}
}

func TestNoRef(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"", "#a", "data:x", "JavaScript:x()", "mailto:a@b.c", "tel:1", "blob:x", "about:blank", "{{ x }}",
		"/a/${b}.png", "<%= x %>", "?page=2", "  "} {
		src := `<a href="` + u + `">`
		if d := Scan("a.html", site.HTML, []byte(src), Options{}); len(d.Refs) > 0 {
			t.Errorf("%q is a reference: %+v", u, d.Refs)
		}
	}
}

func TestSums(t *testing.T) {
	t.Parallel()
	h := "sha256-" + strings.Repeat("A", 43) + "="
	other := "sha384-" + strings.Repeat("B", 64)
	for _, c := range []struct{ name, path, src, want, hashes string }{
		{"script", "a.html", `<script integrity="` + h + ` ` + other + `" src=a.js></script>`, "a.js integrity " + h + " " + other, ""},
		{"style", "a.html", `<link rel=stylesheet href=a.css integrity=" ` + h + ` ">`, "a.css integrity " + h, ""},
		{"without reference", "a.html", `<link rel=stylesheet integrity="` + h + `">`, "", h},
		{"policy", "a.html", `<meta http-equiv=Content-Security-Policy content="script-src 'sha256-` + strings.Repeat("A", 42) + `&#43;='">`, "", "sha256-" + strings.Repeat("A", 42) + "+="},
		{"import map", "a.html", `<script type=importmap>{"integrity":{"./a.js":"` + h + `"}}</script>`, "./a.js integrity " + h, ""},
		{"webpack", "a.js", `p={1:"` + h + `"}`, "", h},
		{"escaped slash", "a.js", `p={1:"sha256-` + strings.Repeat("A", 42) + `\/="}`, "", "sha256-" + strings.Repeat("A", 42) + "/="},
		{"text", "_headers.txt", `x ` + h, "", h},
		{"precache", "sw.js", `p([{url:"a.js",revision:"` + strings.Repeat("0a", 16) + `"},{"revision":null,"url":"b.js"}])`,
			"a.js revision " + strings.Repeat("0a", 16), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := site.Path(c.path)
			d := Scan(p, site.KindOf(p), []byte(c.src), Options{})
			check(t, []byte(c.src), d)
			got := ""
			for _, m := range d.Sums {
				kind := map[site.SumKind]string{site.SumIntegrity: "integrity", site.SumRevision: "revision"}[m.Kind]
				got += d.Refs[m.Ref].URL + " " + kind + " " + c.src[m.Span.Start:m.Span.End]
			}
			if got != c.want {
				t.Errorf("sums: got %q, want %q", got, c.want)
			}
			if h := strings.Join(d.Hashes, " "); h != c.hashes {
				t.Errorf("hashes: got %q, want %q", h, c.hashes)
			}
		})
	}
}

func TestSelectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, src, want string }{
		{"a.css", `a[href^="http"],img[src$=".png" i] > b[data-x]{}`, `[{data-x  } {href ^= http} {src $= .png}]`},
		{"a.css", `[xlink|href=a]{}`, `[{href = a}]`},
		{"a.css", `@media print{a[href]:after{content:"[src]"}}`, `[{href  }]`},
		{"a.js", `q('img[src*="x.png"]'); a[src]; b("[foo]")`, `[{src *= x.png}]`},
		{"a.html", `<style>[poster]{}</style>`, `[{poster  }]`},
	} {
		p := site.Path(c.path)
		if got := fmt.Sprint(Scan(p, site.KindOf(p), []byte(c.src), Options{}).Selectors); got != c.want {
			t.Errorf("%s: got %s, want %s", c.src, got, c.want)
		}
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, path, src, want string }{
		{"string", "a.js", `a("img/x.png?v=1", 'y.js.', ".min.js", "readme", "a.b")`, "x.png y.js"},
		{"regexp", "a.js", `if (/foo\.js$/.test(s)) b("")`, "foo.js"},
		{"template", "a.js", "`${a}/x-${b}.webp and c.json`", "c.json"},
		{"comment", "a.js", "// a.js\n/* b.js */", ""},
		{"reference", "a.js", `import "./a.js"`, ""},
		{"property", "a.js", `window.js; a / b.css / c`, ""},
		{"handler", "a.html", `<img onclick="this.src='b.png'" data-full="/img/c.jpg">`, "b.png c.jpg"},
		{"template script", "a.html", `<script type=text/template><img src="d.gif"></script>`, "d.gif"},
		{"inline JSON", "a.html", `<script type=application/json>{"a":"\u0061.png"}</script>`, "a.png"},
		{"JSON", "a.json", `{"src":"a\/b.png","x.css":1}`, "b.png x.css"},
		{"manifest", "manifest.json", `{"icons":[{"src":"a.png"}],"name":"b.png"}`, "b.png"},
		{"escapes", "a.js", `"\nbar.js"`, "bar.js"},
		{"css", "a.css", `/* a.png */ b{content:"c.png"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := site.Path(c.path)
			if got := strings.Join(Scan(p, site.KindOf(p), []byte(c.src), Options{}).Mentions, " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSrcset(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		"a.png":                      "a.png|",
		"a.png 1x, b.png 2x":         "a.png|1x b.png|2x",
		"a.png, b.png 2x":            "a.png| b.png|2x",
		"a,b.png 1x":                 "a,b.png|1x",
		" ,a.png 1x ,b.png  640w , ": "a.png|1x b.png|640w",
		"a.png (x,y) 1x,b.png":       "a.png|(x,y) 1x b.png|",
		"data:x,y 1x, b.png":         "data:x,y|1x b.png|",
		"a.png,,":                    "a.png|",
	} {
		var got []string
		for _, c := range Srcset(in) {
			got = append(got, in[c.URL.Start:c.URL.End]+"|"+c.Descriptor)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("Srcset(%q) = %q, want %q", in, s, want)
		}
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	const n = 1 << 16
	for name, src := range map[string]string{
		"braces": strings.Repeat("{", n), "brackets": strings.Repeat("[", n), "slashes": strings.Repeat("=/[", n),
		"stars": strings.Repeat("*", n) + strings.Repeat(":", n), "amps": strings.Repeat("&", n), "lt": strings.Repeat("<", n),
		"at": "@" + strings.Repeat("a", n) + strings.Repeat(` "x"`, n), "backslashes": strings.Repeat(`\`, n),
		"templates": strings.Repeat("`${", n), "comments": strings.Repeat("<!--[if]>", n), "quotes": strings.Repeat(`"`, n),
		"dots": strings.Repeat(".", n), "import": "@import " + strings.Repeat("src(", n) + strings.Repeat(`"x"`, n),
		"pre":    strings.Repeat("a,", n) + "{" + strings.Repeat("white-space:pre;", n),
		"is":     strings.Repeat(":is(", n) + "{white-space:pre}",
		"nested": strings.Repeat("&{", n) + "white-space:pre",
		"srcdoc": strings.Repeat(`<iframe srcdoc='`, n), "attrs": "<a " + strings.Repeat("a=b ", n) + ">",
		"svg": strings.Repeat("<svg>", n) + strings.Repeat("</a>", n), "cdata": "<svg>" + strings.Repeat("<![CDATA[", n),
	} {
		for _, k := range allKinds {
			t.Run(name+" "+k.String(), func(t *testing.T) {
				t.Parallel()
				check(t, []byte(src), Scan("a", k, []byte(src), Options{}))
			})
		}
	}
}

var allKinds = []site.Kind{site.CSS, site.JS, site.SVG, site.JSON, site.XML, site.Text, site.HTML}
