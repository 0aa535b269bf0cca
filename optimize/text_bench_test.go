package optimize

import (
	"strings"
	"testing"
)

func BenchmarkText(b *testing.B) {
	tests := []struct {
		o         *Optimizer
		path, src string
	}{
		{CSS, "a.css", strings.Repeat(".card > .title , .card:hover { color : rgba( 0 , 0 , 0 , .5 ) ; margin : 0 0 1rem 0 ; }\n/* about cards */\n", 300)},
		{JS, "a.js", strings.Repeat("function area(width, height) {\n  // the area of it\n  if (width === null) { return 0; }\n  return width * height;\n}\n", 300)},
		{HTML, "a.html", "<!doctype html><html><head><title>x</title></head><body>" + strings.Repeat("<div class=\"row\">\n    <!-- a row of it -->\n    <a href=\"x.html\" title=\"a b\">some text</a>\n</div>\n", 300) + "</body></html>"},
		{SVG, "a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\">" + strings.Repeat("\n  <path d=\"M 10.0 20.0 L 30.0 40.0 C 1.5 2.5 3.5 4.5 5.5 6.5 Z\" fill=\"#ff0000\"/>", 300) + "</svg>"},
		{JSON, "a.json", "[" + strings.Repeat("{ \"name\" : \"x\" , \"size\" : 1.50 } ,\n", 300) + "null]"},
		{XML, "a.xml", "<urlset>" + strings.Repeat("\n  <url>\n    <loc>https://example.com/a</loc>\n  </url>", 300) + "</urlset>"},
	}
	for _, tt := range tests {
		b.Run(tt.o.Name, func(b *testing.B) {
			in := textInput(tt.path, tt.src)
			b.SetBytes(int64(len(tt.src)))
			b.ReportAllocs()
			for b.Loop() {
				if out, err := tt.o.Run(b.Context(), in); err != nil || out.Bytes == nil {
					b.Fatal(out.Kept, err)
				}
			}
		})
	}
}
