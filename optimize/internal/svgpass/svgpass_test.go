package svgpass

import (
	"bytes"
	"strings"
	"testing"
)

func doc(body string) string {
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">` + body + `</svg>`
}

func TestRun(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
		o              Options
	}{
		{name: "comment", in: `<!-- a --><path d="M0 0z"/>`, want: `<path d="M0 0z"/>`},
		{name: "legal comment", in: `<!--! a --><path d="M0 0z"/>`, want: `<!--! a --><path d="M0 0z"/>`, o: Options{KeepLegal: true}},
		{name: "editor data", in: `<g xmlns:i="http://www.inkscape.org/namespaces/inkscape" i:label="x" fill="red"><i:grid/><path d="M0 0z"/><path d="M1 1z"/></g>`,
			want: `<g fill="red"><path d="M0 0z"/><path d="M1 1z"/></g>`},
		{name: "metadata", in: `<metadata><a/></metadata><path d="M0 0z"/>`, want: `<path d="M0 0z"/>`},
		{name: "unused id", in: `<path id="a" d="M0 0z"/>`, want: `<path d="M0 0z"/>`, o: Options{Whole: true}},
		{name: "id that others may use", in: `<path id="a" d="M0 0z"/>`, want: `<path id="a" d="M0 0z"/>`},
		{name: "id in use", in: `<path id="a" d="M0 0z"/><use href="#a" x="5"/>`, want: `<path id="a" d="M0 0z"/><use href="#a" x="5"/>`, o: Options{Whole: true}},
		{name: "unused definition", in: `<defs><path id="a" d="M0 0z"/></defs><path d="M1 1z"/>`, want: `<path d="M1 1z"/>`, o: Options{Whole: true}},
		{name: "definition that others may use", in: `<defs><path id="a" d="M0 0z"/></defs><path d="M1 1z"/>`,
			want: `<defs><path id="a" d="M0 0z"/></defs><path d="M1 1z"/>`},
		{name: "empty group", in: `<g fill="red"><g/></g><path d="M1 1z"/>`, want: `<path d="M1 1z"/>`},
		{name: "group that floods", in: `<g filter="url(#a)"/>`, want: `<g filter="url(#a)"/>`},
		{name: "group of one", in: `<g fill="red"><path d="M1 1z"/></g>`, want: `<path d="M1 1z" fill="red"/>`},
		{name: "group whose size is relative", in: `<g font-size="2em"><g font-size="50%"><text/></g></g>`, want: `<g font-size="2em"><g font-size="50%"><text/></g></g>`},
		{name: "group with a title", in: `<g fill="red"><title>a</title><path d="M1 1z"/></g>`, want: `<g fill="red"><title>a</title><path d="M1 1z"/></g>`},
		{name: "group that clips what moves", in: `<g clip-path="url(#a)"><path transform="rotate(9)" fill="url(#b)" d="M1 1z"/></g>`,
			want: `<g clip-path="url(#a)"><path transform="rotate(9)" fill="url(#b)" d="M1 1z"/></g>`},
		{name: "defaults", in: `<path fill-opacity="1" stroke-width="3" clip-rule="evenodd" font-size="9" d="M1 1z"/>`, want: `<path d="M1 1z"/>`},
		{name: "default that overrides", in: `<g stroke="red"><path stroke="none" d="M1 1z"/><path d="M2 2z"/></g>`,
			want: `<g stroke="red"><path stroke="none" d="M1 1z"/><path d="M2 2z"/></g>`},
		{name: "font of a length", in: `<rect font-size="9" width="1em" height="2"/>`, want: `<rect font-size="9" width="1em" height="2"/>`},
		{name: "style attribute", in: `<path style="fill:#ff0000;-inkscape-x:y" d="M1 1z"/>`, want: `<path d="M1 1z" fill="red"/>`},
		{name: "style beside a sheet", in: `<style>.a{fill:red}</style><path class="a" style="fill:#00f" d="M1 1z"/>`,
			want: `<style>.a{fill:red}</style><path class="a" style="fill:#00f" d="M1 1z"/>`},
		{name: "group a sheet looks into", in: `<style>g path{fill:red}</style><g><path d="M1 1z"/></g>`, want: `<style>g path{fill:red}</style><g><path d="M1 1z"/></g>`},
		{name: "colours", in: `<path fill="#FF0000" stroke="rgb(255, 255, 255)" d="M1 1z"/>`, want: `<path fill="red" stroke="#fff" d="M1 1z"/>`},
		{name: "numbers", in: `<circle cx="10.123456" cy="0.50px" r="5.000"/>`, want: `<circle cx="10.123" cy=".5" r="5"/>`},
		{name: "every digit", in: `<circle cx="10.123456" cy="0.50" r="5"/>`, want: `<circle cx="10.123456" cy=".5" r="5"/>`, o: Options{Exact: true}},
		{name: "path", in: `<path d="M 10 10 L 20 10 L 20 20 L 10 10 Z"/>`, want: `<path d="m10 10h10v10z"/>`},
		{name: "smooth curve", in: `<path d="M0 0C1 1 2 2 4 2C6 2 7 1 8 0"/>`, want: `<path d="m0 0c1 1 2 2 4 2s3-1 4-2"/>`},
		{name: "arc flags", in: `<path d="M10 10A 5 5 0 0 1 20.5 10.5"/>`, want: `<path d="m10 10a5 5 0 0110.5.5"/>`},
		{name: "path with an error", in: `<path d="M 10 10 L 20 x"/>`, want: `<path d="M 10 10 L 20 x"/>`},
		{name: "dot", in: `<path stroke="red" stroke-linecap="round" d="M1 1h0"/>`, want: `<path stroke="red" stroke-linecap="round" d="M1 1h0"/>`},
		{name: "markers", in: `<path marker-mid="url(#m)" d="M1 1h2h3"/>`, want: `<path marker-mid="url(#m)" d="M1 1h2h3"/>`},
		{name: "transform", in: `<path transform="translate(10,20)" d="M1 1h2v3z"/>`, want: `<path d="m11 21h2v3z"/>`},
		{name: "transform of a line", in: `<path transform="scale(2)" stroke="red" d="M1 1h2v3z"/>`, want: `<path transform="scale(2)" stroke="red" d="M1 1h2v3z"/>`},
		{name: "transform of a group", in: `<g transform="translate(10,20)"><path d="M1 1h2v3z"/><path d="M3 3h2v3z"/></g>`, want: `<path d="m11 21h2v3z"/><path d="m13 23h2v3z"/>`},
		{name: "no transform", in: `<circle transform="translate(0)" r="3"/>`, want: `<circle r="3"/>`},
		{name: "rectangle", in: `<rect x="1" y="2" width="30" height="40"/>`, want: `<path d="M1 2h30v40H1z"/>`},
		{name: "round rectangle", in: `<rect x="1" y="2" width="3" height="4" rx="1"/>`, want: `<rect x="1" y="2" width="3" height="4" rx="1"/>`},
		{name: "rectangle a sheet names", in: `<style>rect{fill:red}</style><rect x="1" y="2" width="3" height="4"/>`,
			want: `<style>rect{fill:red}</style><rect x="1" y="2" width="3" height="4"/>`},
		{name: "unpainted", in: `<path fill="none" d="M0 0h24v24H0z"/><path d="M1 1z"/>`, want: `<path d="M1 1z"/>`},
		{name: "unpainted in a box", in: `<g mask="url(#a)"><path fill="none" d="M0 0h24"/><path d="M1 1z"/></g>`,
			want: `<g mask="url(#a)"><path fill="none" d="M0 0h24"/><path d="M1 1z"/></g>`},
		{name: "lifted", in: `<path fill="red" d="M0 0z"/><path fill="red" d="M1 1z"/>`, want: `<path d="M0 0z"/><path d="M1 1z"/>`},
		{name: "animated", in: `<g fill="red"><path d="M 1 1 z"/><animate attributeName="fill" to="blue"/></g>`, want: `<g fill="red"><path d="M 1 1 z"/><animate attributeName="fill" to="blue"/></g>`},
		{name: "text", in: `<text> a  <tspan> b </tspan></text>  <g/>`, want: `<text> a  <tspan> b </tspan></text>`},
		{name: "HTML", in: `<foreignObject> <p xmlns="http://www.w3.org/1999/xhtml"> a </p></foreignObject>`, want: `<foreignObject> <p xmlns="http://www.w3.org/1999/xhtml"> a </p></foreignObject>`},
		{name: "quotes", in: `<path aria-label="&quot;a&quot;'&amp;&#10;" d="M1 1z"/>`, want: `<path aria-label='"a"&#39;&amp;&#10;' d="M1 1z"/>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := Run([]byte(doc(tt.in)), tt.o)
			want := doc(tt.want)
			if tt.name == "lifted" {
				want = strings.Replace(want, "100\">", "100\" fill=\"red\">", 1)
			}
			if err != nil || string(out) != want {
				t.Errorf("%s\nbecame %s, %v\nwant   %s", tt.in, out, err, want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", "<svg/>", doc("<script/>"), doc(`<g onclick="a()"/>`), doc(`<a href="javascript:a()"/>`), doc("<g>"), doc("<g></a></g>"), doc(`<g a="1" a="2"/>`),
		doc(`<g a="&b;"/>`), doc("<!-- -- -->"), `<!DOCTYPE svg [<!ENTITY a "b">]>` + doc(""), `<?xml version="1.0" encoding="latin1"?>` + doc(""),
		`<?xml-stylesheet href="a.css"?>` + doc(""), doc("\xff"), doc("") + doc(""), doc(strings.Repeat("<g>", 600) + strings.Repeat("</g>", 600)),
	} {
		if out, err := Run([]byte(in), Options{}); err == nil {
			t.Errorf("%.80q became %.80q", in, out)
		}
	}
}

func FuzzRun(f *testing.F) {
	for _, s := range []string{
		`<g transform="rotate(9 1 2)scale(2)"><path d="M1 1a3 4 5 0 1 6 6q1 2 3 4t5 6zM0 0C1 1 2 2 3 3s9-8 7 6"/></g>`, `<style>.a{b:c}</style><rect class="a" width="3" height="4"/>`,
		`<use href="#a"/><defs><path id="a" d="M1e9 1"/></defs>`, `<g style="fill:url(#a);x:y"><polygon points="1,2 3,4"/></g>`, `<path d="M.00000001 1l-.5.5 1e-9 1e9z"/>`,
	} {
		f.Add(doc(s), true)
	}
	f.Fuzz(func(t *testing.T, s string, whole bool) {
		out, err := Run([]byte(s), Options{Whole: whole})
		if err != nil {
			return
		}
		if _, err := Run(out, Options{Whole: whole}); err != nil {
			t.Errorf("%q became %q: %v", s, out, err)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"M1 1a3 4 5 0 1 6 6q1 2 3 4t5 6z", "m0 0 1 1-1-1.5.5zh3V4", "M0 0C1 1 2 2 3 3s9-8 7 6", "M1 1a1 1 0 01.5.5", "M1,1,", "M1e6 1e-6L-1e6 0"} {
		f.Add(s, 2)
	}
	f.Fuzz(func(t *testing.T, s string, dec int) {
		segs, ok := parsePath(s)
		if !ok {
			return
		}
		dec = min(max(dec, 2), 6)
		out, ok := writePath(segs, dec, false, stroke{})
		if !ok {
			return
		}
		back, ok := parsePath(out)
		if !ok || len(back) > len(segs) || len(segs) > 1 && len(back) == 0 {
			t.Errorf("%q became %q", s, out)
		}
	})
}

func BenchmarkRun(b *testing.B) {
	src := []byte(doc(strings.Repeat(`<g id="a" transform="translate(1.5 2)"><path style="fill:#ff0000" d="M 10.12345 20 C 11 12 13 14 15.5 16.6 S 17 18 19 20 A 3 3 0 0 1 22 20 Z"/></g>`+"\n", 200)))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		out, err := Run(src, Options{})
		if err != nil || bytes.Equal(out, src) {
			b.Fatal(err)
		}
	}
}
