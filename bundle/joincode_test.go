package bundle

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestJoinSheets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		parts []part
		want  string
	}{
		{"plain", []part{{code: []byte("a{}")}, {code: []byte("b{}")}}, "a{}b{}"},
		{"media", []part{{code: []byte("a{}")}, {code: []byte("b{}"), media: "print"}}, "a{}@media print{b{}}"},
		{"charset", []part{{code: []byte("\xef\xbb\xbf@charset \"UTF-8\";a{}")}, {code: []byte("@charset \"utf-8\";b::after{content:\"é\"}")}},
			"@charset \"utf-8\";a{}b::after{content:\"é\"}"},
		{"source map", []part{{code: []byte("a{}\n/*# sourceMappingURL=a.css.map */\n")}, {code: []byte("b{}/*# sourceMappingURL=b */")}}, "a{}b{}"},
	} {
		got, _ := joinSheets(tt.parts)
		if string(got) != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestJoinScripts(t *testing.T) {
	t.Parallel()
	parts := []part{{code: []byte("a() // x")}, {code: []byte("\"use strict\";b()"), strict: true}, {code: []byte("c()\n//# sourceMappingURL=c.js.map")}}
	const want = "try{a() // x\n}catch(e){setTimeout(function(){throw e})}" +
		"try{(function(){\"use strict\";b()\n}).call(this)}catch(e){setTimeout(function(){throw e})}c()\n"
	if got, _ := joinScripts(parts); string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// The holes of a part keep their place and name its references by their new
// numbers.
func TestJoinMovesHoles(t *testing.T) {
	t.Parallel()
	parts := []part{
		{code: []byte("a{b:url()}/*# sourceMappingURL= */"), relocs: []site.Reloc{{Off: 8, Ref: 0}, {Off: 31, Ref: 1}}},
		{code: []byte("@charset \"utf-8\";c{d:url()e:url()}"), relocs: []site.Reloc{{Off: 25, Ref: 1, Variant: ".avif"}, {Off: 32, Ref: 0}}, refs: 2, media: "print"},
	}
	code, relocs := joinSheets(parts)
	var got strings.Builder
	at := 0
	for _, r := range relocs {
		fmt.Fprintf(&got, "%s<%d%s>", code[at:r.Off], r.Ref, r.Variant)
		at = r.Off
	}
	got.Write(code[at:])
	if want := "a{b:url(<0>)}@media print{c{d:url(<3.avif>)e:url(<2>)}}"; got.String() != want {
		t.Errorf("%s, want %s", got.String(), want)
	}
}

func TestSheetCloses(t *testing.T) {
	t.Parallel()
	for src, ok := range map[string]bool{
		"": true, "a{}": true, "@layer a;": true, "a{} /* c */ ": true, "@media x{a{}}": true, "a[b='}']{c:url(d)}": true,
		"a{": false, "a{}}": false, "@layer a": false, "a{} b": false, "a{} /* c": false, "a{b:'c": false, "a{b:url(c": false,
		"a{b:(c}": false, "a{b:\"c\n}": false, "a{\xff}": false, "a{} <!--": false, "/*/": false,
	} {
		if err := sheetCloses([]byte(src)); (err == nil) != ok {
			t.Errorf("%q: %v", src, err)
		}
	}
}

// What closes stays closed when other sheets follow it, whatever it holds.
func FuzzSheetCloses(f *testing.F) {
	for _, s := range []string{"a{}", "@media x{a{}}", "a{b:'}'}", "a{}/**/", "@layer a;", `a{b:"\`, "a{b:url( x )}", "{}", ";", "a\\{{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<12 || sheetCloses(src) != nil {
			return
		}
		twice := bytes.Repeat(src, 2)
		if err := sheetCloses(twice); err != nil {
			t.Errorf("%q closes, twice it does not: %v", src, err)
		}
		if err := sheetCloses(append(bytes.Clone(src), "a{}"...)); err != nil {
			t.Errorf("%q swallows what follows", src)
		}
	})
}
