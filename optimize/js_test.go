package optimize

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestJS(t *testing.T) {
	t.Parallel()
	runTextCases(t, JS, "a.js", []textCase{
		{name: "top level names stay", src: "var longName = 1 ; function longFunction ( argument ) { return argument } ; class LongClass { }", want: []string{"longName", "longFunction", "LongClass"}, not: []string{"argument"}},
		{name: "old syntax stays old", src: "f(a === null || a === void 0 ? b : a); var g = function () { return this.x }", not: []string{"??", "=>"}},
		{name: "new syntax stays new", src: "f(a ?? b); g(a?.b); h ||= 1", want: []string{"??", "?.", "||="}},
		{name: "strict directive", src: "'use strict'; var a = 1", want: []string{"use strict"}},
		{name: "eval sees names", src: "function f ( argument ) { return eval( 'argument' ) }", want: []string{"f(argument)"}},
		{name: "with sees names", src: "function f ( argument ) { with ( argument ) { g( argument ) } }", want: []string{"argument"}},
		{name: "ASCII stays ASCII", src: `f( "\u00e9\u2028" )`, not: []string{"é"}},
		{name: "text stays UTF-8", src: `f( "é" )`, want: []string{"é"}},
		{name: "end tags in text", src: `f( "<\/script>" )`, want: []string{`<\/script>`}},
		{name: "legal comments", src: "/*! keep me */ f( 1 )", want: []string{"keep me"}},
		{name: "environment names", src: "if (process.env.NODE_ENV !== 'production') { warn( 1 ) }", want: []string{"process.env.NODE_ENV"}},
		{name: "hashbang", src: "#!/usr/bin/env node\nf( 1 )", want: []string{"#!/usr/bin/env node\n"}},
		{name: "arrow that counts down", src: "while ( x --> 0 ) f ( x )", want: []string{"x-- >0"}},
		{name: "comment mark in text", src: "f( '<!--' )", want: []string{"<!--"}},

		{name: "AngularJS injects by name", src: "angular.module('a').run( function ( users ) { users() } )", want: []string{"function(users){users()}"}},
		{name: "AngularJS controller", src: "app.controller( 'a', function ( users ) { users() } )", want: []string{"function(users){users()}"}},
		{name: "AngularJS global controller", src: "function Main( $scope, users ) { $scope.a = users }", want: []string{"$scope.a=users"}},
		{name: "Prototype's parent", src: "f( { initialize : function ( $super, first ) { $super( first ) } } )", want: []string{"$super("}},
		{name: "AMD wrapper", src: "define( function ( require, exports ) { exports.a = require( './b' ) } )", want: []string{"require(\"./b\")"}},
		{name: "named AMD wrapper", src: "define( 'a', ( require ) => { return require( './b' ) } )", want: []string{"require(\"./b\")"}},
		{name: "AMD list", src: "define( [ 'require' ], function ( require ) { return require( './b' ) } )", not: []string{"function(require"}},
		{name: "names of classes", src: "f( function ( ) { class Inner { } ; return new Inner( ).constructor.name } )", want: []string{"class Inner"}},
		{name: "names of expressions", src: "f( class Inner extends Base { } ) ; g( this.constructor.name )", want: []string{"class Inner"}},
		{name: "jQuery is an ordinary name", src: "( function ( $, undefined ) { $( 1 ) } )( jQuery )", not: []string{"undefined"}},
		{name: "comment in a function", src: "f( function ( ) { /* nothing to do */ } )", want: []string{"function(){}"}},
		{name: "function that does nothing", src: "var f  =  function ( ) { /* nothing\nto do */ }", want: []string{"function(){}"}},

		{name: "text in a comment", src: "f( function ( ) {/*\n  some text\n*/} )", kept: true},
		{name: "text in a comment, asked for", src: "var f  =  function ( ) {/*\n  some text\n*/};  g( f.toString( ) )", kept: true},
		{name: "HTML comment", src: "a\n<!-- b\nc   (   1   )", kept: true},
		{name: "source map", src: "f ( 1 ) ;   g ( 2 ) ;\n//# sourceMappingURL=a.js.map\n", kept: true},
		{name: "dense", src: "!function(){var a=1;f(a),g(a),h(a)}();", kept: true},
		{name: "not JavaScript", src: "{% if x %} f ( 1 ) {% endif %}", kept: true},
		{name: "types", src: "let a : number = 1 ; f ( a )", kept: true},
		{name: "not UTF-8", src: "f ( '\xff' ) ; g ( 2 )", kept: true},
		{name: "warned about", src: "if ( typeof x == 'String' ) { f ( 1 ) }", kept: true},
	}, nil)
	in := textInput("lib.min.js", "f ( 1 ) ;  g ( 2 ) ;")
	if out, err := JS.Run(t.Context(), in); err != nil || out.Bytes != nil || out.Kept != "already minified" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestJSModule(t *testing.T) {
	t.Parallel()
	runTextCases(t, JS, "a.js", []textCase{
		{name: "names are free", src: "import longName from 'x'; const other = 1 ; export { longName, other as public }", want: []string{"as longName", "as public"}, not: []string{"other"}},
		{name: "await", src: "const value = await import( './x.js' ) ; export default value", want: []string{"await import("}},
		{name: "attributes", src: "import data from './x.json' with { type : 'json' } ; f( data )", want: []string{"with{type:"}},
		{name: "meta", src: "f( import.meta.url )", want: []string{"import.meta.url"}},
	}, func(in *Input) { in.Module = true })
}

func TestJSDiagnostic(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]site.Diagnostic{
		"f()\nvar a = ;":                      {Rule: "js-kept", Severity: site.Warn, Line: 2, Column: 9},
		"f()\nif (typeof x == 'Foo') { y() }": {Rule: "js-kept", Severity: site.Info, Line: 2, Column: 17},
	} {
		out, err := JS.Run(t.Context(), textInput("a.js", src))
		if err != nil || len(out.Diags) != 1 {
			t.Fatalf("%q: %+v, %v", src, out, err)
		}
		d := out.Diags[0]
		if d.Rule != want.Rule || d.Severity != want.Severity || d.Line != want.Line || d.Column != want.Column || d.Path != "a.js" {
			t.Errorf("%q: %+v, want %+v", src, d, want)
		}
	}
}

