package optimize

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

func TestHTML(t *testing.T) {
	t.Parallel()
	runTextCases(t, HTML, "a.html", []textCase{
		{name: "runs of spaces", src: "<p>a  b \t c</p>", want: []string{"<p>a b c</p>"}},
		{name: "one space stays", src: "<p><a>1</a>   <a>2</a>\n\n  <b> x </b></p>", want: []string{"<a>1</a> <a>2</a>\n<b> x </b>"}},
		{name: "beside br", src: "<p>a  <br>  b</p>", want: []string{"a <br> b"}},
		{name: "across a comment", src: "<p>a  <!-- a comment in prose -->  b</p>", want: []string{"<p>a b</p>"}},
		{name: "no-break space", src: "<p>a \u00a0 b&nbsp;  c</p>", want: []string{"a \u00a0 b&nbsp; c"}},
		{name: "pre", src: "<pre>\n\n a   b\n</pre><p>c   d", want: []string{"<pre>\n\n a   b\n</pre><p>c d"}},
		{name: "inside pre", src: "<pre><code>a   <b>  x</b>\n\n</code></pre>", want: []string{"a   <b>  x</b>\n\n<"}},
		{name: "textarea", src: "<textarea>\n a   b </textarea>", want: []string{"<textarea>\n a   b </textarea>"}},
		{name: "own style", src: `<div style="white-space: pre-wrap">a   <b>b   c</b></div>  <i>d   e</i>`, want: []string{"a   <b>b   c</b>", "d e"}},
		{name: "editable", src: "<div contenteditable>a   b</div>", want: []string{"a   b"}},
		{name: "title", src: "<title>a   b</title>", want: []string{"a   b"}},
		{name: "head", src: "<!doctype html>\n<html>\n <head>\n  <meta charset=utf-8>\n  <title>x</title>\n </head>\n <body>\n  <p>y", want: []string{"<!doctype html><html><head><meta charset=utf-8><title>x</title></head><body>\n<p>y"}},
		{name: "head without tags", src: "<!doctype html>\n<title>x</title>\n<p>y  z", want: []string{"<title>x</title>\n<p>y z"}},
		{name: "noscript in head", src: "<!doctype html><head> <noscript>  <img src=x>  </noscript> </head>  <body>y  z", want: []string{"<noscript>  <img src=x>  </noscript></head><body>"}},
		{name: "after the body", src: "<body><p>x  y</p>\n</body>\n\n</html>\n\n", want: []string{"</body></html>"}},
		{name: "table", src: "<table>\n  <tr>\n  <td> a  b </td>\n  </tr></table>", want: []string{"<table>\n<tr>\n<td> a b </td>"}},
		{name: "drawing", src: "<svg>\n <g>\n  <path d='M 0 0'/>\n <text>a   b <tspan>  c</tspan></text></g>\n</svg> x", want: []string{"<svg><g><path d='M 0 0'/><text>a   b <tspan>  c</tspan></text></g></svg> x"}},
		{name: "formula", src: "<math> <mtext>a   b</mtext> <annotation>x   y</annotation></math>", want: []string{"<annotation>x   y<"}},
		{name: "HTML inside a drawing", src: "<svg><foreignObject> <p>a   b</p> </foreignObject></svg>", want: []string{"<p>a b</p>"}},

		{name: "quotes", src: `<a href="x.html" title='a b' data-x="" class="a">x</a>`, want: []string{`<a href=x.html title='a b' data-x="" class=a>x</a>`}},
		{name: "quotes that are needed", src: `<a href="a=b" title="a>b" id="a'b" name="` + "`" + `" rel="{x}" lang="a&amp;b">x</a>`, want: []string{`<a href="a=b" title="a>b" id="a'b" name="` + "`" + `" rel="{x}" lang="a&amp;b">`}},
		{name: "final slash", src: `<a href="/x/">x</a><a href="/x/" id="b">y</a><br class="c"/>`, want: []string{`<a href="/x/">x</a><a href=/x/ id=b>y</a><br class=c>`}},
		{name: "self-closing", src: `<svg><use href="#x"/></svg>`, want: []string{`<use href=#x />`}},
		{name: "integrity", src: `<script src="a.js" integrity="sha384-abc"></script>`, want: []string{`<script src=a.js integrity="sha384-abc">`}},
		{name: "attributes that style sheets see", src: `<input type="text" value="" class=""><form method="get"><button type="submit">`, want: []string{`<input type=text value="" class=""><form method=get><button type=submit>`}},
		{name: "white space in tags", src: "<a\n   href=\"x\"\n   disabled=\"disabled\"  >x</a  >", want: []string{"<a href=x disabled=disabled>x</a>"}},
		{name: "classes", src: "<a class=\"  b \n c  \">x</a>", want: []string{`<a class="b c">`}},
		{name: "attribute twice", src: `<a href="x"   href="y">x</a>`, want: []string{`<a href="x"   href="y">`}},
		{name: "upper case", src: `<DIV CLASS="a">x</DIV>`, want: []string{"<DIV CLASS=a>x</DIV>"}},
		{name: "templates of Jinja", src: `<a {% if x %}class="a b"{% endif %}   href="{{ u }}">{{ x }}</a>`, want: []string{`<a {% if x %}class="a b"{% endif %}   href="{{ u }}">`}},

		{name: "comments", src: "<p>x</p><!-- the end of the page -->", not: []string{"the end"}},
		{name: "comments that speak", src: "<!--[if IE]><p>a</p><![endif]--><!--#include file='x' --><!-- @license MIT --><!-- ko if: x --><!-- /ko --><!--v-if--><!-- build:js a.js --><!-- Copyright 2020 me --><!--! keep me -->",
			want: []string{"<!--[if IE]><p>a</p><![endif]-->", "<!--#include file='x' -->", "@license", "<!-- ko if: x -->", "<!-- /ko -->", "<!--v-if-->", "build:js", "Copyright", "<!--! keep me -->"}},
		{name: "comments without words", src: "<p>a<!----><!-- -->b<!-- 1 --></p>", want: []string{"a<!----><!-- -->b<!-- 1 -->"}},
		{name: "comments in pre and templates", src: "<pre><!-- a comment -->\nx</pre><template><!-- a comment --></template>", want: []string{"<pre><!-- a comment -->\nx</pre><template><!-- a comment --></template>"}},
		{name: "XML declaration", src: "<?xml version=\"1.0\"?>\n<p>x  y", want: []string{"<?xml version=\"1.0\"?>"}},
		{name: "island", src: "<p>x   y</p><astro-island>a   b<!-- some words here --></astro-island>", want: []string{"x y", "a   b<!-- some words here -->"}},

		{name: "script", src: "<script> var  a  =  1 ; // one\n f( a ) </script>", want: []string{"<script>var a=1;f(a);</script>"}},
		{name: "module", src: "<script type=module> import a from './a.js' ; a( ) </script>", want: []string{`import m from"./a.js";m();`}},
		{name: "template in a script", src: "<script type='text/template'>  <p>  a   b </p> </script>", want: []string{"<script type=text/template>  <p>  a   b </p> </script>"}},
		{name: "script with a source", src: "<script src=a.js>  not   run  </script>", want: []string{"  not   run  "}},
		{name: "script with a comment mark", src: "<script><!--\n f( 1 )\n//--></script>", want: []string{"<script><!--\n f( 1 )\n//--></script>"}},
		{name: "script that does not parse", src: "<script> var  =  {{ x }} </script>", want: []string{"<script> var  =  {{ x }} </script>"}},
		{name: "style", src: "<style> a  {  color :  red  }  </style>", want: []string{"<style>a{color:red}</style>"}},
		{name: "boilerplate of AMP", src: "<style amp-boilerplate>body { color : red }</style>", want: []string{"body { color : red }"}},
		{name: "data", src: "<script type='application/ld+json'> { \"a\" :  1.10 } </script>", want: []string{`{"a":1.10}`}},
		{name: "handlers and styles stay", src: `<a onclick="f( 1 ) ;" style="color :  red">x</a>`, want: []string{`onclick="f( 1 ) ;" style="color :  red"`}},

		{name: "fragment", src: "<li>a   b</li>\n\n<li>c", want: []string{"<li>a b</li>\n<li>c"}},
		{name: "end tags that are missing", src: "<ul><li>a   <li>b<p>c<p>d</ul>", want: []string{"<ul><li>a <li>b<p>c<p>d</ul>"}},
		{name: "misnested", src: "<b><p>a  b</b>  c</p><span><div>x  y</span>  z", want: []string{"<b><p>a b</b> c</p>"}},

		{name: "PHP", src: "<p>a   b</p>  <?php echo 1 ?>   ", kept: true},
		{name: "nested too deeply", src: strings.Repeat("<div>", 600) + "a    b     c", kept: true},
		{name: "nothing to do", src: "<p>a", kept: true},
	}, nil)
}

