package optimize

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

func TestCSS(t *testing.T) {
	t.Parallel()
	runTextCases(t, CSS, "a.css", []textCase{
		{name: "no inset where it was not used", src: "a { top: 0; right: 0; bottom: 0; left: 0 }", want: []string{"top:0"}, not: []string{"inset"}},
		{name: "inset where it was", src: "b { inset: 1px } a { top: 0; right: 0; bottom: 0; left: 0 }", want: []string{"b{inset:1px}"}},
		{name: "no eight-digit colours", src: "a { color: rgba(255, 0, 0, .5) }", want: []string{"rgba("}, not: []string{"#ff000080"}},
		{name: "An+B stands apart", src: "li:nth-of-type( 3n + 1 ) { color: red }", want: []string{"(3n+1){"}},
		{name: "nesting stays", src: "a { & b { color: red } &:hover { margin: 0 } }", want: []string{"&:hover"}},
		{name: "media ranges stay", src: "@media (400px <= width <= 700px) { a { color: red } }", want: []string{"400px"}},
		{name: "calc in nested at-rules", src: "c { @media (width > 1px) { width: calc(100% + .5rem) } }", want: []string{"calc(100% + .5rem)"}},
		{name: "background size of two values", src: "a { background: no-repeat 50% / 50% 50% }", want: []string{"50% / 50% 50%"}},
		{name: "zero with a unit", src: "a { rotate: 0deg } b { font-style: oblique 0deg }", want: []string{"rotate:0deg", "oblique 0deg"}},
		{name: "flex basis", src: "a { flex: 1 1 0px }", want: []string{"1 1 0px"}},
		{name: "icons stay escapes", src: `.i::before { content: "\f101" }`, want: []string{`\f101`}},
		{name: "escapes stay ASCII beside comments that are not", src: "/* © é */ .i::before { content: \"\\f101\" }", want: []string{`\f101`}},
		{name: "text stays UTF-8", src: `a::before { content: "é" }`, want: []string{"é"}},
		{name: "charset rule of UTF-8 text", src: "@charset \"utf-8\";\na::before { content: \"é\" }", want: []string{"@charset \"utf-8\";", "é"}},
		{name: "legal comments", src: "/*! keep me */ a { color: red }", want: []string{"/*! keep me */"}},
		{name: "keyframes and fonts", src: "@keyframes spin { from { top: 0 } to { top: 1px } } @font-face { font-family: x; src: url(x.woff) }", want: []string{"@keyframes spin", "@font-face"}},
		{name: "supports and layers", src: "@layer a, b; @layer a { @supports (display: grid) and (not (display: inline-grid)) { .x > .y + .z ~ w { color: red } } }", want: []string{"@layer a,b;", "@supports"}},
		{name: "custom properties", src: ":root { --a:  { x: y } ; --b: ; --c: #FFFFFF }", want: []string{"--c", "#FFFFFF"}},
		{name: "attribute selectors and escapes", src: `a[href="x"], .\31 0\/2 { color: red } .sm\:flex { color: red }`, want: []string{`.sm\:flex`}},
		{name: "nth", src: "li:nth-child( odd ), li:nth-child( even ) { color: red }"},
		{name: "container", src: "@container a (min-width: 1px) { b { color : red } }", want: []string{"@container a"}},

		{name: "hacks", src: "a { *zoom: 1; color: red }", want: []string{"*zoom: 1"}},
		{name: "not closed", src: "a { color: red", kept: true},
		{name: "not UTF-8", src: "a { content: '\xff' }   /* comment */", kept: true},
		{name: "another encoding", src: "@charset \"latin1\"; a { content: 'é' }  /* comment */ ", kept: true},
		{name: "source map", src: "a  {  color :  red  }\n/*# sourceMappingURL=a.css.map */", kept: true},
	}, nil)
}

func TestCSSDiagnosticHasAPlace(t *testing.T) {
	t.Parallel()
	out, err := CSS.Run(t.Context(), textInput("a.css", "a { color: red }\nb { *zoom: 1 "))
	if err != nil || len(out.Diags) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	if d := out.Diags[0]; d.Rule != "css-kept" || d.Severity != site.Info || d.Path != "a.css" || d.Line != 2 || d.Column != 5 || d.Hint == "" {
		t.Errorf("%+v", d)
	}
}

