package bundle

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// unused plans the removal of unused rules and returns the sheets that are
// left, white space dropped.
func (s sources) unused(o CSSOptions) (map[site.Path]string, *Planner) {
	g := s.graph(Base{})
	g.AssignNames()
	p := &Planner{Graph: g, Plan: NewPlan(), CSS: o, Wire: func(b []byte) int64 { return int64(len(b)) },
		Source: func(f site.Path) ([]byte, error) { return []byte(s[f]), nil }}
	p.Run(1, func(name string) bool { return name != UnusedCSS.Name })
	out := map[site.Path]string{}
	for f, text := range s {
		if f.Ext() != ".css" {
			continue
		}
		var left strings.Builder
		at := 0
		for _, e := range p.Plan.Edits[f] {
			left.WriteString(text[at:e.Span.Start] + e.New)
			at = e.Span.End
		}
		out[f] = strings.Join(strings.Fields(left.String()+text[at:]), "")
	}
	return out, p
}

func TestUnusedCSS(t *testing.T) {
	t.Parallel()
	const link = `<!doctype html><link rel=stylesheet href=a.css>`
	for _, c := range []struct{ name, page, script, css, want string }{
		{"class", `<p class=a>`, "", ".a{x:y}.b{x:y}", ".a{x:y}"},
		{"case", `<p class=A>`, "", ".a{x:y}", ".a{x:y}"},
		{"id", `<p id=a>`, "", "#a{x:y}#b{x:y}", "#a{x:y}"},
		{"type", `<em>`, "", "em{x:y}strong{x:y}html{x:y}tbody{x:y}", "em{x:y}html{x:y}tbody{x:y}"},
		{"created", ``, `document.createElement("video")`, "video{x:y}audio{x:y}", "video{x:y}"},
		{"ancestor", `<p class=a>`, "", ".b .a{x:y}.b>.a{x:y}.a+.a{x:y}", ".a+.a{x:y}"},
		{"list", `<p class=a>`, "", ".a,.b{x:y}", ".a{x:y}"},
		{"a selector that browsers may drop stays", `<p class=a>`, "", ".a,.b::-x-y{x:y}", ".a,.b::-x-y{x:y}"},
		{"but not where another does so", `<p class=a>`, "", ".a::-x-y,.b::-x-y{x:y}", ".a::-x-y{x:y}"},
		{"and it goes with all others", `<p>`, "", ".a,.b::-x-y{x:y}", ""},
		{"states", `<p class=a>`, "", ".a:hover{x:y}.b:hover{x:y}", ".a:hover{x:y}"},
		{"attribute, no scripts", `<p title=x>`, "", "[title]{x:y}[lang]{x:y}[open]{x:y}", "[title]{x:y}[open]{x:y}"},
		{"attribute, scripts", `<p>`, "var x", "[lang]{x:y}", "[lang]{x:y}"},
		{"not understood", `<p>`, "", "ns|a .b{x:y}.b !p{x:y}", "ns|a.b{x:y}.b!p{x:y}"},
		{"escaped", `<p class=sm:w-1/2>`, "", `.sm\:w-1\/2{x:y}.sm\:w-1\/3{x:y}`, `.sm\:w-1\/2{x:y}`},
		{"escaped, in a script", ``, `"2xl:w-1/2"`, `.\32 xl\:w-1\/2{x:y}.sm\:w-1\/3{x:y}`, `.\32xl\:w-1\/2{x:y}`},
		{"key of an object", ``, `f({btn:1,"is-on":2})`, ".btn{x:y}.is-on{x:y}.off{x:y}", ".btn{x:y}.is-on{x:y}"},
		{"prefix", ``, `"btn-"+k`, ".btn-a{x:y}.btn{x:y}.btm-a{x:y}", ".btn-a{x:y}"},
		{"prefix without hyphen", ``, `"col"+k`, ".col4{x:y}.color{x:y}.co{x:y}", ".col4{x:y}.color{x:y}"},
		{"short prefix", ``, `"h"+k`, "h2{x:y}.hero{x:y}", "h2{x:y}"},
		{"concat", ``, `"col".concat(n)`, ".col-a{x:y}.row-a{x:y}", ".col-a{x:y}"},
		{"suffix", ``, `k+"-lg"`, ".a-lg{x:y}.a-sm{x:y}", ".a-lg{x:y}"},
		{"template", ``, "`a ico-${k} b`", ".ico-x{x:y}.b{x:y}.c{x:y}", ".ico-x{x:y}.b{x:y}"},
		{"format", ``, `"nav-{0}"`, ".nav-x{x:y}.c{x:y}", ".nav-x{x:y}"},
		{"join", ``, `["card","open"].join("--")`, ".card--open{x:y}.card-open{x:y}", ".card--open{x:y}"},
		{"join with a class of the page", `<p class=card>`, `[b,"open"].join("--")`, ".card--open{x:y}.cart--open{x:y}", ".card--open{x:y}"},
		{"no join", ``, `["card","open"]`, ".card-open{x:y}", ""},
		{"escape in a string", ``, `"\x62tn"`, ".btn{x:y}", ".btn{x:y}"},
		{"handler", `<p onclick="go('btn')">`, "", ".btn{x:y}", ".btn{x:y}"},
		{"data attribute", `<p data-class=btn>`, "", ".btn{x:y}", ".btn{x:y}"},
		{"binding", `<p :class="{btn:x}">`, "", ".btn{x:y}", ".btn{x:y}"},
		{"template script", `<script type=text/x-t><p class=btn></script>`, "", ".btn{x:y}.b{x:y}", ".btn{x:y}"},
		{"JSON in the page", `<script type=application/json>{"c":"btn"}</script>`, "", ".btn{x:y}.b{x:y}", ".btn{x:y}"},
		{"is", `<p class=a>`, "", ":is(.a,.b) p{x:y}:is(.b,.c) p{x:y}:where(.b){x:y}", ":is(.a,.b)p{x:y}"},
		{"not", `<p class=a>`, "", "p:not(.b){x:y}", "p:not(.b){x:y}"},
		{"has", `<p class=a>`, "", "p:has(.b){x:y}p:has(> .a){x:y}", "p:has(>.a){x:y}"},
		{"media", `<p class=a>`, "", "@media x{.b{x:y}}@media y{.a{x:y}.b{x:y}}@supports (a:b){@media z{.b{x:y}}}", "@mediay{.a{x:y}}"},
		{"layers", `<p class=a>`, "", "@layer b{.b{x:y}}@layer{.b{x:y}}@layer a{.a{x:y}}", "@layerb;@layer{}@layera{.a{x:y}}"},
		{"nested", `<p class=a>`, "", ".b{c:d;.a{x:y}}.b{:not(&) .a{x:y}}", ".b{:not(&).a{x:y}}"},
		{"a late import stays late", `<p class=a>`, "", ".b{x:y}@import 'c.css';", ".b{x:y}@import'c.css';"},
		{"not closed", `<p class=a>`, "", ".b{x:y}.a{x:y", ".b{x:y}.a{x:y"},
		{"keyframes", `<p class=a>`, "", "@keyframes k{}@keyframes l{}.a{animation:k 1s}.b{animation:l 1s}", "@keyframesk{}.a{animation:k1s}"},
		{"keyframes of a script", ``, `s.animationName="l"`, "@keyframes l{}", "@keyframesl{}"},
		{"keyframes by way of a property", `<p class=a>`, "", "@keyframes k{}.a{--k:k;animation:var(--k)}", "@keyframesk{}.a{--k:k;animation:var(--k)}"},
		{"fonts", `<p class=a style="font-family:'In Page'">`, "", `@font-face{font-family:"A B"}@font-face{font-family:C}@font-face{font-family:In Page}.a{font:1px A B}`, `@font-face{font-family:"AB"}@font-face{font-family:InPage}.a{font:1pxAB}`},
		{"custom properties", `<p class=a style="x:var(--p)">`, "", ".a{--x:var(--y);--y:1;--z:var(--q);--q:1;--p:1;x:var(--x)}", ".a{--x:var(--y);--y:1;--p:1;x:var(--x)}"},
		{"a rule of nothing else", `<p class=a>`, "", ".a{--z:1}", ""},
		{"custom properties of scripts", ``, `"--z"`, ":root{--z:1;--y:2}", ":root{--z:1;}"},
		{"a pack", ``, `eval(function(p,a,c,k,e,d){}("b"))`, ".a{x:y}", ".a{x:y}"},
		{"a script of another host", `<script src=https://a.test/x.js></script>`, "", ".a{x:y}", ".a{x:y}"},
		{"a script that loads one", ``, `s=document.createElement("script");s.src="https://a.test/x.js"`, ".a{x:y}", ".a{x:y}"},
		{"a trusted host", `<script src=https://trusted.test/x.js></script>`, "", ".a{x:y}", ""},
		{"safelist", ``, "", ".is-x{x:y}.as-x{x:y}", ".is-x{x:y}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := sources{"index.html": link + c.page, "a.css": c.css}
			if c.script != "" {
				s["a.js"] = c.script
			}
			got, _ := s.unused(CSSOptions{Unused: "remove", Safelist: []string{"is-*"}, Trust: []string{"trusted.test"}})
			if want := strings.Join(strings.Fields(c.want), ""); got["a.css"] != want {
				t.Errorf("got  %s\nwant %s", got["a.css"], want)
			}
		})
	}
}

