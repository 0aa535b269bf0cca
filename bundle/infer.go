package bundle

import (
	"net/url"
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// InferBase guesses where a site is served when its owner did not say. The
// canonical links of the pages tell origin and subpath; without them, root
// addresses that only resolve under a common first folder tell the subpath.
func InferBase(files []*site.File, docs map[site.Path]*scan.Doc) Base {
	votes := map[Base]int{}
	total := 0
	for _, f := range files {
		d := docs[f.Path]
		if f.Kind != site.HTML || d == nil || d.Canonical == "" {
			continue
		}
		if b, ok := baseOf(f.Path, d.Canonical); ok {
			votes[b]++
		}
		total++
	}
	if b, n := best(votes); n*2 > total {
		return b
	}
	return Base{Prefix: inferPrefix(files, docs)}
}

// baseOf returns the base under which canonical is the URL of page p.
func baseOf(p site.Path, canonical string) (Base, bool) {
	u, err := url.Parse(canonical)
	if err != nil || u.Host == "" {
		return Base{}, false
	}
	full := "/" + strings.TrimPrefix(u.Path, "/")
	forms := []string{string(p), strings.TrimSuffix(string(p), ".html")}
	if dir, ok := strings.CutSuffix(string(p), "index.html"); ok {
		forms = append(forms, dir, strings.TrimSuffix(dir, "/"))
	}
	for _, f := range forms {
		if prefix, ok := strings.CutSuffix(full, "/"+f); ok {
			return Base{Origin: strings.ToLower(u.Scheme + "://" + u.Host), Prefix: prefix + "/"}, true
		}
	}
	return Base{}, false
}

func inferPrefix(files []*site.File, docs map[site.Path]*scan.Doc) string {
	have := make(map[site.Path]bool, len(files))
	for _, f := range files {
		have[f.Path] = true
	}
	root := NewResolver(Base{}, have)
	votes := map[Base]int{}
	plain := 0
	for _, f := range files {
		d := docs[f.Path]
		if d == nil || f.Kind != site.HTML {
			continue
		}
		for i := range d.Refs {
			u := d.Refs[i].URL
			if !strings.HasPrefix(u, "/") || strings.HasPrefix(u, "//") {
				continue
			}
			if root.Resolve(f.Path, "", u).To != "" {
				plain++
				continue
			}
			first, _, ok := strings.Cut(u[1:], "/")
			if !ok || first == "" {
				continue
			}
			b := Base{Prefix: "/" + first + "/"}
			if NewResolver(b, have).Resolve(f.Path, "", u).To != "" {
				votes[b]++
			}
		}
	}
	if b, n := best(votes); n > plain {
		return b.Prefix
	}
	return "/"
}

// best returns the base with the most votes, the first in order of spelling
// among equals.
func best(votes map[Base]int) (Base, int) {
	var top Base
	n := 0
	for b, v := range votes {
		if v > n || v == n && b.Origin+b.Prefix < top.Origin+top.Prefix {
			top, n = b, v
		}
	}
	return top, n
}
