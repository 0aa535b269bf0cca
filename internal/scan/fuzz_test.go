package scan

import (
	"reflect"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func FuzzScan(f *testing.F) {
	for i := range allKinds {
		for _, s := range []string{
			`<base href=x><img src="a&amp;b.png" srcset="a 1x, b"><style>@import "a";b{background:url(c)}</style><script>import("./d")</script><!--[if x]><a href=b><![endif]--><svg><style><![CDATA[a{b:url(c)}]]></style>`,
			`@import url("a\62 c.css") layer; .a:is(b, c) &{white-space:pre; b:image-set("c" 1x)} /*# sourceMappingURL=x */`,
			"import a from './b';`x${{}}`;/[/]/.test('a.js');[{url:'a',revision:'00000000000000000000000000000000'}] //# sourceMappingURL=x",
			`<!DOCTYPE svg [<!ENTITY a "b">]><svg><image xlink:href='&#x41;&amp;b'/><style>a{b:url(c)}</style></svg>`,
			`{"icons":[{"src":"a\u0062\/c.png"}],"start_url":"."}`,
			`<rss><link>a</link><image><url><![CDATA[b]]></url></image></rss>`,
		} {
			f.Add(i, []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, i int, src []byte) {
		if i < 0 {
			i = 0
		}
		k := allKinds[i%len(allKinds)]
		before := string(src)
		d := Scan("manifest.json", k, src, Options{})
		if string(src) != before {
			t.Fatal("the source was changed")
		}
		check(t, src, d)
		if !reflect.DeepEqual(d, Scan("manifest.json", k, src, Options{})) {
			t.Fatal("two scans differ")
		}
	})
}

func FuzzSrcset(f *testing.F) {
	for _, s := range []string{"a 1x, b 2x", ",,a(,) x", "a,b", " ", "a ("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		end := 0
		for _, c := range Srcset(s) {
			if c.URL.Start < end || c.URL.End < c.URL.Start || c.URL.End > len(s) {
				t.Fatalf("%q: candidate at %v after %d", s, c.URL, end)
			}
			end = c.URL.End
		}
	})
}

func benchmark(b *testing.B, k site.Kind, piece string) {
	src := []byte(strings.Repeat(piece+"\n", 1<<19/len(piece)))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		Scan("a", k, src, Options{})
	}
}

func BenchmarkScan(b *testing.B) {
	b.Run("html", func(b *testing.B) {
		benchmark(b, site.HTML, `<div class="card shadow"><a href="/a/b.html?x=1&amp;y=2" title='x'><img src=a.png alt="" srcset="a.png 1x, b.png 2x"></a> some text that goes on and on, as texts do</div>`)
	})
	b.Run("css", func(b *testing.B) {
		benchmark(b, site.CSS, `.card > .title:hover, a[href^="x"] { margin: 0 auto; background: #fff url(../img/a.png) no-repeat; transition: color .2s ease-in-out }`)
	})
	b.Run("js", func(b *testing.B) {
		benchmark(b, site.JS, `function f(a,b){return a.map(function(c){return c.replace(/[a-z]+\//g,"x")+b/2}).join("img/a.png");} /* a comment */ var x = {y: "z", w: [1, 2.5e3]};`)
	})
}
