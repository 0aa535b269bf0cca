package scan

import (
	"reflect"
	"testing"

	"github.com/hone-web/hone/site"
)

const encodedPage = `<!DOCTYPE html><base href="/b/"><link rel=canonical href="https://x.test/"><link rel=stylesheet href=a.css integrity="sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=">
<meta http-equiv=content-security-policy content="script-src 'nonce-a'"><style>.p{white-space:pre}img[src$=".png"]{a:b}</style>
<img src="a.png?x#y" srcset="b.png 1x, c.png 2x" alt=é><script>import("x"+y); load("lib/z.js"); a.src.replace("a","b")</script><a href=z.html>z</a>`

func TestDocEncoding(t *testing.T) {
	t.Parallel()
	d := Scan("index.html", site.HTML, []byte(encodedPage), Options{})
	d.Diags = append(d.Diags, site.Diagnostic{Rule: "r", Severity: site.Warn, Path: "p", Line: 3, Column: 9, Message: "m", Hint: "h"})
	if len(d.Refs) < 5 || len(d.Sums) != 1 || len(d.Selectors) == 0 || len(d.Mentions) == 0 {
		t.Fatalf("the sample finds too little: %+v", d)
	}
	b, err := d.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var got Doc
	if err := got.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&got, d) {
		t.Errorf("got  %+v\nwant %+v", got, *d)
	}
	for i := range b { // every truncation is noticed, none panics
		if new(Doc).UnmarshalBinary(b[:i]) == nil {
			t.Fatalf("%d of %d bytes decode", i, len(b))
		}
	}
}

func FuzzDocDecoding(f *testing.F) {
	b, _ := Scan("index.html", site.HTML, []byte(encodedPage), Options{}).MarshalBinary()
	f.Add(b)
	f.Add([]byte{})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, b []byte) {
		d := new(Doc)
		if d.UnmarshalBinary(b) != nil {
			return
		}
		again, err := d.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var e Doc
		if err := e.UnmarshalBinary(again); err != nil || !reflect.DeepEqual(&e, d) {
			t.Errorf("%v: %+v is not %+v", err, e, *d)
		}
	})
}
