package style

import (
	"strings"
	"testing"
)

// tree writes rules as name(prelude){…} to compare them.
func tree(src []byte, rules []Rule) string {
	var b strings.Builder
	for _, r := range rules {
		if r.At != "" {
			b.WriteString("@" + r.At)
		}
		b.WriteString("(" + Text(src, r.Prelude) + ")")
		if !r.Block {
			b.WriteString(";")
			continue
		}
		b.WriteString("{")
		for _, d := range r.Decls {
			b.WriteString(d.Prop + "=" + Text(src, d.Value) + ";")
		}
		b.WriteString(tree(src, r.Rules) + "}")
	}
	return b.String()
}

var parseCases = []struct{ src, want string }{
	{"a{color:red}", "(a){color=red;}"},
	{"/* x */ a , b > c { Color : red ; ; margin:0 }", "(a , b > c){color=red;margin=0;}"},
	{"@charset \"utf-8\";@import url(x.css) screen;@media (a){b{c:d}e{}}", "@charset(\"utf-8\");@import(url(x.css) screen);@media((a)){(b){c=d;}(e){}}"},
	{"@font-face{font-family:A;src:url(a)}@keyframes k{from{a:b}to{c:d}}", "@font-face(){font-family=A;src=url(a);}@keyframes(k){}"},
	{"a{--X:{b:c};--y:1}", "(a){--X={b:c};--y=1;}"},
	{"a{b:c;&:hover{d:e}@media x{f:g}h i{j:k}}", "(a){b=c;(&:hover){d=e;}@media(){}(h i){j=k;}}"},
	{"a{b: }c{d:/**/ }e{--f: ;g:h}", "(a){b=;}(c){d=;}(e){--f=;g=h;}"},
	{"@layer a,b", "@layer(a,b);"},
	{"a[b=\"}\"]{c:url(})}", "(a[b=\"}\"]){c=url(});}"},
	{"\xef\xbb\xbfa{}", "(a){}"},
	{"", ""},
	{"a{", "!"}, {"a{}}", "!"}, {"a{b:(c}", "!"}, {"a{b:\"c}", "!"}, {"/* x", "!"}, {"a{b:url(c}", "!"}, {"a", "!"}, {"; a{}", "!"}, {"<!-- a{}", "!"},
	{"\xff{}", "!"}, {"@media a{", "!"}, {strings.Repeat("@media a{", 64) + strings.Repeat("}", 64), "!"},
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range parseCases {
		got := "!"
		if rules, ok := Parse([]byte(c.src)); ok {
			got = tree([]byte(c.src), rules)
		}
		if got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.src, got, c.want)
		}
	}
}

// FuzzParse checks that places lie in the text and in the rule around them, in
// order: edits are made of them.
func FuzzParse(f *testing.F) {
	for _, c := range parseCases {
		f.Add([]byte(c.src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		rules, ok := Parse(src)
		if !ok {
			return
		}
		var check func(rules []Rule, from, to int)
		check = func(rules []Rule, from, to int) {
			for i := range rules {
				r := &rules[i]
				if r.Span.Start < from || r.Span.End > to || r.Span.Len() <= 0 {
					t.Fatalf("rule %v outside of %d–%d", r.Span, from, to)
				}
				from = r.Span.End
				at := r.Body.Start
				for _, d := range r.Decls {
					if d.Span.Start < at || d.Span.End > r.Body.End || d.Value.Start < d.Span.Start || d.Value.End > d.Span.End {
						t.Fatalf("declaration %+v outside of %v", d, r.Body)
					}
					at = d.Span.End
				}
				if r.Block && len(r.Rules) > 0 {
					check(r.Rules, r.Body.Start, r.Body.End)
				}
			}
		}
		check(rules, 0, len(src))
	})
}

func BenchmarkParse(b *testing.B) {
	src := []byte(strings.Repeat(".btn-primary:hover,.a>.b{color:#fff;background:var(--x,red)}@media (min-width:1px){.c{margin:0}}", 2000))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Parse(src); !ok {
			b.Fatal("not read")
		}
	}
}
