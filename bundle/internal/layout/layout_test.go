package layout

import (
	"math"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// The picture of all layouts below is natural.w×natural.h pixels.
const naturalW, naturalH = 1200, 800

// layoutCase is a page with one picture and how wide it is shown, at most, in
// windows of windows[i] pixels. The browser test measures the same pages.
type layoutCase struct {
	name    string
	css     string
	body    string
	want    [3]float64
	loose   bool   // want is an upper bound: the browser may show it narrower
	neutral bool   // the file's own width does not show in the layout
	words   string // names in scripts
}

var windows = [3]float64{375, 800, 1400}

const picture = `<img src="p.jpg">`

var layoutCases = []layoutCase{
	{name: "bare", body: picture, want: [3]float64{1200, 1200, 1200}, neutral: true},
	{name: "fluid", css: "body{margin:0}img{max-width:100%;height:auto}", body: picture, want: [3]float64{375, 800, 1200}, neutral: true},
	{name: "body margin", css: "img{max-width:100%}", body: picture, want: [3]float64{359, 784, 1200}, neutral: true},
	{name: "container", css: "body{margin:0}.c{max-width:720px;margin:0 auto;padding:0 20px}img{max-width:100%}", body: `<div class=c>` + picture + `</div>`,
		want: [3]float64{335, 720, 720}, neutral: true},
	{name: "border box", css: "*{box-sizing:border-box}body{margin:0}.c{max-width:720px;padding:0 20px}img{width:100%}", body: `<div class=c>` + picture + `</div>`,
		want: [3]float64{335, 680, 680}, neutral: true},
	{name: "percent", css: "body{margin:0}.c{width:50%}img{width:50%}", body: `<div class=c>` + picture + `</div>`, want: [3]float64{93.75, 200, 350}, neutral: true},
	{name: "pixels", css: "img{width:240px}", body: picture, want: [3]float64{240, 240, 240}, neutral: true},
	{name: "attribute", css: "body{margin:0}img{max-width:100%}", body: `<img src="p.jpg" width=600 height=400>`, want: [3]float64{375, 600, 600}, neutral: true},
	{name: "media", css: "body{margin:0}.c{width:100%}@media(min-width:768px){.c{width:50%}}@media(min-width:1200px){.c{width:400px}}img{width:100%}",
		body: `<div class=c>` + picture + `</div>`, want: [3]float64{375, 400, 400}, neutral: true},
	{name: "media max", css: "body{margin:0}.c{width:300px}@media(max-width:767.98px){.c{width:auto}}img{width:100%}", body: `<div class=c>` + picture + `</div>`,
		want: [3]float64{375, 300, 300}, neutral: true},
	{name: "range", css: "body{margin:0}img{width:100%}@media(400px<=width<1000px){img{width:50%}}", body: picture, want: [3]float64{375, 400, 1200}, neutral: true},
	{name: "viewport units", css: "body{margin:0}img{width:40vw}", body: picture, want: [3]float64{150, 320, 560}, neutral: true},
	{name: "calc", css: "body{margin:0}.c{width:calc(100% - 2*2rem)}img{width:min(100%,500px)}", body: `<div class=c>` + picture + `</div>`,
		want: [3]float64{311, 500, 500}, neutral: true},
	{name: "root font", css: "html{font-size:10px}body{margin:0}img{width:20rem}", body: picture, want: [3]float64{200, 200, 200}, neutral: true},
	{name: "variable", css: ":root{--w:30%}body{margin:0}.c{--g:20px;padding-left:calc(var(--g)*2)}img{width:var(--w)}", body: `<div class=c>` + picture + `</div>`,
		want: [3]float64{100.5, 228, 408}, neutral: true},
	{name: "grid columns", css: "*{box-sizing:border-box}body{margin:0}.r{display:flex;flex-wrap:wrap;margin:0 -12px}.r>*{flex:0 0 auto;width:100%;max-width:100%;padding:0 12px}@media(min-width:768px){.k{width:33.33333%}}img{max-width:100%;height:auto}.c{padding:0 12px}",
		body: `<div class=c><div class=r><div class=k>` + picture + `</div><div class=k></div></div></div>`, want: [3]float64{351, 242.67, 442.67}, neutral: true},
	{name: "equal columns", css: "body{margin:0}.r{display:grid;grid-template-columns:repeat(3,1fr);gap:10px}img{width:100%}", body: `<div class=r><div>` + picture + `</div><div></div><div></div></div>`,
		want: [3]float64{118.34, 260, 460}, neutral: true},
	{name: "auto columns", css: "body{margin:0}.r{display:grid;grid-template-columns:repeat(auto-fill,minmax(200px,1fr));gap:0}img{width:100%}", body: `<div class=r><div>` + picture + `</div></div>`,
		want: [3]float64{375, 200, 200}, neutral: true},
	{name: "flexible item", css: "body{margin:0}.r{display:flex}.r div{flex:1}img{width:100%}", body: `<div class=r><div>` + picture + `</div><div></div></div>`,
		want: [3]float64{375, 800, 1200}, loose: true, neutral: true},
	{name: "float", css: "body{margin:0}.f{float:left}img{width:100%}", body: `<div class=f>` + picture + `</div>`, want: [3]float64{375, 800, 1200}, neutral: false},
	{name: "float of a width", css: "body{margin:0}.f{float:left;width:30%}img{width:100%}", body: `<div class=f>` + picture + `</div>`, want: [3]float64{112.5, 240, 420}, neutral: true},
	{name: "inline block", css: "body{margin:0}a{display:inline-block}img{max-width:50%}", body: `<a>` + picture + `</a>`, want: [3]float64{187.5, 400, 700}, loose: true, neutral: true},
	{name: "height alone", css: "img{height:100px}", body: picture, want: [3]float64{150, 150, 150}, neutral: false},
	{name: "flex item itself", css: "body{margin:0}.r{display:flex}img{max-width:100%}", body: `<div class=r>` + picture + `</div>`, want: [3]float64{375, 800, 1200}, neutral: false},
	{name: "width auto", css: "body{margin:0}img{width:auto;max-width:100%}", body: picture, want: [3]float64{375, 800, 1200}, neutral: false},
	{name: "style attribute", css: "body{margin:0}img{width:50%}", body: `<img src="p.jpg" style="width: 25%">`, want: [3]float64{93.75, 200, 350}, neutral: true},
	{name: "important", css: "body{margin:0}img{width:50%!important}", body: `<img src="p.jpg" style="width: 25%">`, want: [3]float64{187.5, 400, 700}, neutral: true},
	{name: "specificity", css: "body{margin:0}.a img.b{width:10%}#x{width:20%}img{width:30%}", body: `<p class=a style="margin:0"><img class=b id=x src="p.jpg"></p>`, want: [3]float64{75, 160, 280}, neutral: true},
	{name: "not", css: "body{margin:0}img:not(.b){width:10%}img{width:30%}", body: picture, want: [3]float64{37.5, 80, 140}, neutral: true},
	{name: "sibling", css: "body{margin:0}img{width:30%}p+img{width:10%}", body: `<p></p>` + picture, want: [3]float64{37.5, 80, 140}, neutral: true},
	{name: "no sibling", css: "body{margin:0}img{width:30%}p+img{width:10%}", body: `<b></b>` + picture, want: [3]float64{112.5, 240, 420}, neutral: true},
	{name: "nth child", css: "body{margin:0}img{width:30%}img:nth-child(2n){width:10%}", body: `<b></b>` + picture, want: [3]float64{37.5, 80, 140}, neutral: true},
	{name: "cover", css: "img{width:100px;height:200px;object-fit:cover}", body: picture, want: [3]float64{300, 300, 300}, loose: true, neutral: true},
	{name: "cover of unknown height", css: "body{margin:0}.c{height:300px}img{width:100%;height:100%;object-fit:cover}", body: `<div class=c>` + picture + `</div>`,
		want: [3]float64{1200, 1200, 1200}, loose: true, neutral: true},
	{name: "out of flow", css: "body{margin:0}.f{position:absolute;width:50%}img{width:100%}", body: `<div class=f>` + picture + `</div>`, want: [3]float64{187.5, 400, 700}, neutral: false},
	{name: "a script's class", css: "body{margin:0}img{width:10%}.wide img{width:90%}", body: `<div class=box>` + picture + `</div>`, words: "box wide",
		want: [3]float64{337.5, 720, 1200}, loose: true, neutral: true},
	{name: "a class that no script knows", css: "body{margin:0}img{width:10%}div.wide img{width:90%}", body: `<div class=box>` + picture + `</div>`, words: "wide",
		want: [3]float64{37.5, 80, 140}, neutral: true},
	{name: "print", css: "body{margin:0}img{width:10%}@media print{img{width:90%}}", body: picture, want: [3]float64{37.5, 80, 140}, neutral: true},
	{name: "supports", css: "body{margin:0}img{width:10%}@supports(display:grid){img{width:20%}}", body: picture, want: [3]float64{75, 160, 280}, neutral: true},
	{name: "contents", css: "body{margin:0}.g{display:grid;grid-template-columns:1fr 1fr}.h{display:contents}.h div{margin:0}img{width:100%}",
		body: `<div class=g><div class=h><div>` + picture + `</div></div></div>`, want: [3]float64{187.5, 400, 700}, neutral: true},
}

func (c *layoutCase) html() string {
	return "<!doctype html><html><head><style>" + c.css + "</style></head><body>" + c.body + "</body></html>"
}

// slot returns the slot of the case's picture.
func (c *layoutCase) slot(t *testing.T) Slot {
	t.Helper()
	d := scan.Scan("index.html", site.HTML, []byte(c.html()), scan.Options{})
	if len(d.Pics) != 1 {
		t.Fatalf("%d pictures", len(d.Pics))
	}
	words := map[string]bool{}
	for _, w := range strings.Fields(c.words) {
		words[w] = true
	}
	p := NewPage(NewTree(d.Outline, words), []Applied{{Sheet: Read(d.Rules)}})
	return p.Slot(d.Pics[0].Elem, naturalW, naturalH)
}

func TestSlot(t *testing.T) {
	t.Parallel()
	for _, c := range layoutCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := c.slot(t)
			for i, w := range windows {
				if got := s.At(w); math.Abs(got-c.want[i]) > 0.02 {
					t.Errorf("in a window of %g: %g, want %g", w, got, c.want[i])
				}
			}
			if s.Neutral != c.neutral {
				t.Errorf("neutral: %v (%s), want %v", s.Neutral, s.Why, c.neutral)
			}
		})
	}
}

