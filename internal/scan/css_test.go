package scan

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestCSS(t *testing.T) {
	runRefCases(t, []refCase{
		{"url", "a.css", `a{background:red url( a.png ) , url("b.png"), URL('c.png?x#y')}`, []string{"background a.png", "background b.png", "background c.png = c.png?x#y"}},
		{"escapes", "a.css", `a{background:url(a\ b\28.png)}b{cursor:url("\63 .cur")}`, []string{`background a\ b\28.png = a b(.png`, `background \63 .cur = c.cur`}},
		{"import", "a.css", `@charset "x";@import "a.css" layer(b) screen;@import url(c.css);@import url("d.css") supports(display:grid);@namespace url(e);`,
			[]string{"import a.css", "import c.css", "import d.css"}},
		{"fonts", "a.css", `@font-face{font-family:x;src:local("a.woff"),url(b.woff2)format("woff2"),url('c.eot?#iefix')}`, []string{"font b.woff2", "font c.eot = c.eot?#iefix"}},
		{"image-set", "a.css", `a{background:image-set("a.png" 1x type("image/png"), url(b.png) 2x);b:-webkit-image-set("c.png" 1x);content:"d.png"}`,
			[]string{"background a.png", "background b.png", "background c.png"}},
		{"elements", "a.css", `a{filter:url(a.svg#b);clip-path:url(#c);mask:url(d.svg#e);mask-image:url(f.png)}`,
			[]string{"use a.svg = a.svg#b", "use d.svg = d.svg#e", "background f.png"}},
		{"custom property", "a.css", `:root{--a:url(b.png)}`, []string{"background b.png !"}},
		{"old browsers", "a.css", `a{behavior:url(a.htc);filter:progid:DXImageTransform.Microsoft.AlphaImageLoader(src='b.png');-ms-filter:"progid:X(src='c.png')";*background:url(d.png)}`,
			[]string{"use a.htc !", "background b.png !", "background c.png !", "background d.png"}},
		{"data", "a.css", `a{background:url(data:image/png;base64,AA==),url("")}`, nil},
		{"media", "a.css", `@media print{a:hover{background:url(a.png)}}@supports(background:url(b.png)){}`, []string{"background a.png"}},
		{"nested", "a.css", `a{&:hover{background:url(a.png)}b:url(c.png)}`, []string{"background a.png", "background c.png"}},
		{"comment", "a.css", "/* url(a.png) */a{}/*# sourceMappingURL=b.map *//*# sourceMappingURL=c.css.map */", []string{"source-map c.css.map"}},
		{"unclosed", "a.css", `a{background:url(a.png`, []string{"background a.png"}},
		{"bad", "a.css", `a{background:url(a b.png)}b{background:url(c.png)}`, []string{"background c.png"}},
		{"src", "a.css", `@font-face{src:src("a.woff2")}`, []string{"font a.woff2"}},
	})
}

func TestImportTail(t *testing.T) {
	t.Parallel()
	src := `@import "a.css" layer(b) screen;@import url(c.css);p{}@import "d.css";`
	d := Scan("a.css", site.CSS, []byte(src), Options{})
	if len(d.Refs) != 3 {
		t.Fatalf("%d references", len(d.Refs))
	}
	for i, want := range []string{"layer(b) screen", "", ""} {
		_, late := d.Refs[i].Attrs["@late"]
		if got := d.Refs[i].Attrs["@import"]; got != want || late != (i == 2) {
			t.Errorf("import %d: tail %q, late %v", i, got, late)
		}
	}
}

func TestPre(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`pre,code.x{white-space:pre}`:                             ".x pre",
		`.a > .b:hover, #c d{white-space:PRE-WRAP!important}`:     ".b d",
		`a{white-space:nowrap}b{color:red}`:                       "",
		`[data-x]{white-space:break-spaces}`:                      "[data-x]",
		`@media print{.a{white-space:pre-line}}`:                  ".a",
		`.a{.b &{white-space:pre}}`:                               ".a",
		`.a{& .b{white-space:pre}}`:                               ".b",
		`.a{@media print{white-space:pre}}`:                       ".a",
		`:is(.a,b c){white-space:pre}`:                            ".a c",
		`.a :not(.b){white-space:pre}`:                            "*",
		`.md\:pre{white-space:pre}`:                               ".md:pre",
		`a{white-space:var(--x)}`:                                 "a",
		`a{white-space-collapse:preserve}`:                        "a",
		`*{white-space:pre}`:                                      "*",
		`a::before{white-space:pre}`:                              "a",
		`a{--x:1;/* c */ white-space /* d */ : pre }`:             "a",
		`.a .b{color:red;white-space:normal;white-space:pre-wrap`: ".b",
	} {
		if got := strings.Join(Scan("a.css", site.CSS, []byte(src), Options{}).Pre, " "); got != want {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
	}
	page := `<style>.a{white-space:pre}</style><p style="white-space:pre">`
	if got := Scan("a.html", site.HTML, []byte(page), Options{}).Pre; len(got) != 1 || got[0] != ".a" {
		t.Errorf("page: got %q", got)
	}
}
