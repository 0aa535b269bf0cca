package bundle

import (
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// media runs the combiner over a site with the facts and sizes of given files.
func (s sources) media(facts map[site.Path]site.Facts, size int64) *Planner {
	g := s.graph(Base{})
	objects := map[site.Path]*site.Object{}
	for _, n := range g.Nodes {
		if n.File.Kind.Rank() == 0 {
			n.File.Size = size
		}
		objects[n.File.Path] = &site.Object{Path: n.File.Path, Kind: n.File.Kind, Size: n.File.Size, Facts: facts[n.File.Path]}
	}
	p := &Planner{Graph: g, Plan: NewPlan(), Object: func(p site.Path) *site.Object { return objects[p] }}
	p.Run(2, func(name string) bool { return name != Media.Name })
	return p
}

func TestVideoSize(t *testing.T) {
	t.Parallel()
	facts := map[site.Path]site.Facts{"a.mp4": {Width: 640, Height: 360}, "b.mp4": {Width: 640, Height: 360}, "c.mp4": {Width: 320, Height: 180}}
	for _, c := range []struct {
		name, page, css string
		want            string
	}{
		{"src", `<video src=a.mp4></video>`, "", " width=640 height=360"},
		{"sources", `<video controls><source src=a.mp4><source src=b.mp4></video>`, "", " width=640 height=360"},
		{"two", `<video src=a.mp4></video><video src=c.mp4></video>`, "", " width=640 height=360 width=320 height=180"},
		{"as wide as there is room", `<video src=a.mp4></video>`, "video{max-width:100%;height:auto}", " width=640 height=360"},
		{"sources that differ", `<video><source src=a.mp4><source src=c.mp4></video>`, "", ""},
		{"size not known", `<video><source src=a.mp4><source src=d.webm></video>`, "", ""},
		{"own size", `<video src=a.mp4 width=100></video>`, "", ""},
		{"rule", `<video src=a.mp4></video>`, "video{width:100%}", ""},
		{"rule for a class", `<video class=v src=a.mp4></video>`, ".v{height:40px}", ""},
		{"flex", `<div class=row><video src=a.mp4></video></div>`, ".row{display:flex}", ""},
		{"own layout", `<div style="display:grid"><video src=a.mp4></video></div>`, "", ""},
		{"script", `<video src=a.mp4></video><script>v.style.width="3px"</script>`, "", ""},
		{"unknown sheet", `<link rel=stylesheet href=https://cdn.example/a.css><video src=a.mp4></video>`, "", ""},
		{"waits to be played", `<video preload=none src=a.mp4></video>`, "", ""},
		{"missing", `<video src=no.mp4></video>`, "", ""},
		{"sound", `<audio src=a.mp4></audio>`, "", ""},
	} {
		s := sources{"index.html": "<body>" + c.page, "a.mp4": "", "b.mp4": "", "c.mp4": "", "d.webm": ""}
		if c.css != "" {
			s["a.css"] = c.css
			s["index.html"] = "<link rel=stylesheet href=a.css>" + s["index.html"]
		}
		p := s.media(facts, 1000)
		if got := p.edits("index.html"); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		for _, e := range p.Plan.Edits["index.html"] {
			if before := s["index.html"][:e.Span.Start]; !strings.HasSuffix(before, "<video") || e.Span.Len() != 0 {
				t.Errorf("%s: written behind %q", c.name, before)
			}
		}
	}
}

func TestMediaNotes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<p>"+strings.Repeat("word ", 400)+"</p>", 30) + `<img src=x.png>`
	for _, c := range []struct {
		name, page string
		size       int64
		want       string // in a note about a.mp4 or g.gif; "" for none
	}{
		{"no poster", `<video src=a.mp4></video>`, 6 << 20, "6.3 MB without a poster"},
		{"no poster, sources", `<video><source src=a.mp4></video>`, 6 << 20, "6.3 MB without a poster"},
		{"poster", `<video src=a.mp4 poster=x.png></video>`, 6 << 20, ""},
		{"poster, sources", `<video poster=x.png><source src=a.mp4></video>`, 6 << 20, ""},
		{"light", `<video src=a.mp4></video>`, 4 << 20, ""},
		{"plays in sight", `<video autoplay muted src=a.mp4></video>`, 6 << 20, ""},
		{"plays out of sight", long + `<video autoplay muted src=a.mp4></video>`, 2 << 20, "far down the page"},
		{"plays out of sight, sources", long + `<video autoplay muted><source src=a.mp4></video>`, 2 << 20, "far down the page"},
		{"plays out of sight, light", long + `<video autoplay muted src=a.mp4></video>`, 1 << 19, ""},
		{"GIF", `<img src=g.gif>`, 600 << 10, "about a tenth"},
		{"small GIF", `<img src=g.gif>`, 100 << 10, ""},
		{"linked GIF", `<a href=g.gif>x</a>`, 600 << 10, ""},
	} {
		s := sources{"index.html": "<body>" + c.page, "a.mp4": "", "g.gif": "", "x.png": ""}
		p := s.media(map[site.Path]site.Facts{"g.gif": {Width: 9, Height: 9, Frames: 3}}, c.size)
		notes := slices.DeleteFunc(slices.Clone(p.Plan.Notes), func(n Note) bool { return n.Path == "index.html" })
		if len(notes) > 1 || (len(notes) == 1) != (c.want != "") || len(notes) == 1 && !strings.Contains(notes[0].Text, c.want) {
			t.Errorf("%s: %v, want %q", c.name, notes, c.want)
		}
	}
}