func TestHTMLHydration(t *testing.T) {
	t.Parallel()
	runTextCases(t, HTML, "a.html", []textCase{
		{name: "React", src: `<div data-reactroot="" class="a  b">a   b<!-- a comment -->c</div><script> f( 1 ) ; g( 2 ) ; h( "a long text to make it worth" ) </script>`,
			want: []string{`class="a  b">a   b<!-- a comment -->c`, `f(1),g(2)`}},
		{name: "Vue", src: `<div id="app"><!--[--><p>a   b</p><!--]--></div><script> f( 1 ) ; g( 2 ) ; h( "a long text to make it worth" ) </script>`, want: []string{"<!--[--><p>a   b</p><!--]-->"}},
		{name: "conditional comments are no sign", src: "<!--[if IE]>x<![endif]--><p>a   b", want: []string{"<p>a b"}},
	}, nil)
}

func TestHTMLSpaceFacts(t *testing.T) {
	t.Parallel()
	src := "<p class='x code'>a   b</p> <p id=i>c   <b>d   e</b></p> <q>f   g</q> <i data-p>h   i</i> <u>j   k</u>"
	for rule, want := range map[string]string{".code": "a   b", "#i": "c   <b>d   e", "q": "f   g", "[data-p]": "h   i", "*": "j   k"} {
		in := textInput("a.html", src+strings.Repeat(`<a href="x"   title="y">`, 5))
		in.Space = &SpaceFacts{Pre: []string{rule}}
		out, err := HTML.Run(t.Context(), in)
		if err != nil || !bytes.Contains(out.Bytes, []byte(want)) {
			t.Errorf("%s: %q (%s) %v", rule, out.Bytes, out.Kept, err)
		}
		if n := bytes.Count(out.Bytes, []byte("   ")); rule != "*" && n != strings.Count(want, "   ") {
			t.Errorf("%s: %d runs stay in %q", rule, n, out.Bytes)
		}
	}
}

