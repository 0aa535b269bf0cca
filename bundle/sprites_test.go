package bundle

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

func TestIconRule(t *testing.T) {
	t.Parallel()
	for css, want := range map[string]string{
		".a{background:url(a.png) no-repeat}":                                         "[0 0] ",
		".a{background:#FFF url( 'a.png' ) no-repeat right 3px}":                      "[end 3] #fff",
		".a{background:no-repeat center url(a.png)}":                                  "[center center] ",
		".a{background:url(a.png) no-repeat top left;background-color:red}":           "[0 0] ",
		".a{background-image:url(a.png)}":                                             "[0 0] ",
		".a{background-image:url(a.png);background-position:2px bottom}":              "[2 end] ",
		".a{background:url(a.png)}":                                                   "",
		".a{background:url(a.png) no-repeat!important}":                               "",
		".a{background:url(a.png) no-repeat -2px 0}":                                  "",
		".a{background:url(a.png) no-repeat 10% 0}":                                   "",
		".a{background:url(a.png) no-repeat 0 0/10px}":                                "",
		".a{background:url(a.png) no-repeat,red}":                                     "",
		".a{background:rgb(0 0 0) url(a.png) no-repeat}":                              "",
		".a{background:url(a.png) no-repeat fixed}":                                   "",
		".a{background:url(a.png) no-repeat;background-size:cover}":                   "",
		".a{background-image:url(a.png);background-image:url(b.png)}":                 "",
		".a{background-position:0 0;background-image:url(a.png)}":                     "",
		".a{background:url(a.png) no-repeat;background:url(b.svg) no-repeat;color:a}": "",
		".a{color:red}": "",
	} {
		doc := scan.Scan("a.css", site.CSS, []byte(css), scan.Options{})
		backs := map[int]*scan.Background{}
		for i := range doc.Backs {
			backs[doc.Backs[i].Func.Start] = &doc.Backs[i]
		}
		rules, _ := style.Parse([]byte(css))
		got := ""
		if r := readIconRule([]byte(css), &rules[0], backs); r != nil {
			got = fmt.Sprint(r.pos, " ", r.color)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", css, got, want)
		}
	}
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prop, value string
		want        bool
	}{
		{"border", "0", true}, {"border", "0 none", true}, {"border", "none", true}, {"border", "1px solid", false}, {"border-width", "medium", false},
		{"border-bottom", "solid", false}, {"border-color", "red", true}, {"border-radius", "4px", true}, {"border-top-color", "red", true}, {"border-image", "url(a.png)", false},
		{"background", "#eee", true}, {"background", "none", true}, {"background", "url(b.png)", true}, {"background", "red 3px 0", false}, {"background", "var(--a)", false},
		{"background-size", "cover", false}, {"background-size", "auto", true}, {"background-position", "0 0", false}, {"background-position-x", "1px", false},
		{"flex", "1", false}, {"flex", "none", true}, {"transition", "all 1s", false}, {"transition-property", "width", false}, {"zoom", "2", false},
		{"min-width", "9px", false}, {"min-height", "0", true}, {"all", "unset", false}, {"padding-inline", "1px", false},
	} {
		if got := harmless(scan.Decl{Prop: c.prop, Value: c.value}, false); got != c.want {
			t.Errorf("%s: %s: %v", c.prop, c.value, got)
		}
	}
}

func testIcon(w, h int, box image.Point, off image.Point) *icon {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.SetNRGBA(i%w, i/w, color.NRGBA{uint8(i), uint8(w), uint8(h), 255})
	}
	return &icon{img: m, box: box, off: off}
}

func TestDraw(t *testing.T) {
	t.Parallel()
	var icons []*icon
	for i := range 40 {
		w, h := 1+i*7%30, 1+i*5%23
		icons = append(icons, testIcon(w, h, image.Pt(w+i%2, h+i%3), image.Pt(i%2, 0)))
	}
	data, err := draw(icons)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range icons {
		if c.at.X%cell != 0 || c.at.Y%cell != 0 {
			t.Errorf("icon %d is at %v", i, c.at)
		}
		for y := range c.box.Y {
			for x := range c.box.X {
				want := color.NRGBA{}
				if p := image.Pt(x, y).Sub(c.off); p.In(c.img.Rect) {
					want = c.img.NRGBAAt(p.X, p.Y)
				}
				if p := color.NRGBAModel.Convert(got.At(c.at.X+x, c.at.Y+y)); p != want {
					t.Fatalf("icon %d at %d,%d: %v, want %v", i, x, y, p, want)
				}
			}
		}
	}
	again, err := draw(icons)
	if err != nil || !bytes.Equal(data, again) {
		t.Error("another picture the second time")
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	framed := testIcon(8, 8, image.Pt(20, 8), image.Pt(6, 0))
	for y := range 8 {
		framed.img.SetNRGBA(0, y, color.NRGBA{})
		framed.img.SetNRGBA(7, y, color.NRGBA{})
	}
	for _, c := range []struct {
		name string
		icon *icon
		fits bool
	}{
		{"as large as its box", testIcon(8, 8, image.Pt(8, 8), image.Point{}), true},
		{"an edge inside", testIcon(8, 8, image.Pt(9, 8), image.Point{}), false},
		{"cut off", testIcon(8, 8, image.Pt(7, 8), image.Point{}), false},
		{"outside", testIcon(8, 8, image.Pt(20, 8), image.Pt(-1, 0)), false},
		{"clear edges", framed, true},
	} {
		if why := edges(c.icon); (why == "") != c.fits {
			t.Errorf("%s: %q", c.name, why)
		}
	}
}

func FuzzIconRule(f *testing.F) {
	for _, s := range []string{".a{background:url(a.png) no-repeat 1px}", ".a{background-image:url('a')}", ".a{background:url(}", ".a{background-position:left}"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, css string) {
		doc := scan.Scan("a.css", site.CSS, []byte(css), scan.Options{})
		backs := map[int]*scan.Background{}
		for i := range doc.Backs {
			backs[doc.Backs[i].Func.Start] = &doc.Backs[i]
		}
		rules, _ := style.Parse([]byte(css))
		for i := range rules {
			readIconRule([]byte(css), &rules[i], backs)
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	var icons []*icon
	for range 60 {
		icons = append(icons, testIcon(24, 24, image.Pt(24, 24), image.Point{}))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := draw(icons); err != nil {
			b.Fatal(err)
		}
	}
}