// A sheet that lost a rule on the way must not pass the gate.
func TestSheetDiffers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b string
		same bool
	}{
		{"a{b:c}", "a { b : c }", true},
		{"a,b{c:d}", "b{c:d}a{c:d}", true},
		{"a{}b{c:d}", "b{c:d}", true},
		{"a::before{b:c}", "a:before{b:c}", true},
		{"*.a{b:c}", ".a{b:c}", true},
		{"@media ( min-width : 1px ){a{b:c}}", "@media(min-width:1px){a{b:c}}", true},
		{"@import url( 'x' ) print;", "@import \"x\"print;", true},
		{"a{&:hover{b:c}& d{e:f}}", "a{&:hover{b:c}d{e:f}}", true},
		{"a:nth-child( 3n + 1 ){b:c}", "a:nth-child(3n+1){b:c}", true},
		{"a:nth-of-type(3N - 1){b:c}", "a:nth-of-type(3n-1){b:c}", true},
		{"a:nth-child(-n + 3){b:c}", "a:nth-child(-n+3){b:c}", true},
		{"a:nth-child(2n + 1 of .b + .c){b:c}", "a:nth-child(2n+1 of .b+.c){b:c}", true},
		{"a:nth-child(2n+1){b:c}", "a:nth-child(odd){b:c}", true},
		{"a:nth-child(+3){b:c}", "a:nth-child(3){b:c}", true},
		{"a:nth-child(2n+1){b:c}", "a:nth-child(2n-1){b:c}", false},
		{"a:nth-child(2n of .b .c){b:c}", "a:nth-child(2n of .b.c){b:c}", false},
		{"a{b:c}", "", false},
		{"a b{c:d}", "ab{c:d}", false},
		{"a b{c:d}", "a>b{c:d}", false},
		{"a .b{c:d}", "a.b{c:d}", false},
		{"@media print{a{b:c}}", "a{b:c}", false},
		{"@media print{a{b:c}}", "@media screen{a{b:c}}", false},
		{"@font-face{a:b}", "", false},
		{"@keyframes x{from{a:b}}", "@keyframes y{from{a:b}}", false},
		{"@import 'x';", "@import 'y';", false},
		{"@layer a,b;", "@layer b,a;", false},
		{"a{@media print{b:c}}", "a{b:c}", false},
		{"a,b{c{d:e}}", "a{c{d:e}}", false},
	}
	for _, tt := range tests {
		a, err := readSheet([]byte(tt.a))
		if err != nil {
			t.Fatal(err)
		}
		b, err := readSheet([]byte(tt.b))
		if err != nil {
			t.Fatal(err)
		}
		if d := a.differs(b); (d == "") != tt.same || a.differs(b) != b.differs(a) {
			t.Errorf("%q and %q: difference %q", tt.a, tt.b, d)
		}
	}
}

func TestSheetIsBounded(t *testing.T) {
	t.Parallel()
	for _, src := range []string{
		strings.Repeat(strings.Repeat("a,", 50)+"a{", 20),
		strings.Repeat("a{", 100000),
		strings.Repeat("x(odd", 100000),
		strings.Repeat("}", 100000) + strings.Repeat("{", 100000),
	} {
		if s, err := readSheet([]byte(src)); err == nil && len(s.rules) > len(src) {
			t.Errorf("%.20q: %d rules", src, len(s.rules))
		}
	}
}

func FuzzCSS(f *testing.F) {
	for _, s := range []string{
		"a{b:c}", "@media print{a,b{c:d}}", "a{&:hover{b:c}}", "@import url(x);", "@charset \"utf-8\";a{b:'é'}", "a{--x:{y}}", "\xef\xbb\xbfa{}",
		"a{background:url(" + hole + ")}", `.\31 0{a:b}`, "a[b='c d']{e:f}", "@font-face{}@keyframes a{0%{b:c}}", "a{b:c}/*", "'", "@",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if guard.Refuse(s, "css") != nil {
			return
		}
		in := textInput("a.css", s)
		out, err := CSS.Run(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if out.Bytes != nil {
			checkLaws(t, CSS, in, out)
		}
	})
}

func TestCSSKeepsFontFaceWeights(t *testing.T) {
	t.Parallel()
	src := "@font-face {\n  font-family: \"a b\";\n  font-weight: normal;\n  src: url(a.woff2);\n}\n@font-face { font-family: c; src: url(c.woff2); font-weight: bold }\np { font-weight: bold }\n"
	in := &Input{Path: "a.css", Kind: site.CSS, Bytes: []byte(src), Options: &Options{}, Esbuild: guard.InProcess{}}
	out, err := CSS.Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := "@font-face{font-family:a b;font-weight:normal;src:url(a.woff2)}@font-face{font-family:c;src:url(c.woff2);font-weight:bold}p{font-weight:700}"
	if string(out.Bytes) != want {
		t.Errorf("got  %s\nwant %s", out.Bytes, want)
	}
}

func TestCSSHacksStay(t *testing.T) {
	t.Parallel()
	src := "/* old */\n.a {\n  *zoom: 1;\n  width: 10px\\9;\n  _height : 1px ;\n}\n/*! licence */\n.b   >  .c , d:hover {\n  color : red; /* x */\n  margin: 0/**/1px;\n}\n"
	in := &Input{Path: "a.css", Kind: site.CSS, Bytes: []byte(src), Options: &Options{}, Esbuild: guard.InProcess{}}
	out, err := CSS.Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := ".a{*zoom: 1;width: 10px\\9;_height : 1px;}/*! licence */ .b > .c , d:hover{color : red;margin: 0/**/1px;}"
	if got := string(out.Bytes); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
