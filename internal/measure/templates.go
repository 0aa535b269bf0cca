package measure

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// Template is a set of pages that are built alike.
type Template struct {
	Page  site.Path // the one that has the most on it
	Pages []site.Path
}

// The bounds of sampling. A sketch keeps the least hashes of what is on a
// page, from which the likeness of two pages is estimated (Broder, 1997); 96
// of them are right within a tenth.
const (
	sketchSize   = 96
	alike        = 0.7 // likeness from which two pages are of one template
	maxTemplates = 128
	maxPageSize  = 4 << 20
	maxFeatures  = 20000
)

// sketch is the least hashes of the features of a page, ascending.
type sketch struct {
	path     site.Path
	least    []uint64
	features int
}

// Templates groups the pages of a folder by likeness: the elements and
// classes on them, and the files that they load. The groups come largest
// first; the first page of the site, if there is one, leads its group.
func Templates(ctx context.Context, site fs.FS) ([]Template, error) {
	pages, err := sketches(ctx, site)
	if err != nil {
		return nil, err
	}
	type group struct {
		leader  *sketch
		members []*sketch
	}
	var groups []*group
	for i := range pages {
		p := &pages[i]
		var best *group
		likeness := 0.0
		for _, g := range groups {
			if v := jaccard(g.leader.least, p.least); v > likeness {
				best, likeness = g, v
			}
		}
		if best == nil || likeness < alike && len(groups) < maxTemplates {
			groups = append(groups, &group{p, []*sketch{p}})
			continue
		}
		best.members = append(best.members, p)
	}
	out := make([]Template, len(groups))
	for i, g := range groups {
		most := slices.MaxFunc(g.members, func(a, b *sketch) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(b.path, a.path))
		})
		out[i].Page = most.path
		for _, m := range g.members {
			out[i].Pages = append(out[i].Pages, m.path)
		}
	}
	slices.SortStableFunc(out, func(a, b Template) int {
		return cmp.Or(cmp.Compare(isIndex(b.Page), isIndex(a.Page)), cmp.Compare(len(b.Pages), len(a.Pages)), strings.Compare(string(a.Page), string(b.Page)))
	})
	return out, nil
}

// rank says how much a page tells of its template. The first page of the site
// is what most people see.
func rank(s *sketch) int {
	if isIndex(s.path) > 0 {
		return maxFeatures + 1
	}
	return s.features
}

func isIndex(p site.Path) int {
	if p == "index.html" {
		return 1
	}
	return 0
}

// sketches reads every page of a folder, in the order of their names.
func sketches(ctx context.Context, folder fs.FS) ([]sketch, error) {
	var all []sketch
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if d.IsDir() {
			if b := d.Name(); name != "." && (strings.HasPrefix(b, ".") || b == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if site.KindOf(site.Path(name)) != site.HTML || !d.Type().IsRegular() {
			return nil
		}
		if fi, err := d.Info(); err != nil || fi.Size() > maxPageSize {
			return err
		}
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if s, ok := sketchOf(site.Path(name), text); ok {
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

// sketchOf reads a page. What is no page of its own, a fragment or a page that
// only leads elsewhere, has nothing to look at.
func sketchOf(p site.Path, text []byte) (sketch, bool) {
	seen := map[uint64]bool{}
	add := func(words ...string) {
		if len(seen) >= maxFeatures {
			return
		}
		h := fnv.New64a()
		for _, w := range words {
			h.Write([]byte(w))
			h.Write([]byte{0})
		}
		seen[mix(h.Sum64())] = true
	}
	whole := false
	for _, t := range markup.Parse(text) {
		if t.Type != markup.StartTag {
			continue
		}
		switch t.Name {
		case "html", "body", "head":
			whole = true
		case "meta":
			if strings.EqualFold(t.Get(text, "http-equiv"), "refresh") {
				return sketch{}, false
			}
		}
		features(&t, text, add)
	}
	if !whole || len(seen) < 3 {
		return sketch{}, false
	}
	s := sketch{path: p, features: len(seen), least: make([]uint64, 0, len(seen))}
	for h := range seen {
		s.least = append(s.least, h)
	}
	slices.Sort(s.least)
	s.least = slices.Clone(s.least[:min(sketchSize, len(s.least))])
	return s, true
}

// features of an element: its name with each class, what it loads, and which
// attributes decide how.
func features(t *markup.Token, text []byte, add func(...string)) {
	add(t.Name)
	for i, c := range strings.Fields(t.Get(text, "class")) {
		if i == 16 {
			break
		}
		add(t.Name, "class", plain(c))
	}
	switch t.Name {
	case "script", "link":
		for _, a := range []string{"src", "href"} {
			if v := t.Get(text, a); v != "" {
				add(t.Name, t.Get(text, "rel"), path.Base(v))
			}
		}
		add(t.Name, t.Get(text, "type"), t.Get(text, "media"))
	case "img", "iframe", "video", "input":
		for _, a := range []string{"loading", "srcset", "sizes", "type", "width"} {
			if v, ok := t.Attr(a); ok && a == "type" {
				add(t.Name, a, v.Text(text))
			} else if ok {
				add(t.Name, a)
			}
		}
	}
}

// plain takes the digits out of a class: post-17 and post-18 are one.
func plain(class string) string {
	if len(class) > 64 {
		class = class[:64]
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, class)
}

// mix spreads hashes over all their bits (the finalizer of MurmurHash3): the
// least of them stand for all only when they fall evenly.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// jaccard estimates how much two pages have in common from their sketches: of
// the least hashes of both together, the share that is in either.
func jaccard(a, b []uint64) float64 {
	i, j, both, n := 0, 0, 0, 0
	for n < sketchSize && (i < len(a) || j < len(b)) {
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			i++
		case i == len(a) || b[j] < a[i]:
			j++
		default:
			i, j, both = i+1, j+1, both+1
		}
		n++
	}
	if n == 0 {
		return 1
	}
	return float64(both) / float64(n)
}

// Address is the path of the URL under which a host serves a page.
func Address(prefix string, p site.Path) string {
	if prefix == "" {
		prefix = "/"
	}
	s := string(p)
	if s == "index.html" || strings.HasSuffix(s, "/index.html") {
		s = strings.TrimSuffix(s, "index.html")
	}
	return prefix + s
}
