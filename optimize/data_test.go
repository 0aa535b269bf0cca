package optimize

import (
	"testing"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	runTextCases(t, JSON, "a.json", []textCase{
		{name: "numbers", src: `{ "a" : 1.10 , "b" : 100000000 , "c" : -0.0 , "d" : 1E+2 , "e" : [ ] }`, want: []string{`{"a":1.10,"b":100000000,"c":-0.0,"d":1E+2,"e":[]}`}},
		{name: "text", src: "{ \"a b\" : \"c  d \\u00e9 \\/ é\" ,\n \"n\" : null }", want: []string{`"c  d \u00e9 \/ é"`}},
		{name: "scalar", src: "   \"x\"       ", want: []string{`"x"`}},
		{name: "same key twice", src: `{ "a" : 1 , "a" : 2 }`, want: []string{`{"a":1,"a":2}`}},
		{name: "byte order mark", src: "\xef\xbb\xbf{ \"a\" : 1 }", kept: true},
		{name: "comments", src: "{ // x\n \"a\" : 1 }", kept: true},
		{name: "final comma", src: "{ \"a\" : 1 , }", kept: true},
		{name: "several values", src: "{ \"a\" : 1 } { \"b\" : 2 }", kept: true},
		{name: "empty", src: "", kept: true},
	}, nil)
}

func TestXML(t *testing.T) {
	t.Parallel()
	runTextCases(t, XML, "a.xml", []textCase{
		{name: "sitemap", src: "<?xml version=\"1.0\"?>\n<?xml-stylesheet href=\"s.xsl\"?>\n<urlset>\n    <!-- made by the program that makes such files, in its version 1 -->\n    <url>\n        <loc>/a  b</loc>\n    </url>\n</urlset>",
			want: []string{"<?xml-stylesheet href=\"s.xsl\"?>", "<urlset>\n<url>\n<loc>/a  b</loc>\n</url>\n</urlset>"}},
		{name: "space between words and elements", src: "<r>\n      <a>x <b>y</b>   <i>z</i>  </a>\n      <c/>\n     </r>", want: []string{"<a>x <b>y</b>\n<i>z</i>\n</a>"}},
		{name: "sections stay", src: "<r>\n      <a><![CDATA[ x   <b> ]]></a>\n      <a>   &lt;pre&gt;  </a>\n     </r>", want: []string{"<![CDATA[ x   <b> ]]>", "   &lt;pre&gt;  "}},
		{name: "space that is kept", src: "<r>\n      <a xml:space=\"preserve\">  </a>\n     </r>", kept: true},
		{name: "preformatted", src: "<r>\n      <pre>  <b>x</b>   </pre>\n     </r>", kept: true},
		{name: "document type", src: "<!DOCTYPE r [<!ENTITY a 'b'>]>\n      <r>    <a/>   </r>", kept: true},
		{name: "not well-formed", src: "<r>\n     <a>\n     </r", kept: true},
		{name: "another encoding", src: "<?xml version='1.0' encoding='latin1'?><r>\n      <a/>\n      <a/>\n     </r>", kept: true},
	}, nil)
}

func TestSVG(t *testing.T) {
	t.Parallel()
	runTextCases(t, SVG, "a.svg", []textCase{
		{name: "drawing", src: "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 10 10\">\n  <!-- made by x -->\n  <g id=\"a\" class=\"b\">\n    <path d=\"M 0.500 0.500 L 10.0 10.0 Z\" fill=\"#ff0000\"/>\n  </g>\n</svg>",
			want: []string{`id="a"`, `class="b"`, "<path"}, not: []string{"made by", "0.500"}},
		{name: "text", src: "<svg xmlns=\"http://www.w3.org/2000/svg\">\n   <text> a   <tspan> b </tspan></text>   <!-- long comment --> </svg>",
			want: []string{"<text> a   <tspan> b </tspan></text>"}, not: []string{"comment"}},
		{name: "script", src: "<svg xmlns=\"http://www.w3.org/2000/svg\">\n   <script> a ( 1 ) </script>   <!-- long comment --> </svg>", kept: true},
		{name: "style", src: "<svg xmlns=\"http://www.w3.org/2000/svg\">\n   <style> a { b : c } </style>   <!-- long comment --> </svg>",
			want: []string{"<style> a { b : c } </style>"}, not: []string{"comment"}},
		{name: "HTML", src: "<svg xmlns=\"http://www.w3.org/2000/svg\">\n   <foreignObject> <p/> </foreignObject>   <!-- long comment --> </svg>",
			want: []string{"<foreignObject> <p/> </foreignObject>"}, not: []string{"comment"}},
		{name: "entities", src: "<!DOCTYPE svg [ <!ENTITY c \"red\"> ]>\n<svg xmlns=\"http://www.w3.org/2000/svg\">\n   <g fill=\"&c;\"/>   <!-- long comment --> </svg>", kept: true},
		{name: "not well-formed", src: "<svg xmlns=\"http://www.w3.org/2000/svg\">\n   <g>   <!-- long comment --> </svg>", kept: true},
		{name: "empty", src: "", kept: true},
	}, nil)
}

// fuzzLaws holds an optimizer to the laws on any input.
func fuzzLaws(f *testing.F, o *Optimizer, path string, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in := textInput(path, s)
		out, err := o.Run(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if out.Bytes != nil {
			checkLaws(t, o, in, out)
		}
	})
}

func FuzzJSON(f *testing.F) {
	fuzzLaws(f, JSON, "a.json", `{ "a" : [ 1.0 , -0 , "é\u0000" , null ] }`, "[[[[", "1e400", "\"\\ud800\"", "{\"\":{}}   ")
}

func FuzzXML(f *testing.F) {
	fuzzLaws(f, XML, "a.xml", "<a>  <b/>  </a>", "<a><![CDATA[ x ]]></a>", "<?xml version='1.0'?> <a/>", "<a b='c'>&lt;</a>", "<!-- a --><a/>", "<a> <!-- b --> </a>")
}

func FuzzSVG(f *testing.F) {
	fuzzLaws(f, SVG, "a.svg", "<svg> <path d='M0 0L1.0 1.0z'/> </svg>", "<svg><g> <g/> </g></svg>", "<svg viewBox='0 0 1e3 1'/>", "<svg style='a:b'><use href='#a'/></svg>", "<a:svg/>")
}
