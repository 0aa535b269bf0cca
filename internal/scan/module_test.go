package scan

import (
	"reflect"
	"testing"

	"github.com/hone-web/hone/site"
)

// TestModule reads what decides whether a module may stand in one file with
// others.
func TestModule(t *testing.T) {
	t.Parallel()
	tests := []struct {
		src  string
		want Module
	}{
		{`export function f(){g()}export class C{x=g();m(){}}`, Module{Pure: true}},
		{`const a=1,b=[1,{c:"d",e(){}}],f=()=>g();export{a,b,f};export default a`, Module{Pure: true}},
		{`export const a=-1,b=!0`, Module{Pure: true}},
		{`export const a=g()`, Module{}},
		{`export const a=window.b`, Module{}},
		{`export const a=await b`, Module{}},
		{"export const a=`${g()}`", Module{}},
		{`export default other`, Module{}},
		{`export class C extends D{}`, Module{}},
		{`export class C{static x=g()}`, Module{}},
		{`export class C{[g()](){}}`, Module{}},
		{`export const a={[g()]:1}`, Module{}},
		{`g();export{}`, Module{}},
		{`import "./a.js";export const b=1`, Module{}},
		{`import a from "a";import"./b.js";export*from "c/d"`, Module{Bare: []BareImport{{14, "a"}, {45, "c/d"}}}},
		{`export const u=import.meta.url`, Module{Meta: true}},
		{`import a from "./a.json" with {type:"json"}`, Module{Odd: true}},
		{`import defer * as a from "./a.js"`, Module{Odd: true}},
		{`import source a from "./a.wasm"`, Module{Odd: true}},
		{`import defer from "./a.js"`, Module{}},
	}
	for _, tt := range tests {
		if got := Scan("m.js", site.JS, []byte(tt.src), Options{}).Module; !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s\n\t%+v, want %+v", tt.src, got, tt.want)
		}
	}
	for src, want := range map[string]bool{
		`{"imports":{"a":"./a.js"}}`:                 false,
		`{"imports":{"./b.js":"./a.js"}}`:            true,
		`{"scopes":{"/x/":{"a":"./a.js"}}}`:          true,
		`{"imports":{"a/":"./a/"},"integrity":{}}`:   false,
		`{"imports":{"https://a.example/":"./a/"}}`:  true,
		`{"imports":{"a":"https://a.example/a.js"}}`: false,
	} {
		page := `<script type="importmap">` + src + `</script>`
		if got := Scan("p.html", site.HTML, []byte(page), Options{}).Module.Remaps; got != want {
			t.Errorf("%s: remaps %v", src, got)
		}
	}
}
