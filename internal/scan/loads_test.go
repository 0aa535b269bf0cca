package scan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

var kindNames = [...]string{"style", "<style>", "script", "<script>", "defer", "module", "async", "hint"}

func TestLoads(t *testing.T) {
	t.Parallel()
	const page = `<!doctype html><html><head>
<link rel=stylesheet href=a.css media="Screen and (min-width: 9px)"><!-- c -->
<meta charset=utf-8><link rel="stylesheet preload" href=b.css><link rel=preload as=style href=a.css>
<link rel=stylesheet href=c.css integrity=sha256-x><link rel=icon href=i.png><style>p{}</style>
<script src=a.js nonce=n></script><script>1</script><script type="application/json">{}</script>
<noscript><link rel=stylesheet href=n.css></noscript><template><link rel=stylesheet href=t.css></template>
</head><body><script async src=b.js></script>
<script defer src=c.js></script><script type=module src=d.js></script><script type=module>2</script><p>x</p>
<svg><style>g{}</style></svg><script language=vbscript src=e.js></script><!-- d -->
<script src=f.js>ignored</script>
</body></html>`
	const want = `style a.css head gap media=screen and (min-width: 9px)
style b.css head gap not=its rel says more than stylesheet
hint a.css head
style c.css head not=it has the attribute integrity
<style> - head gap
script a.js head like= nonce=n
<script> - head
<style> - head gap not=it is for browsers without scripts
async b.js gap
defer c.js
module d.js
module -
<style> - gap
script e.js gap tail not=it has the attribute language
script f.js tail
`
	d := Scan("x.html", site.HTML, []byte(page), Options{})
	var got strings.Builder
	for _, l := range d.Loads {
		url := "-"
		if l.Ref >= 0 {
			url = d.Refs[l.Ref].URL
		}
		fmt.Fprintf(&got, "%s %s", kindNames[l.Kind], url)
		for _, b := range []struct {
			on   bool
			name string
		}{{l.Head, "head"}, {l.Gap, "gap"}, {l.Tail, "tail"}} {
			if b.on {
				got.WriteString(" " + b.name)
			}
		}
		for _, s := range [][2]string{{"not", l.Not}, {"like", l.Like}, {"media", l.Media}} {
			if s[1] != "" {
				got.WriteString(" " + s[0] + "=" + s[1])
			}
		}
		got.WriteByte('\n')
	}
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestUnit(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`window.a = 1`: "",
		`!function(){"use strict"; let x; class Y {}}()`: "",
		`var a, b; if (a) { var c } for (var d in b);`:   "vars a b c d",
		`"use strict"; this.x = 1`:                       "strict",
		`"use strict"; var x`:                            "it is strict and declares x for all scripts",
		`function f() {}`:                                "it declares the function f for all scripts",
		`let f = 1`:                                      "it declares f with let, const or class for all scripts",
		`class C {}`:                                     "it declares C with let, const or class for all scripts",
		`import x from "./y.js"`:                         "it is a module",
		`import("./y.js")`:                               "it loads files by addresses relative to its own",
		`document.write("x")`:                            "it asks for its own element or writes where it stands (.write()",
		`var s = document.currentScript`:                 "it asks for its own element or writes where it stands (currentScript)",
		`x = document.querySelector("script[src*=a]")`:   `it asks for its own element or writes where it stands (querySelector("script)`,
		"a = 1\n--> b":                                   "it holds a comment of the form of HTML",
		`a = {`:                                          "it could not be parsed",
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000): "it is nested too deeply to be parsed",
	} {
		u := Scan("x.js", site.JS, []byte(src), Options{}).Unit
		got := u.Not
		if got == "" && u.Strict {
			got = "strict"
		}
		if got == "" && len(u.Vars) > 0 {
			got = "vars " + strings.Join(u.Vars, " ")
		}
		if got != want {
			t.Errorf("%.60s: %q, want %q", src, got, want)
		}
	}
	for src, want := range map[string]Unit{
		`@import "a.css"; p{}`:          {First: true},
		`p{} @import "a.css";`:          {},
		`@namespace url(x); p{}`:        {Not: "it has an @namespace rule, which is about the whole file"},
		`@layer a; @import url(b.css);`: {First: true},
	} {
		if u := Scan("x.css", site.CSS, []byte(src), Options{}).Unit; u.Not != want.Not || u.First != want.First {
			t.Errorf("%s: %+v", src, u)
		}
	}
}

func TestCounters(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`li:nth-child(2) {}`:                       "",
		`.a li.b:nth-last-child(2) {}`:             "",
		`.a:nth-child(2) {}`:                       "first",
		`div > :nth-last-child(2) {}`:              "last div",
		`p:nth-of-type(2) {}`:                      "",
		`li, p:nth-child(odd) {}`:                  "first",
		`li:not(:nth-child(2)) {}`:                 "first",
		`tr:nth-child(2) > a:nth-child(1)`:         "first",
		`.x .a.b#c>.d:hover:nth-last-child(n+3){}`: "last #c.a.b",
		`.a > .b .c:nth-child(1), .a+.b:nth-child(2), .z:nth-last-child(1){}`: "first last",
		`body.home > p:nth-last-child(1){}`:                                   "last body.home",
	} {
		d := Scan("x.css", site.CSS, []byte(src), Options{})
		var got []string
		for _, c := range d.Counters {
			s := "first"
			if c.Last {
				s = "last"
			}
			parent := c.Parent.Tag
			if c.Parent.ID != "" {
				parent += "#" + c.Parent.ID
			}
			for _, x := range c.Parent.Classes {
				parent += "." + x
			}
			got = append(got, strings.TrimSpace(s+" "+parent))
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: %s, want %s", src, g, want)
		}
	}
}

func TestCompoundMatches(t *testing.T) {
	t.Parallel()
	body := Compound{ID: "top", Classes: []string{"home"}}
	added := func(s string) bool { return s == "open" }
	for _, tt := range []struct {
		c    Compound
		want bool
	}{
		{Compound{}, true}, {Compound{Tag: "body"}, true}, {Compound{Tag: "div"}, false}, {Compound{ID: "top"}, true}, {Compound{ID: "x"}, false},
		{Compound{Classes: []string{"home"}}, true}, {Compound{Classes: []string{"home", "open"}}, true}, {Compound{Classes: []string{"home", "x"}}, false},
	} {
		if got := tt.c.Matches("body", body, added); got != tt.want {
			t.Errorf("%+v: %v", tt.c, got)
		}
	}
}
