package guard

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func two(a, b string) Bundle {
	return Bundle{Files: []BundleFile{{Code: a, Imports: map[string]int{"B": 1}}, {Code: b}}}
}

// TestBundle writes modules into one, in this process and in a child.
func TestBundle(t *testing.T) {
	t.Parallel()
	p := pool(t, "serve", Options{})
	tests := []struct {
		name string
		in   Bundle
		want string // the code, or a part of an error
	}{
		{"order", two(`import {x} from "B";f(x)`, `g();export const x=h()`), "g();var x=h();f(x);\n"},
		{"others stay", two(`import "other";import "B";f()`, `import("later");g()`), "import\"other\";import(\"later\");g();f();\n"},
		{"exports stay", two(`export*from "B";export default 1`, `export let x=2`), "var x=2;var __default=1;export{__default as default,x};\n"},
		{"one name twice", two(`import {x as y} from "B";let x=1;f(x,y)`, `export let x=g()`), "var x=g();var x2=1;f(x2,x);\n"},
		{"this", two(`import "B";f(this)`, `g(this)`), "g(void 0);f(void 0);\n"},
		{"require", two(`import "B";f()`, `require("x")`), "not loaded by an import"},
		{"top-level await", two(`import "B";f()`, `await g()`), "Top-level await"},
		{"no such export", two(`import {y} from "B";f(y)`, `export let x`), "No matching export"},
		{"attributes", two(`import x from "B" with {type:"json"};f(x)`, `1`), "attributes"},
		{"relative", two(`import "./C";f()`, `1`), "relative"},
		{"syntax", two(`import "B`, `1`), "Unterminated string"},
		{"no files", Bundle{}, "no files"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, e := range []Esbuild{InProcess{}, p} {
				got, err := e.Bundle(context.Background(), tt.in)
				text := got.Code
				if err != nil {
					text = err.Error()
				}
				for _, m := range got.Errors {
					text += m.Text
				}
				if got.Code != "" && text != tt.want || !strings.Contains(text, tt.want) {
					t.Errorf("%T wrote %q, want %q", e, text, tt.want)
				}
			}
		})
	}
}

// TestBundleRefused says no to what esbuild may not survive.
func TestBundleRefused(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 2000)
	if _, err := pool(t, "serve", Options{}).Bundle(context.Background(), two(`import "B"`, deep)); !errors.Is(err, ErrRefused) {
		t.Errorf("error %v, want one that wraps ErrRefused", err)
	}
}
