package bundle

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// combine plans the joined files of a site and returns them.
func (s sources) combine() (*Planner, *Linker) {
	g := s.graph(Base{})
	g.AssignNames()
	l := s.linker(g)
	p := &Planner{Graph: g, Plan: NewPlan(), Object: func(p site.Path) *site.Object { return l.Objects[p] }, Code: l.Code, Source: s.source,
		Wire: func(b []byte) int64 { return int64(len(b)) }, Size: func(site.Path) (int, int) { return 0, 0 }}
	only := func(name string) bool {
		return !slices.Contains([]string{CombineCSS.Name, CombineJS.Name, Join.Name, Inline.Name, ModulePreload.Name}, name)
	}
	for rank := range 3 {
		p.Run(rank, only)
	}
	return p, l
}

// notes returns what the plan says of a file.
func (p *Planner) notes(f site.Path) string {
	var out []string
	for _, n := range p.Plan.Notes {
		if n.Path == f {
			out = append(out, n.Text)
		}
	}
	return strings.Join(out, "; ")
}

// A file that is found by an address from the root of the host, and one found
// next to the page, are not joined: a site served from another folder than
// thought keeps the one and loses the other.
func TestWaysOfAddress(t *testing.T) {
	t.Parallel()
	s := sources{
		"index.html": `<head><link rel=stylesheet href=/a.css><link rel=stylesheet href=/b.css><link rel=stylesheet href=c.css><link rel=stylesheet href=./d.css></head><body></body>`,
		"a.css":      "a{}", "b.css": "b{}", "c.css": "c{}", "d.css": "d{}",
	}
	p, _ := s.combine()
	var got []string
	for _, j := range p.Plan.Joined {
		got = append(got, string(j.Node.File.Path))
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"a-b.css", "c-d.css"}) {
		t.Errorf("joined: %v", got)
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	s := sources{
		"index.html": `<head><link rel=stylesheet href=a.css><link rel=stylesheet href=b.css><link rel=stylesheet href=c.css><style>p{}</style><link rel=stylesheet href=d.css><link rel=stylesheet href=e.css></head>` +
			`<body><script src=f.js></script><script src=g.js></script><script src=h.js></script><a href=two.html>2</a></body>`,
		"two.html": `<head><link rel=stylesheet href=a.css><link rel=stylesheet href=b.css></head><body></body>`,
		"a.css":    "a{}", "b.css": "b{}", "c.css": "c{}", "d.css": "d{}", "e.css": "@namespace url(x);e{}",
		"f.js": "f()", "g.js": "function g(){}", "h.js": "var loader='g.js'",
	}
	p, _ := s.combine()
	for f, want := range map[site.Path]string{
		"a.css": "a.css + b.css combined: −1 request on 2 pages; written into pages: 6 bytes, −1 request for each of at most 2 pages",
		"b.css": "a.css + b.css combined: −1 request on 2 pages; written into pages: 6 bytes, −1 request for each of at most 2 pages",
		"c.css": "not combined with the one before: not all pages that load one of them load the other next",
		"d.css": "not combined with the one before: a style element stands between them; written into pages: 3 bytes, −1 request for each of at most 1 page",
		"e.css": "not combined with the one before: it has an @namespace rule, which is about the whole file",
		"g.js":  "not combined with the one before: it keeps its name: the name stands in h.js, which may load it",
	} {
		if f == "c.css" {
			want += "; written into pages: 3 bytes, −1 request for each of at most 1 page"
		}
		if got := p.notes(f); got != want {
			t.Errorf("%s: %s\nwant %s", f, got, want)
		}
	}
	if len(p.Plan.Joined) != 1 || p.Plan.Joined[0].Node.File.Path != "a-b.css" {
		t.Errorf("joined: %v", p.Plan.Joined)
	}
}

// The plan of a site with other files in it is the same for what they have in
// common: nothing depends on the order of a map.
func TestCombineIsDeterministic(t *testing.T) {
	t.Parallel()
	s := manyPages(40)
	var first string
	for range 5 {
		p, _ := s.combine()
		var got strings.Builder
		for _, n := range p.Plan.Notes {
			fmt.Fprintln(&got, n.Path, n.Text)
		}
		for _, j := range p.Plan.Joined {
			fmt.Fprintf(&got, "%s %s\n", j.Node.File.Path, j.Code)
		}
		if first == "" {
			first = got.String()
		} else if first != got.String() {
			t.Fatalf("another plan:\n%s\nwas\n%s", got.String(), first)
		}
	}
	if !strings.Contains(first, "combined: −") {
		t.Errorf("nothing is combined:\n%s", first)
	}
}

// manyPages returns a site of n pages in ten sections, each with ten style
// sheets and ten scripts of which half are those of all sections.
func manyPages(n int) sources {
	s := sources{}
	for i := range 10 {
		s[site.Path(fmt.Sprintf("all%d.css", i))] = fmt.Sprintf(".all%d { color : red }", i)
		s[site.Path(fmt.Sprintf("all%d.js", i))] = fmt.Sprintf("window.all%d = 1;", i)
		for k := range 10 {
			s[site.Path(fmt.Sprintf("s%d/%d.css", i, k))] = fmt.Sprintf(".s%d-%d { color : red }", i, k)
			s[site.Path(fmt.Sprintf("s%d/%d.js", i, k))] = fmt.Sprintf("window.s%d_%d = 1;", i, k)
		}
	}
	for i := range n {
		var b strings.Builder
		section := i % 10
		b.WriteString("<!doctype html><html><head><title>x</title><style>p{}</style><script>1</script>")
		for k := range 5 {
			fmt.Fprintf(&b, "<link rel=stylesheet href=../all%d.css><link rel=stylesheet href=../s%d/%d.css>", k, section, k)
		}
		fmt.Fprintf(&b, "</head><body><a href=p%d.html>next</a>", (i+1)%n)
		for k := range 5 {
			fmt.Fprintf(&b, "<script src=../all%d.js></script>", k)
		}
		for k := range 5 {
			fmt.Fprintf(&b, "<script src=../s%d/%d.js></script>", section, k)
		}
		b.WriteString("</body></html>")
		s[site.Path(fmt.Sprintf("pages/p%d.html", i))] = b.String()
	}
	return s
}

func BenchmarkCombineTenThousandPages(b *testing.B) {
	s := manyPages(10000)
	g := s.graph(Base{})
	g.AssignNames()
	l := s.linker(g)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer() // planning changes the graph; making it is not what is measured
		h := s.graph(Base{})
		h.AssignNames()
		b.StartTimer()
		p := &Planner{Graph: h, Plan: NewPlan(), Object: func(p site.Path) *site.Object { return l.Objects[p] }, Code: l.Code,
			Wire: func(b []byte) int64 { return int64(len(b)) }, Size: func(site.Path) (int, int) { return 0, 0 }}
		for rank := range 3 {
			p.Run(rank, func(name string) bool { return false })
		}
	}
}
