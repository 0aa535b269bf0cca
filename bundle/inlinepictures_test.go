package bundle

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/hone-web/hone/site"
)

// attribute returns what a browser takes for the address of an img.
func attribute(t testing.TB, tag string) string {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(tag))
	z.Next()
	tok := z.Token()
	for _, a := range tok.Attr {
		if a.Key == "src" {
			return a.Val
		}
	}
	t.Fatalf("no src in %s", tag)
	return ""
}

func TestDrawingURI(t *testing.T) {
	t.Parallel()
	for _, svg := range []string{
		`<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1"/></svg>`,
		`<svg xmlns='http://www.w3.org/2000/svg'><text a="it's">"50 %" &amp; &lt; #1 ?é</text></svg>`,
		`<svg xmlns="http://www.w3.org/2000/svg" aria-label="a>b"><style>g>a{b:"c"}</style></svg> `,
		"<svg xmlns=\"http://www.w3.org/2000/svg\">\n\t<!-- \"quoted\" --></svg>\n",
	} {
		for _, quote := range []string{`"`, `'`, ""} {
			ends := quote
			if quote == "" {
				ends = " \"'`=<>"
			}
			uri := attribute(t, "<img src="+quote+drawingURI([]byte(svg), ends)+quote+" alt=x>")
			got, err := url.PathUnescape(strings.TrimPrefix(uri, "data:image/svg+xml,"))
			if err != nil {
				t.Fatal(err)
			}
			want := svg
			if quote == `"` {
				want = string(singleQuotes([]byte(svg)))
			}
			if got != want {
				t.Errorf("in %q: got  %s\nwant %s", quote, got, want)
			}
		}
	}
	if got := string(singleQuotes([]byte(`<a b="c>d">"e"</a>`))); got != `<a b='c>d'>"e"</a>` {
		t.Error(got)
	}
}

func FuzzDrawingURI(f *testing.F) {
	f.Add(`<svg a="b">c</svg>`)
	f.Add(`<a b='"'>% #`)
	f.Fuzz(func(t *testing.T, svg string) {
		if !utf8.ValidString(svg) {
			t.Skip()
		}
		for _, quote := range []string{`"`, `'`} {
			s := drawingURI([]byte(svg), quote)
			if strings.ContainsAny(s, quote+"#&?\n\t") {
				t.Fatalf("%q ends early", s)
			}
			got, err := url.PathUnescape(strings.TrimPrefix(s, "data:image/svg+xml,"))
			if err != nil || len(got) != len(svg) {
				t.Fatalf("%q is read as %q", svg, got)
			}
		}
	})
}

func TestInlinePictures(t *testing.T) {
	t.Parallel()
	const svg = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1"/></svg>`
	const data = `<style>a{background:url(data:image/gif;base64,R0lGODlhAQABAAAAACw=)}</style>`
	for _, c := range []struct {
		name  string
		files sources
		mode  string
		open  bool
		want  bool
	}{
		{"shown already", sources{"a.html": data + `<img src="i.svg">`}, "", false, true},
		{"in a sheet", sources{"a.html": `<link rel=stylesheet href=a.css><img src="i.svg">`, "a.css": "a{b:url('data:image/png;base64,AA')}"}, "", false, true},
		{"no evidence", sources{"a.html": `<img src="i.svg">`}, "", false, false},
		{"host is known", sources{"a.html": `<img src="i.svg">`}, "", true, true},
		{"always", sources{"a.html": `<img src="i.svg">`}, "always", false, true},
		{"off", sources{"a.html": data + `<img src="i.svg">`}, "off", true, false},
		{"policy", sources{"a.html": `<meta http-equiv=Content-Security-Policy content="img-src 'self'">` + data + `<img src="i.svg">`}, "always", true, false},
		{"policy with data:", sources{"a.html": `<meta http-equiv=Content-Security-Policy content="img-src 'self' data:">` + data + `<img src="i.svg">`}, "", false, true},
		{"preload", sources{"a.html": data + `<link rel=preload as=image href=i.svg><img src="i.svg">`}, "", false, false},
		{"srcset", sources{"a.html": data + `<img src="i.svg" srcset="i.svg 2x">`}, "", false, false},
		{"background too", sources{"a.html": data + `<p style="background:url(i.svg)"></p><img src="i.svg">`}, "", false, false},
		{"selector", sources{"a.html": data + `<style>[src$=".svg"]{width:9px}</style><img src="i.svg">`}, "", false, false},
		{"script by class", sources{"a.html": data + `<img class="inject-me" src="i.svg">`}, "", false, false},
		{"script compares", sources{"a.html": data + `<img id=pic src="i.svg"><script>if (pic.getAttribute("src") == "i.svg") go()</script>`}, "", false, false},
		{"script edits", sources{"a.html": data + `<img id=pic src="i.svg"><script>pic.src = pic.src.replace("-small", "-big")</script>`}, "", false, false},
		{"fragment", sources{"a.html": data + `<img src="i.svg#a">`}, "", false, false},
		{"another origin may ask", sources{"a.html": data + `<img crossorigin src="i.svg">`}, "", false, false},
		{"link", sources{"a.html": data + `<a href=i.svg>big</a><img src="i.svg">`}, "", false, true},
		{"many pages", many(12, data+`<img src="i.svg">`), "", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.files["i.svg"] = svg
			g := c.files.graph(Base{})
			g.AssignNames()
			l := c.files.linker(g)
			p := &Planner{Graph: g, Plan: NewPlan(), Object: func(p site.Path) *site.Object { return l.Objects[p] }, Code: l.Code, Inline: c.mode, Open: c.open,
				Source: c.files.source, Wire: func(b []byte) int64 { return int64(len(b)) }}
			p.Run(2, func(name string) bool { return name != InlinePictures.Name })
			if got := strings.Contains(p.edits("a.html"), "data:image/svg+xml,"); got != c.want {
				t.Errorf("written: %v, want %v; edits %q", got, c.want, p.edits("a.html"))
			}
		})
	}
}

// many returns pages of one text.
func many(n int, text string) sources {
	s := sources{}
	for i := range n {
		s[site.Path(string(rune('a'+i))+".html")] = text
	}
	return s
}
