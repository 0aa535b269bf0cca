package scan

import (
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestJS(t *testing.T) {
	runRefCases(t, []refCase{
		{"static", "a.js", `import a,{b as c} from "./a.js";import"../b.js";export*from'/c.js';export{d}from "./d.js";import e from "react";import * as f from "https://x.org/f.js"`,
			[]string{"module ./a.js", "module ../b.js", "module /c.js", "module ./d.js", "module https://x.org/f.js"}},
		{"dynamic", "a.js", "import('./a.js').then();import(/* webpackChunkName */ `./b.js`);import('./c.js',{with:{}});import('x');a.import('./d.js')",
			[]string{"dynamic-import ./a.js", "dynamic-import ./b.js", "dynamic-import ./c.js"}},
		{"URL", "a.js", `new URL("a.png",import.meta.url).href;new URL("b.png",location);new Worker(new URL("c.js",import.meta.url))`,
			[]string{"dynamic-import a.png", "dynamic-import c.js"}},
		{"workers", "a.js", `importScripts("a.js", "b.js");navigator.serviceWorker?.register('/sw.js');new Worker("w.js",{})`,
			[]string{"script a.js", "script b.js", "link /sw.js !", "link w.js !"}},
		{"precache", "sw.js", `precacheAndRoute([{url:"index.html",revision:"0123"},{"revision":null,"url":"a\/b.js"},{url:"c.js"}],{})`,
			[]string{"precache index.html", `precache a\/b.js = a/b.js`}},
		{"source map", "a.js", "a()\n//# sourceMappingURL=x.map\n//@ sourceMappingURL=a.js.map", []string{"source-map a.js.map"}},
		{"escapes", "a.js", `import "./\x61\u{62}\u0063.js"`, []string{`module ./\x61\u{62}\u0063.js = ./abc.js`}},
		{"regexp", "a.js", `if(a)/import "b'/.test(c);d=e/f/g;import "./h.js"`, []string{"module ./h.js"}},
		{"block and object", "a.js", `function f(){}/'/.test(a);x={}/2;y="'";import "./h.js"`, []string{"module ./h.js"}},
		{"template", "a.js", "`a${`b${c}'`}'`;x={a:`${{}}`};import './h.js'", []string{"module ./h.js"}},
		{"comments", "a.js", "// import './a.js'\n/* import './b.js' */import './c.js'", []string{"module ./c.js"}},
		{"string", "a.js", `a("import './b.js'")`, nil},
		{"concatenation", "a.js", `import("./a/"+b)`, nil},
		{"hashbang", "a.js", "#!/usr/bin/it's\nimport './a.js'", []string{"module ./a.js"}},
		{"HTML comment", "a.js", "<!-- it's\nimport('./a.js')\n--> it's", []string{"dynamic-import ./a.js"}},
		{"lost", "a.js", "import './a.js'; b = 'c\n import './d.js'", []string{"module ./a.js"}},
		{"increment", "a.js", "a++/b;c='/';import './d.js'", []string{"module ./d.js"}},
	})
}

func TestJSFacts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src              string
		modules, dynamic bool
	}{
		{`import a from "b"`, true, false},
		{`export default 1`, true, false},
		{`export{}`, true, false},
		{`import("a")`, false, false},
		{`import(a)`, false, true},
		{`import("a"+b)`, false, true},
		{"import(`a${b}`)", false, true},
		{`a.import(b);c={export:1};d.export`, false, false},
		{`import.meta.url`, true, false},
		{`x="import(a)"`, false, false},
	} {
		d := Scan("a.js", site.JS, []byte(c.src), Options{})
		if d.Modules != c.modules || d.DynamicImport != c.dynamic {
			t.Errorf("%s: modules %v, dynamic %v", c.src, d.Modules, d.DynamicImport)
		}
	}
}

func TestJSLost(t *testing.T) {
	t.Parallel()
	d := Scan("a.js", site.JS, []byte("a()\nb('x.png\n'y.png'"), Options{})
	if len(d.Diags) != 1 || d.Diags[0].Rule != "js-syntax" || d.Diags[0].Line != 2 || d.Diags[0].Column != 3 {
		t.Errorf("diagnostics are %v", d.Diags)
	}
	if got := strings.Join(d.Mentions, " "); got != "x.png y.png" {
		t.Errorf("mentions are %q", got)
	}
}

func TestSrcEdits(t *testing.T) {
	t.Parallel()
	for src, want := range map[string][]string{
		`img.src = img.src.replace("_off", "_on")`:         {"_off"},
		`(img.src).split("/")`:                             {"/"},
		`n.src.split("/worker"); m.src.split('/worker')`:   {"/worker"},
		`$(this).attr("src").replace(/a/, "b")`:            {""},
		`($(this).attr('src')).replaceAll("a" + c, "b")`:   {""},
		`e.style.backgroundImage.slice(4)`:                 {""},
		"e.getAttribute(\"srcset\")?.split(`,`)":           {","},
		"e.src.replace(`${a}`, '')":                        {""},
		`$(e).css("background-image").substring(4)`:        {""},
		`a.replace("x", "y"); b.src = c; src.replace("x")`: nil,
		`$(this).attr("href").replace("x")`:                nil,
		`"a.src.replace(x)" // img.src.replace(x)`:         nil,
	} {
		if got := Scan("a.js", site.JS, []byte(src), Options{}).SrcEdits; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
	}
}