func TestHTMLPolicies(t *testing.T) {
	t.Parallel()
	hash := func(s string) string {
		h := sha256.Sum256([]byte(s))
		return "sha256-" + base64.StdEncoding.EncodeToString(h[:])
	}
	const script, short = " f( 1 ) ; g( 2 ) ", "f(1),g(2);"
	body := "<body>" + padding["a.html"] + "<p>a     b</p><script>" + script + "</script>"
	meta := func(p string) string {
		return `<!doctype html><meta http-equiv="Content-Security-Policy" content="script-src ` + p + `">` + body
	}
	tests := []struct {
		name, src string
		inline    bool // KeepInline
		want      []string
	}{
		{"none", body, false, []string{short}},
		{"by option", body, true, []string{script}},
		{"nonce", meta("'nonce-abc'"), false, []string{script}},
		{"hash", meta("'" + hash(script) + "' 'self'"), false, []string{short, "'" + hash(short) + "' 'self'"}},
		{"hash of something else", meta("'" + hash("x") + "'"), false, []string{script, hash("x")}},
		{"hash of a hole", strings.ReplaceAll(meta("'"+hash(script+hole)+"'"), script, script+hole), false, []string{script + hole}},
		{"unsafe-inline", meta("'unsafe-inline'"), false, []string{short}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := textInput("a.html", tt.src)
			in.KeepInline = tt.inline
			out, err := HTML.Run(t.Context(), in)
			if err != nil || out.Bytes == nil {
				t.Fatalf("kept: %s %v %v", out.Kept, out.Diags, err)
			}
			for _, w := range tt.want {
				if !bytes.Contains(out.Bytes, []byte(w)) {
					t.Errorf("no %q in %q", w, out.Bytes)
				}
			}
			checkLaws(t, HTML, in, out)
		})
	}
}

