package vendor

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

func TestName(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"https://cdn.jsdelivr.net/npm/bootstrap@5.3.3/dist/css/bootstrap.min.css", "text/css", "vendor/cdn.jsdelivr.net/npm/bootstrap-5.3.3/dist/css/bootstrap.min.css"},
		{"https://fonts.googleapis.com/css2?family=Inter:wght@400&display=swap", "text/css", "vendor/fonts.googleapis.com/css2-######.css"},
		{"https://images.example.com/photo", "image/jpeg", "vendor/images.example.com/photo.jpg"},
		{"https://images.example.com/photo.php", "image/jpeg", "vendor/images.example.com/photo.php.jpg"},
		{"https://cdn.example.com/x.JPEG", "image/jpeg", "vendor/cdn.example.com/x.JPEG"},
		{"https://cdn.example.com:8443/", "text/css", "vendor/cdn.example.com-8443/index-######.css"},
		{"https://cdn.example.com/../../etc/passwd", "text/css", "vendor/cdn.example.com/etc/passwd.css"},
		{"https://cdn.example.com/a b/%22c.js", "text/javascript", "vendor/cdn.example.com/a-b/-c-######.js"},
		{"https://cdn.example.com/.hidden/x.js", "text/javascript", "vendor/cdn.example.com/-hidden/x-######.js"},
		{"https://cdn.example.com/" + strings.Repeat("long", 100) + ".js", "text/javascript", "vendor/cdn.example.com/" + strings.Repeat("long", 45) + "-######.js"},
	} {
		u, err := url.Parse(c[0])
		if err != nil {
			t.Fatal(err)
		}
		got := string(Name(u, c[1]))
		want := c[2]
		if i := strings.Index(want, "######"); i >= 0 && len(got) == len(want) {
			want = strings.Replace(want, "######", got[i:i+6], 1)
		}
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", c[0], got, want)
		}
	}
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"wOF2....", "application/octet-stream", "font/woff2"}, {"\x89PNG\r\n\x1a\n", "text/html", "image/png"}, {"RIFF1234WEBPVP8", "", "image/webp"},
		{"true && run()", "text/javascript", "text/javascript"}, {"true....", "font/ttf", "font/ttf"}, {"a{}", "text/css", "text/css"},
		{"x", "application/x-javascript", "application/javascript"}, {"<html>", "text/html", "text/html"}, {"", "", ""}, {"1234ftypavif", "", "image/avif"},
	} {
		if got := Sniff([]byte(c[0]), c[1]); got != c[2] {
			t.Errorf("%q: %s", c[0], got)
		}
	}
}

func TestRelative(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"", "vendor/a/b.css", "vendor/a/b.css"}, {"blog/x", "vendor/a/b.css", "../../vendor/a/b.css"}, {"vendor/a/css", "vendor/a/font/f.woff2", "../font/f.woff2"},
		{"vendor/a", "vendor/a/f.woff2", "f.woff2"}, {"vendor/a", "vendor/ab/f.woff2", "../ab/f.woff2"},
	} {
		if got := Relative(c[0], site.Path(c[1])); got != c[2] {
			t.Errorf("%v: %s", c, got)
		}
	}
}