func TestMost(t *testing.T) {
	t.Parallel()
	c := layoutCase{css: "body{margin:0}img{width:100%}@media(min-width:600px){img{width:300px}}", body: picture}
	s := c.slot(t)
	for _, tt := range []struct{ lo, hi, want float64 }{{320, 440, 440}, {320, 1000, 599}, {601, 2560, 300}} {
		if got := s.Most(tt.lo, tt.hi); got != tt.want {
			t.Errorf("most from %g to %g: %g, want %g", tt.lo, tt.hi, got, tt.want)
		}
	}
	wide := (&layoutCase{css: "img{width:500px}", body: picture}).slot(t)
	if got := Merge([]Slot{s, wide}); got.Most(601, 2560) != 500 || got.Most(320, 550) != 550 {
		t.Errorf("merged: %g, %g", got.Most(601, 2560), got.Most(320, 550))
	}
}

func TestRise(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("word ", 220) // 10 lines
	for _, c := range []struct {
		name, css, body string
		want            float64
	}{
		{"nothing", "", `<p>` + picture + `</p>`, 0},
		{"padding around it", "main{padding:100px 0 7px}", `<main><p>` + picture + `</p></main>`, 100},
		{"padding before it", "header{padding:10px 0 30px}", `<header>x</header><main><p>` + picture + `</p></main>`, 40},
		{"a tall part before it", "header{min-height:60vh;padding:10px}", `<header>x</header><p>` + picture + `</p>`, 320},
		{"border box", "*{box-sizing:border-box}header{min-height:200px;padding:10px}", `<header>x</header><p>` + picture + `</p>`, 200},
		{"another on a phone", "header{padding:10px}@media(min-width:700px){header{padding:90px}}", `<header>x</header><p>` + picture + `</p>`, 20},
		{"after it", "footer{padding:100px}", `<p>` + picture + `</p><footer></footer>`, 0},
		{"out of flow", "header{padding:100px;position:absolute}", `<header></header><p>` + picture + `</p>`, 0},
		{"text beside it", "aside{float:left}", `<aside>` + text + `</aside><p>` + picture + `</p>`, -240},
		{"text in a row", "main{display:flex}", `<main><aside>` + text + `</aside><div>` + picture + `</div></main>`, -240},
		{"text in a column", "main{display:flex;flex-direction:column}", `<main><aside>` + text + `</aside><div>` + picture + `</div></main>`, 0},
		{"text that is not shown", ".menu{display:none}", `<div class=menu>` + text + `</div><div>` + picture + `</div>`, -240},
		{"fixed", "p{position:fixed}", `<main>` + text + `<p>` + picture + `</p></main>`, -1e6},
	} {
		d := scan.Scan("index.html", site.HTML, []byte((&layoutCase{css: c.css, body: c.body}).html()), scan.Options{})
		p := NewPage(NewTree(d.Outline, nil), []Applied{{Sheet: Read(d.Rules)}})
		if got := p.Rise(d.Pics[0].Elem); math.Abs(got-c.want) > 1 {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}

func TestNesting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		css, body string
		sees      bool
	}{
		{".a img{}", `<p class=a>` + picture + `</p>`, false},
		{".a > img{}", `<p class=a>` + picture + `</p>`, true},
		{".b > img{}", `<p class=a>` + picture + `</p>`, false},
		{".a > *{}", `<p class=a>` + picture + `</p>`, true},
		{".a > * + *{}", `<p class=a>` + picture + `</p>`, false}, // an only child
		{".a > * + *{}", `<p class=a>` + picture + `<b></b></p>`, true},
		{"img + p{}", `<div>` + picture + `<p></p></div>`, true},
		{"img + p{}", `<div>` + picture + `<b></b></div>`, false},
		{"img ~ p{}", `<div>` + picture + `<b></b><p></p></div>`, true},
		{"p + img{}", `<div><p></p>` + picture + `</div>`, true},
		{"img:first-child{}", picture, true},
		{"p:first-child{}", `<p>` + picture + `</p>`, false},
		{"a:only-child{}", `<a>` + picture + `</a>`, false},
		{".a :nth-child(2){}", `<p class=a>` + picture + `</p>`, true},
		{"figure:has(> img){}", `<figure>` + picture + `</figure>`, true},
		{"figure:has(img){}", `<figure>` + picture + `</figure>`, false},
		{"picture{}", picture, true},
		{":is(.a > img){}", `<p class=a>` + picture + `</p>`, true},
		{":not(.x) > i{}", `<p>` + picture + `</p>`, false},
		{".x > img, .a > img{}", `<p class=a>` + picture + `</p>`, true},
	} {
		d := scan.Scan("index.html", site.HTML, []byte((&layoutCase{css: strings.ReplaceAll(c.css, "{}", "{color:red}"), body: c.body}).html()), scan.Options{})
		if len(d.Pics) != 1 {
			t.Fatalf("%s: %d pictures", c.body, len(d.Pics))
		}
		got := NewNesting(d.Nestings).Sees(NewTree(d.Outline, nil), d.Pics[0].Elem)
		if (got != "") != c.sees {
			t.Errorf("%s on %s: sees %q, want %v", c.css, c.body, got, c.sees)
		}
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]float64{
		"10px": 10, "50%": 100, "10vw": 100, "2rem": 32, "calc(100% - 20px)": 180, "calc((100% - 20px)/2)": 90, "min(300px, 50%)": 100,
		"max(10px,5%)": 10, "clamp(10px, 50%, 80px)": 80, "0": 0, "1in": 96, "calc(2*10px + 5px)": 25, "-5px": -5,
	} {
		if got, ok := length(in, 200, 1000); !ok || math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %g, %v; want %g", in, got, ok, want)
		}
	}
	for _, in := range []string{"", "auto", "10", "calc(1px*1px)", "calc(1/0)", "10foo", "calc(10px", "min()", strings.Repeat("(", 500) + "1px", "calc(1px + )"} {
		if got, ok := length(in, 200, 1000); ok {
			t.Errorf("%q = %g, want nothing", in, got)
		}
	}
}

