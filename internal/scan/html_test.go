package scan

import (
	"reflect"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestHTML(t *testing.T) {
	runRefCases(t, []refCase{
		{"link", "a.html", `<a href="b.html?x=1&amp;y=2#z">`, []string{"link b.html = b.html?x=1&y=2#z"}},
		{"trimmed", "a.html", "<a href=' b c.html\n'>", []string{"link b c.html"}},
		{"reference in address", "a.html", `<img src="a&amp;b.png">`, []string{"image a&amp;b.png = a&b.png"}},
		{"line break", "a.html", "<img src='a\nb.png'>", []string{"image a\nb.png = ab.png"}},
		{"external", "a.html", `<a href=https://x.org/y?z><img src=//x.org/y>`, []string{"link https://x.org/y = https://x.org/y?z", "image //x.org/y"}},
		{"download", "a.html", `<a download href=a.zip><object data=b.pdf><embed src=c.html>`, []string{"download a.zip", "download b.pdf", "frame c.html"}},
		{"links", "a.html", `<link rel=stylesheet href=a.css><link rel="alternate stylesheet" href=b.css><link rel=preload href=c.woff2 as=font>` +
			`<link rel="shortcut icon" href=d.ico><link rel=manifest href=e.json><link rel=canonical href=/f><link rel=preconnect href=//g.org><link rel=author href=h>`,
			[]string{"style a.css", "style b.css", "hint c.woff2", "icon d.ico", "manifest e.json", "canonical /f", "link h"}},
		{"images", "a.html", `<img src=a.png srcset="b.png 1x, c.png?d 2x"><picture><source srcset=e.webp></picture><link rel=preload imagesrcset="f.png 1x">`,
			[]string{"image a.png", "srcset b.png", "srcset c.png = c.png?d", "srcset e.webp", "srcset f.png"}},
		{"media", "a.html", `<video src=a.mp4 poster=b.jpg><source src=c.webm><track src=d.vtt></video><audio src=e.mp3>`,
			[]string{"media a.mp4", "poster b.jpg", "media c.webm", "media d.vtt", "media e.mp3"}},
		{"scripts", "a.html", `<script src=a.js></script><script type=module src=b.mjs></script><iframe src=c.html></iframe>`,
			[]string{"script a.js", "module b.mjs", "frame c.html"}},
		{"forms", "a.html", `<form action=a><button formaction=b><input type=image src=c.png></form><blockquote cite=d>`,
			[]string{"link a", "link b", "image c.png", "link d"}},
		{"old", "a.html", `<body background=a.gif><img longdesc=b.html src=c.gif>`, []string{"image a.gif", "link b.html", "image c.gif"}},
		{"duplicate", "a.html", `<img src=a.png src=b.png>`, []string{"image a.png"}},
		{"meta", "a.html", `<meta property=og:image content=a.png><meta name=twitter:image content=b.png><meta property=og:url content=/c>` +
			`<meta http-equiv=refresh content="0; URL='d.html'"><meta name=msapplication-TileImage content=e.png><meta name=description content=f.png>`,
			[]string{"meta-image a.png", "meta-image b.png", "canonical /c", "link d.html", "meta-image e.png"}},
		{"style attribute", "a.html", `<p style="background:url(&quot;a.png&quot;);--x:url(b.png)">`, []string{"background a.png", "background b.png !"}},
		{"style element", "a.html", `<style>@import "a.css";p{background:url(b.png)}</style><style type=text/less>url(c.png)</style>`,
			[]string{"import a.css", "background b.png"}},
		{"inline scripts", "a.html", `<script type=module>import"./a.js";import("./b.js");new URL("c.png",import.meta.url)</script>` +
			`<script>navigator.serviceWorker.register("/sw.js")</script>`, []string{"module ./a.js", "dynamic-import ./b.js", "dynamic-import c.png", "link /sw.js !"}},
		{"import map", "a.html", `<script type=importmap>{"imports":{"a":"./a.js","b/":"/b/","c":"c"},"scopes":{"/x":{"d":"../d.js"}}}</script>`,
			[]string{"module ./a.js", "module /b/ !", "module ../d.js"}},
		{"linked data", "a.html", `<script type="application/ld+json">{"@context":"https:\/\/schema.org","url":"\/x","image":["a.png",{"url":"b.png","name":"c.png"}],"logo":{"@id":"d","url":"https:\/\/e\/f.png"}}</script>`,
			[]string{`canonical \/x = /x`, "feed-image a.png", "feed-image b.png", `feed-image https:\/\/e\/f.png = https://e/f.png`}},
		{"speculation", "a.html", `<script type=speculationrules>{"prefetch":[{"urls":["a.html"]}]}</script>`, nil},
		{"svg", "a.html", `<svg><use href="a.svg#b"/><image xlink:href=c.png /><use href=#d /><a href=e></a><rect fill="url(f.svg#g)"/><style>p{fill:url(h.svg#i)}</style></svg>`,
			[]string{"use a.svg = a.svg#b", "image c.png", "link e", "use f.svg = f.svg#g", "use h.svg = h.svg#i"}},
		{"noscript", "a.html", `<noscript><img src=a.png></noscript>`, []string{"image a.png"}},
		{"template", "a.html", `<template><img src=a.png></template><script type=text/x><img src=b.png></script>`, []string{"image a.png"}},
		{"comment", "a.html", `<!-- <img src=a.png> --><!--[if IE]><script src=b.js></script><![endif]-->`, []string{"script b.js !"}},
		{"srcdoc", "a.html", `<iframe srcdoc="<img src='a.png'>">`, []string{"image a.png !"}},
		{"lazy", "a.html", `<img data-src=a.png data-srcset="b.png 1x" data-lazy=true data-title=c.png>`, []string{"image a.png !", "srcset b.png !"}},
		{"base", "a.html", `<base href=/x/><base href=/y/><img src=a.png><a href=https://b/><script type=module>import "./c.js"</script>`,
			[]string{"image a.png @/x/", "link https://b/", "module ./c.js @/x/"}},
		{"handler", "a.html", `<p onclick='import("./a.js")'>`, []string{"dynamic-import ./a.js !"}},
		{"cut off", "a.html", `<img src=a.png><img src="b.png`, []string{"image a.png"}},
	})
}

func TestAttrs(t *testing.T) {
	t.Parallel()
	src := `<IMG SRC=a.png Width=3 alt="x &amp; y"><style media=print>p{background:url(b.png)}</style>`
	d := Scan("a.html", site.HTML, []byte(src), Options{})
	want := []map[string]string{
		{"<": "img", "src": "a.png", "width": "3", "alt": "x & y"},
		{"<": "style", "media": "print"},
	}
	for i, w := range want {
		if got := d.Refs[i].Attrs; !reflect.DeepEqual(got, w) {
			t.Errorf("reference %d: got %v, want %v", i, got, w)
		}
	}
}

func TestInlinePolicy(t *testing.T) {
	t.Parallel()
	body := `<style>p{background:url(a.png)}</style><script type=module>import "./b.js"</script><p style="background:url(c.png)"><img src=d.png>`
	for _, c := range []struct {
		name, policy string
		keep         bool
		want         string // which of a, b, c, d are fixed
	}{
		{"none", "", false, ""},
		{"kept", "", true, "abc"},
		{"hash", "script-src 'self' 'sha256-x'", false, "b"},
		{"nonce", "style-src-elem 'nonce-x'", false, "ac"},
		{"default", "default-src 'nonce-x'; script-src 'self'", false, "ac"},
		{"hosts", "script-src https://x.org 'unsafe-inline'", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			src := body
			if c.policy != "" {
				src += `<meta http-equiv="content-security-policy" content="` + c.policy + `">`
			}
			d := Scan("a.html", site.HTML, []byte(src), Options{KeepInline: c.keep})
			got := ""
			for _, r := range d.Refs {
				if r.Fixed != "" {
					got += strings.Trim(r.URL, "./")[:1]
				}
			}
			if len(d.Refs) != 4 || got != c.want {
				t.Errorf("fixed: %q of %d, want %q of 4", got, len(d.Refs), c.want)
			}
			if c.policy != "" && (len(d.CSP) != 1 || d.CSP[0] != c.policy) {
				t.Errorf("policy is %q", d.CSP)
			}
		})
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	d := Scan("a.html", site.HTML, []byte(`<link rel=canonical href="https://x.org/a?b&amp;c">`), Options{})
	if d.Canonical != "https://x.org/a?b&c" {
		t.Errorf("canonical is %q", d.Canonical)
	}
}
