package bundle

import (
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

func TestPlaceholder(t *testing.T) {
	t.Parallel()
	const lazy = `<img src=p.jpg loading=lazy width=40 height=30>`
	const color = ` style="background:#102030 content-box"`
	for _, c := range []struct {
		name, page, css string
		kind, want      string
		facts           site.Facts
	}{
		{name: "colour", page: lazy, kind: "color", want: color},
		{name: "likeness", page: lazy, kind: "thumbhash", want: ` style="background:url(data:image/png;base64,AAAA) center/100% 100% content-box"`},
		{name: "off", page: lazy, kind: "off"},
		{name: "not asked for", page: lazy},
		{name: "loaded at once", page: `<img src=p.jpg width=40 height=30>`, kind: "color"},
		{name: "own style", page: `<img style="margin:0" src=p.jpg loading=lazy>`, kind: "color"},
		{name: "translucent", page: lazy, kind: "color", facts: site.Facts{Color: "#102030", Alpha: true}},
		{name: "animated", page: lazy, kind: "color", facts: site.Facts{Color: "#102030", Frames: 2}},
		{name: "no colour", page: lazy, kind: "color", facts: site.Facts{Width: 9}},
		{name: "policy", page: `<meta http-equiv=Content-Security-Policy content="style-src 'self'">` + lazy, kind: "color"},
		{name: "policy that allows them", page: `<meta http-equiv=Content-Security-Policy content="style-src 'unsafe-inline'; img-src 'self'">` + lazy, kind: "color", want: color},
		{name: "policy for pictures", page: `<meta http-equiv=Content-Security-Policy content="style-src 'unsafe-inline'; img-src 'self'">` + lazy, kind: "thumbhash"},
		{name: "selector", page: lazy, css: "img[style]{color:red}", kind: "color"},
		{name: "other selector", page: lazy, css: "img[alt]{color:red}", kind: "color", want: color},
		{name: "padding", page: lazy, css: "p,div > img{padding:4px;background:#fff}", kind: "color"},
		{name: "no padding", page: lazy, css: "img{padding:0;border:none}", kind: "color", want: color},
		{name: "padding of others", page: lazy, css: ".a img.b:not(.c),p{padding:4px}img::before{padding:3px}", kind: "color", want: color},
		{name: "picture inside its box", page: lazy, css: "img{object-fit:contain}", kind: "color"},
		{name: "picture that fills its box", page: lazy, css: "img{object-fit:cover}", kind: "color", want: color},
		{name: "unknown sheet", page: `<link rel=stylesheet href=https://cdn.example/a.css>` + lazy, kind: "color"},
		{name: "handler", page: `<img onload="f()" src=p.jpg loading=lazy>`, kind: "color"},
	} {
		s := sources{"index.html": "<body>" + c.page, "p.jpg": "", "a.css": c.css}
		if c.css != "" {
			s["index.html"] = "<link rel=stylesheet href=a.css>" + s["index.html"]
		}
		if c.facts == (site.Facts{}) {
			c.facts = site.Facts{Width: 40, Height: 30, Frames: 1, Color: "#102030", Thumb: "AAAA"}
		}
		g := s.graph(Base{})
		p := &Planner{Graph: g, Plan: NewPlan(), Placeholder: c.kind, Object: func(p site.Path) *site.Object {
			return &site.Object{Path: p, Kind: site.KindOf(p), Facts: c.facts}
		}}
		p.Run(2, func(name string) bool { return name != Placeholder.Name })
		if got := p.edits("index.html"); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		for _, e := range p.Plan.Edits["index.html"] {
			if before := s["index.html"][:e.Span.Start]; !strings.HasSuffix(before, "<img") || e.Span.Len() != 0 {
				t.Errorf("%s: written behind %q", c.name, before)
			}
		}
	}
}

// TestPlaceholderOfPlannedLazy: what hone itself makes lazy counts.
func TestPlaceholderOfPlannedLazy(t *testing.T) {
	t.Parallel()
	s := sources{"index.html": `<body><img src=p.jpg><img src=q.jpg>`, "p.jpg": "", "q.jpg": ""}
	g := s.graph(Base{})
	p := &Planner{Graph: g, Plan: NewPlan(), Placeholder: "color", Object: func(p site.Path) *site.Object {
		return &site.Object{Path: p, Kind: site.KindOf(p), Facts: site.Facts{Color: "#aabbcc"}}
	}}
	at := strings.LastIndex(s["index.html"], "<img") + len("<img")
	p.Plan.Edits["index.html"] = []site.Edit{{Span: site.Span{Start: at, End: at}, New: " loading=lazy decoding=async"}}
	p.Run(2, func(name string) bool { return name != Placeholder.Name })
	if e := p.Plan.Edits["index.html"]; len(e) != 2 || e[1].Span.Start != at || !strings.Contains(e[1].New, "#aabbcc") {
		t.Errorf("%+v", e)
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string][2]bool{
		"":                                    {true, true},
		"script-src 'self'":                   {true, true},
		"default-src 'self'":                  {false, false},
		"default-src 'unsafe-inline' data:":   {true, true},
		"style-src 'unsafe-inline' 'nonce-x'": {false, true},
		"style-src 'unsafe-inline'; style-src-attr 'none'":                       {false, true},
		"style-src 'self'; style-src-attr 'unsafe-inline'; img-src *":            {true, false},
		"script-src 'unsafe-inline'; style-src 'self'; img-src 'self' data:":     {false, true},
		"Style-Src 'Unsafe-Inline'; style-src 'self'; default-src 'self' blob: ": {true, false},
	} {
		if got := [2]bool{inlineStyles(policy), dataImages(policy)}; got != want {
			t.Errorf("%q: %v, want %v", policy, got, want)
		}
	}
}

func TestLastCompounds(t *testing.T) {
	t.Parallel()
	e := &scan.Elem{Tag: "img", ID: "i", Classes: []string{"a", "b"}}
	for list, want := range map[string]bool{
		"img": true, "IMG": true, "*": true, ".a": true, "img.a.b": true, "#i": true, "p img": true, "p>img:hover": true, "[src]": true, "p,img": true,
		":is(p,img)": true, "img[class~=x]": true, `p[x="]"]`: true, "& p": true, ".later": true, "p > [alt]": true,
		"p": false, ".c": false, "img.c": false, "#j": false, "img p": false, "img>p[a~=b]": false, "p:not(img)": false, "img::after": false, "i": false,
	} {
		got := slices.ContainsFunc(lastCompounds(list), func(c string) bool { return mayMatch(c, e, map[string]bool{"later": true}) })
		if got != want {
			t.Errorf("%s: %v", list, got)
		}
	}
}