// programs print the same before and after. They are what minifiers were
// seen to break.
var programs = []string{
	`var p = {cfg: {x: 1}}; var cfg = p.cfg; var {x} = cfg; console.log( x )`,
	`function f(props) { var cfg = props.cfg; var {x, y} = cfg; return x + y } console.log(f({cfg: {x: 1, y: 2}}))`,
	`var a = [{}, 42]; var [b, c] = a; console.log(c)`,
	`try { throw 1 } catch (a) { var a = 2; console.log(a) } console.log(a)`,
	`var x = 1; function cb() { return 2 } var r = []; if (x !== (x = cb())) r.push(x); else r.push(-x); console.log(r)`,
	`var a = 3, b = 1; console.log(a < ! --b); console.log(a < !(--b))`,
	`function f(a, b) { arguments[0] = 5; return a + b } console.log(f(1, 2), f.length)`,
	`function f() { var secret = 7; return eval('secret') } console.log(f())`,
	`var o = {x: 1}; with (o) { var x = 2 } console.log(o.x, x)`,
	`console.log(typeof later); function later() {} console.log([1, 2, 3].map(function (n) { return n * 2 }))`,
	`label: for (var i = 0; i < 3; i++) { for (;;) { if (i == 1) break label; continue label } } console.log(i)`,
	`var s = 0; for (let i = 0, f = () => i; i < 3; i++) s += f(); console.log(s)`,
	`console.log(-0 === 0, 1 / -0, 0.1 + 0.2, 1e21, 0xff, 'a' + 1 + 2, ` + "`t${1 + 1}`" + `)`,
	`class A { static #n = 1; static n() { return A.#n } get ['x' + 1]() { return 9 } } console.log(A.n(), new A().x1)`,
	`console.log(function named() { return typeof named }(), (function () { 'use strict'; return this === undefined })())`,
	`var {a = 1, ...rest} = {b: 2, c: 3}; console.log(a, JSON.stringify(rest)); console.log(delete rest.b, rest.b)`,
	`console.log(/[/]\/(?<y>\d+)/u.exec('//12').groups.y, 'é\u2028'.length)`,
	`switch (3) { case 1: console.log('no'); default: console.log('d'); case 2: console.log('fall') }`,
	`async function g() { for await (const v of (async function* () { yield 1; yield 2 })()) console.log(v) } g()`,
	`var getter = { get a() { console.log('side effect'); return 1 } }; getter.a; void getter.a; console.log(getter.a ?? 2)`,
}

func TestJSRunsTheSame(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	run := func(src []byte) string {
		cmd := exec.CommandContext(t.Context(), node, "-")
		cmd.Stdin = bytes.NewReader(src)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s\n%v: %s", src, err, out)
		}
		return string(out)
	}
	// One process for all of them: each program is a function of its own.
	var before, after bytes.Buffer
	for _, p := range programs {
		src := padPieces(p)
		in := textInput("a.js", src)
		out, err := JS.Run(t.Context(), in)
		if err != nil || out.Bytes == nil {
			t.Errorf("%s kept: %s %v %v", p, out.Kept, out.Diags, err)
			continue
		}
		for b, code := range map[*bytes.Buffer][]byte{&before: in.Bytes, &after: out.Bytes} {
			b.WriteString("(function(){\n")
			b.Write(code)
			b.WriteString("\n})();\n")
		}
	}
	if a, b := run(before.Bytes()), run(after.Bytes()); a != b {
		t.Errorf("before:\n%s\nafter:\n%s", a, b)
	}
}

// padPieces adds what is sure to shrink.
func padPieces(p string) string {
	return p + "\n;\n// a comment that goes away, long enough to matter for the size of it all\nvar   unusedPadding   =   1 ;\n"
}

func FuzzJS(f *testing.F) {
	for _, p := range programs {
		f.Add(p)
	}
	f.Add("import x from '" + hole + "'")
	f.Fuzz(func(t *testing.T, s string) {
		in := textInput("a.js", s)
		out, err := JS.Run(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if out.Bytes != nil {
			checkLaws(t, JS, in, out)
		}
	})
}
