//go:build e2e

package e2e_test

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hone-web/hone/fixtures/trap"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

const sites = "../fixtures/sites"

// bases are the --base-url of the sites that need one.
var bases = map[string]string{"docs": "https://pages.example/docs/"}

func TestSites(t *testing.T) {
	t.Parallel()
	dirs, err := os.ReadDir(sites)
	if err != nil || len(dirs) < 5 {
		t.Fatalf("%d sites, error %v", len(dirs), err)
	}
	for _, d := range dirs {
		t.Run(d.Name(), func(t *testing.T) {
			t.Parallel()
			s := build(t, filepath.Join(sites, d.Name()), func(o *pipeline.Options) { o.BaseURL = bases[d.Name()] })
			s.comparePages(t, desktop)
			if d.Name() == "gallery" {
				s.comparePages(t, phone)
			}
		})
	}
}

func TestTraps(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../fixtures/traps/*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d traps, error %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			p := trap.Read(t, name, "../fixtures/pictures")
			in := filepath.Join(t.TempDir(), "in")
			p.Site.Write(t, in)
			s := build(t, in, func(o *pipeline.Options) { p.Options(t, o) })
			s.comparePages(t, desktop)
		})
	}
}

// comparePages visits every page of a site before and after.
func (s *served) comparePages(t *testing.T, device screen) {
	for _, e := range s.result.Manifest.Entries {
		if site.KindOf(e.Path) != site.HTML {
			continue
		}
		path := (&url.URL{Path: s.prefix + strings.TrimSuffix(string(e.Path), "index.html")}).EscapedPath()
		t.Run(strings.ReplaceAll(string(e.Path), "/", "_"), func(t *testing.T) {
			var before, after *visit
			t.Run("before", func(t *testing.T) { before = open(t, s.before, path, device) })
			t.Run("after", func(t *testing.T) { after = open(t, s.after, path, device) })
			if before != nil && after != nil {
				compare(t, before, after)
			}
		})
	}
}

// TestCompareSees checks that the comparison can fail: a page that lost its
// style must be noticed in its text, boxes, styles and pixels.
func TestCompareSees(t *testing.T) {
	t.Parallel()
	in := filepath.Join(t.TempDir(), "in")
	page := `<!doctype html><html lang="en"><head><title>x</title><style>STYLE</style></head><body><div>one</div> <div>two</div></body></html>`
	trap.Tree{
		"a.html": []byte(strings.ReplaceAll(page, "STYLE", "div{display:inline-block;width:300px;height:300px;background:#000;color:#fff}")),
		"b.html": []byte(strings.ReplaceAll(page, "STYLE", "")),
		"c.html": []byte(strings.ReplaceAll(page, "STYLE", "") + "<img src=gone.png><script>throw new Error('x')</script>"),
	}.Write(t, in)
	s := build(t, in, func(*pipeline.Options) {})
	visits := map[string]*visit{}
	for _, p := range []string{"a", "b", "c"} {
		t.Run(p, func(t *testing.T) { visits[p] = open(t, s.before, "/"+p+".html", desktop) })
	}
	a, b, c := visits["a"], visits["b"], visits["c"]
	if a == nil || b == nil || c == nil {
		t.FailNow()
	}
	if share, _, _ := difference(a.shot, b.shot); a.Text == b.Text || slices.Equal(a.Boxes, b.Boxes) || slices.Equal(a.Styles, b.Styles) || share < pixelSlack {
		t.Errorf("a lost style goes unnoticed: %.4f of the pixels", share)
	}
	if got := added(b.problems, c.problems); len(got) < 2 || len(c.Images) != 1 || c.Images[0].Loaded {
		t.Errorf("an exception and a missing picture go unnoticed: %q", got)
	}
}