func TestMedia(t *testing.T) {
	t.Parallel()
	for q, want := range map[string]Truth{
		"": Yes, "screen": Yes, "print": No, "(min-width:600px)": Yes, "(max-width:600px)": No, "not print": Yes, "only screen and (min-width: 50em)": Yes,
		"print, (min-width:600px)": Yes, "(width>=600px)": Yes, "(600px<width<=1000px)": Yes, "(hover:hover)": Maybe, "not screen": No,
		"(min-width:600px) and (max-width:700px)": No, "(orientation:portrait) and (max-width:600px)": No, "(prefers-reduced-motion:reduce)": No,
	} {
		if got := media(q, 1000); got != want {
			t.Errorf("%q: %v, want %v", q, got, want)
		}
	}
}

func FuzzPage(f *testing.F) {
	for _, c := range layoutCases {
		f.Add(c.css, c.body)
	}
	f.Add("a\\{b:is(:not(x", "<img src=a>")
	f.Fuzz(func(t *testing.T, css, body string) {
		d := scan.Scan("index.html", site.HTML, []byte((&layoutCase{css: css, body: body}).html()), scan.Options{})
		tree := NewTree(d.Outline, map[string]bool{"a": true, "wide": true})
		p := NewPage(tree, []Applied{{Sheet: Read(d.Rules)}})
		n := NewNesting(d.Nestings)
		for i, pic := range d.Pics {
			if i == 4 {
				return
			}
			s := p.Slot(pic.Elem, naturalW, naturalH)
			if w := s.At(800); w < 0 || w > naturalW || math.IsNaN(w) {
				t.Fatalf("width %g", w)
			}
			n.Sees(tree, pic.Elem)
		}
	})
}

func BenchmarkSlot(b *testing.B) {
	var css strings.Builder
	for i := range 2000 {
		css.WriteString(".c" + strings.Repeat("x", i%7) + "{padding:1px;width:50%}")
	}
	c := layoutCase{css: css.String() + layoutCases[15].css, body: strings.Repeat(layoutCases[15].body, 30)}
	d := scan.Scan("index.html", site.HTML, []byte(c.html()), scan.Options{})
	sheet := Read(d.Rules)
	b.ReportAllocs()
	for b.Loop() {
		p := NewPage(NewTree(d.Outline, nil), []Applied{{Sheet: sheet}})
		for _, pic := range d.Pics {
			p.Slot(pic.Elem, naturalW, naturalH)
		}
	}
}