// The comparison of trees must see what a minifier can break.
func TestSameTree(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b string
		same bool
	}{
		{"<p>a  b</p>", "<p>a b</p>", true},
		{"<p>a <!--x--> b</p>", "<p>a b</p>", true},
		{"<head> <title>x</title> </head> <body>y</body> ", "<head><title>x</title></head><body>y</body>", true},
		{"<p class=' a  b'>", "<p class='a b'>", true},
		{"<script>a  b</script>", "<script>c</script>", true},
		{"<p>a b</p>", "<p>ab</p>", false},
		{"<a>1</a> <a>2</a>", "<a>1</a><a>2</a>", false},
		{"<pre>a  b</pre>", "<pre>a b</pre>", false},
		{"<pre>a  <b>b  c</b></pre>", "<pre>a  <b>b c</b></pre>", false},
		{"<textarea>a  b</textarea>", "<textarea>a b</textarea>", false},
		{"<title>a  b</title>", "<title>a b</title>", false},
		{"<script type=text/x>a  b</script>", "<script type=text/x>a b</script>", false},
		{"<p id=' a'>", "<p id='a'>", false},
		{"<p id=a>", "<p>", false},
		{"<p><b></b></p>", "<p></p>", false},
		{"<svg><text>a  b</text></svg>", "<svg><text>a b</text></svg>", false},
		{"<p>a</p> <p>b</p>", "<p>a</p><p>b</p>", false},
		{"<!doctype html><p>", "<p>", false},
		{"<template>a  <b></b></template>", "<template>a <b></b></template>", true},
		{"<template><b></b></template>", "<template></template>", false},
	}
	for _, tt := range tests {
		p := &page{text: &text{ctx: t.Context(), in: textInput("a.html", "")}, src: []byte(tt.a), out: []byte(tt.b), space: newSpaceRules(nil)}
		if err := p.sameTree(); (err == nil) != tt.same {
			t.Errorf("%q and %q: %v", tt.a, tt.b, err)
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		"<!doctype html><html> <head> <title> x </title> </head> <body> <p> a  b </p> </body> </html> ", "<pre>\n\nx</pre>", "<p>a<!-- c d --> b",
		"<table> <tr> <td> a", "<svg> <g/> <text> a  b </text></svg>", "<script> f( 1 ) </script>", "<style> a { b : c } </style>", "<a b='c' d=\"e\" / f>",
		"<textarea>\n\n</textarea>", "<template> <!-- a b --> </template>", "<select> <option> a", "<noscript> <p> </noscript>", "<plaintext> a  b", "<b><p></b> x",
		"<math><mi> a  b</mi></math>", "<svg><foreignObject> <div> a", "</p> <br/ >", "<a href=x/ >", "<frameset> <frame>", "\x00\r\n<p \x00>", "<div contenteditable> a  b",
		"<body> </body> <!-- a b --> <p> x", "<head> x", "<svg><style> a </style></svg>", "<title> a  b", "<math> <annotation-xml encoding='text/html'> <p> a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in := textInput("a.html", s)
		out, err := HTML.Run(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if out.Bytes == nil {
			return
		}
		checkLaws(t, HTML, in, out)
		p := &page{text: &text{ctx: t.Context(), in: in}, src: in.Bytes, out: out.Bytes, space: newSpaceRules(nil), hydrated: hydrated(in.Bytes)}
		if err := p.sameTree(); err != nil {
			t.Errorf("%q became %q: %v", s, out.Bytes, err)
		}
	})
}
