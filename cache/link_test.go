package cache

import (
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestLink(t *testing.T) {
	t.Parallel()
	long := site.Path(strings.Repeat("n", maxLink) + ".css")
	const css = "; rel=preload; as=style"
	tests := []struct {
		name   string
		page   site.Entry
		sheets []site.Path
		prefix string
		rules  []Rule
		want   string
	}{
		{"one", site.Entry{Path: "index.html"}, []site.Path{"a.css"}, "/", nil, "</a.css>" + css},
		{"in order, below a folder", site.Entry{Path: "index.html"}, []site.Path{"b.css", "a.css"}, "/docs/", nil, "</docs/b.css>" + css + ", </docs/a.css>" + css},
		{"not more than three", site.Entry{Path: "index.html"}, []site.Path{"1.css", "2.css", "3.css", "a.css"}, "/", nil, "</1.css>" + css + ", </2.css>" + css + ", </3.css>" + css},
		{"none", site.Entry{Path: "index.html"}, nil, "/", nil, ""},
		{"a paid page", site.Entry{Path: "index.html", Zone: "x"}, []site.Path{"a.css"}, "/", nil, ""},
		{"a paid sheet", site.Entry{Path: "index.html"}, []site.Path{"paid.css", "a.css"}, "/", nil, ""},
		{"an error", site.Entry{Path: "404.html"}, []site.Path{"a.css"}, "/", nil, ""},
		{"what is not there", site.Entry{Path: "index.html"}, []site.Path{"gone.css"}, "/", nil, ""},
		{"a name that hosts read otherwise", site.Entry{Path: "index.html"}, []site.Path{"a.css", "100%.css", "b.css"}, "/", nil, "</a.css>" + css},
		{"a dollar", site.Entry{Path: "index.html"}, []site.Path{"a.css"}, "/$/", nil, ""},
		{"too long", site.Entry{Path: "index.html"}, []site.Path{long}, "/", nil, ""},
		{"the owner's rule wins", site.Entry{Path: "index.html"}, []site.Path{"a.css"}, "/", []Rule{{Match: "*.html", Header: map[string]string{"link": ""}}}, ""},
		{"the owner's class", site.Entry{Path: "index.html"}, []site.Path{"a.css"}, "/", []Rule{{Match: "*.html", Class: ClassData}}, ""},
		{"a class that it has", site.Entry{Path: "index.html"}, []site.Path{"a.css"}, "/", []Rule{{Match: "*.html", Class: ClassPage}}, "</a.css>" + css},
	}
	for _, tt := range tests {
		m := &site.Manifest{Entries: []site.Entry{tt.page, {Path: "paid.css", Zone: "x"}, {Path: long}}}
		for _, name := range []site.Path{"a.css", "b.css", "1.css", "2.css", "3.css", "100%.css"} {
			m.Entries = append(m.Entries, site.Entry{Path: name})
		}
		p := Policy{Prefix: tt.prefix, Rules: tt.rules, Early: func(site.Path) []site.Path { return tt.sheets }}
		if err := p.Apply(m); err != nil {
			t.Fatal(err)
		}
		if got := m.Entries[0].Header["Link"]; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		for _, r := range Why(&m.Entries[0]) {
			if r.Name == "Link" && !strings.HasPrefix(r.Why, "cache.link") {
				t.Errorf("%s: %s", tt.name, r.Why)
			}
		}
	}
}
