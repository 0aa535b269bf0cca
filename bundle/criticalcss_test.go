package bundle

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// critical returns what a page with these elements needs of a style sheet.
func critical(css, media, html string) (string, error) {
	s := &criticalSheet{node: &Node{File: &site.File{Path: "a.css", Kind: site.CSS}}}
	p := &Planner{Plan: NewPlan(), Wire: func(b []byte) int64 { return int64(len(b)) }, Object: func(site.Path) *site.Object { return &site.Object{} },
		Code: func(*site.Object) ([]byte, error) { return []byte(css), nil }}
	s.node.Doc = &scan.Doc{}
	if err := s.read(p); err != nil {
		return "", err
	}
	doc := scan.Scan("a.html", site.HTML, []byte(html), scan.Options{})
	page := &Node{File: &site.File{Path: "a.html", Kind: site.HTML}, Doc: doc}
	return string(criticalRules([]*criticalSheet{s}, []string{media}, p.elements(page, &late{}), doc.Names.Values).code), nil
}

func TestCriticalRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, css, html, want string }{
		{"class", ".a{x:y}.b{x:y}", "<p class=a>", ".a{x:y}"},
		{"order and copies", ".a{x:y}.b{x:z}.a{x:z}", "<p class=a>", ".a{x:y}.a{x:z}"},
		{"list", ".a,.b{x:y}", "<p class=a>", ".a{x:y}"},
		{"a list that browsers may drop", ".a,.b::-x-y{x:y}", "<p class=a>", ".a,.b::-x-y{x:y}"},
		{"implied elements", "html{x:y}tbody{x:y}video{x:y}", "<p>", "html{x:y}tbody{x:y}"},
		{"states stay", ".a:hover{x:y}", "<p class=a>", ".a:hover{x:y}"},
		{"media", "@media x{.b{x:y}}@media y{.a{x:y}.b{x:y}}@media print{.a{x:y}}", "<p class=a>", "@media y{.a{x:y}}"},
		{"layers keep their order", "@layer x,y;@layer z{.b{x:y}}@layer y{.a{x:y}}@media print{@layer q{.b{x:y}}}", "<p class=a>", "@layer x,y;@layer z;@layer y{.a{x:y}}@media print{@layer q;}"},
		{"keyframes", "@keyframes k{}@keyframes l{}.a{animation:k 1s}.b{animation:l 1s}", "<p class=a>", "@keyframes k{}.a{animation:k 1s}"},
		{"custom properties", ":root{--a:1;--b:var(--c);--c:2;--d:3}.a{x:var(--b)}", "<p class=a>", ":root{--b:var(--c);--c:2;}.a{x:var(--b)}"},
		{"custom properties of the page", ":root{--a:1;--b:2}", `<p style="x:var(--a)">`, ":root{--a:1;}"},
		{"only unused ones", ":root{--a:1}.a{x:y}", "<p class=a>", ".a{x:y}"},
		{"container", "@container style(--a: 1){.a{x:y}}.a{--a:1;--b:1}", "<p class=a>", "@container style(--a: 1){.a{x:y}}.a{--a:1;}"},
		{"fonts and paper stay behind", "@font-face{font-family:F;src:url(f)}@page{margin:0}.a{font-family:F}", "<p class=a>", ".a{font-family:F}"},
		{"nested", ".a{x:y;.b{x:y}}.b{x:y;.a{x:y}}", "<p class=a>", ".a{x:y;.b{x:y}}"},
		{"not understood", "a|b{x:y}", "<p>", "a|b{x:y}"},
	} {
		got, err := critical(c.css, "", c.html)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
	for media, want := range map[string]string{"print": "", "all": ".a{x:y}", "screen and (x)": "@media screen and (x){.a{x:y}}"} {
		if got, err := critical(".a{x:y}.b{x:y}", media, "<p class=a>"); err != nil || got != want {
			t.Errorf("media %s: %q, %v", media, got, err)
		}
	}
}

func TestCriticalRefuses(t *testing.T) {
	t.Parallel()
	for _, css := range []string{"@import 'b.css';", "@namespace a url(b);", "@layer{.a{x:y}}", "@media x{@layer{.a{x:y}}}", ".a{x:y", ".a{x:'</style>'}", "@charset 'x';.a{x:y}", ".a{x:y}}"} {
		if got, err := critical(css, "", "<p class=a>"); err == nil {
			t.Errorf("%s: %q", css, got)
		}
	}
}

