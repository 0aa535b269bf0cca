package cache

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

const (
	// CloudFront takes the first 1,000 paths of a month for nothing, and one
	// with a wildcard counts as one.
	cloudFrontFree = 1000
	// It works on 15 wildcards at a time; each batch is waited for.
	cloudFrontWild = 15
)

// held lists the URL paths that caches may hold, each with whether it may be
// dropped: what is immutable never is, for its bytes are right. The rest would
// only be fetched once more.
func (p *Plan) held() map[string]bool {
	out := map[string]bool{}
	for _, objects := range []map[site.Path]*Object{p.old, p.now} {
		for path, o := range objects {
			if o.zone != "" || o.Class == ClassConfig {
				continue // no shared cache holds it
			}
			for _, u := range Aliases(path) {
				may, known := out[u]
				out[u] = (may || !known) && !immutable(o)
			}
		}
	}
	return out
}

// folder is a folder of URLs: how many of them are to be dropped, how many
// others it holds that may be, and whether it holds one that must not be.
type folder struct {
	name          string // with slashes at both ends
	purged, other int
	never         bool
}

// foldPurge brings a list of paths nearer to limit: folders of which all is to
// be dropped become one path with a wildcard; if that does not suffice also
// those of which most is, and nothing immutable. The root is never folded:
// what else stands there is not known.
func foldPurge(paths []string, held map[string]bool, limit int) []string {
	if len(paths) <= limit {
		return paths
	}
	folders := countFolders(paths, held)
	out := paths
	for _, exact := range []bool{true, false} {
		if len(out) <= limit {
			break
		}
		out = replaceFolders(paths, folders, func(f *folder) bool {
			return !f.never && f.purged > 1 && (f.other == 0 || !exact && f.other < f.purged)
		})
	}
	return out
}

func countFolders(paths []string, held map[string]bool) map[string]*folder {
	folders := map[string]*folder{}
	each := func(url string, do func(*folder)) {
		for i := 1; i < len(url); i++ {
			if url[i] != '/' {
				continue
			}
			name := url[:i+1]
			if folders[name] == nil {
				folders[name] = &folder{name: name}
			}
			do(folders[name])
		}
	}
	drop := make(map[string]bool, len(paths))
	for _, u := range paths {
		drop[u] = true
		each(u, func(f *folder) { f.purged++ })
	}
	for u, may := range held {
		if !drop[u] {
			each(u, func(f *folder) {
				f.other++
				f.never = f.never || !may
			})
		}
	}
	return folders
}

// replaceFolders writes the outermost folders that fit as one path each.
func replaceFolders(paths []string, folders map[string]*folder, fits func(*folder) bool) []string {
	list := slices.DeleteFunc(slices.Collect(maps.Values(folders)), func(f *folder) bool { return !fits(f) })
	slices.SortFunc(list, func(a, b *folder) int {
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), strings.Compare(a.name, b.name))
	})
	chosen := map[string]bool{}
	for _, f := range list {
		if folderAbove(f.name[:len(f.name)-1], chosen) == "" {
			chosen[f.name] = true
		}
	}
	var out []string
	for _, u := range paths {
		if f := folderAbove(u, chosen); f != "" {
			u = f + "*"
		}
		out = append(out, u)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// folderAbove returns the folder of a set that a URL is in.
func folderAbove(url string, set map[string]bool) string {
	for i := 1; i < len(url); i++ {
		if url[i] == '/' && set[url[:i+1]] {
			return url[:i+1]
		}
	}
	return ""
}
