package bundle

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestDrawings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, page string
		more       sources
		whole      bool
	}{
		{"img", `<img src=a.svg class=logo>`, nil, true},
		{"background", `<p style="background:url(a.svg)">`, nil, true},
		{"a part", `<img src=a.svg#b>`, nil, false},
		{"use", `<svg><use href=a.svg#b></use></svg>`, nil, false},
		{"object", `<img src=a.svg><object data=a.svg></object>`, nil, false},
		{"link", `<img src=a.svg><a href=a.svg>b</a>`, nil, false},
		{"embed", `<embed src=a.svg>`, nil, false},
		{"icon", `<link rel=icon href=a.svg>`, nil, false},
		{"put in by a script", `<img src=a.svg class="style-svg">`, nil, false},
		{"put in by a handler", `<img src=a.svg onload="SVGInject(this)">`, nil, false},
		{"named by a script", `<img src=a.svg><script src=a.js></script>`, sources{"a.js": `fetch("img/a.svg")`}, false},
		{"unused", ``, nil, false},
	} {
		s := sources{"index.html": "<body>" + c.page, "a.svg": "<svg/>"}
		for p, text := range c.more {
			s[p] = text
		}
		g := s.graph(Base{})
		g.AssignNames()
		p := &Planner{Graph: g, Plan: NewPlan(), Object: func(site.Path) *site.Object { return nil }}
		p.Run(1, func(name string) bool { return name != Drawings.Name })
		if p.Plan.Whole["a.svg"] != c.whole {
			t.Errorf("%s: whole is %v", c.name, !c.whole)
		}
	}
}

func TestUnused(t *testing.T) {
	t.Parallel()
	s := sources{
		"index.html": `<img src=used.png><script src=a.js></script>`, "a.js": `show("said.png")`,
		"used.png": "x", "said.png": "x", "favicon.ico": "x", "notes.txt": "",
	}
	g := s.graph(Base{})
	if d := g.Unused(); d != nil {
		t.Errorf("%v", d)
	}
	for _, p := range []site.Path{"1.png", "2.jpg", "3.gif", "4.svg", "5.webp", "6.avif", "7.bmp"} {
		s[p] = "x"
	}
	g = s.graph(Base{})
	d := g.Unused()
	if len(d) != 1 || d[0].Path != "1.png" || d[0].Severity != site.Info || !strings.Contains(d[0].Message, "nor to 2.jpg, 3.gif, 4.svg, 5.webp and 2 more") {
		t.Errorf("%v", d)
	}
}
