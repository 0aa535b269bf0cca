package scan

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestHero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body string
		want string
	}{
		{`<nav>Menu</nav><header style="background-image:url(a.jpg)">x</header>`, "background-image:url(a.jpg)"},
		{`<p style="color:red">x</p><div style="background:url(b.jpg)"></div><div style="background:url(c.jpg)"></div>`, "background:url(b.jpg)"},
		{`<p>` + strings.Repeat("word ", 200) + `</p><header style="background:url(a.jpg)"></header>`, ""},
		{`<div class="modal"><br><p style="background:url(a.jpg)"></p></div><p style="background:url(b.jpg)">x</p>`, "background:url(b.jpg)"},
		{`<div class="d-none d-md-block" style="background:url(a.jpg)"></div>`, ""},
		{`<div hidden><p style="background:url(a.jpg)"></div>`, ""},
		{`<div style="display:none;background:url(a.jpg)"></div>`, ""},
		{`<template><p style="background:url(a.jpg)"></p></template>`, ""},
		{`<div style="list-style:url(a.jpg)"></div>`, ""},
	} {
		src := `<!doctype html><title>t</title><body>` + c.body
		d := Scan("index.html", site.HTML, []byte(src), Options{})
		if got := src[d.Hero.Start:d.Hero.End]; got != c.want {
			t.Errorf("%s: %q, want %q", c.body, got, c.want)
		}
	}
}