func TestCriticalEscape(t *testing.T) {
	t.Parallel()
	code := `.ä .b{content:"—";x:url()}.é{x:url()}`
	text := criticalText{code: []byte(code), holes: []criticalHole{{off: strings.Index(code, ")")}, {off: strings.LastIndex(code, ")")}}}
	text.escape()
	if want := `.\e4  .b{content:"\2014 ";x:url()}.\e9 {x:url()}`; string(text.code) != want {
		t.Errorf("%s, want %s", text.code, want)
	}
	for i, h := range text.holes {
		if text.code[h.off-1] != '(' || text.code[h.off] != ')' {
			t.Errorf("hole %d is at %d", i, h.off)
		}
	}
}

func TestAddsStyles(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{`document.createElement("style")`: true, `h('link',{})`: true, "x.innerHTML=`<STYLE>`": true, `l.rel="stylesheet"`: true,
		`e.style.color="red"`: false, `e.getAttribute("style")`: false, `e.className="styles"`: false, `var link`: false, `s="\x3cstyle"`: true} {
		if got := addsStyles([]byte(code)); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}

func TestDeclaresUTF8(t *testing.T) {
	t.Parallel()
	for html, want := range map[string]bool{"<meta charset=UTF-8>": true, "<meta charset=latin1>": false, "<p>": false,
		"<meta http-equiv=content-type content='text/html; charset=utf-8'>": true, "<!--<meta charset=utf-8>-->": false, "<meta charset=utf-8>\xff": false} {
		if got := declaresUTF8([]byte(html)); got != want {
			t.Errorf("%s: %v", html, got)
		}
	}
}

func TestBodyEnd(t *testing.T) {
	t.Parallel()
	for html, ok := range map[string]bool{"<body><p>x</body></html>": true, "<p>x": false, "<table></table></body>": true, "<table></body>": false,
		"<select></body>": false, "<svg><g></svg></body>": true, "<script>'</body>'</script></body>": true, "<!--</body>-->": false, "</body></body>": false} {
		if at, why := bodyEnd([]byte(html)); (why == "") != ok || ok && at != strings.LastIndex(html, "</body>") {
			t.Errorf("%s: %d %s", html, at, why)
		}
	}
}

// FuzzCriticalRules checks that what is picked can be read, holds no more than
// the sheet and, picked from again, stays what it is.
func FuzzCriticalRules(f *testing.F) {
	for _, css := range []string{".a{x:y}.b{--c:var(--d)}", "@layer x,y;@media z{@layer q{.b{x:y}}.a,.b{x:y}}", "@keyframes k{to{x:y}}.a{animation:k}", "@supports (a:b){.a{.b &{x:y}}}", "@font-face{font-family:a}"} {
		f.Add(css)
	}
	f.Fuzz(func(t *testing.T, css string) {
		const html = "<p class=a style='x:var(--y)'>"
		got, err := critical(css, "", html)
		if err != nil {
			return
		}
		if len(got) > len(css)+strings.Count(css, "@layer")+1 {
			t.Fatalf("%q grew to %q", css, got)
		}
		again, err := critical(got, "", html)
		if err != nil || again != got {
			t.Fatalf("%q gave %q, which gave %q, %v", css, got, again, err)
		}
	})
}

func BenchmarkCriticalRules(b *testing.B) {
	var css strings.Builder
	for i := range 2400 { // about as many selectors and bytes as Bootstrap has
		fmt.Fprintf(&css, ".c%d .d-%d,.btn-%d:hover>a{color:var(--c%d);margin:%dpx;padding:1px 2px 3px 4px;border-color:#123}", i, i, i, i%100, i)
	}
	s := &criticalSheet{node: &Node{File: &site.File{Path: "a.css", Kind: site.CSS}, Doc: &scan.Doc{}}}
	p := &Planner{Plan: NewPlan(), Wire: func(b []byte) int64 { return int64(len(b)) }, Object: func(site.Path) *site.Object { return &site.Object{} },
		Code: func(*site.Object) ([]byte, error) { return []byte(css.String()), nil }}
	if err := s.read(p); err != nil {
		b.Fatal(err)
	}
	var html strings.Builder
	for i := range 200 {
		fmt.Fprintf(&html, "<p class='c%d btn-%d'><a class=d-%d>x</a>", i*12, i*12, i*12)
	}
	page := &Node{File: &site.File{Path: "a.html", Kind: site.HTML}, Doc: scan.Scan("a.html", site.HTML, []byte(html.String()), scan.Options{})}
	b.ReportAllocs()
	for b.Loop() {
		if c := criticalRules([]*criticalSheet{s}, []string{""}, p.elements(page, &late{}), nil); len(c.code) < 1000 {
			b.Fatal(len(c.code))
		}
	}
}
