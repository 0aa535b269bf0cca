package cache

import (
	"slices"
	"testing"

	"github.com/hone-web/hone/site"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	m := manifestOf(entry("about.html", "a"), entry("app.1234567890.css", "b", printed), entry("blog", "taken"), entry("blog/index.html", "c", paid), entry("index.html", "d"), entry("_headers", "e"))
	Describe(m, "/docs/")
	byPath := map[site.Path]*site.Entry{}
	for i := range m.Entries {
		byPath[m.Entries[i].Path] = &m.Entries[i]
	}
	for p, want := range map[site.Path][]string{
		"about.html": {"/docs/about.html", "/docs/about"}, "app.1234567890.css": {"/docs/app.1234567890.css"},
		"blog/index.html": {"/docs/blog/", "/docs/blog/index.html"}, "index.html": {"/docs/", "/docs/index.html"}, "_headers": nil,
	} {
		if got := byPath[p].URLs; !slices.Equal(got, want) {
			t.Errorf("%s answers at %q, want %q", p, got, want)
		}
	}
	if e := byPath["app.1234567890.css"]; e.Phase != PhaseImmutable || e.ETag != `"`+e.SHA256.String()[:32]+`"` || !slices.Contains(e.Tags, "class-fingerprinted") {
		t.Errorf("%+v", e)
	}
	if e := byPath["blog/index.html"]; len(e.Tags) != 3 || e.Phase != PhasePages {
		t.Errorf("%+v", e)
	}
	if byPath["about.html"].HeaderHash != byPath["index.html"].HeaderHash || byPath["about.html"].HeaderHash == byPath["blog/index.html"].HeaderHash {
		t.Error("the hash of the fields does not follow the fields")
	}
}
