package optimize

import (
	"strings"
	"testing"
)

func TestWithoutMap(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"a()\n//# sourceMappingURL=a.js.map", "a()\n"},
		{"a()\n//# sourceMappingURL=a.js.map\n\n", "a()\n"},
		{"a()\n//@ sourceMappingURL=a.js.map\r\n", "a()\n"},
		{"a()//# sourceMappingURL=data:application/json;base64,AAAA", "a()\n"},
		{"a{b:c}\n/*# sourceMappingURL=a.css.map */", "a{b:c}\n"},
		{"a{b:c}/*# sourceMappingURL=a.css.map*/\n", "a{b:c}\n"},
		{"a(`\n//# sourceMappingURL=a.js.map`)", ""},
		{"a('//# sourceMappingURL=b')", ""},
		{"//# sourceMappingURL=a.js.map\na()", ""},
		{"/*# sourceMappingURL=a.css.map */a{b:c}", ""},
		{"sourceMappingURL=a", ""},
		{"a = b # sourceMappingURL=a", ""},
		{"a{b:c}/*# sourceMappingURL=a.css.map", ""},
	} {
		want := c[1]
		if want == "" {
			want = c[0]
		}
		if got := string(withoutMap([]byte(c[0]))); got != want {
			t.Errorf("%q became %q, want %q", c[0], got, want)
		}
	}
}

func TestNoMap(t *testing.T) {
	t.Parallel()
	const js, css = "function f ( a ) {\n  return a + 1 ;\n}\nf ( 2 ) ;\n", ".a {\n  color : red ;\n}\n"
	for _, c := range []struct{ path, src, want string }{
		{"a.js", strings.Repeat(js, 9) + "//# sourceMappingURL=a.js.map\n", "f(2),"},
		{"a.min.js", strings.Repeat("f(2);", 40) + "//# sourceMappingURL=data:application/json;base64," + strings.Repeat("QUJD", 99), "f(2);"},
		{"a.css", strings.Repeat(css, 9) + "/*# sourceMappingURL=a.css.map */", ".a{color:red}"},
	} {
		o := JS
		if strings.HasSuffix(c.path, ".css") {
			o = CSS
		}
		in := textInput(c.path, c.src)
		out, err := o.Run(t.Context(), in)
		if err != nil || out.Bytes != nil || out.Kept == "" {
			t.Errorf("%s with a map became %q, %v; want it kept", c.path, out.Bytes, err)
		}
		in.NoMap = true
		out, err = o.Run(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(out.Bytes), c.want) || strings.Contains(string(out.Bytes), "sourceMapping") {
			t.Errorf("%s became %q (%s), want %q without a map", c.path, out.Bytes, out.Kept, c.want)
		}
	}
}
