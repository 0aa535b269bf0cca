package bundle

import (
	"testing"

	"github.com/hone-web/hone/site"
)

func TestReadImports(t *testing.T) {
	t.Parallel()
	for src, want := range map[string][]imported{
		`a{}`:                             nil,
		`@import"";a{}`:                   {{0, 10, 0, ""}},
		`@import url();@import "" print;`: {{0, 14, 0, ""}, {14, 31, 1, "print"}},
		`@charset "utf-8";@layer a,b;@import url("") layer(a) supports(display:grid) screen and (x);`: {{28, 91, 0, "layer(a) supports(display:grid) screen and (x)"}},
		`@layer a{}@import "";`:   nil,
		`@import url(//x/y.css);`: {{0, 23, -1, ""}},
		`/* c */ @import ""/**/;`: {{8, 23, 0, "/**/"}},
	} {
		var relocs []site.Reloc
		for i := 0; i+1 < len(src); i++ {
			if s := src[i : i+2]; s == `""` || s == "()" {
				relocs = append(relocs, site.Reloc{Off: i + 1, Ref: len(relocs)})
			}
		}
		got, err := readImports([]byte(src), relocs)
		if err != nil || len(got) != len(want) {
			t.Errorf("%s: %+v, %v", src, got, err)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: %+v, want %+v", src, got[i], want[i])
			}
		}
	}
	for _, src := range []string{`@import "a"`, `@import {}`, `@import "a" x{};`, "@import \"a\n;"} {
		if got, err := readImports([]byte(src), nil); err == nil {
			t.Errorf("%s: %+v", src, got)
		}
	}
}

func TestWrapImport(t *testing.T) {
	t.Parallel()
	for tail, want := range map[string]string{
		"":                             "",
		"print":                        "@media print{|}",
		"layer":                        "@layer{|}",
		"layer print":                  "@layer{@media print{|}}",
		"layer(a.b)":                   "@layer a.b{|}",
		"LAYER( a ) supports(x:y) all": "@layer a{@supports (x:y){@media all{|}}}",
		"supports(not (x:y))":          "@supports not (x:y){|}",
		"supports((x:y) and (z:w))":    "@supports (x:y) and (z:w){|}",
		"layers":                       "@media layers{|}",
		"layer(a{)":                    "-",
		"supports(x:y":                 "-",
		"print;":                       "-",
		"supports(x:\"y\")":            "-",
	} {
		open, end, ok := wrapImport(tail)
		got := open + "|" + end
		if got == "|" {
			got = ""
		}
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", tail, got, want)
		}
	}
}

func FuzzReadImports(f *testing.F) {
	for _, s := range []string{`@import "a";`, `@import url(a) layer(b) supports(c) d;`, `@charset "x";@layer a;@import url("a");`, `@import/**/"a"`, `@import url(`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := readImports(src, nil)
		if err != nil {
			return
		}
		at := 0
		for _, r := range got {
			if r.start < at || r.end <= r.start || r.end > len(src) || src[r.start] != '@' || src[r.end-1] != ';' {
				t.Fatalf("%q: %+v", src, got)
			}
			at = r.end
			wrapImport(r.tail)
		}
	})
}