// TestUnusedCSSElsewhere is about what other files of a site hold.
func TestUnusedCSSElsewhere(t *testing.T) {
	t.Parallel()
	s := sources{
		"index.html": `<!doctype html><link rel=stylesheet href=a.css>`,
		"other.html": `<p class=on-other>`,
		"a.css":      `@import "b.css";.on-other{x:y}.in-data{x:y}.in-svg{x:y}.in-text{x:y}.none{x:y}`,
		"b.css":      `.none{x:y}.on-other{x:y}`,
		"alone.css":  `.none{x:y}`,
		"d.json":     `{"c":"in-data"}`, "i.svg": `<svg><g class="in-svg"/></svg>`, "t.mustache": `<p class="in-text">`,
	}
	got, p := s.unused(CSSOptions{Unused: "remove"})
	want := map[site.Path]string{"a.css": `@import"b.css";.on-other{x:y}.in-data{x:y}.in-svg{x:y}.in-text{x:y}`, "b.css": ".on-other{x:y}", "alone.css": ".none{x:y}"}
	for f, w := range want {
		if got[f] != w {
			t.Errorf("%s: got %s, want %s", f, got[f], w)
		}
	}
	if n := p.notes("b.css"); !strings.Contains(n, "match no page") {
		t.Errorf("notes: %q", n)
	}
}

