package guard

import (
	"errors"
	"strings"
	"testing"
)

func TestRefuse(t *testing.T) {
	t.Parallel()
	rep := strings.Repeat
	tests := []struct {
		name, code, loader string
		refused            bool
	}{
		{"parentheses", rep("(", 2000), "js", true},
		{"arrays", "x=" + rep("[", 2000) + rep("]", 2000), "js", true},
		{"blocks", rep("{", 2000), "js", true},
		{"functions", rep("function f(){", 2000), "js", true},
		{"templates", rep("`${", 2000), "js", true},
		{"if", rep("if(a)", 2000) + ";", "js", true},
		{"if on lines", rep("if(a)\n", 2000) + ";", "js", true},
		{"else if", "if(a)b;" + rep("else if(a)b;", 2000), "js", true},
		{"else if with blocks", "if(a){b}" + rep("else if(a){b}", 2000), "js", true},
		{"for", rep("for(;;)", 2000) + ";", "js", true},
		{"conditional", "x=" + rep("a?b:", 2000) + "c", "js", true},
		{"conditional on lines", "x=" + rep("a\n?b\n:", 2000) + "c", "js", true},
		{"conditional in the middle", "x=" + rep("a?", 2000) + "c" + rep(":d", 2000), "js", true},
		{"arrows", "x=" + rep("a=>", 2000) + "a", "js", true},
		{"comma in parentheses", "x=(" + rep("a,", 10000) + "a)", "js", true},
		{"comma in a statement", rep("a,", 10000) + "a", "js", true},
		{"comma after return", "function f(){return(" + rep("a,", 10000) + "a)}", "js", true},
		{"comma in a head", "if(" + rep("a,", 10000) + "a);", "js", true},
		{"prefix", "x=" + rep("!", 2000) + "a", "js", true},
		{"minus", "x=" + rep("- ", 2000) + "a", "js", true},
		{"typeof", "x=" + rep("typeof ", 2000) + "a", "js", true},
		{"new", rep("new ", 2000) + "a", "js", true},
		{"assignments", rep("a=", 2000) + "a", "js", true},
		{"power", rep("a**", 2000) + "a", "js", true},
		{"nested media", rep("@media print{", 2000), "css", true},
		{"nested calc", "a{b:" + rep("calc(", 2000), "css", true},

		{"arguments", "f(" + rep("a,", 10000) + "a)", "js", false},
		{"array", "x=[" + rep("1,", 10000) + "1]", "js", false},
		{"object", "x={" + rep("a:1,", 10000) + "a:1}", "js", false},
		{"object of conditionals", "x={" + rep("a:b?c:d,", 10000) + "a:1}", "js", false},
		{"statements", rep("a=b?c:d;", 10000), "js", false},
		{"statements on lines", rep("a = b ? c : d\n", 10000), "js", false},
		{"ifs on lines", rep("if (a) b\n", 10000), "js", false},
		{"ifs with blocks", rep("if (a) { b() }\n", 10000), "js", false},
		{"ifs with blocks in one line", rep("if(a){b()}", 10000), "js", false},
		{"functions in a row", rep("function f(){}", 10000), "js", false},
		{"calls in a row", rep("!function(){}();", 10000), "js", false},
		{"brackets in text", "x='" + rep("(", 5000) + "'", "js", false},
		{"brackets in a template", "x=`" + rep("(", 5000) + "`", "js", false},
		{"brackets in a comment", "/*" + rep("(", 5000) + "*/", "js", false},
		{"brackets in a pattern", "x=/[" + rep("(", 5000) + "]/", "js", false},
		{"sum", "x=" + rep("a+", 5000) + "a", "js", false},
		{"members", "x=" + rep("a.", 5000) + "a", "js", false},
		{"optional members", "x=a" + rep("?.b", 5000), "js", false},
		{"methods", "class A{" + rep("if(){}", 5000) + "}", "js", false},
		{"rules", rep("a{b:c(d)}", 5000), "css", false},
		{"brackets in css text", "a{b:'" + rep("(", 5000) + "'}", "css", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := Refuse(tt.code, tt.loader); errors.Is(err, ErrRefused) != tt.refused {
				d, c, n := Depth(tt.code, tt.loader)
				t.Errorf("error %v; depth %d, chain %d, comma %d", err, d, c, n)
			}
		})
	}
}

func FuzzDepth(f *testing.F) {
	for _, s := range []string{"`${`${a}`}`", "a?b:c", "/[/]/", "'\\", "//", "/*", "}}}", "if(a)b;else c", "@media{a{}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, loader := range []string{"js", "css"} {
			b, c, n := Depth(s, loader)
			if b > len(s) || c > len(s) || n > len(s) {
				t.Errorf("%q: depth %d, chain %d, comma %d", s, b, c, n)
			}
		}
	})
}

func BenchmarkDepth(b *testing.B) {
	s := strings.Repeat("function f(a,b){ if (a) { return a.b ? [1,2,'x'] : /re/.test(`t${b}`) } else return {a:1, b}; }\n", 1000)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Depth(s, "js")
	}
}