func TestOnlyWOFF2(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{`@font-face{font-family:A;src:url(a.eot);src:url(a.eot?#iefix) format("embedded-opentype"),url(a.woff2) format("woff2"),url(a.ttf) format("truetype");font-weight:400}b{c:d}`,
			`@font-face{font-family:A;src:url(a.woff2) format("woff2");font-weight:400}b{c:d}`},
		{`@font-face { src: local("A"), local(B), url("a.woff2?v=1") , url("a.woff") }`, `@font-face { src: local("A"),local(B),url("a.woff2?v=1") }`},
		{`@font-face{src:url(a.woff) format("woff"),url(a.ttf)}`, ``},
		{`@font-face{src:url(a.woff2)}`, ``},
		{`@font-face{src:url(a.woff2),url(a.woff)`, ``}, // never closed
		{`a{src:url(a.woff2),url(a.woff)}`, ``},
		{`@FONT-FACE{SRC:url(a.woff2)format('woff2-variations'),url(x;y.ttf);}`, `@FONT-FACE{SRC:url(a.woff2)format('woff2-variations');}`},
		{`@media print{@font-face{src:url(a.woff),url(b.woff2)}}`, `@media print{@font-face{src:url(b.woff2)}}`},
		{`@font-face{src:url(data:font/woff;base64,AAAA) format("woff"),url(b.woff2) tech(variations)/**/}`, `@font-face{src:url(b.woff2) tech(variations)/**/}`},
		{`@font-face{--src:x;unicode-range:U+0-FF,U+200;src:url(a.woff2),url(a.svg#b)}`, `@font-face{--src:x;unicode-range:U+0-FF,U+200;src:url(a.woff2)}`},
	} {
		want := c[1]
		if want == "" {
			want = c[0]
		}
		if got := string(OnlyWOFF2([]byte(c[0]))); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", c[0], got, want)
		}
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{`<img src="//a.b/c?x=1&amp;y=2#f">`, `//a.b/c?x=1&amp;y=2`},
		{`<img src="//a.b/c?x=1&y=2">`, `//a.b/c?x=1&y=2`},
		{`<img src="//a.b/c?x=1&#038;y=2">`, `//a.b/c?x=1&#038;y=2`},
		{`<img src=//a.b/c?x>`, `//a.b/c?x`},
		{`<img src="//a.b/c#f?x">`, `//a.b/c`},
		{`<img src="//a.b/c?">`, `//a.b/c?`},
	} {
		doc := scan.Scan("a.html", site.HTML, []byte(c[0]), scan.Options{})
		if len(doc.Refs) != 1 {
			t.Fatalf("%s: %v", c[0], doc.Refs)
		}
		at, ok := Place([]byte(c[0]), &doc.Refs[0])
		if !ok || c[0][at.Start:at.End] != c[1] {
			t.Errorf("%s: %v %v", c[0], at, ok)
		}
	}
	sheet := []byte(`a{background:url("//a.b/c?x\26 y")}`)
	doc := scan.Scan("a.css", site.CSS, sheet, scan.Options{})
	for i := range doc.Refs {
		if at, ok := Place(sheet, &doc.Refs[i]); ok && strings.Contains(string(sheet[at.Start:at.End]), "?") {
			t.Errorf("an escape was followed: %s", sheet[at.Start:at.End])
		}
	}
}

func TestStaleHints(t *testing.T) {
	t.Parallel()
	page := []byte(`<link rel="preconnect" href="https://A.example" crossorigin><link rel=dns-prefetch href=//a.example><link rel=preconnect href=https://b.example>` +
		`<link rel="preconnect stylesheet" href=https://a.example><!-- <link rel=preconnect href=https://a.example> -->`)
	got := string(Apply(page, StaleHints(page, func(h string) bool { return h == "a.example" })))
	want := `<link rel=preconnect href=https://b.example><link rel="preconnect stylesheet" href=https://a.example><!-- <link rel=preconnect href=https://a.example> -->`
	if got != want {
		t.Errorf("got %s", got)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), LockName)
	l, err := ReadLock(name)
	if err != nil || len(l.Pins()) != 0 {
		t.Fatal(l, err)
	}
	l.Set(Pin{URL: "https://b.example/x?a=1&b='", Sum: site.Sum([]byte("x")), Size: 1, Type: "text/css", Landed: "https://b.example/y"})
	l.Set(Pin{URL: "https://a.example/", Sum: site.Sum(nil)})
	if err := l.Write(name); err != nil {
		t.Fatal(err)
	}
	again, err := ReadLock(name)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := l.Text()
	b, _ := again.Text()
	if !bytes.Equal(a, b) || again.Pins()[1].Landed != "https://b.example/y" || len(again.Pins()) != 2 {
		t.Errorf("%s\n%s", a, b)
	}
	again.Keep(func(u string) bool { return strings.Contains(u, "a.example") })
	if len(again.Pins()) != 1 {
		t.Error(again.Pins())
	}
	entry := "[[resource]]\nurl = 'https://a.example/'\nsha256 = '" + site.Sum(nil).String() + "'\nsize = 0\ntype = ''\n"
	for text, want := range map[string]string{
		"version = 2":                   "version 2",
		"version = 1\nx = 1":            "",
		"version = 1\n<<<<<<< HEAD":     "line 2",
		"version = 1\n" + entry + entry: "twice",
		"version = 1\n[[resource]]\nurl='u'\nsha256='xyz'\nsize=1\ntype=''": "sha256 of u",
	} {
		if _, err := ParseLock([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if files, err := os.ReadDir(filepath.Dir(name)); err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
}

func FuzzOnlyWOFF2(f *testing.F) {
	f.Add([]byte(`@font-face{src:url(a.woff2),url(a.woff)}`))
	f.Add([]byte(`@font-face{src:local(a),url("a.eot?#x") format("x"),url(a.woff2)format(woff2);src:url(b.woff2),url(c)}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		once := OnlyWOFF2(b)
		if len(once) > len(b) {
			t.Fatalf("%q grew to %q", b, once)
		}
		if twice := OnlyWOFF2(once); !bytes.Equal(once, twice) {
			t.Fatalf("%q\nbecomes %q\nand then %q", b, once, twice)
		}
	})
}