func TestUnusedCSSReport(t *testing.T) {
	t.Parallel()
	css := ".a{x:y}" + strings.Repeat(".none{color:red;margin:1px 2px 3px 4px}", 200)
	for _, c := range []struct {
		mode, page, hint string
		found            int
	}{
		{"report", "", `css.unused = "remove"`, 1},
		{"", `<script src=https://a.test/x.js></script>`, "a.test", 1},
		{"remove", `<script src=https://a.test/x.js></script>`, "it stays", 1},
		{"remove", "", "", 0}, {"off", "", "", 0},
	} {
		got, p := sources{"index.html": `<link rel=stylesheet href=a.css><p class=a>` + c.page, "a.css": css}.unused(CSSOptions{Unused: c.mode})
		if len(p.Plan.Diags) != c.found || c.found > 0 && (p.Plan.Diags[0].Rule != RuleUnusedCSS || !strings.Contains(p.Plan.Diags[0].Hint, c.hint)) {
			t.Errorf("%q: findings %+v", c.mode, p.Plan.Diags)
		}
		if removed := got["a.css"] == ".a{x:y}"; removed != (c.mode == "remove" && c.page == "") {
			t.Errorf("%q: removed: %v", c.mode, removed)
		}
	}
}

func FuzzUnusedCSS(f *testing.F) {
	f.Add(".a,.b{x:y}@media x{.b{c:d}}.a{--x:1}", `<p class=a>`, `"b-"+c`)
	f.Add(`@layer x{.\62{}}:is(.a,:not(.b)){}`, `<style>a{b:var(--c)}</style>`, "`a${b}c`")
	f.Fuzz(func(t *testing.T, css, page, script string) {
		s := sources{"index.html": `<link rel=stylesheet href=a.css>` + page, "a.css": css, "a.js": script}
		_, p := s.unused(CSSOptions{Unused: "remove"})
		at := 0
		for _, e := range p.Plan.Edits["a.css"] {
			if e.Span.Start < at || e.Span.End > len(css) || len(e.New) > e.Span.Len() {
				t.Fatalf("edit %+v after %d", e, at)
			}
			at = e.Span.End
		}
	})
}

func BenchmarkUnusedCSS(b *testing.B) {
	var css strings.Builder
	for i := range 3000 {
		css.WriteString(".btn-" + strings.Repeat("x", i%20) + ":hover,.c" + strings.Repeat("y", i%30) + ">a{color:red;--v:1}")
	}
	s := sources{"index.html": `<link rel=stylesheet href=a.css><p class=btn>`, "a.css": css.String(), "a.js": `"btn-"+x;["a","b"].join("-")`}
	b.ReportAllocs()
	for b.Loop() {
		s.unused(CSSOptions{Unused: "remove"})
	}
}
