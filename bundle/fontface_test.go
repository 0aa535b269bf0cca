package bundle

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

func TestMatchFaces(t *testing.T) {
	t.Parallel()
	face := func(light, heavy int, italic bool) *fontFace {
		return &fontFace{family: "f", light: light, heavy: heavy, italic: italic}
	}
	light, normal, medium, bold, slanted, all := face(300, 300, false), face(400, 400, false), face(500, 500, false), face(700, 700, false), face(400, 400, true), face(100, 900, false)
	for _, c := range []struct {
		name  string
		faces []*fontFace
		font  layout.Font
		want  []*fontFace
	}{
		{"the very one", []*fontFace{normal, bold}, layout.Font{Weight: 700}, []*fontFace{bold}},
		{"the next heavier", []*fontFace{normal, bold}, layout.Font{Weight: 600}, []*fontFace{bold}},
		{"heavier before lighter", []*fontFace{medium, bold}, layout.Font{Weight: 600}, []*fontFace{bold}},
		{"500 for 400, before 300", []*fontFace{light, medium}, layout.Font{Weight: 400}, []*fontFace{medium}},
		{"300 for 400, before 700", []*fontFace{light, bold}, layout.Font{Weight: 400}, []*fontFace{light}},
		{"400 for 500", []*fontFace{normal, bold}, layout.Font{Weight: 500}, []*fontFace{normal}},
		{"lighter for 200", []*fontFace{face(100, 100, false), light}, layout.Font{Weight: 200}, nil},
		{"variable", []*fontFace{all}, layout.Font{Weight: 640}, []*fontFace{all}},
		{"italic before weight", []*fontFace{bold, slanted}, layout.Font{Weight: 700, Italic: true}, []*fontFace{slanted}},
		{"upright for italic", []*fontFace{normal}, layout.Font{Weight: 400, Italic: true}, []*fontFace{normal}},
		{"the last first", []*fontFace{normal, medium, face(400, 400, false), normal}, layout.Font{Weight: 400}, nil},
	} {
		got := matchFaces(c.faces, c.font)
		switch {
		case c.name == "lighter for 200":
			c.want = c.faces[:1]
		case c.name == "the last first":
			c.want = []*fontFace{c.faces[3], c.faces[2], c.faces[0]}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestUnicodeRange(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"u+26":              "[[38 38]] true",
		"u+0-7f, u+400-4ff": "[[0 127] [1024 1279]] true",
		"u+4??":             "[[1024 1279]] true",
		"u+":                "[] false",
		"u+9-1":             "[] false",
		"26":                "[] false",
		"":                  "[] false",
	} {
		got, ok := unicodeRanges(text)
		if s := fmt.Sprint(got, ok); s != want {
			t.Errorf("%q: %s, want %s", text, s, want)
		}
	}
}

func TestFaceSource(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  string // @ is where an address stands
		want string // what follows it; "-" where it is not known which file is taken
	}{
		{`url(@)`, ""},
		{`url("@?v=1")format("woff2"),url(@)format("woff")`, "?v=1"},
		{`url(@?#iefix)format("embedded-opentype"),url(@?2)format("woff2")`, "?2"},
		{`url(@)format("woff"),url(@)format("woff2")`, "-"},
		{`local(X),url(@)format("woff2")`, "-"},
		{`url(@#x)format("woff2")`, "-"},
		{`url(@)format("woff2")tech(variations)`, "-"},
		{`url(data:font/woff2;base64,AAAA)format("woff2")`, "-"},
		{`url(https://cdn.test/a.woff2)format("woff2")`, "-"},
		{``, "-"},
	} {
		n := &Node{}
		s := &criticalSheet{node: n}
		for i, part := range strings.Split(c.src, "@") {
			if i > 0 {
				s.relocs = append(s.relocs, site.Reloc{Off: len(s.code), Ref: i})
			}
			s.code = append(s.code, part...)
		}
		u, suffix, _ := faceSource(s, site.Span{Start: 0, End: len(s.code)})
		if u.From == nil {
			suffix = "-"
		}
		if suffix != c.want {
			t.Errorf("%s: %q, want %q", c.src, suffix, c.want)
		}
	}
}

func FuzzFontSheet(f *testing.F) {
	for _, s := range []string{"@font-face{font-family:a;src:url(b)}", "@font-face{unicode-range:u+0-9,u+?}", "@media print{p{font:1px a!important}}", "p{font-weight:1;b{font:c}}", "@layer a{@font-face{font-weight:1 2 3}}", ":root{--a:1}"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, css string) {
		readFontSheet(&criticalSheet{node: &Node{}, code: []byte(css)})
	})
}

func BenchmarkFontLetters(b *testing.B) {
	var html strings.Builder
	html.WriteString("<!doctype html><body>")
	for i := range 300 {
		fmt.Fprintf(&html, "<div class=c%d><p class=b>Words of a page</p></div>", i)
	}
	css := "@font-face{font-family:f;src:url(f.woff2)}body{font-family:f}" + strings.Repeat(".b{font-weight:400}.x .b{font-weight:700}", 200)
	doc := scan.Scan("a.html", site.HTML, []byte(html.String()), scan.Options{})
	page := &Node{File: &site.File{Path: "a.html", Kind: site.HTML}, Doc: doc}
	s := readFontSheet(&criticalSheet{node: page, code: []byte(css)})
	p := &Planner{Graph: &Graph{}, Plan: NewPlan(), Source: func(site.Path) ([]byte, error) { return []byte(html.String()), nil }}
	b.ReportAllocs()
	for b.Loop() {
		v := &fontView{p: p, page: page, families: map[string][]*fontFace{}, odd: map[string]bool{}}
		v.apply(s, layout.Applied{Sheet: s.sheet}, false)
		v.families["f"] = v.faces
		if v.letters()[v.faces[0]] < minLetters {
			b.Fatal("nothing found")
		}
	}
}
