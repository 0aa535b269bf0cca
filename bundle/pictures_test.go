package bundle

import (
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/site"
)

// plan runs the combiners over a site whose pictures are all 1600×1200 pixels
// and get every encoding that is asked for.
func (s sources) plan(t *testing.T, o ImageOptions) (*Planner, *Graph) {
	t.Helper()
	g := s.graph(Base{})
	g.AssignNames()
	objects := s.linker(g).Objects
	p := &Planner{Graph: g, Plan: NewPlan(), Object: func(p site.Path) *site.Object { return objects[p] }, Images: o, Inline: "off", Source: s.source,
		Size: func(site.Path) (int, int) { return 1600, 1200 }}
	p.Run(0, func(string) bool { return false })
	for path, keys := range p.Plan.Want {
		x := objects[path]
		x.Size, x.Facts = 100_000, site.Facts{Width: 1600, Height: 1200}
		for _, k := range keys {
			ext, w := site.ParseVariantKey(k)
			size := int64(50_000)
			if w > 0 {
				size = int64(50_000 * w / 1600 * w / 1600)
			}
			x.Variants = append(x.Variants, site.Variant{Ext: ext, Type: "image/" + ext[1:], Blob: site.Sum([]byte(string(path) + k)), Size: size, Width: w})
		}
	}
	p.Run(1, func(string) bool { return false })
	p.Run(2, func(string) bool { return false })
	return p, g
}

// edits returns the text that is written into a file.
func (p *Planner) edits(path site.Path) string {
	var b strings.Builder
	for _, e := range p.Plan.Edits[path] {
		b.WriteString(e.New)
	}
	return b.String()
}

func TestPictures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		files       sources
		o           ImageOptions
		want        []string // keys for p.jpg
		holds, lack string   // in the edits of a.html
	}{
		{"classes", sources{"a.html": `<link rel=stylesheet href=a.css><img src=p.jpg>`, "a.css": "body{margin:0}img{width:50%}"}, ImageOptions{},
			[]string{".avif@440", ".avif@660", ".avif"}, `media="(max-width:440px) and (max-resolution:2dppx)"`, "width="},
		{"hint", sources{"a.html": `<link rel=stylesheet href=a.css><img src=p.jpg>`, "a.css": "body{margin:0}img{max-width:100%;height:auto}"}, ImageOptions{},
			[]string{".avif@880", ".avif"}, " width=1600 height=1200", "loading"},
		{"not neutral", sources{"a.html": `<link rel=stylesheet href=a.css><img src=p.jpg>`, "a.css": "img{height:100px}"}, ImageOptions{}, []string{".avif"}, "<picture", "media="},
		{"off", sources{"a.html": `<img src=p.jpg>`}, ImageOptions{Picture: "off"}, nil, "", "<picture"},
		{"no avif", sources{"a.html": `<link rel=stylesheet href=a.css><img src=p.jpg>`, "a.css": "img{width:200px}"}, ImageOptions{AVIF: "off"},
			[]string{".jpg@252", ".jpg@400", ".jpg@600"}, "<picture", "type="},
		{"unknown sheet", sources{"a.html": `<link rel=stylesheet href=https://cdn.example/x.css><img src=p.jpg>`}, ImageOptions{}, nil, "", "<picture"},
		{"fonts are known", sources{"a.html": `<link rel=stylesheet href=https://fonts.googleapis.com/css2?family=A><img src=p.jpg>`}, ImageOptions{}, []string{".avif"}, "<picture", ""},
		{"always", sources{"a.html": `<link rel=stylesheet href=https://cdn.example/x.css><img src=p.jpg>`}, ImageOptions{Picture: "always"}, []string{".avif"}, "<picture", ""},
		{"selector", sources{"a.html": `<style>div>img{color:red}</style><div><img src=p.jpg></div>`}, ImageOptions{}, nil, "", "<picture"},
		{"script changes it", sources{"a.html": `<img src=p.jpg id=x><script>document.getElementById("x").src="image.jpg"</script>`}, ImageOptions{}, nil, "", "<picture"},
		{"script asks for others", sources{"a.html": `<div class=b><img src=p.jpg></div><script>document.querySelectorAll(".a img").forEach(i => i.parentNode.title = 1)</script>`}, ImageOptions{}, []string{".avif"}, "<picture", ""},
		{"script asks for it", sources{"a.html": `<div class=a><img src=p.jpg></div><script>document.querySelectorAll(".a img").forEach(i => i.parentNode.title = 1)</script>`}, ImageOptions{}, nil, "", "<picture"},
		{"script may make it one", sources{"a.html": `<div class=b><img src=p.jpg></div><script>document.body.firstChild.className = "a"; document.querySelectorAll(".a img").forEach(i => i.parentNode.title = 1)</script>`}, ImageOptions{}, nil, "", "<picture"},
		{"script asks for more", sources{"a.html": `<div class=b><img src=p.jpg></div><script>document.querySelectorAll(".a img, p img").forEach(i => i.parentNode.title = 1)</script>`}, ImageOptions{}, nil, "", "<picture"},
		{"script asks for pixels", sources{"a.html": `<img src=p.jpg width=100><script>f(photo.naturalWidth)</script>`}, ImageOptions{}, []string{".avif"}, "<picture", "media="},
		{"handler", sources{"a.html": `<img src=p.jpg onload="f()">`}, ImageOptions{}, nil, "", "<picture"},
		{"in a link to itself", sources{"a.html": `<a href=p.jpg><img src=p.jpg></a>`}, ImageOptions{}, []string{".avif"}, "<picture", ""},
		{"background too", sources{"a.html": `<link rel=stylesheet href=a.css><img src=p.jpg>`, "a.css": "p{background:url(p.jpg)}"}, ImageOptions{}, nil, "", "<picture"},
		{"twice", sources{"a.html": `<style>.a{width:100px}.b{width:300px}</style><img class=a src=p.jpg><img class=b src=p.jpg>`}, ImageOptions{},
			[]string{".avif@376", ".avif@600", ".avif@900"}, "900", ""},
		{"policy", sources{"a.html": `<meta http-equiv=Content-Security-Policy content="style-src 'self'"><img src=p.jpg>`}, ImageOptions{}, nil, "", "<picture"},
		{"dialog", sources{"a.html": `<dialog><img src=p.jpg></dialog>`}, ImageOptions{}, []string{".avif"}, "loading=lazy", ""},
		{"first", sources{"a.html": `<img src=p.jpg width=800 height=600>`}, ImageOptions{}, []string{".avif@1000", ".avif"}, "fetchpriority=high", "loading"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.files["p.jpg"] = "picture"
			p, _ := c.files.plan(t, c.o)
			if got := p.Plan.Want["p.jpg"]; !slices.Equal(got, c.want) {
				t.Errorf("asks for %v, want %v", got, c.want)
			}
			got := p.edits("a.html")
			if c.name == "twice" {
				got = strings.Join(p.Plan.Want["p.jpg"], " ")
			}
			if !strings.Contains(got, c.holds) || c.lack != "" && strings.Contains(got, c.lack) {
				t.Errorf("writes %q, want %q and not %q", got, c.holds, c.lack)
			}
		})
	}
}

func TestShareImage(t *testing.T) {
	t.Parallel()
	p, g := sources{"a.html": `<meta property=og:image content=p.jpg>`, "p.jpg": "picture"}.plan(t, ImageOptions{})
	if got := p.Plan.Serve[Use{g.Node("a.html"), 0}]; got != ".jpg@1200" {
		t.Errorf("shares %q", got)
	}
	p, g = sources{"a.html": `<meta property=og:image content=p.jpg><meta property=og:image:width content=1600>`, "p.jpg": "picture"}.plan(t, ImageOptions{})
	if got := p.Plan.Serve[Use{g.Node("a.html"), 0}]; got != "" {
		t.Errorf("shares %q although the page says how wide it is", got)
	}
}

func TestUndo(t *testing.T) {
	t.Parallel()
	p, g := sources{"a.html": `<img src=p.jpg>`, "p.jpg": "picture"}.plan(t, ImageOptions{})
	if len(p.Plan.Show) != 1 || p.edits("a.html") == "" {
		t.Fatal("nothing to undo")
	}
	p.Plan.Undo(g.Node("a.html"))
	if len(p.Plan.Show) != 0 || p.edits("a.html") != "" {
		t.Error("not undone")
	}
}
